import { startApp } from '../../source/app.js';
import type { ClusterSpec } from '../../source/engine/spec/schema.js';
import type { Language } from '../../source/engine/text.js';
import type { AppDeps } from '../../source/state/core.js';
import type { NamedSession, SavedSession, Sessions } from '../../source/state/sessions.js';
import { emptySpec, withRoles } from '../../source/state/spec.js';
import { emptyGround } from './ground.js';
import { type Script, scriptedEngine } from './scripted.js';
import { FakeTerminal } from './terminal.js';

export const threeHosts: ClusterSpec = {
  ...emptySpec,
  name: 'lab',
  hosts: withRoles([11, 12, 13].map((n, i) => ({ name: `n${i + 1}`, address: `10.77.0.${n}` }))),
};

/** A walk that ended in a failure. */
export const savedSession = (change: Partial<NamedSession> = {}): NamedSession => ({
  version: 2,
  name: 'lab',
  spec: threeHosts,
  screen: 'install',
  result: 'failed',
  changed: [],
  hosts: [],
  log: null,
  ms: null,
  savedAt: 0,
  ...change,
});

export function memorySessions(saved: NamedSession[] = []): Sessions & { saved: SavedSession[] } {
  return {
    saved,
    list: async () => saved,
    find: async spec => saved.find(({ name }) => name === spec.name) ?? null,
    save: async session => {
      saved.unshift({ ...session, name: session.spec.name });
    },
    remove: async name => {
      saved.splice(0, saved.length, ...saved.filter(session => session.name !== name));
    },
  };
}

interface Options {
  columns?: number;
  rows?: number;
  language?: Language;
  script?: Script;
  spec?: ClusterSpec;
  parts?: Partial<AppDeps>;
  demo?: boolean;
  /** The panel's way to the hosts. */
  watcher?: AppDeps['watcher'];
}

/** The app on a fake terminal, with an engine that plays a script. */
export function openWalk({
  columns = 80,
  rows = 24,
  language = 'en',
  script = {},
  spec,
  parts = {},
  demo = false,
  watcher,
}: Options = {}) {
  const terminal = new FakeTerminal(columns, rows);
  const { engine, connector, given, runs, mended } = scriptedEngine(script);
  const sessions = memorySessions();
  const plans: string[] = [];
  const exit = startApp({
    connector,
    watcher,
    ground: emptyGround,
    language,
    spec,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    demo: demo ? async () => ({ connector: scriptedConnector(connector), spec: threeHosts, ground: emptyGround }) : undefined,
    parts: {
      engine,
      sessions,
      savePlan: async (_plan, yaml) => {
        plans.push(yaml);
        return '/home/ops/lab-plan';
      },
      ...parts,
    },
  });
  return { terminal, exit, given, runs, mended, sessions, plans };
}

const scriptedConnector =
  (connector: ReturnType<typeof scriptedEngine>['connector']): ReturnType<typeof scriptedEngine>['connector'] =>
  ask =>
    Object.assign(connector(ask), { simulation: true });
