import type { Program } from '../machine/machine.js';
import { type Process, signals } from '../machine/process.js';
import { builtins, say, signalNumber } from '../shell/builtins.js';
import { sh } from '../shell/sh.js';
import { Shell } from '../shell/shell.js';
import { runChild } from './capture.js';

/** A builtin of the shell as a program of its own, for `timeout`, `xargs` and their like. */
const builtin =
  (name: string): Program =>
  (process, args) =>
    builtins[name]!(new Shell(process), args);

/** 5, 5s, 0.5, 2m as milliseconds. */
export const duration = (text: string): number => {
  const [, number, unit] = /^([\d.]+)([smhd]?)$/.exec(text) ?? [];
  return Number(number ?? 0) * { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit || 's']!;
};

/** Options off the front: letters with and without a value. What is left are the operands. */
export function options(args: string[], valued: string, long: string[] = []): { has: Record<string, string>; rest: string[] } {
  const has: Record<string, string> = {};
  const rest = [...args];
  while (rest[0]?.startsWith('-') && rest[0].length > 1) {
    const arg = rest.shift()!;
    if (arg === '--') break;
    if (arg.startsWith('--')) {
      const [name, value] = arg.slice(2).split(/=(.*)/s) as [string, string?];
      has[name] = value ?? (long.includes(name) ? (rest.shift() ?? '') : '');
      continue;
    }
    for (let i = 1; i < arg.length; i++) {
      const letter = arg[i]!;
      if (valued.includes(letter)) {
        has[letter] = arg.slice(i + 1) || (rest.shift() ?? '');
        break;
      }
      has[letter] = '';
    }
  }
  return { has, rest };
}

async function env(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'uC', ['unset', 'chdir']);
  if (has.i !== undefined) process.env = {};
  if (has.u) delete process.env[has.u];
  while (/^[A-Za-z_]\w*=/.test(rest[0] ?? '')) {
    const [name, value] = rest.shift()!.split(/=(.*)/s) as [string, string];
    process.env[name] = value;
  }
  if (rest.length) return new Shell(process).program(rest, {}, true);
  await process.out(
    Object.entries(process.env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  return 0;
}

/** For programs that only start another one: nice, nohup, setsid ... */
const starter =
  (valued: string): Program =>
  async (process, args) => {
    const { rest } = options(args, valued);
    return rest.length ? new Shell(process).program(rest, {}, true) : 0;
  };

async function timeout(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'sk', ['signal', 'kill-after']);
  const [limit = '0', ...argv] = rest;
  const { child, exited } = runChild(process, argv);
  child.group = child.pid;
  let isLate = false;
  const end = () => {
    for (const one of process.machine.group(child.pid)) one.kill(signalNumber(has.s ?? has.signal ?? 'TERM'));
  };
  for (const signal of [signals.TERM!, signals.INT!, signals.HUP!]) process.handlers.set(signal, end);
  if (duration(limit)) {
    process.machine.clock.limit(duration(limit), () => {
      if (child.status !== null) return;
      isLate = true;
      end();
    });
  }
  const status = await process.block(exited);
  return isLate ? 124 : status;
}

async function xargs(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'nIPdL');
  const text = await process.readAll();
  const items =
    has['0'] !== undefined
      ? text.split('\0').filter(Boolean)
      : has.I || has.d
        ? text.split(has.d?.replace('\\n', '\n') ?? '\n').filter(Boolean)
        : (text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map(item => item.replace(/["']/g, ''));
  const command = rest.length ? rest : ['echo'];
  if (!items.length && has.r !== undefined) return 0;
  const size = has.I ? 1 : Number(has.n ?? items.length) || 1;
  let status = 0;
  for (let i = 0; i < Math.max(items.length, 1); i += size) {
    const part = items.slice(i, i + size);
    const argv = has.I ? command.map(word => word.replaceAll(has.I!, part[0] ?? '')) : [...command, ...part];
    if ((await process.block(runChild(process, argv).exited)) !== 0) status = 123;
  }
  return status;
}

async function flock(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'wEc', ['timeout', 'wait']);
  const [target = '', ...argv] = rest;
  const path = /^\d+$/.test(target) ? process.fds.get(Number(target))?.path : process.path(target);
  if (!path) {
    await process.err(`flock: ${target}: Bad file descriptor\n`);
    return 65;
  }
  if (has.u !== undefined) {
    process.machine.locks.release(path);
    return 0;
  }
  // A lock on a descriptor lives as long as the shell that has it open.
  const owner = argv.length ? process : (process.parent ?? process);
  const until = Date.now() + process.machine.clock.real(duration(has.w ?? has.timeout ?? has.wait ?? '1d'));
  while (!process.machine.locks.take(path, owner)) {
    if (has.n !== undefined || Date.now() >= until) return Number(has.E ?? 1);
    await process.sleep(100);
  }
  if (!argv.length) return 0;
  const status = await process.block(runChild(process, argv[0] === '-c' ? ['sh', '-c', argv[1]!] : argv).exited);
  process.machine.locks.release(path);
  return status;
}

async function sudo(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'pugU', ['prompt', 'user']);
  const { machine, credentials } = process;
  if (has.k !== undefined && !rest.length) return 0;
  const policy = process.isRoot ? 'free' : machine.sudo;
  if (policy === 'none') {
    await process.err(`${credentials.user} is not in the sudoers file.\n`);
    return 1;
  }
  if (policy === 'password') {
    if (has.n !== undefined) {
      await process.err('sudo: a password is required\n');
      return 1;
    }
    for (let attempt = 1; ; attempt++) {
      await process.err((has.p ?? has.prompt ?? '[sudo] password for %u: ').replace('%u', credentials.user));
      const line = await process.stdin?.readLine(process);
      if (line?.replace(/\n$/, '') === machine.password) break;
      if (!line || attempt === 3) {
        await process.err(`sudo: ${line ? '3 incorrect password attempts' : 'no password was provided'}\n`);
        return 1;
      }
      await process.err('Sorry, try again.\n');
    }
  }
  if (has.v !== undefined) return 0;
  while (/^[A-Za-z_]\w*=/.test(rest[0] ?? '')) {
    const [name, value] = rest.shift()!.split(/=(.*)/s) as [string, string];
    process.env[name] = value;
  }
  process.credentials = { uid: 0, user: 'root', home: '/root' };
  Object.assign(process.env, {
    SUDO_USER: credentials.user,
    SUDO_UID: String(credentials.uid),
    USER: 'root',
    LOGNAME: 'root',
    HOME: '/root',
  });
  const argv = rest.length ? rest : ['sh'];
  return new Shell(process).program(argv, { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }, true);
}

async function date(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'dsr', ['date']);
  const format = rest.find(arg => arg.startsWith('+'))?.slice(1) ?? '%a %b %e %H:%M:%S UTC %Y';
  const given = has.d ?? has.date;
  let at = process.now();
  if (has.r) at = (await process.fs.stat(process.path(has.r))).mtime.getTime();
  if (given?.startsWith('@')) at = Number(given.slice(1)) * 1000;
  else if (given) {
    const relative = /^([-+]?\d+) (second|minute|hour|day)s?( ago)?$/.exec(given);
    if (relative) at += Number(relative[1]) * (relative[3] ? -1 : 1) * duration(`1${relative[2]![0]}`);
    else if (given !== 'now') at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$|GMT|UTC/.test(given) ? given : `${given} UTC`);
  }
  if (Number.isNaN(at)) {
    await process.err(`date: invalid date '${given}'\n`);
    return 1;
  }
  const time = new Date(at);
  const pad = (value: number, width = 2, fill = '0') => String(value).padStart(width, fill);
  const word = (part: Intl.DateTimeFormatOptions) => time.toLocaleDateString('en-US', { ...part, timeZone: 'UTC' });
  const values: Record<string, string> = {
    s: String(Math.floor(at / 1000)),
    N: pad(Math.floor(at % 1000) * 1_000_000, 9),
    Y: String(time.getUTCFullYear()),
    m: pad(time.getUTCMonth() + 1),
    d: pad(time.getUTCDate()),
    e: pad(time.getUTCDate(), 2, ' '),
    H: pad(time.getUTCHours()),
    M: pad(time.getUTCMinutes()),
    S: pad(time.getUTCSeconds()),
    F: time.toISOString().slice(0, 10),
    T: time.toISOString().slice(11, 19),
    a: word({ weekday: 'short' }),
    b: word({ month: 'short' }),
    Z: 'UTC',
    z: '+0000',
    n: '\n',
    '%': '%',
  };
  const text = format.replace(/%(\d*)([a-zA-Z%])/g, (whole, digits: string, letter: string) => {
    const value = values[letter] ?? whole;
    return letter === 'N' && digits ? value.slice(0, Number(digits)) : value;
  });
  await process.out(has.I !== undefined ? `${time.toISOString().slice(0, 19)}+00:00\n` : `${text}\n`);
  return 0;
}

async function ps(process: Process, args: string[]): Promise<number> {
  const all = [...process.machine.processes.values()];
  const pid = args[args.indexOf('-p') + 1];
  const shown = args.includes('-p') ? all.filter(one => pid!.split(',').includes(String(one.pid))) : all;
  const format = args[args.indexOf('-o') + 1] ?? 'pid,args';
  const isBare = format.includes('=');
  const columns = args.includes('-o') ? format.split(/[,=]+/).filter(Boolean) : ['pid', 'args'];
  const value = (one: Process, column: string) =>
    ({
      pid: String(one.pid),
      ppid: String(one.parent?.pid ?? 1),
      args: one.argv.join(' '),
      cmd: one.argv.join(' '),
      command: one.argv.join(' '),
      comm: one.argv[0]!.split('/').at(-1)!,
      user: one.credentials.user,
      pgid: String(one.group),
    })[column] ?? '-';
  if (!isBare) await process.out(`${columns.map(column => column.toUpperCase()).join(' ')}\n`);
  for (const one of shown) await process.out(`${columns.map(column => value(one, column)).join(' ')}\n`);
  return shown.length ? 0 : 1;
}

export const basic: Record<string, Program> = {
  sh: process => sh(process),
  dash: process => sh(process),
  bash: process => sh(process),
  ...Object.fromEntries(['echo', 'printf', 'test', '[', 'true', 'false', 'pwd', 'kill'].map(name => [name, builtin(name)])),
  env,
  nohup: starter(''),
  nice: starter('n'),
  ionice: starter('cnp'),
  stdbuf: starter('ioe'),
  setpriv: starter(''),
  setsid: (process, args) => {
    process.group = process.pid;
    return starter('')(process, args);
  },
  timeout,
  xargs,
  flock,
  sudo,
  date,
  ps,
  sleep: async (process, args) => {
    for (const arg of args) await process.sleep(duration(arg));
    return 0;
  },
  sync: () => 0,
  id: async (process, args) => {
    const { uid, user } = process.credentials;
    const text =
      args.includes('-un') || args.includes('-gn')
        ? user
        : args.some(arg => /^-[ugG]$/.test(arg))
          ? String(uid)
          : `uid=${uid}(${user}) gid=${uid}(${user}) groups=${uid}(${user})`;
    await process.out(`${text}\n`);
    return 0;
  },
  whoami: async process => say(process, `${process.credentials.user}\n`),
  printenv: async (process, [name]) => {
    if (name === undefined) return env(process, []);
    if (process.env[name] === undefined) return 1;
    await process.out(`${process.env[name]}\n`);
    return 0;
  },
  which: async (process, args) => {
    let status = 0;
    for (const name of args.filter(arg => !arg.startsWith('-'))) {
      const found = await process.machine.find(name, process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', process);
      if (typeof found === 'string') await process.out(`${found}\n`);
      else status = 1;
    }
    return status;
  },
  yes: async (process, args) => {
    for (;;) await process.out(`${args.join(' ') || 'y'}\n`.repeat(1000));
  },
  clear: () => 0,
};
