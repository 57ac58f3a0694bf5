import type { Binding } from './keys.js';
import { blank, bold, cutLine, cyan, dim, green, type Line, lineWidth, type Span } from './line.js';
import { width } from './text.js';

export interface RailStep {
  title: string;
  state: 'done' | 'here' | 'ahead';
}

/** Where in the walk this is. Every step keeps its place; where not all fit, those around the present one are shown. */
export function rail(steps: readonly RailStep[], columns: number): Line {
  const here = Math.max(
    0,
    steps.findIndex(step => step.state === 'here'),
  );
  const draw = (from: number, to: number): Line => [
    bold(' k8s-tui'),
    ' ',
    ...(from > 0 ? [dim(' … ─')] : []),
    ...steps
      .slice(from, to)
      .flatMap(({ title, state }, i): (Span | string)[] => [
        dim(i > 0 ? ' ─' : ''),
        ...(state === 'here'
          ? [{ text: `▸${from + i + 1} ${title}`, color: 'cyan', bold: true } as const]
          : state === 'done'
            ? [green(' ✓'), ` ${title}`]
            : [dim(` ${from + i + 1} ${title}`)]),
      ]),
    ...(to < steps.length ? [dim(' ─ …')] : []),
  ];
  let [from, to] = [0, steps.length];
  while (lineWidth(draw(from, to)) > columns && to - from > 1) {
    if (here - from >= to - 1 - here) from += 1;
    else to -= 1;
  }
  return cutLine(draw(from, to), columns);
}

/** A rule across the screen that carries the words on which trust hangs; the first of the given ways to say it that fits. */
export function rule(ways: readonly (readonly Span[])[], columns: number): Line {
  const lines = ways.map(
    (words): Line => (words.length ? [...words.flatMap((word, i) => [dim(i === 0 ? ' ' : ' ── '), word]), dim(' ─')] : []),
  );
  const said = cutLine(lines.find(line => lineWidth(line) <= columns - 2) ?? lines.at(-1) ?? [], columns - 2);
  return [dim('─'.repeat(Math.max(0, columns - lineWidth(said)))), ...said];
}

/** The keys that work here, most important first; those that do not fit are dropped from the right, the help stays. */
export function keyBar(bindings: readonly Binding[], columns: number): Line {
  const shown = bindings.filter(binding => !binding.quiet);
  const help = shown.find(binding => binding.keys.includes('?'));
  const pieces = (help ? [...shown.filter(binding => binding !== help), help] : shown).map(binding => ({
    key: binding.shown ?? keyName(binding.keys[0]!),
    does: binding.does,
    isHelp: binding === help,
  }));
  const size = (piece: (typeof pieces)[number]) => width(piece.key) + width(piece.does) + 3;
  while (pieces.length > 1 && pieces.reduce((sum, piece) => sum + size(piece), -1) > columns)
    pieces.splice(pieces.length - (pieces.at(-1)!.isHelp ? 2 : 1), 1);
  return [' ', ...pieces.flatMap((piece, i) => [i > 0 ? '  ' : '', cyan(piece.key), ` ${piece.does}`])];
}

/** A key as it is written for people. */
export const keyName = (key: string): string =>
  ({ up: '↑', down: '↓', left: '←', right: '→', pageup: 'PgUp', pagedown: 'PgDn' })[key] ?? key;

/** A sheet over the lower part of the screen, for what has to be answered first. */
export const sheet = (title: Line, lines: readonly Line[], columns: number): Line[] => [
  [dim('─'.repeat(columns))],
  [' ', ...title],
  ...(lines.length ? [blank] : []),
  ...lines,
];
