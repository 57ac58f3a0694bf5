import { Box, Text } from 'ink';
import Spinner from 'ink-spinner';
import { keyBar, type RailStep, rail, rule } from '../components/frame.js';
import { useKeyboard } from '../components/keyboard.js';
import type { Binding, Press } from '../components/keys.js';
import { block, bold, dim, green, type Line, Lines, red, type Span, sizedLine, yellow } from '../components/line.js';
import { usePaced } from '../components/paced.js';
import { useTerminalSize } from '../components/terminal.js';
import { cut } from '../components/text.js';
import { catalogues } from '../i18n/index.js';
import { type AppState, isBusy, type ScreenId, walk } from '../state/state.js';
import type { App } from '../state/store.js';
import { access } from './access.js';
import { check } from './check.js';
import { done } from './done.js';
import { evidence } from './evidence.js';
import { failure } from './failure.js';
import { hosts } from './hosts/hosts.js';
import { jumpSheet, keySheet, publicSheet, scanSheet } from './hosts/sheets.js';
import { elapsed, install } from './install.js';
import { confirmBundle, confirmMend } from './mend.js';
import { mirror } from './mirror.js';
import { options } from './options.js';
import { confirmInstall, confirmQuit, confirmStop, helpKeys, helpLines } from './overlays.js';
import { own } from './own.js';
import { question } from './question.js';
import { review } from './review.js';
import { dispatch, type Screen, type View } from './screen.js';
import { Welcome, welcomeKeys } from './welcome.js';

const screens: Record<Exclude<ScreenId, 'welcome'>, Screen> = {
  hosts,
  mirror,
  options,
  check,
  review,
  install,
  done,
  failure,
  evidence,
};
const sheets = {
  access,
  own,
  quit: confirmQuit,
  stop: confirmStop,
  install: confirmInstall,
  mend: confirmMend,
  bundle: confirmBundle,
  scan: scanSheet,
  jump: jumpSheet,
  key: keySheet,
  public: publicSheet,
};

const SMALLEST = { columns: 60, rows: 18 };

/** What has the keyboard: a question of the engine before all else, then a sheet of ours, then the screen. */
function sheetOf({ questions, overlay }: AppState): Screen | null {
  if (questions.length > 0) return question;
  return overlay && overlay !== 'help' ? sheets[overlay] : null;
}

const screenOf = (state: AppState): Screen | null => (state.screen === 'welcome' ? null : screens[state.screen]);

/** The bindings that hold now, innermost first. */
export function bindingsOf(view: View): Binding[] {
  const { app, state, t } = view;
  const ctrlC: Binding = {
    keys: ['ctrl-c'],
    shown: 'ctrl-c',
    does: state.run.state === 'running' ? t.keys.stop : t.keys.quit,
    quiet: true,
    run: () => app.interrupt(),
  };
  const sheet = sheetOf(state);
  if (!sheet && state.overlay === 'help') return [...helpKeys(view), ctrlC];
  if (sheet) return [...sheet.keys(view), ctrlC];
  const own = screenOf(state)?.keys(view) ?? welcomeKeys(view);
  if (focusOf(view)) return [...own, ctrlC];
  return [
    ...own,
    {
      keys: ['q'],
      does: t.keys.quit,
      quiet: true,
      run: () => app.set({ overlay: state.run.state === 'running' ? 'stop' : 'quit' }),
    },
    ctrlC,
    {
      keys: ['?', 'f1'],
      shown: '?',
      does: t.keys.help,
      run: () => app.set(({ ui }) => ({ overlay: 'help', ui: { ...ui, help: { scroll: 0 } } })),
    },
  ];
}

function focusOf(view: View) {
  const sheet = sheetOf(view.state);
  if (!sheet && view.state.overlay === 'help') return null;
  return (sheet ?? screenOf(view.state))?.field?.(view) ?? null;
}

/** One key, given to the innermost that knows it. */
export function press(view: View, what: Press) {
  const { app, state } = view;
  if (state.notice && !('key' in what && what.key === 'ctrl-c')) app.set({ notice: null });
  const screen = sheetOf(state) ?? (state.overlay === 'help' ? null : screenOf(state));
  dispatch(view, screen, bindingsOf(view), what);
}

function railSteps({ state, t }: View): RailStep[] {
  const at =
    state.screen === 'done'
      ? walk.length
      : state.screen === 'failure' || state.screen === 'evidence'
        ? walk.indexOf('install')
        : walk.indexOf(state.screen as (typeof walk)[number]);
  return walk.map((id, i) => ({ title: t.app.screens[id], state: i < at ? 'done' : i === at ? 'here' : 'ahead' }));
}

/** The words on which trust hangs: is this real, has anything been changed? Shorter and shorter, for narrow screens. */
function trust(view: View): Span[][] {
  const { state, t } = view;
  const { run, spec } = state;
  const change = (): Span[] => {
    if (state.screen === 'welcome') return [];
    // Others change them; this run has not begun.
    if (state.questions[0]?.kind === 'take-over') return [yellow(t.app.waitsForYou)];
    if (run.state === 'running') return [yellow(state.stopping ? t.install.stopping : t.app.changing(run.hosts.length))];
    if (run.state === 'idle' && state.changed.length === 0) return [dim(t.app.unchanged)];
    return [dim(t.app.changed(state.changed.length))];
  };
  const simulation = (text: string): Span[] => (state.simulation ? [{ text, color: 'yellow', bold: true }] : []);
  const name = spec.hosts.length > 0 && state.screen !== 'welcome' ? [bold(cut(spec.name, 20))] : [];
  const time = ['install', 'done', 'failure', 'evidence'].includes(state.screen) ? elapsed(view) : [];
  return [
    [...simulation(t.app.simulation), ...name, ...change(), ...time],
    [...simulation(t.app.simulationShort), ...change(), ...time],
    [...simulation(t.app.simulationShort), ...time],
  ];
}

function barLine(view: View): Line {
  const { notice } = view.state;
  if (!notice) return keyBar(bindingsOf(view), view.columns);
  const paint = { good: green, bad: red, plain: yellow }[notice.level];
  return [' ', paint(cut(notice.text, view.columns - 2))];
}

export function Root({ app }: { app: App }) {
  const [state, drawNow] = usePaced(app.store);
  const size = useTerminalSize();
  const t = catalogues[state.language];
  const height = size.rows - 1;
  // The last column stays empty: clearing to the end of a full line would eat its last character.
  const columns = size.columns - 1;
  const draft: View = { app, state, t, columns, height: height - 3 };
  const sheetLines = sheetOf(state)?.lines(draft) ?? [];
  const view: View = { ...draft, height: Math.max(0, draft.height - sheetLines.length) };
  useKeyboard(what => {
    press({ ...view, state: app.store.getState() }, what);
    drawNow();
  });

  if (size.columns < SMALLEST.columns || size.rows < SMALLEST.rows)
    return <TooSmall view={view} columns={size.columns} rows={size.rows} />;

  const isHelp = sheetLines.length === 0 && state.overlay === 'help';
  const railLine = state.screen === 'welcome' ? [bold(' k8s-tui')] : rail(railSteps(view), columns - 2);
  return (
    <Box flexDirection="column" height={height} overflowY="hidden">
      <Box>
        <Lines lines={[sizedLine(railLine, columns - 1)]} columns={columns} />
        {isBusy(state) && (
          <Text color="cyan">
            <Spinner />
          </Text>
        )}
      </Box>
      <Lines lines={[rule(trust(view), columns)]} columns={columns} />
      <Box flexDirection="column" height={view.height} overflowY="hidden">
        {isHelp ? (
          <Lines lines={helpLines(view, bindingsOf({ ...view, state: { ...state, overlay: null } }))} columns={columns} />
        ) : state.screen === 'welcome' ? (
          <Welcome view={view} />
        ) : (
          <Lines lines={block(screens[state.screen].lines(view), view.height)} columns={columns} />
        )}
      </Box>
      <Lines lines={[...sheetLines.slice(0, draft.height), barLine(view)]} columns={columns} />
    </Box>
  );
}

function TooSmall({ view, columns, rows }: { view: View; columns: number; rows: number }) {
  const { state, t } = view;
  const lines = [
    t.app.tooSmall,
    t.app.have(columns, rows),
    ...(state.run.state === 'running' ? [t.app.installGoesOn] : []),
    t.app.qQuits,
  ].map((text): Line => [cut(text, Math.max(1, columns - 1))]);
  return (
    <Box flexDirection="column" height={Math.max(1, rows - 1)} overflowY="hidden">
      <Lines lines={lines.slice(0, Math.max(1, rows - 1))} columns={columns - 1} />
    </Box>
  );
}
