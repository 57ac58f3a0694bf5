import chalk from 'chalk';
import { Transform } from 'ink';
import { cut, sized, take, width } from './text.js';
import { ticketFor } from './tickets.js';

export type Colour = 'green' | 'yellow' | 'red' | 'cyan';

export interface Span {
  text: string;
  color?: Colour;
  dim?: boolean;
  bold?: boolean;
}

/** One line of the screen. Screens are drawn as lists of these, so that a line's width is known before Ink sees it. */
export type Line = readonly (Span | string)[];

export const dim = (text: string): Span => ({ text, dim: true });
export const bold = (text: string): Span => ({ text, bold: true });
export const green = (text: string): Span => ({ text, color: 'green' });
export const yellow = (text: string): Span => ({ text, color: 'yellow' });
export const red = (text: string): Span => ({ text, color: 'red' });
export const cyan = (text: string): Span => ({ text, color: 'cyan' });
export const blank: Line = [];

const toSpan = (part: Span | string): Span => (typeof part === 'string' ? { text: part } : part);

export const lineWidth = (line: Line): number => line.reduce((sum, part) => sum + width(toSpan(part).text), 0);
export const lineText = (line: Line): string => line.map(part => toSpan(part).text).join('');

/** A line cut to `columns`, with `…` where something is missing. */
export function cutLine(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let left = columns;
  for (const span of line.map(toSpan)) {
    if (width(span.text) < left) {
      kept.push(span);
      left -= width(span.text);
      continue;
    }
    kept.push({ ...span, text: width(span.text) > left ? cut(span.text, left) : `${take(span.text, left - 1)}…` });
    break;
  }
  return kept;
}

/** A line of exactly `columns`, so that another one can stand beside it. */
export function sizedLine(line: Line, columns: number): Line {
  const short = cutLine(line, columns);
  return [...short, ' '.repeat(Math.max(0, columns - lineWidth(short)))];
}

/** Text at both ends of a line; the left one gives way. */
export function ends(left: Line, right: Line, columns: number): Line {
  if (right.length === 0) return cutLine(left, columns);
  const room = columns - lineWidth(right) - 1;
  return room < 2 ? cutLine(right, columns) : [...sizedLine(left, room), ' ', ...right];
}

/** Two blocks of lines beside each other, with a rule between them. */
export function beside(left: readonly Line[], right: readonly Line[], leftColumns: number, columns: number): Line[] {
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, i) => [
    ...sizedLine(left[i] ?? blank, leftColumns),
    dim('│ '),
    ...cutLine(right[i] ?? blank, columns - leftColumns - 2),
  ]);
}

/** A list of lines in exactly `height` lines. */
export const block = (lines: readonly Line[], height: number): Line[] =>
  Array.from({ length: Math.max(0, height) }, (_, i) => lines[i] ?? blank);

/** The part of a long list that is shown: the chosen row is always in it, and it moves no more than it has to. */
export function windowOf(length: number, chosen: number, height: number): { from: number; to: number } {
  if (length <= height) return { from: 0, to: length };
  const from = Math.min(Math.max(0, chosen - Math.floor(height / 2)), length - height);
  return { from, to: from + height };
}

export const padded = (span: Span, columns: number, align: 'left' | 'right' = 'left'): Span => ({
  ...span,
  text: sized(span.text, columns, align),
});

/**
 * Draws lines, each on a row of its own. Ink takes apart all that it is given, character by character and anew for each frame. It
 * lays out a ticket for each line, one column wide: the stream that Ink writes to puts the line in its place, see changedLines.
 */
export function Lines({ lines, columns }: { lines: readonly Line[]; columns: number }) {
  return lines.map((line, row) => {
    const shown = cutLine(line, columns);
    return (
      <Transform
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its number
        key={row}
        accessibilityLabel={lineText(shown)}
        transform={() => ticketFor(shown.map(painted).join(''))}
      >
        {' '}
      </Transform>
    );
  });
}

function painted(part: Span | string): string {
  const { text, color, dim, bold } = toSpan(part);
  const harmless = text.replace(/[\x00-\x1f\x7f-\x9f]/g, '');
  const faint = dim ? chalk.dim(harmless) : harmless;
  const coloured = color ? chalk[color](faint) : faint;
  return bold ? chalk.bold(coloured) : coloured;
}
