import { Problem } from '../errors.js';
import type {
  JobOptions,
  Listener as PortListener,
  Remote,
  RemoteTerminal,
  RunOptions,
  RunResult,
  Script,
  TerminalSize,
} from '../remote.js';
import { Capture } from './capture.js';
import { cannotStop, stopped, tooLong } from './errors.js';
import { framed, nonce } from './frame.js';
import { Job } from './job.js';
import { stopScript } from './job-scripts.js';
import type { Line } from './line.js';
import { Lines } from './lines.js';
import { listen } from './listen.js';
import { sanitize } from './sanitize.js';
import { AS_USER, explain, type Listener, type Shell, speak } from './shell.js';
import type { Root } from './sudo.js';
import { terminal } from './terminal.js';
import type { Timings } from './timings.js';

/** A host over ssh. */
export class SshRemote implements Remote {
  constructor(
    private readonly line: Line,
    private readonly root: Root,
    private readonly timings: Pick<Timings, 'silence' | 'patience'>,
  ) {}

  get name() {
    return this.line.target.host;
  }
  get user() {
    return this.line.target.user;
  }
  get access() {
    return this.root.access;
  }
  get noRoot() {
    return this.root.problem?.details;
  }

  async run(
    script: Script,
    { asRoot = true, variables, timeout = 60_000, signal, keep, onLine }: RunOptions = {},
  ): Promise<RunResult> {
    const stdout = new Stream(keep, onLine && (line => onLine(line, 'stdout')));
    const stderr = new Stream(keep, onLine && (line => onLine(line, 'stderr')));
    const shell = await this.open(
      asRoot,
      mark => framed(mark, script, variables),
      {
        onStdout: chunk => stdout.push(chunk),
        onStderr: chunk => stderr.push(chunk),
      },
      { signal },
    );
    const { code } = await this.#bounded(shell, asRoot, timeout * this.timings.patience, signal, () => `${stdout}${stderr}`);
    stdout.end();
    stderr.end();
    return { code, stdout: `${stdout}`, stderr: `${stderr}` };
  }

  job(id: string, script: Script, options: JobOptions): Promise<number | null> {
    return new Job(this, this.line, this.timings.silence, checkedId(id), options).run(script);
  }

  async stopJob(id: string, when: 'after-step' | 'now'): Promise<void> {
    const { code, stderr } = await this.run(stopScript(checkedId(id), when));
    if (code !== 0) throw cannotStop(this.line.target, id, sanitize(stderr.trim().split('\n').at(-1)!));
  }

  listen(...listening: Parameters<Remote['listen']>): Promise<PortListener> {
    return listen(this.line, ...listening);
  }

  terminal(size: TerminalSize): Promise<RemoteTerminal> {
    return terminal(this.line, size);
  }

  close(): Promise<void> {
    return this.line.close();
  }

  /**
   * Starts a shell and sends it a text; `write` gets the mark that the text has to say first.
   * @throws Problem sudo, lost, stopped
   */
  async open(
    asRoot: boolean,
    write: (mark: string) => string,
    listener: Listener,
    { signal, hold = false }: { signal?: AbortSignal; hold?: boolean } = {},
  ): Promise<Shell> {
    if (signal?.aborted) throw stopped(this.line.target);
    if (asRoot && this.root.problem) throw this.root.problem;
    const way = asRoot ? this.root.way() : AS_USER;
    const mark = nonce();
    const text = write(mark);
    return speak(await this.line.exec(way.command, signal), way, mark, text, listener, hold);
  }

  async #bounded(shell: Shell, asRoot: boolean, timeout: number, signal: AbortSignal | undefined, said: () => string) {
    const { target } = this.line;
    let onAbort = () => {};
    let timer: NodeJS.Timeout | undefined;
    const givenUp = new Promise<Problem>(resolve => {
      const giveUp = () => resolve(tooLong(target, timeout, said().trimEnd().split('\n').slice(-20).map(sanitize)));
      if (Number.isFinite(timeout)) timer = setTimeout(giveUp, timeout);
      onAbort = () => resolve(stopped(target));
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted) onAbort();
    });
    const isOver = shell.ended.catch(error => {
      throw explain(error, this.line, asRoot && this.access !== 'root');
    });
    try {
      const outcome = await Promise.race([isOver, givenUp]);
      if (!(outcome instanceof Problem)) return outcome;
      isOver.catch(() => {});
      await this.#kill(shell, asRoot);
      throw outcome;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends what a shell that was given up has running on the host, as far as the line allows. */
  async #kill(shell: Shell, asRoot: boolean): Promise<void> {
    const pid = shell.pid();
    if (pid && /^\d+$/.test(pid) && this.line.isUp) {
      const killing = this.open(asRoot, mark => framed(mark, killScript(pid)), silent).then(killer => killer.ended);
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([killing, new Promise(resolve => (timer = setTimeout(resolve, 3000)))]).catch(() => {});
      clearTimeout(timer);
    }
    shell.drop();
  }
}

const silent: Listener = { onStdout: () => {}, onStderr: () => {} };

/** To the shell's whole process group. */
const killScript = (pid: string) => `read -r stat < /proc/${pid}/stat && set -- \${stat##*) } && kill -s TERM -- "-$3"`;

/** What is kept of one stream, and its lines as they come. */
class Stream {
  readonly #kept: Capture;
  readonly #lines: Lines | undefined;

  constructor(keep: number | undefined, onLine: ((line: string) => void) | undefined) {
    this.#kept = new Capture(keep);
    this.#lines = onLine && new Lines(line => onLine(sanitize(line)));
  }
  push(chunk: Buffer) {
    this.#kept.push(chunk);
    this.#lines?.push(chunk);
  }
  end() {
    this.#lines?.end();
  }
  toString() {
    return this.#kept.toString();
  }
}

function checkedId(id: string): string {
  if (!/^[a-z0-9-]+$/.test(id)) throw new TypeError(`not the id of a job: ${id}`);
  return id;
}
