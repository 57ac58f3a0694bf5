import { needsTerminal } from './app.js';
import type { Session } from './session.js';

/** The guided screens on the embedded fleet: a simulation, and every screen says so. @returns the exit code */
export async function demo({ language }: Session): Promise<number> {
  needsTerminal();
  const { startApp } = await import('../app.js');
  const { demoFleet } = await import('../demo/index.js');
  const fleet = await demoFleet();
  return startApp({ connector: fleet.connector, watcher: fleet.watcher, ground: fleet.ground, spec: fleet.spec, language });
}
