import { Problem } from '../engine/errors.js';
import { watchTimings } from '../engine/ssh/timings.js';
import type { Text } from '../engine/text.js';
import type { Session } from './session.js';

/** The guided screens. @returns the exit code */
export async function app(session: Session): Promise<number> {
  needsTerminal();
  const { startApp } = await import('../app.js');
  return startApp({
    connector: ask => session.connector(ask),
    watcher: ask => session.connector(ask, undefined, watchTimings),
    language: session.language,
    demo: async () => (await import('../demo/index.js')).demoFleet(),
  });
}

/** @throws Problem where keys cannot be read or a screen cannot be drawn */
export function needsTerminal(remedy: Text = withoutTerminal): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new Problem({
    code: 'spec',
    what: { en: 'the guided screens need a terminal, and this is none', zh: '引导界面需要终端，而当前不是终端' },
    remedy,
  });
}

const withoutTerminal: Text = {
  en: 'Without one: k8s-tui apply -f cluster.yaml --yes. See k8s-tui --help.',
  zh: '没有终端时请使用：k8s-tui apply -f cluster.yaml --yes。参见 k8s-tui --help。',
};
