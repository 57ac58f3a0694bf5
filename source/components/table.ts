import { oncePer } from '../engine/once.js';
import { memo } from '../state/memo.js';
import { blank, bold, cyan, dim, type Line, padded, type Span, windowOf } from './line.js';
import { sized, width } from './text.js';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => Span | string;
  align?: 'left' | 'right';
  /** Where a text that is too long is cut. */
  cut?: 'end' | 'middle';
  min?: number;
  max?: number;
  /** Takes what room is left: such a column is laid out at its `min`. */
  grows?: true;
  /** Columns of the highest rank go first where there is no room for all. */
  rank?: number;
}

const GAP = 2;
const spanOf = (cell: Span | string): Span => (typeof cell === 'string' ? { text: cell } : cell);

/** The columns that fit, and how wide each one is: as wide as what it holds, between its bounds. */
export function layout<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  room: number,
): { column: Column<Row>; width: number }[] {
  const widest = columns.map(column => width(column.title));
  for (const row of rows) for (const [i, width] of measured(columns, row).entries()) widest[i] = Math.max(widest[i]!, width);
  const wanted = columns.map((column, i) => {
    const { min = 0, max = 40 } = column;
    return { column, width: isMeasured(column) ? Math.max(min, Math.min(widest[i]!, max)) : min };
  });
  const total = () => wanted.reduce((sum, { width }) => sum + width + GAP, -GAP);
  while (total() > room && wanted.length > 1) {
    const widestFirst = wanted.toSorted((a, b) => b.width - (b.column.min ?? 4) - (a.width - (a.column.min ?? 4)));
    const highest = wanted.reduce((worst, one) => ((one.column.rank ?? 0) > (worst.column.rank ?? 0) ? one : worst));
    if ((highest.column.rank ?? 0) > 0) wanted.splice(wanted.indexOf(highest), 1);
    else if (widestFirst[0]!.width > (widestFirst[0]!.column.min ?? 4)) widestFirst[0]!.width -= 1;
    else break;
  }
  const growing = wanted.find(({ column }) => column.grows);
  if (growing) growing.width += Math.max(0, room - total());
  return wanted;
}

const isMeasured = ({ min = 0, max = 40, grows }: Column<never>) => !grows && min !== max;

/** How wide a row is in each of its columns. Of a long list only the rows that have changed are measured for the next frame. */
const measured = <Row>(columns: readonly Column<Row>[], row: Row): number[] =>
  typeof row === 'object' && row !== null ? measuredOnce(columns as readonly Column<object>[])(row) : measure(columns, row);
const measuredOnce = oncePer((columns: readonly Column<object>[]) => oncePer((row: object) => measure(columns, row)));
const measure = <Row>(columns: readonly Column<Row>[], row: Row) =>
  columns.map(column => (isMeasured(column) ? width(spanOf(column.cell(row)).text) : 0));

/** Of a list that only moves under its cursor not even that has to be looked up. */
const fittedOf = memo(layout as (columns: readonly Column<never>[], rows: readonly unknown[], room: number) => unknown);

/** A table with one chosen row, in exactly `height` lines: the title and as many rows as fit around the chosen one. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { room, height, chosen }: { room: number; height: number; chosen: number },
): Line[] {
  const fitted = fittedOf(columns, rows, room - 3) as ReturnType<typeof layout<Row>>;
  const cells = (make: (column: Column<Row>) => Span) =>
    fitted.flatMap(({ column, width: columns }, i) => {
      const span = make(column);
      return [
        i > 0 ? ' '.repeat(GAP) : '',
        { ...padded(span, columns, column.align), text: sized(span.text, columns, column.align, column.cut) },
      ];
    });
  const { from, to } = windowOf(rows.length, chosen, height - 1);
  const lines: Line[] = [[dim('   '), ...cells(column => dim(column.title))]];
  rows.slice(from, to).forEach((row, i) => {
    const isChosen = from + i === chosen;
    const hidden = (i === 0 && from > 0 ? '↑' : '') || (from + i === to - 1 && to < rows.length ? '↓' : ' ');
    lines.push([
      isChosen ? cyan('▸') : dim(hidden),
      '  ',
      ...cells(column => (isChosen && column === columns[0] ? bold(spanOf(column.cell(row)).text) : spanOf(column.cell(row)))),
    ]);
  });
  while (lines.length < height) lines.push(blank);
  return lines.slice(0, height).map(line => (line.length ? [' ', ...line] : line));
}
