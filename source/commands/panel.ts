import { watchTimings } from '../engine/panel/watch.js';
import { needsTerminal } from './app.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/** The panel of a cluster. @returns the exit code */
export async function panel(session: Session, file: string): Promise<number> {
  const spec = await readSpecFile(file);
  needsTerminal();
  const { startPanel } = await import('../panel.js');
  return startPanel({
    spec,
    connector: ask => session.connector(ask, undefined, watchTimings),
    language: session.language,
  });
}
