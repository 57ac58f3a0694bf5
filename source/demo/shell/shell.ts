import type { Process } from '../machine/process.js';
import { type OpenFile, Pipe, sink, TextSource } from '../machine/streams.js';
import { type Builtin, builtins, specialBuiltins } from './builtins.js';
import { type Environment, ExpansionError, expandFields, expandPattern, expandText } from './expand.js';
import { Parser } from './parse.js';
import { matches, patternSource } from './pattern.js';
import { type Command, type Compound, Incomplete, type List, type Redirect, ShellSyntaxError, type Simple } from './syntax.js';

/** Ends the shell. */
export class Exit {
  constructor(readonly status: number) {}
}
/** Ends a function or a sourced file. */
export class Return {
  constructor(readonly status: number) {}
}
/** Ends so many loops, or goes on with the outermost of them. */
export class Leave {
  constructor(
    public levels: number,
    readonly goesOn: boolean,
  ) {}
}

export interface Variable {
  readonly value: string | undefined;
  readonly isExported: boolean;
  readonly isReadonly: boolean;
}

/** A shell: it runs a syntax tree as a process of a machine, the way dash does. */
export class Shell implements Environment {
  variables = new Map<string, Variable>();
  /** Subshells share them until one defines another. */
  functions: ReadonlyMap<string, Command> = new Map();
  readonly options = new Set<string>();
  /** Actions by signal number; 0 is EXIT. An empty one: ignored. */
  readonly traps = new Map<number, string>();
  /** What `local` has to bring back, innermost function first. */
  readonly frames: Map<string, Variable | undefined>[] = [];
  parameters: string[] = [];
  name = 'sh';
  status = 0;
  lastBackground: Process | null = null;
  readonly jobs = new Map<number, Process>();
  loops = 0;
  private readonly shellPid: number;
  private substitutionStatus: number | null = null;
  private readonly arrived: number[] = [];
  private notice: (() => void) | null = null;

  /** @param of the shell that this one is a subshell of */
  constructor(
    readonly process: Process,
    of?: Shell,
  ) {
    this.shellPid = of?.shellPid ?? process.pid;
    if (of) {
      this.inherit(of);
      return;
    }
    for (const [name, value] of Object.entries(process.env))
      this.variables.set(name, { value, isExported: true, isReadonly: false });
    this.set('PWD', process.cwd);
    this.set('IFS', ' \t\n');
    this.set('OPTIND', '1');
    if (this.get('PATH') === undefined) this.set('PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  }

  private inherit(of: Shell) {
    this.variables = new Map(of.variables);
    this.functions = of.functions;
    for (const option of of.options) this.options.add(option);
    for (const [signal, action] of of.traps) if (signal && action === '') this.traps.set(signal, action);
    this.frames.push(...of.frames.map(() => new Map()));
    this.parameters = of.parameters;
    this.name = of.name;
    this.status = of.status;
    this.lastBackground = of.lastBackground;
    this.loops = of.loops;
  }

  // ── Environment ──

  get isStrict() {
    return this.options.has('u');
  }
  get isGlobOff() {
    return this.options.has('f');
  }

  get(name: string): string | undefined {
    if (/^[1-9]/.test(name)) return this.parameters[Number(name) - 1];
    switch (name) {
      case '0':
        return this.name;
      case '?':
        return String(this.status);
      case '#':
        return String(this.parameters.length);
      case '$':
        return String(this.shellPid);
      case '!':
        return this.lastBackground ? String(this.lastBackground.pid) : undefined;
      case '-':
        return [...this.options].join('');
      case 'PPID':
        return String(this.process.parent?.pid ?? 1);
    }
    return this.variables.get(name)?.value;
  }

  set(name: string, value: string) {
    const known = this.variables.get(name);
    if (known?.isReadonly) throw new ExpansionError(`${name}: is read only`);
    this.variables.set(name, { value, isExported: known?.isExported ?? this.options.has('a'), isReadonly: false });
  }

  /** Defines a function, or takes it away. */
  define(name: string, body: Command | null) {
    const functions = new Map(this.functions);
    if (body) functions.set(name, body);
    else functions.delete(name);
    this.functions = functions;
  }

  private exported(extra: Record<string, string> = {}): Record<string, string> {
    const env: Record<string, string> = {};
    for (const [name, { value, isExported }] of this.variables) if (isExported && value !== undefined) env[name] = value;
    return { ...env, ...extra };
  }

  async glob(pattern: string): Promise<string[]> {
    const fs = this.process.fs;
    let found = [pattern.startsWith('/') ? '/' : ''];
    for (const segment of pattern.split('/').filter(Boolean)) {
      const next: string[] = [];
      for (const folder of found) {
        if (!/[*?[]/.test(segment.replace(/\\./g, ''))) {
          const path = folder + segment.replace(/\\(.)/g, '$1');
          if (await fs.exists(this.process.path(path))) next.push(`${path}/`);
          continue;
        }
        const expression = new RegExp(`^(?:${patternSource(segment)})$`);
        const names = await fs.readdir(this.process.path(folder || '.')).catch(() => []);
        for (const name of names.sort())
          if (expression.test(name) && (segment.startsWith('.') || !name.startsWith('.'))) next.push(`${folder}${name}/`);
      }
      found = next;
    }
    const isFolderWanted = pattern.endsWith('/');
    return found.filter(path => path !== '/').map(path => (isFolderWanted ? path : path.slice(0, -1)));
  }

  async substitute(body: List): Promise<string> {
    let text = '';
    const child = this.process.fork();
    const ended = new Promise<void>(done =>
      child.fds.set(
        1,
        sink(chunk => {
          text += chunk;
        }, done),
      ),
    );
    this.substitutionStatus = await this.wait(this.startIn(child, shell => shell.list(body)));
    await this.process.block(ended);
    return text.replace(/\n+$/, '');
  }

  // ── Running ──

  /** The whole life of a shell process: the commands, then the EXIT trap. */
  async live(act: () => Promise<number>): Promise<number> {
    const guarded = async (run: () => Promise<number>): Promise<number> => {
      try {
        return await run();
      } catch (thrown) {
        if (thrown instanceof Exit || thrown instanceof Return) return thrown.status;
        if (thrown instanceof Leave) return this.status;
        if (thrown instanceof ExpansionError || thrown instanceof ShellSyntaxError) {
          await this.complain(thrown.message);
          return 2;
        }
        throw thrown;
      }
    };
    this.status = await guarded(act);
    await guarded(async () => {
      await this.runTraps();
      return this.status;
    });
    const action = this.traps.get(0);
    if (!action) return this.status;
    this.traps.delete(0);
    const status = this.status;
    const after = await guarded(async () => {
      await this.evaluate(action);
      throw new Exit(status);
    });
    return after;
  }

  /** Runs a script's text. */
  async evaluate(text: string): Promise<number> {
    const parser = new Parser(text);
    for (let line = parser.next(); line; line = parser.next()) await this.list(line);
    return this.status;
  }

  /** Runs a script as it arrives, command by command. Like dash it may have read more than it has run yet. */
  async evaluateStream(stream: OpenFile): Promise<number> {
    let text = '';
    for (let isWhole = false; ; ) {
      const parser = new Parser(isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1), 0, isWhole);
      let done = 0;
      try {
        for (let line = parser.next(); line; line = parser.next()) {
          done = parser.position;
          await this.list(line);
        }
        if (isWhole) return this.status;
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
      }
      const chunk = await stream.read(this.process);
      text = text.slice(done) + (chunk ?? '');
      isWhole = chunk === null;
    }
  }

  async list(list: List, isTested = false): Promise<number> {
    for (const { command, background } of list) {
      if (background) this.background(command);
      else await this.command(command, isTested);
    }
    return this.status;
  }

  private background(command: Command) {
    const child = this.process.fork();
    child.fds.set(
      0,
      sink(() => {}),
    );
    void this.startIn(child, shell => shell.command(command, false, true));
    this.lastBackground = child;
    this.jobs.set(child.pid, child);
    this.status = 0;
  }

  /** @param isLast nothing runs in this process afterwards, so that a program may take its place */
  async command(command: Command, isTested = false, isLast = false): Promise<number> {
    if (this.process.machine.tick()) await new Promise(done => setImmediate(done));
    this.process.alive();
    switch (command.kind) {
      case 'simple':
        this.status = await this.simple(command, isTested, isLast);
        this.checkExit(isTested);
        break;
      case 'function':
        this.define(command.name, command.body);
        this.status = 0;
        break;
      case 'pipeline':
        await this.pipeline(command.commands, isTested || command.negated);
        if (command.negated) this.status = this.status ? 0 : 1;
        else if (command.commands.length > 1) this.checkExit(isTested);
        break;
      case 'and-or': {
        const last = command.rest.length - 1;
        await this.command(command.first, true);
        for (const [i, { operator, command: next }] of command.rest.entries()) {
          if ((this.status === 0) === (operator === '&&')) await this.command(next, isTested || i < last);
        }
        break;
      }
      default: {
        const redirected = await this.redirect(command.redirects);
        if (!redirected) {
          this.status = 2;
          this.checkExit(isTested);
          break;
        }
        try {
          await this.compound(command, isTested);
        } finally {
          redirected.undo();
        }
      }
    }
    await this.runTraps();
    return this.status;
  }

  private checkExit(isTested: boolean) {
    if (this.status && !isTested && this.options.has('e')) throw new Exit(this.status);
  }

  private async pipeline(commands: Command[], isTested: boolean): Promise<void> {
    if (commands.length === 1) {
      await this.command(commands[0]!, isTested);
      return;
    }
    const children: Promise<number>[] = [];
    let before: OpenFile | null = null;
    for (const [i, command] of commands.entries()) {
      const child = this.process.fork();
      const pipe = i < commands.length - 1 ? new Pipe() : null;
      if (before) child.fds.set(0, before);
      if (pipe) {
        child.fds.set(1, pipe.writer);
        // The reader is counted before its process stands, or the writer would find nobody there.
        pipe.reader.retain();
      }
      if (before) before.release();
      before = pipe?.reader ?? null;
      children.push(this.startIn(child, shell => shell.command(command, isTested, true)));
    }
    this.status = (await this.wait(Promise.all(children))).at(-1)!;
  }

  private async compound(command: Compound, isTested: boolean): Promise<void> {
    switch (command.kind) {
      case 'group':
        await this.list(command.body, isTested);
        break;
      case 'subshell':
        this.status = await this.wait(this.startIn(this.process.fork(), shell => shell.list(command.body, isTested)));
        this.checkExit(isTested);
        break;
      case 'if': {
        const arm = await this.firstArm(command.arms);
        if (arm) await this.list(arm.body, isTested);
        else if (command.otherwise) await this.list(command.otherwise, isTested);
        else this.status = 0;
        break;
      }
      case 'while': {
        let status = 0;
        await this.loop(async () => {
          await this.list(command.condition, true);
          if ((this.status === 0) === command.until) return false;
          status = await this.list(command.body, isTested);
          return true;
        });
        this.status = status;
        break;
      }
      case 'for': {
        const items = command.words ? await expandFields(command.words, this) : [...this.parameters];
        this.status = 0;
        await this.loop(async () => {
          if (!items.length) return false;
          this.set(command.name, items.shift()!);
          await this.list(command.body, isTested);
          return true;
        });
        break;
      }
      case 'case': {
        const subject = await expandText(command.word, this);
        this.status = 0;
        for (const { patterns, body } of command.arms) {
          for (const pattern of patterns) {
            if (matches(subject, await expandPattern(pattern, this))) {
              await this.list(body, isTested);
              return;
            }
          }
        }
      }
    }
  }

  private async firstArm(arms: { condition: List; body: List }[]) {
    for (const arm of arms) if ((await this.list(arm.condition, true)) === 0) return arm;
    return null;
  }

  private async loop(turn: () => Promise<boolean>): Promise<void> {
    this.loops++;
    try {
      for (;;) {
        try {
          if (!(await turn())) return;
        } catch (thrown) {
          if (!(thrown instanceof Leave)) throw thrown;
          if (thrown.levels > 1 && this.loops > 1) {
            thrown.levels--;
            throw thrown;
          }
          if (!thrown.goesOn) return;
        }
      }
    } finally {
      this.loops--;
    }
  }

  private async simple(command: Simple, isTested: boolean, isLast: boolean): Promise<number> {
    this.substitutionStatus = null;
    const words = await expandFields(command.words, this);
    const called = words[0];
    const redirected = await this.redirect(command.redirects);
    if (!redirected) {
      if (specialBuiltins.has(called ?? '')) throw new Exit(2);
      return 2;
    }
    if (called === 'exec') {
      redirected.keep();
      for (const { name, value } of command.assignments) this.set(name, await expandText(value, this));
      return words.length > 1 ? this.replace(words.slice(1)) : 0;
    }
    try {
      const values: Record<string, string> = {};
      for (const { name, value } of command.assignments) {
        values[name] = await expandText(value, this);
        if (called === undefined) this.set(name, values[name]);
      }
      if (called === undefined) return this.substitutionStatus ?? 0;
      const body = this.functions.get(called);
      const builtin = builtins[called];
      if (specialBuiltins.has(called) && builtin) {
        for (const [name, value] of Object.entries(values)) this.set(name, value);
        return await builtin(this, words.slice(1), isTested);
      }
      if (body || builtin)
        return await this.withVariables(values, () =>
          body ? this.call(body, words.slice(1), isTested) : (builtin as Builtin)(this, words.slice(1), isTested),
        );
      return await this.program(words, values, isLast);
    } finally {
      redirected.undo();
    }
  }

  private async withVariables(values: Record<string, string>, act: () => Promise<number> | number): Promise<number> {
    const names = Object.keys(values);
    if (!names.length) return act();
    const before = names.map(name => [name, this.variables.get(name)] as const);
    for (const name of names) {
      const known = this.variables.get(name);
      this.variables.set(name, { value: values[name], isExported: true, isReadonly: known?.isReadonly ?? false });
    }
    try {
      return await act();
    } finally {
      for (const [name, variable] of before) this.bringBack(name, variable);
    }
  }

  private bringBack(name: string, variable: Variable | undefined) {
    if (variable) this.variables.set(name, variable);
    else this.variables.delete(name);
  }

  private async call(body: Command, parameters: string[], isTested: boolean): Promise<number> {
    const before = { parameters: this.parameters, loops: this.loops };
    const frame = new Map<string, Variable | undefined>();
    if (this.frames.length > 500) throw new ExpansionError('Maximum function recursion depth (500) reached');
    this.frames.unshift(frame);
    this.parameters = parameters;
    this.loops = 0;
    try {
      return await this.command(body, isTested);
    } catch (thrown) {
      if (thrown instanceof Return) return thrown.status;
      throw thrown;
    } finally {
      this.parameters = before.parameters;
      this.loops = before.loops;
      this.frames.shift();
      for (const [name, variable] of frame) this.bringBack(name, variable);
    }
  }

  /** Runs a program as a child, or in this process where nothing comes after it. */
  async program(words: string[], extra: Record<string, string> = {}, isLast = false): Promise<number> {
    const machine = this.process.machine;
    const found = await machine.find(words[0]!, extra.PATH ?? this.get('PATH') ?? '', this.process);
    if (typeof found === 'number') {
      await this.complain(`${words[0]}: ${found === 127 ? 'not found' : 'Permission denied'}`);
      return found;
    }
    const canReplace = isLast && !this.traps.size;
    const child = canReplace ? this.process : this.process.fork(words);
    child.argv = words;
    child.env = this.exported(extra);
    if (canReplace) return machine.run(found, child);
    return this.wait(child.start(() => machine.run(found, child)));
  }

  private async replace(words: string[]): Promise<never> {
    this.traps.clear();
    throw new Exit(await this.program(words, {}, true));
  }

  /** Starts a subshell in a process that was forked for it. */
  private startIn(child: Process, act: (shell: Shell) => Promise<number>): Promise<number> {
    const shell = new Shell(child, this);
    return child.start(() => shell.live(() => act(shell)));
  }

  // ── Signals ──

  /** Sets what a signal does; null: its default. */
  trap(signal: number, action: string | null) {
    if (action === null) this.traps.delete(signal);
    else this.traps.set(signal, action);
    if (signal === 0) return;
    if (action === null) this.process.handlers.delete(signal);
    else if (action === '') this.process.handlers.set(signal, null);
    else
      this.process.handlers.set(signal, () => {
        this.arrived.push(signal);
        this.notice?.();
      });
  }

  private async runTraps() {
    for (let signal = this.arrived.shift(); signal; signal = this.arrived.shift()) {
      const status = this.status;
      const action = this.traps.get(signal);
      if (action) await this.evaluate(action);
      this.status = status;
    }
  }

  private wait<T>(children: Promise<T>): Promise<T> {
    return this.process.block(children);
  }

  /** For the builtin `wait`, which a signal ends: null then. */
  async waitOrSignal(child: Promise<number>): Promise<number | null> {
    if (this.arrived.length) return null;
    const signal = new Promise<null>(done => {
      this.notice = () => done(null);
    });
    return this.process.block(Promise.race([child, signal]));
  }
  get arrivedSignal() {
    return this.arrived[0] ?? 0;
  }

  // ── Redirections ──

  /** Makes redirections, to be undone or kept. Null, with a word about it, where one failed. */
  private async redirect(redirects: Redirect[]): Promise<{ undo(): void; keep(): void } | null> {
    const fds = this.process.fds;
    const before: { fd: number; file: OpenFile | undefined }[] = [];
    const undo = () => {
      for (const { fd, file } of before.reverse()) fds.set(fd, file);
      keep();
    };
    const keep = () => {
      for (const { file } of before) file?.release();
    };
    for (const { fd, operator, target } of redirects) {
      const text = await expandText(target, this);
      const number = fd ?? (operator.startsWith('<') ? 0 : 1);
      let file: OpenFile | undefined;
      try {
        if (operator === '<<') file = new TextSource(text);
        else if (operator === '<&' || operator === '>&') {
          file = text === '-' ? undefined : fds.get(Number(text));
          if (text !== '-' && !file) throw new Error(`${text}: Bad file descriptor`);
        } else file = await this.process.machine.open(this.process, text, operator, this.options.has('C'));
      } catch (error) {
        await this.complain((error as Error).message);
        undo();
        return null;
      }
      before.push({ fd: number, file: fds.get(number) });
      fds.get(number)?.retain();
      fds.set(number, file);
    }
    return { undo, keep };
  }

  async complain(message: string): Promise<void> {
    await this.process.err(`${this.name}: 1: ${message}\n`);
  }
}
