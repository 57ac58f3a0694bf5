import type { Remote } from '../../engine/remote.js';
import type { PanelTerminal } from './store.js';

export interface Away {
  type: (input: string) => void;
  /** The exit code of the shell; rejects where the line broke. */
  ended: Promise<number | null>;
  close: () => void;
  takeBack: () => void;
}

/** Hands the terminal to a login shell on a host. @param intro said first, on the screen that it has */
export async function openShell(remote: Remote, terminal: PanelTerminal, intro: string): Promise<Away> {
  const shell = await remote.terminal(terminal.size());
  const takeBack = terminal.lend();
  terminal.write(`${intro}\r\n`);
  shell.stream.on('data', (data: Buffer) => terminal.write(data));
  const offResize = terminal.onResize(() => shell.resize(terminal.size()));
  const type = escapes(
    input => shell.stream.write(input),
    () => shell.close(),
  );
  return {
    type,
    ended: shell.ended,
    close: () => shell.close(),
    takeBack: () => {
      offResize();
      takeBack();
    },
  };
}

/** As with ssh: `~.` at the beginning of a line ends a shell that does not answer any more; `~~` is a tilde. */
export function escapes(send: (input: string) => void, end: () => void): (input: string) => void {
  let isLineStart = true;
  let isTilde = false;
  return input => {
    let out = '';
    for (const key of input) {
      if (isTilde && key === '.') return end();
      if (!isTilde && isLineStart && key === '~') {
        isTilde = true;
        continue;
      }
      out += isTilde && key !== '~' ? `~${key}` : key;
      isTilde = false;
      isLineStart = key === '\r' || key === '\n' || key === '\x03';
    }
    if (out) send(out);
  };
}
