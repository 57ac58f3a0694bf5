import { keyName } from './frame.js';
import type { Binding } from './keys.js';
import { blank, bold, cyan, type Line } from './line.js';
import { sized, width, wrap } from './text.js';

/** Every key once, as it is written for people, and what it does. A key belongs to the first binding that has it. */
export function keyRows(bindings: readonly Binding[]): { keys: string; does: string; binding: Binding }[] {
  const seen = new Set<string>();
  return bindings.flatMap(binding => {
    const { keys, shown, does } = binding;
    const fresh = keys.filter(key => !seen.has(key) && seen.add(key));
    if (fresh.length === 0) return [];
    const written =
      shown && !fresh.includes(shown)
        ? `${shown} ${fresh.filter(key => !isDrawn(key, shown)).join(' ')}`.trim()
        : fresh.map(keyName).join(' ');
    return [{ keys: written, does, binding }];
  });
}

/** The shown form of a group stands for these keys already. */
const isDrawn = (key: string, shown: string) => shown.includes(keyName(key));

interface Help {
  title: string;
  about: string;
  bindings: readonly Binding[];
  /** Lines that are scrolled away. */
  scroll: number;
}

/** The help of a screen: what it is for, and its key table. */
export function help({ title, about, bindings, scroll }: Help, columns: number, height: number): Line[] {
  const rows = keyRows(bindings);
  const widest = Math.min(30, Math.max(...rows.map(row => width(row.keys))));
  const lines = [
    ...wrap(about, Math.min(90, columns - 3)).map((line): Line => [' ', line]),
    blank,
    ...rows.map(({ keys, does }): Line => ['   ', cyan(sized(keys, widest)), '   ', does]),
  ];
  const from = Math.max(0, Math.min(scroll, lines.length - (height - 2)));
  return [[' ', bold(title)], blank, ...lines.slice(from, from + height - 2)];
}
