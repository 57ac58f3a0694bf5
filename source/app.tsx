import { onTerminal } from './components/stage.js';
import type { Ground } from './engine/discover/ground.js';
import type { Ask, Connector } from './engine/fleet.js';
import type { ClusterSpec } from './engine/spec/schema.js';
import type { Language } from './engine/text.js';
import { catalogues, languageOf } from './i18n/index.js';
import { Root } from './screens/root.js';
import type { AppDeps, Demo } from './state/core.js';
import { lazyEngine } from './state/lazy-engine.js';
import { savePlan } from './state/save-plan.js';
import { savedSessions } from './state/sessions.js';
import { walk } from './state/state.js';
import { createAppStore } from './state/store.js';

export interface AppOptions {
  connector: (ask: Ask) => Connector;
  /** The same for the panel: with less patience for a host that falls silent. */
  watcher?: (ask: Ask) => Connector;
  /** The operator's locale decides unless told. */
  language?: Language;
  spec?: ClusterSpec;
  /** Where the walk begins: `hosts` with a spec, `welcome` without one. */
  screen?: string;
  /** Where hosts are looked for; the operator's own networks and ~/.ssh unless told. */
  ground?: () => Promise<Ground>;
  /** The embedded fleet, offered on the first screen. */
  demo?: () => Promise<Demo>;
  /** For tests: parts in the place of the real ones. */
  parts?: Partial<AppDeps>;
  stdin?: NodeJS.ReadStream;
  stdout?: NodeJS.WriteStream;
}

/**
 * The guided walk in the alternate screen, until the operator leaves; from its end it may go on to the panel. Standard input and output have to be a terminal.
 * @returns the exit code: 0 left or installed, 1 the install failed, 130 stopped
 */
export async function startApp({
  connector,
  watcher,
  ground = async () => (await import('./engine/discover/ground.js')).operatorsGround(),
  language = languageOf(process.env),
  spec,
  screen,
  demo,
  parts,
  stdin = process.stdin,
  stdout = process.stdout,
}: AppOptions): Promise<number> {
  const app = createAppStore({
    language,
    connector,
    watcher,
    ground,
    engine: lazyEngine,
    sessions: savedSessions(),
    savePlan,
    demo,
    ...parts,
  });
  const code = await onTerminal({
    stdin,
    stdout,
    draw: () => <Root app={app} />,
    exited: app.exited,
    quit: app.quit,
    begin: () => {
      if (spec) app.begin(spec);
      if (screen && (walk as readonly string[]).includes(screen)) app.set({ screen: screen as (typeof walk)[number] });
      void app.warmUp();
    },
    farewell: () => farewell(app, language),
    close: () => app.close(),
  });
  if (!app.panel) return code;
  const { startPanel } = await import('./panel.js');
  return startPanel({
    spec: app.panel.spec,
    connector: app.panel.connector,
    language,
    stdin,
    stdout,
  });
}

/** The alternate screen takes everything with it: what the operator needs next is said on the one that stays. */
function farewell({ store }: ReturnType<typeof createAppStore>, language: Language): string {
  const { run, outcome, spec, logFile, simulation } = store.getState();
  const t = catalogues[language];
  const log = logFile ? [t.app.log(logFile)] : [];
  const lines =
    run.state === 'idle'
      ? []
      : run.state === 'running'
        ? [t.app.hostsFinish, ...log, t.app.resume]
        : run.state === 'done' || run.state === 'same'
          ? [
              run.state === 'done' ? t.done.title(spec.name) : t.done.same(spec.name),
              ...(outcome?.kubeconfig ? [`kubectl --context ${outcome.kubeconfig.context} get nodes`] : []),
            ]
          : [
              ...(outcome?.problems ?? []).map(({ host, what }) => [host, what[language]].filter(Boolean).join(': ')),
              ...log,
              ...(simulation ? [] : [t.app.resume]),
            ];
  return lines.map(line => `${line}\n`).join('');
}
