import type { Text } from '../engine/text.js';
import { openRunLog, type RunLog } from '../views/log.js';
import { both, type View } from '../views/view.js';
import type { Session } from './session.js';

/** A run as it is shown, and kept as a log. Where the log cannot be written, e.g. on a full disk, that is said and the run goes on. */
export function logged(session: Session, cluster: string): { view: View; note: (text: Text) => void; path: string | null } {
  let log: RunLog | null = null;
  let why: string | null = null;
  const tell = (trouble: string) => shown.event({ at: Date.now(), type: 'note', text: noLog(trouble) });
  try {
    log = openRunLog(cluster, { onTrouble: trouble => tell(trouble) });
  } catch (error) {
    why = (error as Error).message;
  }
  const shown = session.view(log ? { log: log.path } : {});
  const view = log ? both(shown, log) : shown;
  if (why !== null) tell(why);
  return { view, path: log?.path ?? null, note: text => view.event({ at: Date.now(), type: 'note', text }) };
}

const noLog = (why: string): Text => ({
  en: `the log of this run cannot be written (${why}); the run itself goes on`,
  zh: `无法写入本次运行的日志（${why}）；运行本身继续`,
});
