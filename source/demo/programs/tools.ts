import { Bash, createCommandContext } from 'just-bash/browser';
import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { capture } from './capture.js';

interface Tool {
  execute(
    args: string[],
    context: ReturnType<typeof createCommandContext>,
  ): Promise<{ stdout: string; stderr: string; exitCode: number; stdoutKind?: string; stdoutEncoding?: string }>;
}

// One set of tools serves all machines: the files come with each call.
const tools = (new Bash({ defenseInDepth: false }) as unknown as { commands: Map<string, Tool> }).commands;

/** How a tool reads: letters whose value follows, words before the files (none where one of `instead` is given). */
interface Reading {
  values?: string;
  before?: number;
  instead?: string;
}

const readers: Record<string, Reading> = {
  awk: { values: 'Fvf', before: 1, instead: 'f' },
  base64: { values: 'w' },
  column: { values: 'st' },
  comm: {},
  cut: { values: 'dfcb' },
  diff: { values: 'U' },
  egrep: { values: 'efmABC', before: 1, instead: 'ef' },
  fgrep: { values: 'efmABC', before: 1, instead: 'ef' },
  fold: { values: 'w' },
  grep: { values: 'efmABC', before: 1, instead: 'ef' },
  head: { values: 'nc' },
  join: { values: 'tjo12' },
  jq: { values: '', before: 1 },
  nl: { values: 'bw' },
  paste: { values: 'd' },
  rev: {},
  sed: { values: 'ef', before: 1, instead: 'ef' },
  sort: { values: 'ktoST' },
  strings: { values: 'n' },
  tac: {},
  tail: { values: 'nc' },
  tr: { before: 2 },
  uniq: { values: 'fsw' },
  wc: {},
};

/** Names of the text tools and the like that just-bash does well. */
export const toolNames = [
  ...Object.keys(readers),
  'basename',
  'dirname',
  'du',
  'expr',
  'file',
  'find',
  'ls',
  'readlink',
  'seq',
  'split',
  'tree',
];

/** A text tool of just-bash: it reads all of its input, then answers. */
export const tool =
  (name: string): Program =>
  async (process, args) => {
    const asked = adapt(name, args);
    const stdin = readsInput(name, asked.args) ? await process.readAll() : '';
    const result = await tools.get(name)!.execute(
      asked.args.map(toText),
      createCommandContext({
        fs: speaking(process, stdin),
        cwd: process.cwd,
        env: new Map(Object.entries(process.env)),
        exportedEnv: process.env,
        stdin: stdin as never,
        exec: (command, { args: words = [], stdin = '' }) =>
          capture(process, ['sh', '-c', `${command} "$@"`, 'sh', ...words], stdin),
      }),
    );
    const isBytes = result.stdoutKind === 'bytes' || result.stdoutEncoding === 'binary';
    await process.out(isBytes ? result.stdout : toBytes(result.stdout));
    if (!asked.isQuiet) await process.err(toBytes(result.stderr));
    return result.exitCode;
  };

/** The files of the machine, among which /dev/stdin is what the process was given, and /dev/stderr where it complains. */
function speaking(process: Process, stdin: string): Process['fs'] {
  const complain = (text: unknown) => process.err(toBytes(String(text)));
  const write = (name: 'writeFile' | 'appendFile') => (path: string, text: never) =>
    path === '/dev/stderr' ? complain(text) : process.fs[name](path, text);
  const speaks: Record<string | symbol, unknown> = {
    writeFile: write('writeFile'),
    appendFile: write('appendFile'),
    stat: async (path: string) => (path === STDIN ? { size: stdin.length } : process.fs.stat(path)),
    readFile: async (path: string) => (path === STDIN ? toText(stdin) : process.fs.readFile(path)),
  };
  return new Proxy(process.fs, {
    get(fs, name) {
      const value = speaks[name] ?? Reflect.get(fs, name, fs);
      return typeof value === 'function' ? value.bind(fs) : value;
    },
  });
}

const STDIN = '/dev/stdin';

const isPlain = (text: string) => /^[\0-\x7f]*$/.test(text);
export const toText = (bytes: string): string => (isPlain(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8'));
export const toBytes = (text: string): string => (isPlain(text) ? text : Buffer.from(text, 'utf8').toString('latin1'));

/** Options that the tools do not know, in their words. */
function adapt(name: string, args: string[]): { args: string[]; isQuiet: boolean } {
  if (!name.endsWith('grep')) return { args, isQuiet: false };
  const end = args.indexOf('--') < 0 ? args.length : args.indexOf('--');
  let isQuiet = false;
  const kept = args.flatMap((arg, i) => {
    if (
      i < end &&
      /^-[a-zA-Z]*s[a-zA-Z]*$/.test(arg) &&
      !(readers.grep!.values!.includes(args[i - 1]?.at(-1) ?? ' ') && args[i - 1]?.startsWith('-'))
    ) {
      isQuiet = true;
      return arg === '-s' ? [] : [arg.replace('s', '')];
    }
    return [arg];
  });
  return { args: kept, isQuiet };
}

/** A tool that was given files leaves its input to the commands that follow. */
function readsInput(name: string, args: string[]): boolean {
  const reading = readers[name];
  if (!reading) return false;
  let before = reading.before ?? 0;
  let files = 0;
  let isOver = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!isOver && arg === '--') isOver = true;
    else if (!isOver && arg.startsWith('-') && arg.length > 1) {
      if (arg.startsWith('--')) continue;
      const valued = [...arg.slice(1)].findIndex(letter => reading.values?.includes(letter));
      if (valued < 0) {
        if (/r|R/.test(arg) && name.endsWith('grep')) return false;
        continue;
      }
      if (reading.instead?.includes(arg[valued + 1]!)) before = 0;
      if (valued + 2 === arg.length) i++;
    } else if (before) before--;
    else if (arg === '-' || arg === STDIN) return true;
    else files++;
  }
  return files === 0;
}
