import { Box } from 'ink';
import { useStore } from 'zustand';
import { keyBar, rule } from '../../components/frame.js';
import { help } from '../../components/help.js';
import { useKeyboard } from '../../components/keyboard.js';
import type { Binding, Press } from '../../components/keys.js';
import { block, bold, dim, ends, green, type Line, Lines, red, type Span, yellow } from '../../components/line.js';
import { useTerminalSize } from '../../components/terminal.js';
import { cut } from '../../components/text.js';
import { drainProgress } from '../../engine/panel/acts.js';
import { freshApi } from '../../engine/panel/state.js';
import { catalogues } from '../../i18n/index.js';
import { allRows, type Page, pageOf } from '../../state/panel/state.js';
import type { PanelApp, PanelTerminal } from '../../state/panel/store.js';
import { question } from '../question.js';
import { dispatch } from '../screen.js';
import { cluster } from './cluster.js';
import { node } from './node.js';
import { nodes } from './nodes.js';
import { reader } from './reader.js';
import { confirmAct, confirmQuit, paletteOf } from './sheets.js';
import { levelled, type PanelScreen, type PanelView, timeOfDay } from './view.js';

const pages: Record<Page, PanelScreen> = { nodes, node, cluster, reader };
const sheets = { act: confirmAct, quit: confirmQuit, palette: paletteOf(view => pageKeys(view)) };
const SMALLEST = { columns: 60, rows: 18 };

/** What has the keyboard: a question of the engine before all else, then a sheet, then the page. */
function sheetOf({ state: { questions, overlay } }: PanelView): PanelScreen | null {
  if (questions.length > 0) return question;
  return overlay && overlay !== 'help' ? sheets[overlay] : null;
}
const pageScreen = (view: PanelView): PanelScreen => pages[pageOf(view.state)];

/** The keys of the page that is shown, and those that hold on every page. */
function pageKeys(view: PanelView): Binding[] {
  const { app, state, t, terminal } = view;
  const page = pageScreen(view);
  const copied = page.copied?.(view) ?? null;
  return [
    ...page.keys(view),
    ...(copied ? [{ keys: ['y'], does: t.panel.keys.copy, quiet: true, run: () => app.copy(terminal, copied) }] : []),
    {
      keys: [':'],
      does: t.panel.keys.commands,
      run: () =>
        app.set(({ ui }) => ({ overlay: 'palette', ui: { ...ui, palette: { field: { text: '', cursor: 0 }, row: 0 } } })),
    },
    {
      keys: ['q'],
      does: t.keys.quit,
      quiet: state.pages.length > 1,
      run: () => (state.acting ? app.set({ overlay: 'quit' }) : app.quit(0)),
    },
    {
      keys: ['?', 'f1'],
      shown: '?',
      does: t.keys.help,
      run: () => app.set(({ ui }) => ({ overlay: 'help', ui: { ...ui, help: { scroll: 0 } } })),
    },
  ];
}

const helpKeys = ({ app, state, t }: PanelView): Binding[] => [
  {
    keys: ['up', 'down'],
    shown: '↑↓',
    does: t.keys.scroll,
    run: key => app.patchUi('help', { scroll: Math.max(0, state.ui.help.scroll + (key === 'up' ? -1 : 1)) }),
  },
  { keys: ['esc', '?', 'q', 'f1', 'enter'], shown: 'esc', does: t.keys.close, run: () => app.set({ overlay: null }) },
];

/** The bindings that hold now, innermost first. */
function bindingsOf(view: PanelView): Binding[] {
  const { app, t } = view;
  const sheet = sheetOf(view);
  const isHelp = !sheet && view.state.overlay === 'help';
  const isTyping = Boolean((sheet ?? pageScreen(view)).field?.(view));
  const own = sheet ? sheet.keys(view) : isHelp ? helpKeys(view) : isTyping ? pageScreen(view).keys(view) : pageKeys(view);
  return [...own, { keys: ['ctrl-c'], does: t.keys.quit, quiet: true, run: () => app.interrupt() }];
}

function press(view: PanelView, what: Press) {
  const { app, state } = view;
  if (state.notice && !('key' in what && what.key === 'ctrl-c')) app.set({ notice: null });
  const screen = sheetOf(view) ?? (state.overlay === 'help' ? null : pageScreen(view));
  dispatch(view, screen, bindingsOf(view), what);
}

/** The cluster in one line; its pieces give way from the right. */
function clusterLine({ state, t, columns }: PanelView): Line {
  const { panel } = state;
  const api = freshApi(panel);
  const days = allRows(state).flatMap(({ certificateDays }) => (certificateDays === null ? [] : [certificateDays]));
  const certs = days.length ? Math.min(...days) : null;
  const bad = allRows(state).filter(({ level }) => level === 'broken').length;
  const members = api?.etcd?.members.length ?? 0;
  const pieces: Span[] = [
    ...(api?.version ? [{ text: api.version }] : []),
    bad ? levelled('broken', `✗ ${bad}/${panel.hosts.length}`) : { text: t.panel.nodes(panel.hosts.length) },
    api
      ? api.readyMs === null
        ? levelled('attention', t.panel.apiDown)
        : { text: t.panel.api(api.readyMs) }
      : panel.api || panel.apiProblem
        ? levelled('broken', `✗ ${t.panel.apiDown}`)
        : dim(t.panel.apiUnknown),
    ...(members
      ? [
          levelled(
            api!.etcd!.alarms.length ? 'broken' : 'ok',
            `etcd ${members}${api!.etcd!.alarms.length ? ` ✗ ${api!.etcd!.alarms.join(' ')}` : ''}`,
          ),
        ]
      : []),
    ...(certs === null ? [] : [levelled(certs < 0 ? 'broken' : certs < 30 ? 'attention' : 'ok', t.panel.certs(certs))]),
  ];
  const name = bold(` ${cut(state.spec.name, 20)}`);
  const line = pieces.flatMap((piece, i) => [i ? dim(' · ') : '  ', piece]);
  return ends([name, ...line], [dim(timeOfDay(panel.at)), ' ', bad ? red('✗') : green('●')], columns - 1);
}

function trust({ state, t }: PanelView): Span[][] {
  const simulation: Span[] = state.simulation ? [{ text: t.app.simulation, color: 'yellow', bold: true }] : [];
  const here = dim(t.panel.pages[pageOf(state)]);
  const progress = state.draining && drainProgress(state.draining, freshApi(state.panel)?.pods ?? null);
  const acting = state.acting ? [yellow(progress ? t.panel.drained(progress.gone, progress.total) : t.panel.acting)] : [];
  return [
    [...simulation, ...acting, here],
    [...(state.simulation ? [{ text: t.app.simulationShort, color: 'yellow', bold: true } as const] : []), ...acting],
  ];
}

function barLine(view: PanelView): Line {
  const { notice } = view.state;
  if (!notice) return keyBar(bindingsOf(view), view.columns);
  const paint = { good: green, bad: red, plain: yellow }[notice.level];
  return [' ', paint(cut(notice.text, view.columns - 2))];
}

function pageLines(view: PanelView): readonly Line[] {
  const { state, t, columns, height } = view;
  if (state.overlay !== 'help' || sheetOf(view)) return pageScreen(view).lines(view);
  const page = pageOf(state);
  const bindings = bindingsOf({ ...view, state: { ...state, overlay: null } });
  return help(
    { title: t.panel.pages[page], about: t.panel.about[page], bindings, scroll: state.ui.help.scroll },
    columns,
    height,
  );
}

export function PanelRoot({ app, terminal }: { app: PanelApp; terminal: PanelTerminal }) {
  const state = useStore(app.store);
  const size = useTerminalSize();
  const t = catalogues[state.language];
  // The last column stays empty: clearing to the end of a full line would eat its last character.
  const columns = size.columns - 1;
  const draft: PanelView = { app, state, t, terminal, columns, height: size.rows - 4 };
  const sheetLines = (sheetOf(draft)?.lines(draft) ?? []).slice(0, draft.height);
  const view: PanelView = { ...draft, height: draft.height - sheetLines.length };
  useKeyboard(
    what => press({ ...view, state: app.store.getState() }, what),
    () => app.typing(),
  );

  const isSmall = size.columns < SMALLEST.columns || size.rows < SMALLEST.rows;
  const lines: readonly Line[] = isSmall
    ? [t.app.tooSmall, t.app.have(size.columns, size.rows), t.app.qQuits].map((text): Line => [cut(text, columns)])
    : [
        clusterLine(view),
        rule(trust(view), columns),
        ...block(view.height > 0 ? pageLines(view) : [], view.height),
        ...sheetLines,
        barLine(view),
      ];
  return (
    <Box flexDirection="column" height={Math.max(1, size.rows - 1)}>
      <Lines lines={lines.slice(0, Math.max(1, size.rows - 1))} columns={columns} />
    </Box>
  );
}
