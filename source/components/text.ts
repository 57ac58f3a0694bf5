import stringWidth from 'string-width';
import { graphemes, isSimple } from './graphemes.js';

/** Columns that a text takes on a terminal: two for a Chinese character, none for a combining mark. */
export function width(text: string): number {
  if (isPlain(text)) return text.length;
  // Every frame is measured: most of what is in one needs no tables for it.
  return isSimple(text) && !text.includes('\x1b') ? text.length + (text.match(wideOfSimple)?.length ?? 0) : stringWidth(text);
}

const isPlain = (text: string) => /^[\x20-\x7e]*$/.test(text);
const wideOfSimple = /[\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]/g;
const split = (text: string): string[] => Array.from(graphemes.segment(text), part => part.segment);

/** The longest beginning of a text that takes at most `columns`. */
export function take(text: string, columns: number): string {
  if (isPlain(text)) return text.slice(0, Math.max(0, columns));
  let taken = '';
  let used = 0;
  for (const part of split(text)) {
    const next = used + width(part);
    if (next > columns) break;
    taken += part;
    used = next;
  }
  return taken;
}

function takeEnd(text: string, columns: number): string {
  let taken = '';
  let used = 0;
  for (const part of split(text).reverse()) {
    const next = used + width(part);
    if (next > columns) break;
    taken = part + taken;
    used = next;
  }
  return taken;
}

/** A text in at most `columns`: what is too long is cut at its end or, where both ends matter, in its middle. */
export function cut(text: string, columns: number, where: 'end' | 'middle' = 'end'): string {
  if (width(text) <= columns) return text;
  if (columns <= 1) return columns === 1 ? '…' : '';
  if (where === 'end') return `${take(text, columns - 1)}…`;
  const end = takeEnd(text, Math.floor((columns - 1) / 2));
  return `${take(text, columns - 1 - width(end))}…${end}`;
}

/** A text in exactly `columns`: cut where it is too long, padded where it is too short. */
export function sized(
  text: string,
  columns: number,
  align: 'left' | 'right' = 'left',
  where: 'end' | 'middle' = 'end',
): string {
  const short = cut(text, columns, where);
  const padding = ' '.repeat(Math.max(0, columns - width(short)));
  return align === 'left' ? short + padding : padding + short;
}

const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/;
const closing = /^[，。、；：！？）」』》”’)\].,;:!?]$/;

/** A paragraph as lines of at most `columns`. Latin breaks at spaces, Chinese between characters but never before a closing mark. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of words(paragraph)) {
      const candidate = line + word;
      if (width(candidate.trimEnd()) <= columns) {
        line = candidate;
        continue;
      }
      if (line.trim()) lines.push(line.trimEnd());
      line = word.trimStart();
      while (width(line.trimEnd()) > columns) {
        const head = take(line, columns) || line.slice(0, 1);
        lines.push(head);
        line = line.slice(head.length);
      }
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

function words(text: string): string[] {
  const found: string[] = [];
  for (const part of split(text)) {
    const last = found.at(-1);
    const joins =
      last !== undefined &&
      (closing.test(part) ||
        (!wide.test(part) && !(wide.test(last.at(-1)!) && part !== ' ') && !(last.endsWith(' ') && part !== ' ')));
    if (joins) found[found.length - 1] = last + part;
    else found.push(part);
  }
  return found;
}

const sequences = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][\s\S]*?(?:\x07|\x1b\\|$)|[@-Z\\-_a-z0-9=>]?)/g;

/** What a remote host printed, made harmless and one line: no escape sequences, no control characters, tabs as spaces. */
export function clean(line: string): string {
  const last = line.replace(/\r+$/, '').split('\r').at(-1)!;
  return last
    .replace(sequences, '')
    .replace(/\t/g, '  ')
    .replace(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}

/** Seconds as people read a stopwatch: 0:07, 12:30, 1:02:03. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A duration in a narrow column: 340ms is 0s, then 9s, 2m10, 1h05. */
export function brief(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}`;
  return `${Math.floor(seconds / 3600)}h${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}`;
}
