/** What came from the keyboard: a named key, a character that was typed, or a block of text that was pasted. */
export type Press = { key: string } | { paste: string };

/** A row of the key table: dispatch, the key bar and the help are all made from these. */
export interface Binding {
  /** Names as `readKeys` gives them: `enter`, `ctrl-c`, `up`, `r`. */
  keys: readonly string[];
  /** How the keys are written for people; the first name unless told. */
  shown?: string;
  does: string;
  run: (key: string) => void;
  /** In the help, but not in the key bar. */
  quiet?: boolean;
}

const sequences: Record<string, string> = {
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  '\x1b[C': 'right',
  '\x1bOC': 'right',
  '\x1b[D': 'left',
  '\x1bOD': 'left',
  '\x1b[H': 'home',
  '\x1bOH': 'home',
  '\x1b[1~': 'home',
  '\x1b[7~': 'home',
  '\x1b[F': 'end',
  '\x1bOF': 'end',
  '\x1b[4~': 'end',
  '\x1b[8~': 'end',
  '\x1b[5~': 'pageup',
  '\x1b[6~': 'pagedown',
  '\x1b[3~': 'delete',
  '\x1b[Z': 'shift-tab',
  '\x1bOP': 'f1',
  '\x1b[11~': 'f1',
  '\x1b[[A': 'f1',
  '\x1b': 'esc',
  '\x1b\x1b': 'esc',
};
const controls: Record<string, string> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'backspace',
  ' ': 'space',
};
const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';

const nameOf = (character: string): string | null => {
  const code = character.charCodeAt(0);
  return (
    controls[character] ?? (code >= 32 ? character : code > 0 && code < 27 ? `ctrl-${String.fromCharCode(code + 96)}` : null)
  );
};

/** Pasted text with every kind of line end made `\n` and all control characters gone. */
const tidy = (text: string) => text.replace(/\r\n?/g, '\n').replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, ' ');

/**
 * Turns what the terminal sends, already cut at escape sequences by Ink, into key presses. It keeps the text between the
 * marks of a bracketed paste together; where the terminal has no such marks, several lines at once are taken as pasted.
 */
export function createKeyReader(): (input: string) => Press[] {
  let pasted: string | null = null;
  return input => {
    if (input === PASTE_START) {
      pasted = '';
      return [];
    }
    if (pasted !== null) {
      if (input !== PASTE_END) {
        pasted += input;
        return [];
      }
      const text = tidy(pasted);
      pasted = null;
      return [{ paste: text }];
    }
    if (input.startsWith('\x1b')) {
      const key = sequences[input];
      if (key) return [{ key }];
      // Esc and a control key that came in one go; Esc and a letter is Alt, which means nothing here.
      const after = input.length === 2 && input[1]! < ' ' ? nameOf(input[1]!) : null;
      return after ? [{ key: 'esc' }, { key: after }] : [];
    }
    if (/[^\r\n]{3,}[\r\n]+[^\r\n]{3,}/.test(input)) return [{ paste: tidy(input) }];
    return [...input].flatMap(character => {
      const key = nameOf(character);
      return key ? [{ key }] : [];
    });
  };
}

/** The first binding for a key, from the innermost scope outwards. */
export const bindingFor = (scopes: readonly (readonly Binding[])[], key: string): Binding | undefined =>
  scopes.flat().find(binding => binding.keys.includes(key));
