import { watchTimings } from '../engine/ssh/timings.js';
import { needsTerminal } from './app.js';
import { type ClusterOptions, openCluster } from './cluster.js';
import { aside, type Session } from './session.js';

/** The panel of a cluster, whoever made it. @returns the exit code */
export async function panel(session: Session, options: ClusterOptions): Promise<number> {
  needsTerminal({
    en: 'Without one: k8s-tui status, which takes the same hosts and files.',
    zh: '没有终端时请使用 k8s-tui status，参数相同。',
  });
  const { spec, connector, readAgain } = await openCluster(session, options, {
    timings: watchTimings,
    note: aside(session.language),
  });
  const { startPanel } = await import('../panel.js');
  return startPanel({ spec, connector, readAgain, language: session.language });
}
