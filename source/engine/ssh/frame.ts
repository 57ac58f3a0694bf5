import { randomBytes } from 'node:crypto';
import type { Script } from '../remote.js';
import { quote } from '../sh.js';

/** 128 random bits: no output of a host holds them by chance. */
export const nonce = (): string => randomBytes(16).toString('hex');

/** What every shell of ours starts with: one language, the system's programs in reach, files not writable for others. */
export const PRELUDE = `LC_ALL=C LANG=C; export LC_ALL LANG
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin; export PATH
umask 022`;

/** Shell variables as assignments, not exported. @throws TypeError for what is not a name */
export const assignments = (variables: Record<string, string> = {}): string =>
  Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new TypeError(`not the name of a shell variable: ${name}`);
      return `${name}=${quote(value)}\n`;
    })
    .join('');

/**
 * A script as it goes to the standard input of a shell. First `mark` and the shell's process id are said on stdout, and
 * `mark` on stderr: what a login shell says of its own comes before. Between the braces all is read before anything
 * runs, so a script that was cut on its way does nothing, and its commands cannot eat its own text.
 */
export const framed = (mark: string, script: Script, variables?: Record<string, string>): string =>
  `${opening(mark)}{\n${assignments(variables)}${script}\n} </dev/null\n`;

/** The same, for a script that itself listens to the standard input, which is left open. */
export const framedOpen = (mark: string, script: Script): string => `${opening(mark)}{\n${script}\nexit\n}\n`;

const opening = (mark: string) => `echo ${mark} $$; echo ${mark} >&2\n${PRELUDE}\n`;

const MOST_NOISE = 65_536;

/** Passes on what comes after the line with the mark; what came before is kept aside. */
export class AfterMark {
  /** What was said before the mark; its end, where it is long. */
  before = '';
  /** The rest of the line with the mark; null as long as it has not come. */
  line: string | null = null;
  #held: Buffer = Buffer.alloc(0);

  constructor(
    private readonly mark: string,
    private readonly onRest: (chunk: Buffer) => void,
    private readonly onMark: (line: string) => void = () => {},
  ) {}

  push(chunk: Buffer): void {
    if (this.line !== null) {
      this.onRest(chunk);
      return;
    }
    this.#held = Buffer.concat([this.#held, chunk]);
    const at = this.#held.indexOf(this.mark);
    const end = at < 0 ? -1 : this.#held.indexOf('\n', at);
    if (end < 0) {
      if (this.#held.length > MOST_NOISE) this.#held = this.#held.subarray(-MOST_NOISE / 2);
      this.before = this.#held.toString('utf8');
      return;
    }
    this.before = this.#held.toString('utf8', 0, at);
    this.line = this.#held.toString('utf8', at + this.mark.length, end).trim();
    const rest = this.#held.subarray(end + 1);
    this.#held = Buffer.alloc(0);
    this.onMark(this.line);
    if (rest.length) this.onRest(rest);
  }
}
