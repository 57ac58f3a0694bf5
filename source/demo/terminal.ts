/** A login shell that asks for a line, runs it and asks again: `sh` itself reads scripts only. */
export const LOGIN_SHELL = `
  ask() { printf '%s@%s:%s%s ' "$USER" "$(hostname)" "$PWD" "$(if [ "$USER" = root ]; then echo '#'; else echo '$'; fi)"; }
  echo 'A simulated host: its shell knows what an install needs, and little more.'
  ask
  while IFS= read -r line; do eval "$line"; ask; done
`;

/**
 * What a terminal does between a keyboard and a program that reads lines: it shows what is typed, lets it be corrected, and
 * hands it on with Enter. Text is bytes (latin1).
 */
export function lineDiscipline(show: (text: string) => void, send: (line: string) => void, end: () => void) {
  let line = '';
  return (typed: string) => {
    for (const key of typed.replace(/\x1b\[[0-9;]*[A-Za-z~]/g, '')) {
      if (key === '\r' || key === '\n') {
        show('\r\n');
        send(`${line}\n`);
        line = '';
      } else if (key === '\x7f' || key === '\b') {
        if (line) show('\b \b');
        line = line.slice(0, -1);
      } else if (key === '\x15' || key === '\x03') {
        show(key === '\x03' ? '^C\r\n' : '\b \b'.repeat(line.length));
        line = '';
        if (key === '\x03') send('\n');
      } else if (key === '\x04') {
        if (!line) end();
      } else if (key >= ' ') {
        show(key);
        line += key;
      }
    }
  };
}

/** A program's newline is a new line's beginning on a terminal. */
export const toTerminal = (text: string): string => text.replace(/\n/g, '\r\n');
