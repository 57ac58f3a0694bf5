import type { Machine } from './machine.js';
import { BrokenPipe, type Descriptors, type OpenFile } from './streams.js';

export const signals: Record<string, number> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
};

/** Unwinds the program of a process that was killed. */
export class Killed extends Error {
  constructor(readonly signal: number) {
    super(`killed by signal ${signal}`);
  }
}

export interface Credentials {
  uid: number;
  user: string;
  home: string;
}

/** What all processes of one login or one unit share. */
export interface Session {
  id: number;
  /** Epoch ms. */
  begunAt: number;
  /** Milliseconds that its programs believe to have slept, beyond those that really went by. */
  lag: number;
  /** The systemd unit in whose cgroup it is. */
  unit: string | null;
}

/** A program that runs on a machine. */
export class Process {
  readonly exited: Promise<number>;
  /** 128 + signal where a signal ended it; null while it runs. */
  status: number | null = null;
  children = new Set<Process>();
  /** Signals that the program handles itself; null: it ignores the signal. */
  readonly handlers = new Map<number, (() => void) | null>();
  private finish!: (status: number) => void;
  private blockers = new Set<(killed: Killed) => void>();
  private killedBy: Killed | null = null;

  constructor(
    readonly machine: Machine,
    readonly pid: number,
    public parent: Process | null,
    public argv: string[],
    readonly fds: Descriptors,
    public env: Record<string, string>,
    public cwd: string,
    public umask: number,
    public credentials: Credentials,
    public session: Session,
    public group: number,
  ) {
    this.exited = new Promise(resolve => {
      this.finish = resolve;
    });
    parent?.children.add(this);
  }

  get fs() {
    return this.machine.fs;
  }
  get killedBySignal(): number | null {
    return this.killedBy?.signal ?? null;
  }
  get isRoot() {
    return this.credentials.uid === 0;
  }

  /** A child with copies of all that a child has of its parent. */
  fork(argv: string[] = this.argv): Process {
    this.alive();
    const child = this.machine.addProcess(
      pid =>
        new Process(
          this.machine,
          pid,
          this,
          argv,
          this.fds.clone(),
          { ...this.env },
          this.cwd,
          this.umask,
          this.credentials,
          this.session,
          this.group,
        ),
    );
    for (const [signal, handler] of this.handlers) if (handler === null) child.handlers.set(signal, null);
    return child;
  }

  /** Runs the program to its end; the promise is `exited`. */
  start(program: (self: Process) => Promise<number> | number): Promise<number> {
    void (async () => {
      try {
        this.end(await program(this));
      } catch (error) {
        if (error instanceof Killed) return this.end(128 + error.signal);
        if (error instanceof BrokenPipe) return this.end(128 + signals.PIPE!);
        const message = (error as Error).message;
        if (!/^E[A-Z]+:|^Bad file|^No space|^cannot (open|create) /.test(message)) this.machine.faults.push(error as Error);
        await Promise.resolve(this.err(`${this.argv[0]}: ${message.replace(/^E[A-Z]+: /, '')}\n`)).catch(() => {});
        this.end(1);
      }
    })();
    return this.exited;
  }

  private end(status: number) {
    if (this.status !== null) return;
    this.status = status;
    this.fds.close();
    this.parent?.children.delete(this);
    this.machine.removeProcess(this);
    this.finish(status);
  }

  kill(signal: number) {
    if (this.status !== null || signal === 0) return;
    if (signal !== signals.KILL && this.handlers.has(signal)) return this.handlers.get(signal)?.();
    if (signal === signals.CHLD || signal === signals.CONT) return;
    this.killedBy = new Killed(signal);
    for (const reject of this.blockers) reject(this.killedBy);
    this.end(128 + signal);
  }

  /** @throws Killed in a process that is dead */
  alive() {
    if (this.killedBy) throw this.killedBy;
  }

  /** Waits as the process: a signal that kills it ends the wait. */
  async block<T>(promise: Promise<T>): Promise<T> {
    this.alive();
    let reject!: (killed: Killed) => void;
    const killed = new Promise<never>((_, fail) => {
      reject = fail;
    });
    this.blockers.add(reject);
    try {
      return await Promise.race([promise, killed]);
    } finally {
      this.blockers.delete(reject);
    }
  }

  /** Simulated time: it goes by as fast as the fleet was told. */
  async sleep(ms: number): Promise<void> {
    const { clock } = this.machine;
    const ahead = ms - clock.real(ms);
    await this.block(clock.wait(ms));
    this.session.lag += ahead;
  }

  /**
   * What the clock says to this process: the operator's own time, plus what it slept faster than that. Where waiting takes no time,
   * work takes none either: how long it really took says only how busy the operator's machine is.
   */
  now(): number {
    return (this.machine.clock.isInstant ? this.session.begunAt : Date.now()) + this.session.lag + this.machine.clockSkew;
  }

  write(fd: number, text: string): Promise<void> | void {
    this.alive();
    const file = this.fds.get(fd);
    if (!file) throw new Error('Bad file descriptor');
    return text ? file.write(text, this) : undefined;
  }
  out(text: string) {
    return this.write(1, text);
  }
  err(text: string) {
    return this.fds.get(2) ? this.write(2, text) : undefined;
  }
  get stdin(): OpenFile | undefined {
    return this.fds.get(0);
  }
  async readAll(file = this.stdin): Promise<string> {
    let text = '';
    for (let chunk = await file?.read(this); chunk; chunk = await file?.read(this)) text += chunk;
    return text;
  }

  path(relative: string): string {
    return this.fs.resolvePath(this.cwd, relative);
  }
}
