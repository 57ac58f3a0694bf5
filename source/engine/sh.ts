/** A piece of POSIX shell. Made by `sh` only, so that whatever was interpolated has been quoted. */
export class Shell {
  constructor(readonly text: string) {}
  toString() {
    return this.text;
  }
}

type Value = string | number | Shell | readonly (string | number | Shell)[];

/**
 * Shell text as a template: strings and numbers are quoted, arrays become several quoted words, other `sh` pieces are
 * taken as they are. The indentation that all lines share is removed.
 * @throws TypeError for a NUL byte, which no shell word can hold
 */
export function sh(strings: TemplateStringsArray, ...values: Value[]): Shell {
  const parts = dedent(strings.raw.map(unescapeBackticks));
  let text = parts[0]!;
  values.forEach((value, i) => {
    text += indentLike(word(value), text) + parts[i + 1]!;
  });
  return new Shell(text.replace(/^\n+|\s+$/g, ''));
}

/** Several pieces, one after the other, a line each. */
export const lines = (pieces: readonly (Shell | null | undefined | false)[]): Shell =>
  new Shell(
    pieces
      .filter(piece => piece instanceof Shell)
      .map(piece => piece.text)
      .join('\n'),
  );

/** Text that is a literal of our own source and is to be taken as shell, e.g. the prelude. */
export const raw = (text: string): Shell => new Shell(text);

/** A function that prints a text just as it is. */
export const heredoc = (name: string, content: string): Shell => withText(`${name}() {\ncat`, content);

/** A function that runs the command it is given with a text as its standard input: a pipe would cost the host two processes. */
export const feeding = (name: string, content: string): Shell =>
  withText(`${name}() { # the command gets this text\n"$@"`, content);

function withText(head: string, content: string): Shell {
  let end = 'END';
  while (content.split('\n').includes(end)) end += '_';
  return raw(`${head} <<'${end}'\n${content.replace(/\n*$/, '\n')}${end}\n}`);
}

/** A function that prints a text in which the shell puts in the values of its variables. */
export const template = (name: string, text: string): Shell => raw(`${name}() {\ncat <<END\n${text}END\n}`);

/** One word for the shell: as it is where that is safe, between single quotes elsewhere. */
export function quote(value: string): string {
  if (value.includes('\0')) throw new TypeError('a shell word cannot hold a NUL byte');
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function word(value: Value): string {
  if (value instanceof Shell) return value.text;
  if (Array.isArray(value)) return value.map(word).join(' ');
  return quote(String(value));
}

const unescapeBackticks = (part: string) => part.replaceAll('\\`', '`').replaceAll('\\${', '${');

function dedent(parts: string[]): string[] {
  const margins = parts
    .flatMap((part, i) =>
      part
        .split('\n')
        .slice(1)
        .map((line, n, all) => ({ line, isCut: n === all.length - 1 && i < parts.length - 1 })),
    )
    .filter(({ line, isCut }) => line.trim() || isCut)
    .map(({ line }) => /^[ \t]*/.exec(line)![0].length);
  const margin = margins.length ? Math.min(...margins) : 0;
  return margin ? parts.map(part => part.replace(new RegExp(`\\n[ \\t]{${margin}}`, 'g'), '\n')) : parts;
}

/** Further lines of a piece stand under the column of the first, but never inside a quoted value or a here-document. */
function indentLike(piece: string, before: string): string {
  if (!piece.includes('\n') || piece.includes('<<') || piece.startsWith("'")) return piece;
  const column = /(?:^|\n)([ \t]*)$/.exec(before);
  return column ? piece.replaceAll('\n', `\n${column[1]}`) : piece;
}
