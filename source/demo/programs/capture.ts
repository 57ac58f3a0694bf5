import type { Process } from '../machine/process.js';
import { sink, TextSource } from '../machine/streams.js';
import { Shell } from '../shell/shell.js';

/** Runs a command as a child and keeps what it prints. */
export async function capture(
  process: Process,
  argv: string[],
  stdin = '',
): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const output = { stdout: '', stderr: '' };
  const child = process.fork(argv);
  child.fds.set(0, new TextSource(stdin));
  const keep = (name: 'stdout' | 'stderr') =>
    sink(text => {
      output[name] += text;
    });
  child.fds.set(1, keep('stdout'));
  child.fds.set(2, keep('stderr'));
  const exitCode = await process.block(child.start(() => new Shell(child).program(argv, {}, true)));
  return { ...output, exitCode };
}

/** Runs a command as a child that has this process's own input and output. */
export const runChild = (
  process: Process,
  argv: string[],
  change: (child: Process) => void = () => {},
): { child: Process; exited: Promise<number> } => {
  const child = process.fork(argv);
  change(child);
  return { child, exited: child.start(() => new Shell(child).program(argv, {}, true)) };
};
