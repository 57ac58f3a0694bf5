import { cyan, dim, type Line, type Span } from '../../components/line.js';
import { type Column, table } from '../../components/table.js';
import { wrap } from '../../components/text.js';

/** The pages of a screen in a line; the one that is open is marked. */
export const tabs = <Id extends string>(ids: readonly Id[], open: Id, titles: Record<Id, string>): Line => [
  ' ',
  ...ids.flatMap((id): (Span | string)[] => [
    id === open ? { ...cyan(`▸${titles[id]}`), bold: true } : dim(` ${titles[id]}`),
    '   ',
  ]),
];

/** A table, and below it the chosen row's own words in full. */
export function withWords<Row>(
  columns: Column<Row>[],
  rows: readonly Row[],
  words: (row: Row) => string,
  { row: chosen, room, height }: { row: number; room: number; height: number },
): Line[] {
  const said = rows[chosen] ? wrap(words(rows[chosen]), room - 3).slice(0, 4) : [];
  const below: Line[] = said.length ? [[dim('─'.repeat(room))], ...said.map((line): Line => [' ', line])] : [];
  return [...table(columns, rows, { room: room - 1, height: Math.max(2, height - below.length), chosen }), ...below];
}
