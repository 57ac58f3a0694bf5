import { sheet } from '../../components/frame.js';
import type { Binding } from '../../components/keys.js';
import { blank, bold, cyan, dim, type Line, yellow } from '../../components/line.js';
import { matching, palette } from '../../components/palette.js';
import { wrap } from '../../components/text.js';
import type { PanelScreen, PanelView } from './view.js';

/** What would be run, before it is. Enter is not enough. */
export const confirmAct: PanelScreen = {
  lines: ({ state, t, columns, height }) => {
    const { act } = state;
    if (!act) return [];
    const about = (act.effect ? wrap(act.effect[state.language], columns - 3) : []).map((line): Line => [' ', line]);
    const commands = act.commands.text
      .trim()
      .split('\n')
      .flatMap(command =>
        wrap(command, columns - 6).map((line, i): Line => [i ? '     ' : '   ', dim(i ? '' : '$ '), cyan(line)]),
      );
    const room = Math.max(1, height - about.length - 5);
    return sheet(
      [yellow('? '), bold(act.title[state.language])],
      [...about, blank, [' ', t.panel.act(act.on === 'host' ? act.host : t.panel.aControlPlane)], ...commands.slice(0, room)],
      columns,
    );
  },
  copied: ({ state }) => state.act?.commands.text.trim() ?? null,
  keys: ({ app, state, t, terminal }) => [
    { keys: ['y'], does: t.panel.keys.confirm, run: () => void app.confirm() },
    {
      keys: ['Y'],
      does: t.panel.keys.copyCommand,
      run: () => app.copy(terminal, state.act!.commands.text.trim()),
    },
    { keys: ['n', 'esc'], shown: 'esc', does: t.keys.back, run: () => app.set({ overlay: null, act: null }) },
  ],
};

export const confirmQuit: PanelScreen = {
  lines: ({ t, columns }) =>
    sheet(
      [yellow('! '), bold(t.panel.quitTitle)],
      wrap(t.panel.quitHint, columns - 3).map((line): Line => [' ', line]),
      columns,
    ),
  keys: ({ app, t }) => [
    { keys: ['y'], does: t.keys.leave, run: () => app.quit(0) },
    { keys: ['n', 'esc'], shown: 'esc', does: t.keys.back, run: () => app.set({ overlay: null }) },
  ],
};

/** Every command of the page, found by its words. @param bindings those of the page below */
export const paletteOf = (bindings: (view: PanelView) => Binding[]): PanelScreen => {
  const commands = (view: PanelView) => matching(bindings(view), view.state.ui.palette.field.text);
  return {
    lines: view => {
      const { state, t, columns, height } = view;
      const { field, row } = state.ui.palette;
      return palette(t.panel.palette, field, commands(view), row, columns, Math.min(height, 14));
    },
    field: ({ app, state }) => ({
      field: state.ui.palette.field,
      change: field => app.patchUi('palette', { field, row: 0 }),
    }),
    keys: view => {
      const { app, state, t } = view;
      const { row } = state.ui.palette;
      const found = commands(view);
      const at = Math.max(0, Math.min(row, found.length - 1));
      return [
        {
          keys: ['enter'],
          does: t.keys.accept,
          run: () => {
            app.set({ overlay: null });
            found[at]?.binding.run(found[at].binding.keys[0]!);
          },
        },
        {
          keys: ['up', 'down'],
          shown: '↑↓',
          does: t.keys.move,
          run: key => app.patchUi('palette', { row: Math.max(0, Math.min(found.length - 1, at + (key === 'up' ? -1 : 1))) }),
        },
        { keys: ['esc'], does: t.keys.cancel, run: () => app.set({ overlay: null }) },
      ];
    },
  };
};
