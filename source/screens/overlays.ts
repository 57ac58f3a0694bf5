import { sheet } from '../components/frame.js';
import { help } from '../components/help.js';
import type { Binding } from '../components/keys.js';
import { bold, type Line, yellow } from '../components/line.js';
import { wrap } from '../components/text.js';
import { hostsToChange } from '../state/review.js';
import type { Screen, View } from './screen.js';

const paragraph = (text: string, columns: number): Line[] => wrap(text, columns - 3).map(line => [' ', line]);

/** Before an install: how many hosts, and which. Enter is not enough, as it has led through the walk so far. */
export const confirmInstall: Screen = {
  lines: ({ state, t, columns }) => {
    const hosts = state.plan.plan ? hostsToChange(state.plan.plan) : [];
    return sheet(
      [yellow('! '), bold(t.install.confirm(hosts.length)), hosts.slice(0, 6).join(', '), hosts.length > 6 ? ' …' : ''],
      paragraph(t.install.confirmHint, columns),
      columns,
    );
  },
  keys: ({ app, t }) => [
    { keys: ['y'], does: t.keys.install, run: () => void app.install() },
    { keys: ['n', 'esc'], shown: 'esc', does: t.keys.back, run: () => app.set({ overlay: null }) },
  ],
};

export const confirmStop: Screen = {
  lines: ({ t, columns }) => sheet([yellow('! '), bold(t.install.stopTitle)], paragraph(t.install.stopHint, columns), columns),
  keys: ({ app, t }) => [
    { keys: ['a'], does: t.keys.stopAfter, run: () => app.stop('after-step') },
    { keys: ['N'], does: t.keys.stopNow, run: () => app.stop('now') },
    { keys: ['esc', 'k', 'enter'], shown: 'esc', does: t.keys.keepGoing, run: () => app.keepGoing() },
  ],
};

export const confirmQuit: Screen = {
  lines: ({ state, t, columns }) => {
    const isUntouched = state.changed.length === 0;
    const said = state.simulation ? t.quit.notSaved : isUntouched ? t.quit.saved : t.quit.after;
    return sheet([yellow('? '), bold(t.quit.title)], paragraph(said, columns), columns);
  },
  keys: ({ app, state, t }) => [
    {
      keys: ['y', 'q', 'enter'],
      shown: 'y',
      does: t.keys.leave,
      run: () => app.quit(state.run.state === 'failed' ? 1 : state.run.state === 'stopped' ? 130 : 0),
    },
    { keys: ['n', 'esc'], shown: 'esc', does: t.keys.back, run: () => app.set({ overlay: null }) },
  ],
};

export const helpLines = ({ state, t, columns, height }: View, bindings: readonly Binding[]): Line[] =>
  help(
    { title: t.app.screens[state.screen], about: t.help.about[state.screen], bindings, scroll: state.ui.help.scroll },
    columns,
    height,
  );

export const helpKeys = ({ app, state, t }: View): Binding[] => [
  {
    keys: ['up', 'down', 'k', 'j'],
    shown: '↑↓',
    does: t.keys.scroll,
    run: key => app.patchUi('help', { scroll: Math.max(0, state.ui.help.scroll + (key === 'up' || key === 'k' ? -1 : 1)) }),
  },
  { keys: ['esc', '?', 'q', 'f1', 'enter'], shown: 'esc', does: t.keys.close, run: () => app.set({ overlay: null }) },
];
