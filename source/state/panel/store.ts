import { createStore } from 'zustand/vanilla';
import type { Ask, Connector } from '../../engine/fleet.js';
import { perform } from '../../engine/panel/acts.js';
import { listFiles } from '../../engine/panel/files.js';
import { fold, type HostState, type PanelEvent, type PanelState } from '../../engine/panel/state.js';
import { type ReadAgain, type Watch, watchCluster } from '../../engine/panel/watch.js';
import type { TerminalSize } from '../../engine/remote.js';
import type { ClusterSpec } from '../../engine/spec/schema.js';
import type { Language } from '../../engine/text.js';
import { catalogues } from '../../i18n/index.js';
import { createAnswers } from '../answers.js';
import { problemOf } from '../faults.js';
import { createQuestions } from '../questions.js';
import { createReader } from './reader.js';
import { type Away, openShell } from './shell.js';
import { type ActId, actOf, type Cluster, placeOf, type Source } from './source.js';
import { firstPanelState, type Page, type PanelAppState } from './state.js';

/** A second Ctrl-C within this time leaves. */
const TWICE_MS = 2000;
/** Numbers are shown as often as a host tells them, ms; two hundred hosts tell some a hundred times a second. */
const NUMBERS = 2000;

export interface PanelDeps {
  spec: ClusterSpec;
  connector: (ask: Ask) => Connector;
  /** See `watchCluster`. */
  readAgain?: ReadAgain | null;
  language: Language;
  now?: () => number;
}

/** The terminal as the panel needs it: to hand it to a shell, and to copy. */
export interface PanelTerminal {
  lend(): () => void;
  write(data: Buffer | string): void;
  copy(text: string): void;
  size(): TerminalSize;
  onResize(changed: () => void): () => void;
}

/** One panel: its state, and all that can be done to it. Screens only call. */
export function createPanelStore({ spec, connector: makeConnector, readAgain, language, now = Date.now }: PanelDeps) {
  const t = catalogues[language];
  const store = createStore<PanelAppState>(() => firstPanelState(spec, language, false, now()));
  const { getState, setState } = store;
  const questions = createQuestions(open => {
    const { ui, questions: before } = getState();
    const isNew = open[0]?.id !== before[0]?.id;
    setState({ questions: open, ...(isNew && { ui: { ...ui, question: { row: 0, length: 0, shown: false, forAll: true } } }) });
  }, now);
  const connector = makeConnector(questions.ask);
  setState({ simulation: connector.simulation });
  const over = new AbortController();
  let watch: Watch | null = null;
  let away: Away | null = null;
  let interrupts: number[] = [];
  let leave!: (code: number) => void;
  const exited = new Promise<number>(resolve => {
    leave = resolve;
  });

  const notify = (text: string, level: 'good' | 'bad' | 'plain' = 'plain') => setState({ notice: { text, level } });
  const patchUi = <K extends keyof PanelAppState['ui']>(part: K, change: Partial<PanelAppState['ui'][K]>) =>
    setState(({ ui }) => ({ ui: { ...ui, [part]: { ...ui[part], ...change } } }));
  const remoteOf = (host: string) => {
    const remote = watch?.remote(host) ?? null;
    if (!remote) notify(t.panel.noLine(host), 'bad');
    return remote;
  };
  const cluster = (): Cluster | null => watch && { spec: getState().spec, panel, watch, language };
  const reader = createReader({ store, cluster, notify, t, remoteOf });

  /** What the watch has told, ahead of what is shown. */
  let panel: PanelState = getState().panel;
  let shownAt = 0;
  const onEvents = (events: readonly PanelEvent[]) => {
    const before = panel;
    panel = fold(panel, ...events);
    for (const event of events) if (event.type === 'grown') setState({ spec: event.spec });
    if (!hasNews(before, panel) && panel.at - shownAt < NUMBERS) return;
    shownAt = panel.at;
    setState({ panel });
  };

  const quit = (code: number) => {
    over.abort();
    reader.stop();
    away?.close();
    questions.refuse(questions.open.map(question => question.id));
    leave(code);
  };

  const open = (page: Page) => setState(({ pages }) => ({ pages: [...pages, page], notice: null }));

  return {
    store,
    exited,
    quit,
    notify,
    patchUi,
    reader,
    open,
    set: setState,
    ...createAnswers(questions, now, length => patchUi('question', { length })),

    async begin() {
      try {
        watch = watchCluster(spec, connector, onEvents, over.signal, readAgain);
        await watch.ended;
      } catch (error) {
        if (!over.signal.aborted) notify(problemOf(error).what[language], 'bad');
      }
    },

    async close() {
      over.abort();
      // A login that hangs is not waited for.
      await Promise.race([connector.close(), new Promise(done => setTimeout(done, 1500).unref())]);
    },

    /** Back to the page before; the first one stays. */
    back() {
      const { pages } = getState();
      if (pages.at(-1) === 'reader') reader.stop();
      if (pages.length > 1) setState({ pages: pages.slice(0, -1), notice: null });
    },

    choose: (host: string) => setState({ host }),

    read(source: Source) {
      void reader.open(source);
    },

    /** Shows what an act would do; nothing is done before it is confirmed. */
    ask(id: ActId) {
      const { host, acting } = getState();
      const on = cluster();
      if (acting) return notify(t.panel.oneAct);
      if (on) setState({ act: { ...actOf(on, id, host), host }, overlay: 'act', notice: null });
    },

    /** Does what was shown. Its words are read on a page of their own; it goes on when that page is left. */
    async confirm() {
      const { act } = getState();
      const on = cluster();
      if (!act || !on) return;
      setState({ overlay: null, act: null, acting: true });
      const title = act.title[language];
      await reader.show(title, act.commands.text.trim(), async onLine => {
        const said: string[] = [];
        try {
          await perform(act, placeOf(on, act.host, act.on), {
            signal: over.signal,
            onLine: line => {
              said.push(line);
              onLine(line);
              if (act.id === 'drain') setState({ draining: [...said] });
            },
          });
          notify(t.panel.actDone(title), 'good');
        } catch (error) {
          notify(t.panel.actFailed(title, problemOf(error).what[language]), 'bad');
          throw error;
        }
      });
      setState({ acting: false, draining: null });
    },

    /** What there is to read on the host that is chosen. */
    async listFiles() {
      const { host } = getState();
      const remote = remoteOf(host);
      setState({ files: { host, paths: null } });
      if (!remote) return;
      try {
        const paths = await listFiles(remote, over.signal);
        if (getState().host === host) setState({ files: { host, paths } });
      } catch (error) {
        notify(problemOf(error).what[language], 'bad');
      }
    },

    /** A shell on the host that is chosen: it has the terminal until it ends, or the line does. */
    async shell(terminal: PanelTerminal) {
      const { host } = getState();
      const remote = remoteOf(host);
      if (!remote || away) return;
      setState({ away: host });
      try {
        away = await openShell(remote, terminal, t.panel.shellIntro(host));
        const code = await away.ended;
        notify(t.panel.shellEnded(host, code), code === 0 ? 'plain' : 'bad');
      } catch (error) {
        const { what } = problemOf(error);
        notify(t.panel.shellLost(host, what[language]), 'bad');
      } finally {
        away?.takeBack();
        away = null;
        setState({ away: null });
      }
    },
    /** Takes what is typed while a shell has the terminal; null else. */
    typing: () => away?.type ?? null,

    copy(terminal: PanelTerminal, text: string) {
      terminal.copy(text);
      notify(t.panel.copied(text.split('\n').length), 'good');
    },

    /** Ctrl-C: the second one leaves. */
    interrupt() {
      interrupts = [...interrupts, now()].slice(-2);
      const [before, last] = interrupts;
      if (last !== undefined && last - before! <= TWICE_MS) return quit(130);
      notify(t.app.ctrlCAgain);
      const { notice } = getState();
      setTimeout(() => getState().notice === notice && setState({ notice: null }), TWICE_MS).unref();
    },
  };
}

/** Something else than the load of hosts has changed. */
function hasNews(before: PanelState, { hosts, api, apiProblem }: PanelState): boolean {
  if (api?.lists !== before.api?.lists || api?.problem !== before.api?.problem || apiProblem !== before.apiProblem) return true;
  return hosts.length !== before.hosts.length || hosts.some((host, i) => isNews(before.hosts[i]!, host));
}

const telling = ['units', 'disks', 'manifests', 'containers', 'certificates', 'complaint'] as const;
const isNews = (before: HostState, { report, silentSince, problem }: HostState): boolean =>
  silentSince !== before.silentSince ||
  problem !== before.problem ||
  (report !== before.report && telling.some(part => report?.[part] !== before.report?.[part]));

export type PanelApp = ReturnType<typeof createPanelStore>;
