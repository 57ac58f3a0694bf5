import type { Process } from '../machine/process.js';
import type { OpenFile } from '../machine/streams.js';

export const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';
export const nameOf = (path: string) => path.replace(/\/+$/, '').slice(path.replace(/\/+$/, '').lastIndexOf('/') + 1);

/** What a program says of itself before it fails. */
export const complain = async (process: Process, message: string): Promise<1> => {
  await process.err(`${process.argv[0]!.split('/').at(-1)}: ${message}\n`);
  return 1;
};

/** A file to read, `-` being standard input; null where it cannot be read, which has been said then. */
export async function opened(process: Process, name: string): Promise<OpenFile | null> {
  if (name === '-') return process.stdin ?? null;
  const path = process.path(name);
  if (await process.fs.isFolder(path)) return complain(process, `${name}: Is a directory`).then(() => null);
  try {
    return await process.machine.open(process, name, '<', false);
  } catch (error) {
    await complain(
      process,
      `${name}: ${(error as Error).message.split(': ').at(-1)!.replace('No such file', 'No such file or directory')}`,
    );
    return null;
  }
}
