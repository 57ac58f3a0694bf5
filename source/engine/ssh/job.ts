import { Problem } from '../errors.js';
import type { JobOptions, Script } from '../remote.js';
import type { Shell as ShellText } from '../sh.js';
import { lost, stopped } from './errors.js';
import { framedOpen, nonce } from './frame.js';
import { followScript, isRunningScript, startScript, stopScript } from './job-scripts.js';
import type { Line } from './line.js';
import { Lines } from './lines.js';
import type { SshRemote } from './remote.js';
import { sanitize } from './sanitize.js';
import { Broken, explain, type Shell } from './shell.js';

/** Channels that ended without a word while the line stood, one after the other, until a job is given up. */
const MOST_FALSE_STARTS = 5;

/** One script that runs detached on a host, watched from here. See `Remote.job`. */
export class Job {
  readonly #mark = nonce();
  /** Of the host, as this job knows it. */
  #boot: string | null = null;
  readonly #left = new AbortController();

  constructor(
    private readonly remote: SshRemote,
    private readonly line: Line,
    private readonly silence: number,
    private readonly id: string,
    private readonly options: JobOptions,
  ) {}

  async run(script: Script): Promise<number | null> {
    const start = startScript(this.id, this.#mark, script, this.options.variables);
    const { signal } = this.options;
    if (!signal) return await this.#attend(this.#mark, start);
    let onAbort = () => {};
    const aborted = new Promise<void>(resolve => {
      onAbort = resolve;
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
    const stop = aborted.then(() => this.#stop());
    const work = this.#attend(this.#mark, start);
    work.catch(() => {}); // heard below, or stopped
    try {
      const code = await Promise.race([work, stop]);
      return signal.aborted ? await stop : code;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #stop(): Promise<never> {
    if (this.line.isUp) await this.remote.run(stopScript(this.id, 'now')).catch(() => {});
    this.#left.abort();
    throw stopped(this.line.target);
  }

  /**
   * Listens to the job with a mark until it has ended.
   * @param start what starts it; null where it runs already
   */
  async #attend(mark: string, start: ShellText | null): Promise<number | null> {
    const log = new Log(mark, this.options.onLine);
    let text = start ?? followScript(this.id, mark, 1);
    let hasStarted = start === null;
    for (let falseStarts = 0; ; ) {
      const before = log.offset;
      log.header = null;
      const end = await this.#listen(text, log);
      if (log.code !== undefined) return log.code;
      if (log.header) {
        const [word, boot, other] = log.header as [string, string, string?];
        if (this.#boot !== null && boot !== this.#boot) return null;
        if (word === 'gone') return log.finish();
        if (word === 'never' && hasStarted) return null;
        if (word === 'never') {
          text = start!; // it was cut on its way
          continue;
        }
        this.#boot = boot;
        if (word === 'busy') {
          await this.#attend(other!, null);
          continue;
        }
        hasStarted = true;
      } else if (end instanceof Problem) throw end;
      falseStarts = log.offset > before || !this.line.isUp ? 0 : falseStarts + 1;
      if (falseStarts > MOST_FALSE_STARTS) throw lost(this.line.target, 'its shell ends without a word');
      await this.#again();
      text = followScript(this.id, mark, log.offset + 1);
    }
  }

  async #again(): Promise<void> {
    const isLost = !this.line.isUp;
    if (isLost) this.options.onLost?.(this.line.reason);
    await this.line.client(this.#left.signal);
    if (isLost) this.options.onBack?.();
  }

  /**
   * One channel, until the job's last line or the channel's end.
   * @returns null, or a Problem where the channel ended by a fault that is not the line's
   */
  async #listen(text: ShellText, log: Log): Promise<Problem | null> {
    let stderr = '';
    const listener = {
      onStdout: (chunk: Buffer) => log.push(chunk),
      onStderr: (chunk: Buffer) => {
        stderr = (stderr + chunk).slice(-8192);
      },
    };
    const shell = await this.remote.open(true, mark => framedOpen(mark, text), listener, {
      signal: this.#left.signal,
      hold: true,
    });
    const onLeave = () => shell.drop();
    this.#left.signal.addEventListener('abort', onLeave);
    let heard = log.offset;
    const watch = setInterval(() => {
      if (log.header && log.offset === heard) void this.#look(log, shell);
      heard = log.offset;
    }, this.silence);
    try {
      const end = await Promise.race([log.ended, shell.ended]);
      return end && log.header === null && end.code ? this.#notStarted(end.code, stderr) : null;
    } catch (error) {
      if (this.#left.signal.aborted) throw stopped(this.line.target);
      if (error instanceof Broken) return null;
      throw explain(error, this.line, this.remote.access !== 'root');
    } finally {
      clearInterval(watch);
      this.#left.signal.removeEventListener('abort', onLeave);
      shell.endInput();
    }
  }

  /** A job that says nothing for long may have ended without its last line, e.g. because its disk is full. */
  async #look(log: Log, shell: Shell): Promise<void> {
    if (!this.line.isUp) return;
    const isRunning = await this.remote.run(isRunningScript(this.id, log.mark)).then(
      ({ code }) => code === 0,
      () => true,
    );
    if (!isRunning && log.code === undefined) shell.drop();
  }

  #notStarted(code: number, stderr: string): Problem {
    const lastLines = stderr.trim().split('\n').map(sanitize);
    const { host } = this.line.target;
    return new Problem({
      code: 'step',
      host,
      what: {
        en: `the job ${this.id} could not be started: ${lastLines.at(-1) || `code ${code}`}`,
        zh: `无法启动任务 ${this.id}：${lastLines.at(-1) || `代码 ${code}`}`,
      },
      remedy: {
        en: 'Look at systemd and at the free space of /run on the host.',
        zh: '请检查主机上的 systemd 以及 /run 的剩余空间。',
      },
      command: { line: 'systemd-run', exitCode: code, lastLines },
    });
  }
}

/** What is heard of one job over however many channels. */
class Log {
  /** Bytes of the log that were taken in. */
  offset = 0;
  /** The first line on the present channel, in words. */
  header: string[] | null = null;
  /** The job's exit code; null where it was killed; undefined until it has ended. */
  code: number | null | undefined;
  readonly ended: Promise<null>;
  #end!: (value: null) => void;
  #head = '';
  readonly #lines: Lines;

  constructor(
    readonly mark: string,
    onLine: (line: string) => void,
  ) {
    this.ended = new Promise(resolve => {
      this.#end = resolve;
    });
    // The end of line before the last line is not the job's, so empty lines are held back until more comes.
    let empty = 0;
    this.#lines = new Lines(line => {
      if (this.code !== undefined) return;
      const [first, how, status] = line.split(' ');
      if (first === mark) {
        for (; empty > 1; empty--) onLine('');
        this.code = how === 'exited' ? Number(status) : null;
        this.#end(null);
      } else if (line === '') empty++;
      else {
        for (; empty > 0; empty--) onLine('');
        onLine(sanitize(line));
      }
    });
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    if (!this.header) {
      const end = chunk.indexOf('\n');
      this.#head += chunk.toString('utf8', 0, end < 0 ? chunk.length : end);
      if (end < 0) return;
      this.header = this.#head.split(' ');
      this.#head = '';
      rest = chunk.subarray(end + 1);
    }
    this.offset += rest.length;
    this.#lines.push(rest);
  }

  /** It vanished: what it said last counts as a line. */
  finish(): null {
    this.#lines.end();
    return null;
  }
}
