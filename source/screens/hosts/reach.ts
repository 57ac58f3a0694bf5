import { blank, bold, cyan, dim, ends, green, type Line, red, type Span, windowOf, yellow } from '../../components/line.js';
import { sized, wrap } from '../../components/text.js';
import type { Reach } from '../../engine/discover/reach.js';
import { cellOf } from '../../state/group.js';
import { readyHosts } from '../../state/state.js';
import { moving, type Screen, type View } from '../screen.js';

const NAME = 12;
const CELL = 9;

const patch = ({ app, state }: View, change: Partial<View['state']['ui']['discovery']['reach']>) =>
  app.patchUi('discovery', { reach: { ...state.ui.discovery.reach, ...change } });

/** From every ready host to every other, over the ports that the cluster needs. */
export const reach: Screen = {
  lines(view) {
    const { state, t, columns, height } = view;
    const words = t.discovery.reach;
    const names = readyHosts(state);
    const { state: is, startedAt, ms, found } = state.discovery.reach;
    const said =
      is === 'busy'
        ? [cyan(words.busy(Math.max(0, Math.floor((state.now - startedAt) / 1000)))), ' ']
        : is === 'done'
          ? [dim(words.took(Math.round(ms / 1000))), ' ']
          : [];
    const title = ends([' ', bold(words.title)], said, columns);
    if (names.length < 2) return [title, blank, ...wrap(words.none, columns - 3).map((line): Line => [' ', dim(line)])];
    const { row, column } = clamped(view);
    const below = about(view, names[row]!, names[column]!);
    const down = windowOf(names.length, row, Math.max(2, height - 5 - Math.min(8, below.length)));
    const across = windowOf(names.length, column, Math.max(1, Math.floor((columns - NAME - 5) / (CELL + 1))));
    const head: Line = [
      '   ',
      dim(sized(words.from, NAME)),
      ...names
        .slice(across.from, across.to)
        .flatMap((name, i) => [
          ' ',
          across.from + i === column ? cyan(sized(name, CELL, 'left', 'middle')) : dim(sized(name, CELL, 'left', 'middle')),
        ]),
    ];
    const lines = names.slice(down.from, down.to).map((from, i): Line => {
      const isRow = down.from + i === row;
      return [
        ' ',
        isRow ? cyan('▸ ') : '  ',
        isRow ? bold(sized(from, NAME, 'left', 'middle')) : sized(from, NAME, 'left', 'middle'),
        ...names.slice(across.from, across.to).flatMap((to, n) => {
          const span = cell(view, found, from, to);
          const isHere = isRow && across.from + n === column;
          const text = sized(span.text, CELL);
          return [isHere ? cyan('▏') : ' ', { ...span, text, ...(isHere && { bold: true }) }];
        }),
      ];
    });
    return [title, blank, head, ...lines, blank, ...below];
  },

  keys(view) {
    const { app, state, t } = view;
    const names = readyHosts(state);
    const { row, column } = clamped(view);
    return [
      ...moving(t, names.length, row, next => patch(view, { row: next })),
      {
        keys: ['left', 'right', 'h', 'l'],
        shown: '←→',
        does: t.discovery.keys.column,
        run: key => {
          const next = column + (key === 'left' || key === 'h' ? -1 : 1);
          patch(view, { column: Math.max(0, Math.min(names.length - 1, next)) });
        },
      },
      { keys: ['n'], does: t.discovery.keys.again, run: () => void app.group.reach() },
      {
        keys: ['esc', 'm'],
        shown: 'esc',
        does: t.keys.back,
        run: () => {
          app.group.stop();
          app.patchUi('discovery', { pane: 'table' });
        },
      },
    ];
  },
};

function clamped({ state }: View): { row: number; column: number } {
  const most = readyHosts(state).length - 1;
  const { row, column } = state.ui.discovery.reach;
  return { row: Math.min(row, most), column: Math.min(column, most) };
}

function cell({ t }: View, found: readonly Reach[], from: string, to: string): Span {
  if (from === to) return dim('─');
  const known = cellOf(found, from, to);
  if (!known) return dim('·');
  const words = t.discovery.reach.is;
  if (known.is === 'open') return green('✓');
  return known.is === 'unknown' ? yellow('?') : red(`✗ ${words[known.is]}`);
}

/** What stands under the cursor, then what it means and which firewall it is. */
function about({ state, t, columns }: View, from: string, to: string): Line[] {
  const words = t.discovery.reach;
  const { found, findings, state: is } = state.discovery.reach;
  const known = cellOf(found, from, to);
  const text = (paint: (text: string) => Span | string, said: string): Line[] =>
    wrap(said, columns - 3).map(line => [' ', paint(line)]);
  const ports = known?.closed.map(({ port, protocol, is }) => `${port}/${protocol} ${words.is[is]}`).join(', ') ?? '';
  const here =
    from === to
      ? words.self(from)
      : !known
        ? words.waiting(from, to)
        : known.is === 'open'
          ? words.all(from, to)
          : words.closed(from, to, ports);
  const closed = findings.flatMap(({ host, what, why, remedy }) => [
    ...text(yellow, `! ${host}: ${what[state.language]}`),
    ...text(String, `${why[state.language]} ${remedy[state.language]}`),
  ]);
  const isWell = is === 'done' && found.length > 0 && found.every(each => each.is === 'open');
  return [
    ...text(known && known.is !== 'open' ? red : dim, here),
    ...(isWell ? text(green, `✓ ${words.well}`) : closed),
    ...(is === 'busy' ? text(dim, words.hint) : []),
  ];
}
