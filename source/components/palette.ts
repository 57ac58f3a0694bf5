import { type Field, fieldLine } from './field.js';
import { sheet } from './frame.js';
import { keyRows } from './help.js';
import type { Binding } from './keys.js';
import { blank, bold, cyan, dim, type Line, windowOf } from './line.js';
import { sized, width } from './text.js';

/** A command of the palette: a row of a key table. */
export type Command = ReturnType<typeof keyRows>[number];

/** The commands whose words hold every word that was typed; keys that only move are no commands. */
export function matching(bindings: readonly Binding[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return keyRows(bindings)
    .filter(({ binding }) => binding.keys.length === 1 || !binding.keys.some(key => moves.has(key)))
    .filter(({ does, keys }) => words.every(word => does.toLowerCase().includes(word) || keys === word));
}
const moves = new Set(['up', 'down', 'left', 'right', 'pageup', 'pagedown', 'home', 'end', 'ctrl-c', 'esc']);

/** The palette as a sheet of at most `height` lines. */
export function palette(
  title: string,
  field: Field,
  commands: readonly Command[],
  row: number,
  columns: number,
  height: number,
): Line[] {
  const chosen = Math.min(row, commands.length - 1);
  const room = Math.max(1, height - 4);
  const { from, to } = windowOf(commands.length, chosen, room);
  const keys = Math.min(12, Math.max(0, ...commands.map(command => width(command.keys))));
  const rows = commands
    .slice(from, to)
    .map(
      (command, i): Line => [
        from + i === chosen ? cyan(' ▸ ') : '   ',
        from + i === chosen ? bold(command.does) : command.does,
        ' '.repeat(Math.max(2, Math.min(40, columns - keys - 6) - width(command.does))),
        dim(sized(command.keys, keys)),
      ],
    );
  return sheet([bold(title), ' ', ...fieldLine(field, columns - width(title) - 4)], rows.length ? rows : [blank], columns);
}
