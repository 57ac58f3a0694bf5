import type { Process } from '../machine/process.js';

class Malformed extends Error {}

/** The command `test`: 0 yes, 1 no, 2 not a question. */
export async function test(process: Process, args: string[]): Promise<number> {
  try {
    return (await question(process, args)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    await process.err(`sh: 1: [: ${error.message}\n`);
    return 2;
  }
}

const binary = new Set(['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef']);

async function question(process: Process, args: string[]): Promise<boolean> {
  switch (args.length) {
    case 0:
      return false;
    case 1:
      return args[0] !== '';
    case 2:
      return args[0] === '!' ? args[1] === '' : unary(process, args[0]!, args[1]!);
    case 3:
      if (binary.has(args[1]!)) return compare(process, args[0]!, args[1]!, args[2]!);
      if (args[0] === '!') return !(await question(process, args.slice(1)));
      if (args[0] === '(' && args[2] === ')') return args[1] !== '';
      break;
    case 4:
      if (args[0] === '!') return !(await question(process, args.slice(1)));
      if (args[0] === '(' && args[3] === ')') return question(process, args.slice(1, 3));
  }
  return new Expression(process, [...args]).whole();
}

/** Longer questions: -o binds less than -a, which binds less than !. */
class Expression {
  constructor(
    private readonly process: Process,
    private readonly args: string[],
  ) {}
  async whole() {
    const result = await this.or();
    if (this.args.length) throw new Malformed(`${this.args[0]}: unexpected operator`);
    return result;
  }
  private async or(): Promise<boolean> {
    let result = await this.and();
    while (this.args[0] === '-o') {
      this.args.shift();
      result = (await this.and()) || result;
    }
    return result;
  }
  private async and(): Promise<boolean> {
    let result = await this.not();
    while (this.args[0] === '-a') {
      this.args.shift();
      result = (await this.not()) && result;
    }
    return result;
  }
  private async not(): Promise<boolean> {
    if (this.args[0] === '!') {
      this.args.shift();
      return !(await this.not());
    }
    if (this.args[0] === '(') {
      this.args.shift();
      const result = await this.or();
      if (this.args.shift() !== ')') throw new Malformed('closing paren expected');
      return result;
    }
    if (binary.has(this.args[1] ?? '')) {
      const [left, operator, right] = this.args.splice(0, 3);
      return compare(this.process, left!, operator!, right ?? '');
    }
    if (/^-[a-zA-Z]$/.test(this.args[0] ?? '') && this.args.length > 1) {
      const [operator, operand] = this.args.splice(0, 2);
      return unary(this.process, operator!, operand!);
    }
    const word = this.args.shift();
    if (word === undefined) throw new Malformed('argument expected');
    return word !== '';
  }
}

async function unary(process: Process, operator: string, operand: string): Promise<boolean> {
  const { fs } = process;
  const path = process.path(operand);
  const stat = async () => ((await fs.exists(path)) ? fs.stat(path) : null);
  switch (operator) {
    case '-n':
      return operand !== '';
    case '-z':
      return operand === '';
    case '-t':
      return false;
    case '-e':
    case '-a':
      return operand !== '' && fs.exists(path);
    case '-f':
      return (await stat())?.isFile === true && !path.startsWith('/dev/');
    case '-d':
      return (await stat())?.isDirectory ?? false;
    case '-s':
      return ((await stat())?.size ?? 0) > 0;
    case '-h':
    case '-L':
      return (await fs.lstat(path).catch(() => null))?.isSymbolicLink ?? false;
    case '-c':
      return path.startsWith('/dev/') && (await stat())?.isFile === true;
    case '-S':
      return path.endsWith('.sock') && fs.exists(path);
    case '-b':
    case '-p':
    case '-u':
    case '-g':
    case '-k':
      return false;
    case '-r':
    case '-w':
    case '-x': {
      const found = await stat();
      if (!found) return false;
      if (operator === '-x') return found.isDirectory || (found.mode & 0o111) !== 0;
      return process.isRoot || process.machine.mayOpen(process, path, operator === '-r' ? 'read' : 'write');
    }
    default:
      throw new Malformed(`${operator}: unexpected operator`);
  }
}

async function compare(process: Process, left: string, operator: string, right: string): Promise<boolean> {
  const number = (text: string) => {
    if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new Malformed(`Illegal number: ${text}`);
    return Number(text);
  };
  const age = async (file: string) =>
    (await process.fs.stat(process.path(file)).catch(() => null))?.mtime.getTime() ?? Number.NEGATIVE_INFINITY;
  switch (operator) {
    case '=':
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '-eq':
      return number(left) === number(right);
    case '-ne':
      return number(left) !== number(right);
    case '-lt':
      return number(left) < number(right);
    case '-le':
      return number(left) <= number(right);
    case '-gt':
      return number(left) > number(right);
    case '-ge':
      return number(left) >= number(right);
    case '-nt':
      return (await age(left)) > (await age(right));
    case '-ot':
      return (await age(left)) < (await age(right));
    default:
      return process.path(left) === process.path(right);
  }
}
