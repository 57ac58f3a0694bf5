import type { LogEntry } from '../state/logs.js';
import { bold, dim, type Line, red, yellow } from './line.js';
import { cut } from './text.js';

/** The last or the chosen lines of a log, as they are drawn. */
export const logLines = (entries: readonly LogEntry[], wanted: string, columns: number): Line[] =>
  entries.map(entry => logLine(entry, wanted, columns));

function logLine(entry: LogEntry, wanted: string, columns: number): Line {
  const text = cut(entry.text, columns - 3);
  switch (entry.kind) {
    case 'step':
      return [' ', bold(`▸ ${text}`)];
    case 'wait':
      return [' ', yellow(`… ${text}`)];
    case 'problem':
      return [' ', red(`✗ ${text}`)];
    case 'output': {
      const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
      if (at < 0) return [' ', text];
      const hit = text.slice(at, at + wanted.length);
      return [' ', text.slice(0, at), { text: hit, color: 'yellow', bold: true }, text.slice(at + wanted.length), dim(' ◂')];
    }
  }
}
