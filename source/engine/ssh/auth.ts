import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { expandHome } from './expand-home.js';
import { type AgentKey, defaultKeyFiles, type KeyFile, lockedKey, oneKeyAgent } from './keys.js';

/** One way in, to be offered to a host. */
export type Method =
  | { type: 'none' }
  | { type: 'agent'; key: AgentKey }
  | { type: 'key'; file: string; key: ParsedKey }
  /** A key whose passphrase is asked for only where a host would take it. */
  | { type: 'locked'; file: KeyFile & { state: 'encrypted' } }
  | { type: 'password'; password: string };

/** sshd hangs up on who has failed six times (MaxAuthTries); one is left for the password. */
const MOST_KEYS = 5;

/** The key files to look at: the one that was named, or those that ssh looks at by itself. */
export const keyFiles = (identityFile: string | undefined): string[] => (identityFile ? [identityFile] : defaultKeyFiles);

/**
 * The keys to offer, in order: the ssh-agent's, then the files'. A named file comes before what else the ssh-agent holds.
 * A key that is in both is offered once: by the file, or by the ssh-agent where the file is encrypted.
 */
export function offers(isNamed: boolean, files: KeyFile[], agent: AgentKey[]): Method[] {
  const isSame = (a: ParsedKey, b: ParsedKey) => a.getPublicSSH().equals(b.getPublicSSH());
  const held = (file: KeyFile & { key: ParsedKey }) => agent.find(({ key }) => isSame(key, file.key));
  const fromFiles = files.flatMap((file): Method[] => {
    if (file.state === 'plain') return [{ type: 'key', file: file.file, key: file.key }];
    if (file.state !== 'encrypted') return [];
    const key = held(file);
    return [key ? { type: 'agent', key } : { type: 'locked', file }];
  });
  const inFiles = new Set(files.map(file => 'key' in file && held(file)));
  const fromAgent = agent.filter(key => !inFiles.has(key)).map((key): Method => ({ type: 'agent', key }));
  return (isNamed ? [...fromFiles, ...fromAgent] : [...fromAgent, ...fromFiles]).slice(0, MOST_KEYS);
}

/** What ssh2 asks for the next thing to try, and what came of it. */
export class Attempt {
  /** Once logged in: what opened the door; two where a host wants a key and a password. Before: what it took and wants more. */
  readonly used: Method[] = [];
  /** What the host would take. */
  takes: string[] = [];
  /** A locked key that the host would take. */
  wanted: (Method & { type: 'locked' }) | null = null;
  #next = 0;
  #current: Method | null = null;

  constructor(
    private readonly user: string,
    private readonly offered: readonly Method[],
    private readonly onPassword: () => void = () => {},
  ) {}

  /** ssh2's authHandler. @returns false when nothing is left to try */
  next(left: string[] | null, partial: boolean | null): AnyAuthMethod | false {
    if (left) this.takes = left;
    if (partial && this.#current) this.used.push(this.#current);
    this.#current = null;
    if (this.wanted) return false;
    while (this.#next < this.offered.length) {
      const method = this.offered[this.#next++]!;
      const wire = this.#wire(method, left);
      if (!wire) continue;
      this.#current = method;
      return wire;
    }
    return false;
  }

  succeeded(): void {
    if (this.#current) this.used.push(this.#current);
  }

  #wire(method: Method, left: string[] | null): AnyAuthMethod | null {
    const username = this.user;
    const takes = (type: string) => !left || left.includes(type);
    if (method.type === 'none') return left ? null : { type: 'none', username };
    if (method.type === 'password') return this.#password(method.password, takes);
    if (!takes('publickey')) return null;
    if (method.type === 'agent') return { type: 'agent', username, agent: oneKeyAgent(method.key) };
    if (method.type === 'key') return { type: 'publickey', username, key: method.key };
    const key = lockedKey(method.file.key, () => {
      this.wanted = method;
    });
    return { type: 'publickey', username, key };
  }

  #password(password: string, takes: (type: string) => boolean): AnyAuthMethod | null {
    const username = this.user;
    if (takes('password')) {
      this.onPassword();
      return { type: 'password', username, password };
    }
    if (!takes('keyboard-interactive')) return null;
    // One hidden question is the password; what else a host may ask (a code) cannot be answered from here.
    return {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        const isAsked = prompts.length === 1 && !prompts[0]!.echo;
        if (isAsked) this.onPassword();
        finish(isAsked ? [password] : []);
      },
    };
  }
}

export const isPassword = (method: Method): method is Method & { type: 'password' } => method.type === 'password';

/** A method as it is named to the operator; empty where it is not worth a word. */
export function describe(method: Method): string {
  if (method.type === 'agent') return `ssh-agent: ${method.key.key.comment || method.key.key.type}`;
  if (method.type === 'key') return expandHome(method.file);
  if (method.type === 'locked') return expandHome(method.file.file);
  return method.type === 'password' ? 'password' : '';
}
