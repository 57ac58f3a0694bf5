import { cyan, type Line } from './line.js';
import { take, width } from './text.js';

/** A line of text being typed; `cursor` counts characters from its start. */
export interface Field {
  text: string;
  cursor: number;
}

export const fieldOf = (text: string): Field => ({ text, cursor: text.length });

export const insert = ({ text, cursor }: Field, more: string): Field => ({
  text: text.slice(0, cursor) + more + text.slice(cursor),
  cursor: cursor + more.length,
});

/** The field after a key, or null where the key is none of a text field's. */
export function typed(field: Field, key: string): Field | null {
  const { text, cursor } = field;
  const at = (next: number): Field => ({ text, cursor: Math.min(Math.max(0, next), text.length) });
  switch (key) {
    case 'left':
    case 'ctrl-b':
      return at(cursor - 1);
    case 'right':
    case 'ctrl-f':
      return at(cursor + 1);
    case 'home':
    case 'ctrl-a':
      return at(0);
    case 'end':
    case 'ctrl-e':
      return at(text.length);
    case 'backspace':
      return cursor === 0 ? field : { text: text.slice(0, cursor - 1) + text.slice(cursor), cursor: cursor - 1 };
    case 'delete':
    case 'ctrl-d':
      return { text: text.slice(0, cursor) + text.slice(cursor + 1), cursor };
    case 'ctrl-u':
      return { text: text.slice(cursor), cursor: 0 };
    case 'ctrl-k':
      return { text: text.slice(0, cursor), cursor };
    case 'ctrl-w': {
      const kept = text.slice(0, cursor).replace(/\S+\s*$/, '');
      return { text: kept + text.slice(cursor), cursor: kept.length };
    }
    case 'space':
      return insert(field, ' ');
    default:
      return [...key].length === 1 ? insert(field, key) : null;
  }
}

/** The field as it is drawn: the part around the cursor, and the cursor as a mark that needs no colour to be seen. */
export function fieldLine({ text, cursor }: Field, columns: number, mark = '▏'): Line {
  let before = text.slice(0, cursor);
  while (width(before) > columns - 2) before = before.slice(1);
  return [before, cyan(mark), take(text.slice(cursor), columns - 1 - width(before))];
}
