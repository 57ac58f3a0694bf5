import { type Process, signals } from '../machine/process.js';
import { parse } from './parse.js';
import { printf } from './printf.js';
import { Exit, Leave, Return, type Shell } from './shell.js';
import { test } from './test.js';

/** A command that the shell runs itself; what it returns is its status. */
export type Builtin = (shell: Shell, args: string[], isTested?: boolean) => Promise<number> | number;

/** Those whose assignments stay. */
export const specialBuiltins = new Set([
  ':',
  '.',
  'eval',
  'exec',
  'exit',
  'export',
  'readonly',
  'return',
  'set',
  'shift',
  'trap',
  'unset',
  'break',
  'continue',
]);

const number = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number.parseInt(text, 10));
const quoted = (value: string) => `'${value.replaceAll("'", `'"'"'`)}'`;

/** 15 for TERM, SIGTERM, 15; NaN for none. */
export function signalNumber(name: string): number {
  if (/^\d+$/.test(name)) return Number(name);
  const plain = name.replace(/^SIG/, '');
  return plain === 'EXIT' ? 0 : (signals[plain] ?? Number.NaN);
}

/** Prints, and is content. */
export async function say(process: Process, text: string): Promise<0> {
  await process.out(text);
  return 0;
}

const declare =
  (mark: 'isExported' | 'isReadonly'): Builtin =>
  async (shell, args) => {
    if (args[0] === '-p' || !args.length) {
      const word = mark === 'isExported' ? 'export' : 'readonly';
      for (const [name, variable] of shell.variables)
        if (variable[mark]) await shell.process.out(`${word} ${name}=${quoted(variable.value ?? '')}\n`);
      return 0;
    }
    for (const arg of args) {
      const [, name, value] = /^([^=]*)=?(.*)$/s.exec(arg)!;
      if (arg.includes('=')) shell.set(name!, value!);
      const known = shell.variables.get(name!) ?? { value: undefined, isExported: false, isReadonly: false };
      shell.variables.set(name!, { ...known, [mark]: true });
    }
    return 0;
  };

const leave =
  (goesOn: boolean): Builtin =>
  (shell, [levels]) => {
    if (!shell.loops) return 0;
    throw new Leave(number(levels, 1), goesOn);
  };

const describe = async (
  shell: Shell,
  name: string,
): Promise<{ kind: 'builtin' | 'function' | 'file'; path: string } | null> => {
  if (shell.functions.has(name)) return { kind: 'function', path: name };
  if (builtins[name] || name === 'exec') return { kind: 'builtin', path: name };
  const found = await shell.process.machine.find(name, shell.get('PATH') ?? '', shell.process);
  return typeof found === 'number' ? null : { kind: 'file', path: found };
};

export const builtins: Record<string, Builtin> = {
  ':': () => 0,
  true: () => 0,
  false: () => 1,
  hash: () => 0,
  alias: () => 0,
  unalias: () => 0,
  ulimit: ({ process }) => say(process, 'unlimited\n'),
  times: ({ process }) => say(process, '0m0.00s 0m0.00s\n0m0.00s 0m0.00s\n'),

  async echo({ process }, args) {
    const isBare = args[0] === '-n';
    const text = (isBare ? args.slice(1) : args).join(' ');
    const [shown, goesOn] = text.includes('\\') ? unescapeEcho(text) : [text, true];
    await process.out(shown + (isBare || !goesOn ? '' : '\n'));
    return 0;
  },
  async printf({ process }, args) {
    const [format = '', ...values] = args[0] === '--' ? args.slice(1) : args;
    const { text, error } = printf(format, values);
    await process.out(text);
    if (error) await process.err(`sh: 1: printf: ${error}\n`);
    return error ? 1 : 0;
  },
  test: ({ process }, args) => test(process, args),
  '[': async ({ process }, args) => {
    if (args.at(-1) !== ']') {
      await process.err('sh: 1: [: missing ]\n');
      return 2;
    }
    return test(process, args.slice(0, -1));
  },

  async cd(shell, args) {
    const { process } = shell;
    const wanted = args.filter(arg => !/^-[LP]$|^--$/.test(arg))[0] ?? shell.get('HOME') ?? '/';
    const path = process.path(wanted === '-' ? (shell.get('OLDPWD') ?? '/') : wanted);
    if (!(await process.fs.isFolder(path))) {
      await shell.complain(`cd: can't cd to ${wanted}`);
      return 2;
    }
    shell.set('OLDPWD', process.cwd);
    process.cwd = path;
    shell.set('PWD', path);
    if (wanted === '-') await process.out(`${path}\n`);
    return 0;
  },
  pwd: ({ process }) => say(process, `${process.cwd}\n`),

  export: declare('isExported'),
  readonly: declare('isReadonly'),
  unset(shell, args) {
    const isFunction = args[0] === '-f';
    for (const name of args.filter(arg => !/^-[fv]$/.test(arg))) {
      if (isFunction) shell.define(name, null);
      else shell.variables.delete(name);
    }
    return 0;
  },
  local(shell, args) {
    const frame = shell.frames[0];
    if (!frame) throw new Exit(2);
    for (const arg of args) {
      const [, name, value] = /^([^=]*)=?(.*)$/s.exec(arg)!;
      const known = shell.variables.get(name!);
      if (!frame.has(name!)) frame.set(name!, known);
      if (arg.includes('=')) shell.set(name!, value!);
    }
    return 0;
  },
  async set(shell, args) {
    if (!args.length) {
      for (const [name, { value }] of [...shell.variables].sort())
        if (value !== undefined) await shell.process.out(`${name}=${quoted(value)}\n`);
      return 0;
    }
    const names: Record<string, string> = {
      errexit: 'e',
      nounset: 'u',
      noglob: 'f',
      noclobber: 'C',
      xtrace: 'x',
      allexport: 'a',
      verbose: 'v',
      monitor: 'm',
    };
    let rest = args;
    while (/^[-+]/.test(rest[0] ?? '')) {
      const [first, ...others] = rest as [string, ...string[]];
      rest = others;
      if (first === '--') {
        shell.parameters = rest;
        return 0;
      }
      if (first === '-') break;
      for (const letter of first.slice(1)) {
        const option = letter === 'o' ? names[rest.shift() ?? ''] : letter;
        if (option === undefined) {
          await shell.complain('set: Illegal option -o');
          throw new Exit(2);
        }
        if (first[0] === '-') shell.options.add(option);
        else shell.options.delete(option);
      }
    }
    if (rest.length) shell.parameters = rest;
    return 0;
  },
  async shift(shell, [count]) {
    const n = number(count, 1);
    if (n > shell.parameters.length) {
      await shell.complain("shift: can't shift that many");
      throw new Exit(2);
    }
    shell.parameters = shell.parameters.slice(n);
    return 0;
  },

  async eval(shell, args, isTested = false) {
    const list = parse(args.join(' '));
    shell.status = 0;
    return shell.list(list, isTested);
  },
  async '.'(shell, [file = ''], isTested = false) {
    const { process } = shell;
    const path = file.includes('/') ? process.path(file) : await process.machine.find(file, shell.get('PATH') ?? '', process);
    if (typeof path === 'number' || !(await process.fs.exists(path))) {
      await shell.complain(`.: cannot open ${file}: No such file`);
      throw new Exit(2);
    }
    const list = parse(await process.fs.bytes(path));
    shell.status = 0;
    try {
      return await shell.list(list, isTested);
    } catch (thrown) {
      if (thrown instanceof Return) return thrown.status;
      throw thrown;
    }
  },
  exit(shell, [status]) {
    throw new Exit(number(status, shell.status) & 255);
  },
  return(shell, [status]) {
    throw new Return(number(status, shell.status) & 255);
  },
  break: leave(false),
  continue: leave(true),

  async read(shell, args) {
    const { process } = shell;
    const isRaw = args[0]?.startsWith('-') && args[0].includes('r');
    const names = args.filter((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-p' && args[i - 1] !== '-t');
    let line = '';
    let ended = false;
    for (;;) {
      const piece = await process.stdin?.readLine(process);
      if (piece === null || piece === undefined) {
        ended = true;
        break;
      }
      ended = !piece.endsWith('\n');
      line += ended ? piece : piece.slice(0, -1);
      if (isRaw || ended || !/(?:^|[^\\])(?:\\\\)*\\$/.test(line)) break;
      line = line.slice(0, -1);
    }
    if (!isRaw) line = line.replace(/\\(.)/gs, '$1');
    const values = splitForRead(line, shell.get('IFS') ?? ' \t\n', names.length);
    names.forEach((name, i) => {
      shell.set(name, values[i] ?? '');
    });
    return ended ? 1 : 0;
  },
  async getopts(shell, [spec = '', name = 'opt', ...given]) {
    const args = given.length ? given : shell.parameters;
    const offset = number(shell.variables.get(' getopts')?.value, 1);
    // In the midst of a word OPTIND is already the next one's.
    let index = number(shell.get('OPTIND'), 1) - (offset > 1 ? 1 : 0);
    const word = args[index - 1];
    if (!word?.startsWith('-') || word === '-' || word === '--') {
      if (word === '--') shell.set('OPTIND', String(index + 1));
      shell.set(name, '?');
      return 1;
    }
    const letter = word[offset]!;
    const known = letter !== ':' && spec.includes(letter);
    let next = offset + 1;
    shell.variables.delete('OPTARG');
    if (known && spec[spec.indexOf(letter) + 1] === ':') {
      const value = word.slice(next) || args[index++];
      shell.set('OPTARG', value ?? '');
      next = word.length;
    }
    const isOver = next >= word.length;
    shell.set('OPTIND', String(index + 1));
    shell.variables.set(' getopts', { value: String(isOver ? 1 : next), isExported: false, isReadonly: false });
    shell.set(name, known ? letter : '?');
    if (!known) await shell.complain(`Illegal option -${letter}`);
    return 0;
  },

  async command(shell, args) {
    if (args[0] === '-v' || args[0] === '-V') {
      const found = await describe(shell, args[1] ?? '');
      if (found) await shell.process.out(`${found.path}\n`);
      return found ? 0 : 127;
    }
    const [name = '', ...rest] = args[0] === '-p' ? args.slice(1) : args;
    const builtin = builtins[name];
    return builtin ? builtin(shell, rest) : shell.program([name, ...rest]);
  },
  async type(shell, args) {
    let status = 0;
    for (const name of args) {
      const found = await describe(shell, name);
      const words = { builtin: 'is a shell builtin', function: 'is a shell function', file: `is ${found?.path}` };
      await shell.process.out(`${name}${found ? ` ${words[found.kind]}` : ': not found'}\n`);
      if (!found) status = 127;
    }
    return status;
  },

  async trap(shell, args) {
    if (!args.length) {
      for (const [signal, action] of shell.traps) {
        const name = signal ? Object.keys(signals).find(key => signals[key] === signal) : 'EXIT';
        await shell.process.out(`trap -- ${quoted(action)} ${name}\n`);
      }
      return 0;
    }
    const [first = '', ...others] = args[0] === '--' ? args.slice(1) : args;
    const isReset = first === '-' || (/^\d+$/.test(first) && others.every(name => !Number.isNaN(signalNumber(name))));
    for (const name of first !== '-' && isReset ? args : others) {
      const signal = signalNumber(name);
      if (Number.isNaN(signal)) {
        await shell.complain(`trap: ${name}: bad trap`);
        return 1;
      }
      shell.trap(signal, isReset ? null : first);
    }
    return 0;
  },
  async wait(shell, args) {
    const jobs = args.length ? args.map(pid => shell.jobs.get(Number(pid))) : [...shell.jobs.values()];
    let status = 0;
    for (const job of jobs) {
      const ended = job ? await shell.waitOrSignal(job.exited) : 127;
      if (ended === null) return 128 + shell.arrivedSignal;
      status = args.length ? ended : 0;
      if (job) shell.jobs.delete(job.pid);
    }
    return status;
  },
  kill: (shell, args) => kill(shell, args),
  async umask(shell, [mask]) {
    if (mask === undefined) await shell.process.out(`${shell.process.umask.toString(8).padStart(4, '0')}\n`);
    else shell.process.umask = Number.parseInt(mask, 8);
    return 0;
  },
};

async function kill({ process }: { process: Shell['process'] }, args: string[]): Promise<number> {
  let signal = signals.TERM!;
  const pids = [...args];
  if (pids[0] === '-s') {
    signal = signalNumber(pids[1] ?? '');
    pids.splice(0, 2);
  } else if (pids[0] === '-l') {
    await process.out(`${Object.keys(signals).join(' ')}\n`);
    return 0;
  } else if (/^-[A-Za-z0-9]/.test(pids[0] ?? '')) signal = signalNumber(pids.shift()!.slice(1));
  if (pids[0] === '--') pids.shift();
  let status = 0;
  for (const pid of pids) {
    const targets = pid.startsWith('-')
      ? process.machine.group(Number(pid.slice(1)))
      : [process.machine.processes.get(Number(pid))].filter(target => target !== undefined);
    for (const target of targets) target.kill(signal);
    if (!targets.length) {
      await process.err('sh: 1: kill: No such process\n');
      status = 1;
    }
    process.alive();
  }
  return status;
}

function splitForRead(line: string, ifs: string, count: number): string[] {
  const isBlank = (c: string | undefined) => c !== undefined && ifs.includes(c) && ' \t\n'.includes(c);
  const isSign = (c: string | undefined) => c !== undefined && ifs.includes(c) && !' \t\n'.includes(c);
  let end = line.length;
  while (end && isBlank(line[end - 1])) end--;
  let i = 0;
  while (i < end && isBlank(line[i])) i++;
  const values: string[] = [];
  while (values.length < count - 1 && i < end) {
    const start = i;
    while (i < end && !isBlank(line[i]) && !isSign(line[i])) i++;
    values.push(line.slice(start, i));
    while (i < end && isBlank(line[i])) i++;
    if (i < end && isSign(line[i])) i++;
    while (i < end && isBlank(line[i])) i++;
  }
  let rest = line.slice(i, end);
  // One sign at the very end only ends the last field.
  if (isSign(rest.at(-1)) && ![...rest.slice(0, -1)].some(isSign)) rest = rest.slice(0, -1);
  return [...values, rest];
}

/** Escapes as dash's echo knows them; false where `\c` ends the output. */
function unescapeEcho(text: string): [string, boolean] {
  const end = text.search(/(?<!\\)(?:\\\\)*\\c/);
  const { text: shown } = printf('%b', [text]);
  return [shown, end < 0];
}
