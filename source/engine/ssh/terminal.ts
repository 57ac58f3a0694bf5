import type { RemoteTerminal, TerminalSize } from '../remote.js';
import { lost } from './errors.js';
import type { Line } from './line.js';

/** See `Remote.terminal`. */
export async function terminal(line: Line, { columns, rows }: TerminalSize): Promise<RemoteTerminal> {
  const channel = await line.shell({ term: process.env.TERM || 'xterm-256color', cols: columns, rows });
  channel.on('error', () => {}); // 'close' follows
  // 'close' repeats what 'exit' said; without it the line broke.
  const ended = new Promise<number | null>((resolve, reject) => {
    channel.once('close', (code: number | null | undefined) =>
      code === undefined ? reject(lost(line.target, line.reason)) : resolve(code),
    );
  });
  ended.catch(() => {}); // heard by whoever waits for it, which may be later
  return {
    stream: channel,
    resize: ({ columns, rows }) => channel.setWindow(rows, columns, 0, 0),
    ended,
    close: () => channel.close(),
  };
}
