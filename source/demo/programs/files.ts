import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { options } from './basic.js';
import { complain, nameOf, opened, parentOf } from './paths.js';

async function copyTree(process: Process, from: string, to: string, keepsAll: boolean): Promise<void> {
  const { fs } = process;
  const stat = await fs.lstat(from);
  if (stat.isSymbolicLink && keepsAll) {
    await fs.rm(to, { force: true });
    await fs.symlink(await fs.readlink(from), to);
    return;
  }
  if (stat.isDirectory) {
    await fs.mkdir(to, { recursive: true });
    await fs.chmod(to, stat.mode);
    for (const name of await fs.readdir(from)) await copyTree(process, `${from}/${name}`, `${to}/${name}`, keepsAll);
  } else {
    const { mode } = await fs.stat(from);
    const isNew = !(await fs.exists(to));
    await fs.writeFile(to, await fs.readFileBuffer(from));
    if (keepsAll || isNew) await fs.chmod(to, keepsAll ? mode : mode & ~process.umask);
  }
  if (keepsAll) await fs.chown(to, fs.ownerOf(from));
  if (keepsAll) await fs.utimes(to, stat.mtime, stat.mtime);
}

async function cp(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 't');
  const { fs } = process;
  const target = has.t ?? rest.pop() ?? '';
  const isFolder = has.T === undefined && (await fs.isFolder(process.path(target)));
  for (const source of rest) {
    const from = process.path(source);
    const to = isFolder ? `${process.path(target)}/${nameOf(source)}` : process.path(target);
    const found = await fs.lstat(from).catch(() => null);
    if (!found) return complain(process, `cannot stat '${source}': No such file or directory`);
    if (found.isDirectory && has.r === undefined && has.R === undefined && has.a === undefined)
      return complain(process, `-r not specified; omitting directory '${source}'`);
    if (!(await fs.isFolder(parentOf(to))))
      return complain(process, `cannot create regular file '${target}': No such file or directory`);
    if (!process.machine.mayOpen(process, to, 'write'))
      return complain(process, `cannot create regular file '${target}': Permission denied`);
    if (has.n !== undefined && (await fs.exists(to))) continue;
    await copyTree(process, from, to, has.a !== undefined || has.p !== undefined || has.preserve !== undefined);
  }
  return 0;
}

async function mv(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 't');
  const { fs } = process;
  const target = has.t ?? rest.pop() ?? '';
  const isFolder = has.T === undefined && (await fs.isFolder(process.path(target)));
  for (const source of rest) {
    const from = process.path(source);
    const to = isFolder ? `${process.path(target)}/${nameOf(source)}` : process.path(target);
    if (!(await fs.lstat(from).catch(() => null)))
      return complain(process, `cannot stat '${source}': No such file or directory`);
    if (!(await fs.isFolder(parentOf(to))))
      return complain(process, `cannot move '${source}' to '${target}': No such file or directory`);
    if (!process.machine.mayOpen(process, to, 'write') || !process.machine.mayOpen(process, from, 'write'))
      return complain(process, `cannot move '${source}' to '${target}': Permission denied`);
    if (has.n !== undefined && (await fs.exists(to))) continue;
    await fs.mv(from, to);
  }
  return 0;
}

async function rm(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, '');
  const { fs } = process;
  const isDeep = has.r !== undefined || has.R !== undefined || has.recursive !== undefined;
  let status = 0;
  for (const name of rest) {
    const path = process.path(name);
    const found = await fs.lstat(path).catch(() => null);
    if (!found) {
      if (has.f === undefined) status = await complain(process, `cannot remove '${name}': No such file or directory`);
    } else if (found.isDirectory && !isDeep) status = await complain(process, `cannot remove '${name}': Is a directory`);
    else if (!process.machine.mayOpen(process, path, 'write'))
      status = await complain(process, `cannot remove '${name}': Permission denied`);
    else await fs.remove(path);
  }
  return status;
}

async function rmdir(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, '');
  const { fs } = process;
  let status = 0;
  for (const name of rest) {
    for (let path = process.path(name); path !== '/'; path = parentOf(path)) {
      if (!(await fs.isFolder(path))) status = await complain(process, `failed to remove '${name}': No such file or directory`);
      else if ((await fs.readdir(path)).length)
        status = await complain(process, `failed to remove '${name}': Directory not empty`);
      else await fs.remove(path);
      if (has.p === undefined || status) break;
    }
  }
  return status;
}

async function ln(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 't');
  const { fs } = process;
  const [target = '', name = nameOf(target)] = rest;
  const isFolder = has.n === undefined && has.T === undefined && (await fs.isFolder(process.path(name)));
  const path = isFolder ? `${process.path(name)}/${nameOf(target)}` : process.path(name);
  if (await fs.lstat(path).catch(() => null)) {
    if (has.f === undefined) return complain(process, `failed to create symbolic link '${name}': File exists`);
    await fs.remove(path);
  }
  if (!(await fs.isFolder(parentOf(path))))
    return complain(process, `failed to create symbolic link '${name}': No such file or directory`);
  if (has.s === undefined) await fs.link(process.path(target), path);
  else await fs.symlink(target, path);
  return 0;
}

async function mkdir(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'm', ['mode']);
  const { fs } = process;
  const mode = has.m ?? has.mode;
  for (const name of rest) {
    const path = process.path(name);
    if (await fs.exists(path)) {
      if (has.p !== undefined && (await fs.isFolder(path))) continue;
      return complain(process, `cannot create directory '${name}': File exists`);
    }
    if (!process.machine.mayOpen(process, path, 'write'))
      return complain(process, `cannot create directory '${name}': Permission denied`);
    if (has.p === undefined && !(await fs.isFolder(parentOf(path))))
      return complain(process, `cannot create directory '${name}': No such file or directory`);
    let made = '';
    for (const part of path.split('/').slice(1)) {
      made += `/${part}`;
      if (await fs.exists(made)) continue;
      await fs.mkdir(made);
      await fs.chmod(made, 0o777 & ~process.umask);
    }
    if (mode !== undefined) await fs.chmod(path, newMode(0o777, mode, true));
  }
  return 0;
}

/** The mode after `u+x,go-w` or `0644`. */
function newMode(mode: number, change: string, isFolder: boolean): number {
  if (/^[0-7]+$/.test(change)) return Number.parseInt(change, 8);
  let result = mode & 0o7777;
  for (const [, who = '', sign, what] of change.matchAll(/([ugoa]*)([-+=])([rwxX]*)/g)) {
    const bits = [...what!].reduce(
      (sum, letter) => sum | { r: 4, w: 2, x: 1, X: isFolder || mode & 0o111 ? 1 : 0 }[letter]!,
      0,
    );
    for (const [letter, shift] of [
      ['u', 6],
      ['g', 3],
      ['o', 0],
    ] as const) {
      if (who && !who.includes('a') && !who.includes(letter)) continue;
      if (sign === '=') result &= ~(7 << shift);
      if (sign === '-') result &= ~(bits << shift);
      else result |= bits << shift;
    }
  }
  return result;
}

async function walk(process: Process, path: string, act: (path: string) => Promise<void>): Promise<void> {
  await act(path);
  if ((await process.fs.lstat(path)).isDirectory)
    for (const name of await process.fs.readdir(path)) await walk(process, `${path}/${name}`, act);
}

async function chmod(process: Process, args: string[]): Promise<number> {
  const reference = args.find(arg => arg.startsWith('--reference='))?.slice('--reference='.length);
  const isDeep = args.includes('-R');
  const words = args.filter(arg => !/^--|^-[Rfvc]+$/.test(arg));
  const { fs } = process;
  const change = reference ? ((await fs.stat(process.path(reference))).mode & 0o7777).toString(8) : words.shift()!;
  for (const name of words) {
    const path = process.path(name);
    if (!(await fs.exists(path))) return complain(process, `cannot access '${name}': No such file or directory`);
    const act = async (one: string) => {
      const stat = await fs.stat(one);
      await fs.chmod(one, newMode(stat.mode, change, stat.isDirectory));
    };
    if (isDeep) await walk(process, path, act);
    else await act(path);
  }
  return 0;
}

async function chown(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, '');
  const owner = rest.shift() ?? '';
  if (!process.isRoot) return complain(process, `changing ownership of '${rest[0]}': Operation not permitted`);
  for (const name of rest) {
    const path = process.path(name);
    if (!(await process.fs.exists(path))) return complain(process, `cannot access '${name}': No such file or directory`);
    const [user = 'root', group = user] = owner.split(':');
    const act = (one: string) => process.fs.chown(one, `${user}:${group || user}`);
    if (has.R !== undefined) await walk(process, path, act);
    else await act(path);
  }
  return 0;
}

async function stat(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'c', ['format', 'printf']);
  const { fs } = process;
  let status = 0;
  for (const name of rest) {
    const path = process.path(name);
    const found = await (has.L !== undefined ? fs.stat(path) : fs.lstat(path)).catch(() => null);
    if (!found) {
      status = await complain(process, `cannot statx '${name}': No such file or directory`);
      continue;
    }
    const [user = 'root', group = 'root'] = fs.ownerOf(path).split(':');
    const kind = found.isDirectory
      ? 'directory'
      : found.isSymbolicLink
        ? 'symbolic link'
        : found.size
          ? 'regular file'
          : 'regular empty file';
    const values: Record<string, string> = {
      a: (found.mode & 0o7777).toString(8),
      A: `${found.isDirectory ? 'd' : found.isSymbolicLink ? 'l' : '-'}${[6, 3, 0].map(shift => 'rwx'.replace(/./g, (letter, at: number) => ((found.mode >> shift) & (4 >> at) ? letter : '-'))).join('')}`,
      s: String(found.size),
      n: name,
      U: user,
      G: group,
      u: user === 'root' ? '0' : '1000',
      g: group === 'root' ? '0' : '1000',
      F: kind,
      Y: String(Math.floor(found.mtime.getTime() / 1000)),
      X: String(Math.floor(found.mtime.getTime() / 1000)),
      T: path.startsWith('/sys/fs/cgroup') ? 'cgroup2fs' : 'ext2/ext3',
      i: '4096',
      d: '2049',
      m: '/',
    };
    const format = has.c ?? has.format ?? has.printf ?? '%n';
    await process.out(
      format.replace(/%([a-zA-Z])/g, (whole, letter: string) => values[letter] ?? whole) +
        (has.printf === undefined ? '\n' : ''),
    );
  }
  return status;
}

async function install(process: Process, args: string[]): Promise<number> {
  const words: string[] = [];
  const has: Record<string, string> = {};
  for (let rest = args; rest.length; ) {
    const parsed = options(rest, 'mogt', ['mode', 'owner', 'group']);
    Object.assign(has, parsed.has);
    words.push(...parsed.rest.slice(0, 1));
    rest = parsed.rest.slice(1);
  }
  const { fs } = process;
  const mode = newMode(0o755, has.m ?? has.mode ?? '755', false);
  if (has.d !== undefined) {
    for (const name of words) {
      await fs.mkdir(process.path(name), { recursive: true });
      await fs.chmod(process.path(name), mode);
    }
    return 0;
  }
  const target = has.t ?? words.pop() ?? '';
  for (const source of words) {
    const isFolder = await fs.isFolder(process.path(target));
    const to = isFolder ? `${process.path(target)}/${nameOf(source)}` : process.path(target);
    const file = await opened(process, source === '/dev/stdin' ? '-' : source);
    if (!file) return 1;
    if (!process.machine.mayOpen(process, to, 'write'))
      return complain(process, `cannot create regular file '${target}': Permission denied`);
    if (has.D !== undefined) await fs.mkdir(parentOf(to), { recursive: true });
    else if (!(await fs.isFolder(parentOf(to))))
      return complain(process, `cannot create regular file '${target}': No such file or directory`);
    await fs.writeFile(to, await process.readAll(file), 'binary');
    await fs.chmod(to, mode);
  }
  return 0;
}

async function mktemp(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'p', ['tmpdir', 'suffix']);
  const template = rest[0] ?? 'tmp.XXXXXXXXXX';
  const random = template.replace(/X{3,}(?=[^X]*$)/, signs =>
    Array.from(signs, () => letters[Math.floor(Math.random() * letters.length)]).join(''),
  );
  const inFolder = has.p ?? has.tmpdir ?? (has.t !== undefined || !rest.length ? '/tmp' : null);
  const path = process.path(inFolder === null ? random : `${inFolder || '/tmp'}/${random}`);
  if (!(await process.fs.isFolder(parentOf(path))))
    return complain(process, `failed to create file via template '${template}': No such file or directory`);
  if (has.u === undefined) {
    if (has.d !== undefined) await process.fs.mkdir(path);
    else await process.fs.writeFile(path, '');
    await process.fs.chmod(path, has.d !== undefined ? 0o700 : 0o600);
  }
  await process.out(`${inFolder === null && !template.startsWith('/') ? random : path}\n`);
  return 0;
}
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

async function touch(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'dtr', ['date', 'reference']);
  const { fs } = process;
  const like = has.r ?? has.reference;
  const time = like
    ? (await fs.stat(process.path(like))).mtime
    : has.d?.startsWith('@')
      ? new Date(Number(has.d.slice(1)) * 1000)
      : new Date();
  for (const name of rest) {
    const path = process.path(name);
    if (!(await fs.exists(path))) {
      if (has.c !== undefined) continue;
      if (!(await fs.isFolder(parentOf(path)))) return complain(process, `cannot touch '${name}': No such file or directory`);
      if (!process.machine.mayOpen(process, path, 'write'))
        return complain(process, `cannot touch '${name}': Permission denied`);
      await fs.writeFile(path, '');
      await fs.chmod(path, 0o666 & ~process.umask);
    }
    await fs.utimes(path, time, time);
  }
  return 0;
}

/** To a size, or by `-s -N` shorter by so many bytes. */
async function truncate(process: Process, args: string[]): Promise<number> {
  const at = args.indexOf('-s');
  const size = Number(args[at + 1]);
  const { fs } = process;
  for (const name of args.filter((_, i) => at < 0 || (i !== at && i !== at + 1))) {
    const path = process.path(name);
    if (!process.machine.mayOpen(process, path, 'write'))
      return complain(process, `cannot open '${name}' for writing: Permission denied`);
    const bytes = await fs.bytes(path);
    await fs.writeFile(path, bytes.slice(0, args[at + 1]!.startsWith('-') ? Math.max(0, bytes.length + size) : size), 'binary');
  }
  return 0;
}

/** Programs that make, move and remove files. */
export const files: Record<string, Program> = {
  cp,
  mv,
  rm,
  rmdir,
  ln,
  mkdir,
  chmod,
  chown,
  chgrp: () => 0,
  stat,
  install,
  mktemp,
  touch,
  truncate,
};
