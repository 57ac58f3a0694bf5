import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { options } from './basic.js';
import { complain, opened } from './paths.js';
import { tool } from './tools.js';

async function cat(process: Process, args: string[]): Promise<number> {
  const names = args.filter(arg => arg === '-' || !arg.startsWith('-'));
  let status = 0;
  for (const name of names.length ? names : ['-']) {
    const file = await opened(process, name);
    if (!file) status = 1;
    for (let chunk = await file?.read(process); chunk; chunk = await file?.read(process)) await process.out(chunk);
  }
  return status;
}

async function tee(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, '');
  const files = await Promise.all(
    rest.map(name => process.machine.open(process, name, has.a === undefined ? '>' : '>>', false)),
  );
  for (let chunk = await process.stdin?.read(process); chunk; chunk = await process.stdin?.read(process)) {
    await process.out(chunk);
    for (const file of files) await file.write(chunk, process);
  }
  return 0;
}

/** The first lines or bytes; it reads no further than it has to. */
async function head(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(
    args.map(arg => arg.replace(/^-(\d+)$/, '-n$1')),
    'nc',
    ['lines', 'bytes'],
  );
  if (rest.length > 1 || has.n?.startsWith('-')) return tool('head')(process, args);
  const file = await opened(process, rest[0] ?? '-');
  if (!file) return 1;
  const bytes = has.c ?? has.bytes;
  if (bytes !== undefined) {
    let left = Number(bytes);
    for (let chunk = await file.read(process); chunk && left > 0; chunk = left > 0 ? await file.read(process) : null) {
      await process.out(chunk.slice(0, left));
      left -= chunk.length;
    }
    return 0;
  }
  for (let left = Number(has.n ?? has.lines ?? 10); left > 0; left--) {
    const line = await file.readLine(process);
    if (line === null) break;
    await process.out(line);
  }
  return 0;
}

/** Follows a file as it grows, from a byte or a line on; `--pid` ends it with a process. */
async function tail(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'ncs', ['pid', 'bytes', 'lines', 'sleep-interval']);
  const isFollowing = has.f !== undefined || has.F !== undefined || has.follow !== undefined;
  if (!isFollowing)
    return tool('tail')(
      process,
      args.map(arg => arg.replace(/^--bytes=/, '-c').replace(/^--lines=/, '-n')),
    );
  const path = process.path(rest[0] ?? '');
  const { fs, machine } = process;
  if (!(await fs.exists(path)) && has.F === undefined)
    return complain(process, `cannot open '${rest[0]}' for reading: No such file or directory`);
  const size = async () => ((await fs.exists(path)) ? (await fs.stat(path)).size : 0);
  const bytes = has.c ?? has.bytes;
  const lines = has.n ?? has.lines ?? '10';
  let offset: number;
  if (bytes !== undefined)
    offset = bytes.startsWith('+') ? Math.max(0, Number(bytes) - 1) : Math.max(0, (await size()) - Number(bytes));
  else {
    const starts = [0, ...[...((await fs.text(path)) ?? '').matchAll(/\n/g)].map(({ index }) => index + 1)];
    offset = lines.startsWith('+') ? (starts[Number(lines) - 1] ?? (await size())) : (starts.at(-1 - Number(lines)) ?? 0);
  }
  const watched = has.pid ? machine.processes.get(Number(has.pid)) : undefined;
  for (;;) {
    // Asked before the file is read, so that nothing is lost which comes in between.
    const isOver = has.pid !== undefined && (watched === undefined || watched.status !== null);
    const change = fs.changed();
    if ((await size()) > offset) {
      const text = (await fs.bytes(path)).slice(offset);
      offset += text.length;
      await process.out(text);
    }
    if (isOver) return 0;
    await process.block(watched ? Promise.race([change, watched.exited]) : change);
  }
}

async function cmp(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'n');
  const [one, two] = await Promise.all(
    [rest[0] ?? '-', rest[1] ?? '-'].map(name =>
      has.s !== undefined && name !== '-'
        ? process.fs.exists(process.path(name)).then(is => (is ? opened(process, name) : null))
        : opened(process, name),
    ),
  );
  if (!one || !two) return 2;
  const [left, right] = [await process.readAll(one), await process.readAll(two)];
  if (left === right) return 0;
  const at = [...left].findIndex((c, i) => c !== right[i]);
  if (has.s === undefined)
    await process.out(`${rest[0]} ${rest[1] ?? '-'} differ: byte ${at + 1}, line ${left.slice(0, at).split('\n').length}\n`);
  return 1;
}

async function od(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'AtNjw');
  const file = await opened(process, rest[0] ?? '-');
  if (!file) return 1;
  const all = has.N && rest[0]?.startsWith('/dev/') ? ((await file.read(process)) ?? '') : await process.readAll(file);
  const bytes = Buffer.from(all.slice(0, has.N ? Number(has.N) : undefined), 'latin1');
  const width = Number(has.w || 16);
  const format = has.t ?? (has.c !== undefined ? 'c' : 'o2');
  const show = (byte: number) => {
    if (format.startsWith('x')) return ` ${byte.toString(16).padStart(2, '0')}`;
    if (format.startsWith('u')) return ` ${String(byte).padStart(3)}`;
    if (format === 'c')
      return `   ${byte === 10 ? '\\n' : byte === 9 ? '\\t' : byte === 0 ? '\\0' : String.fromCharCode(byte)}`.slice(-4);
    return ` ${byte.toString(8).padStart(3, '0')}`;
  };
  for (let i = 0; i < bytes.length; i += width) {
    const address = has.A === 'n' ? '' : i.toString(8).padStart(7, '0');
    await process.out(`${address}${[...bytes.subarray(i, i + width)].map(show).join('')}\n`);
  }
  if (has.A !== 'n') await process.out(`${bytes.length.toString(8).padStart(7, '0')}\n`);
  return 0;
}

/** Programs that read files, and write what they read. */
export const reading: Record<string, Program> = { cat, tee, head, tail, cmp, od };
