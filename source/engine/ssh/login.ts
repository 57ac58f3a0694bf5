import { Problem } from '../errors.js';
import type { Ask } from '../fleet.js';
import { turn } from '../turn.js';
import { describe, isPassword, keyFiles, type Method, offers } from './auth.js';
import type { Dial } from './dial.js';
import {
  hostKeysUnreadable,
  keyUnusable,
  loginRefused,
  passwordExpired,
  stopped,
  type Target,
  takesPassword,
  unreachable,
} from './errors.js';
import { Gate } from './gate.js';
import { HungUp, handshake, type LoggedIn, LoginRefused } from './handshake.js';
import type { Check, HostKeys } from './host-key.js';
import { agentKeys, type KeyFile, type KeyRing } from './keys.js';
import { hostName } from './known-hosts.js';
import type { Timings } from './timings.js';
import type { PasswordTries } from './tries.js';
import { pause } from './waiting.js';

/** At most 32 handshakes at once, and 8 with one sshd, which turns down more (MaxStartups). */
export class Gates {
  readonly #all = new Gate(32);
  readonly #each = new Map<string, Gate>();

  through<T>({ address, port }: Target, work: () => Promise<T>): Promise<T> {
    const name = hostName(address, port);
    const own = this.#each.get(name) ?? new Gate(8);
    this.#each.set(name, own);
    return own.through(() => this.#all.through(work));
  }
}

/** What all logins of a run share. */
export interface Lobby {
  ask: Ask;
  hostKeys: HostKeys;
  keys: KeyRing;
  /** From the environment; tried before anybody is asked. */
  password?: string;
  /** The named key file alone is offered. */
  keyOnly: boolean;
  tries: PasswordTries;
  /** The demo's hosts are never offered the operator's own keys. */
  simulation: boolean;
  gates: Gates;
  timings: Timings;
}

/**
 * Opens a connection and logs in, asking for a host key, a passphrase or a password where it has to. No connection is held
 * open while a person is asked: the host would give up.
 * @throws Problem unreachable, host-key, login, stopped
 */
export async function logIn(
  lobby: Lobby,
  target: Target,
  dial: Dial,
  identityFile: string | undefined,
  signal?: AbortSignal,
): Promise<LoggedIn> {
  const { host, user } = target;
  const tried = new Set<string>();
  let refusal: LoginRefused | null = null;
  const round = async (methods: Method[]): Promise<LoggedIn | null> => {
    try {
      return await enter(lobby, target, dial, methods, signal);
    } catch (error) {
      if (!(error instanceof LoginRefused)) throw error;
      if (error.isExpired) throw passwordExpired(target);
      if (!error.wanted) for (const method of methods) tried.add(describe(method));
      refusal = error;
      return null;
    }
  };
  const ask = async (question: Parameters<Ask['secret']>[0]) => {
    const answer = await lobby.ask.secret(question);
    if (signal?.aborted) throw stopped(target);
    return answer;
  };

  let methods = await firstOffers(lobby, target, identityFile);
  for (;;) {
    const inside = await round(methods);
    if (inside) return inside;
    const { wanted } = refusal!;
    if (!wanted) break;
    const { file } = wanted.file;
    const key = await lobby.keys.open(wanted.file, attempt => ask({ host, user, kind: 'passphrase', file, attempt }));
    if (!key) tried.add(`${describe(wanted)} (no passphrase)`);
    methods = methods.flatMap(method => (method !== wanted ? [method] : key ? [{ type: 'key', file, key }] : []));
  }

  const left = () => lobby.tries.left(loginOf(target));
  for (const attempt of lobby.keyOnly ? [] : [1, 2]) {
    const { takes, accepted }: LoginRefused = refusal!;
    if (!takesPassword(takes) || left() === 0) break;
    const password = await ask({ host, user, kind: 'password', attempt });
    if (password === null) break;
    // With `none` in front the host says which kind of password it takes.
    const inside = await round([...(accepted.length ? accepted : [{ type: 'none' } as const]), { type: 'password', password }]);
    if (inside) return inside;
  }
  tried.delete('');
  throw loginRefused(target, [...tried], refusal!.takes, left());
}

/** By what a host's wrong passwords are counted. */
export const loginOf = ({ address, port }: Target): string => `login ${hostName(address, port)}`;

/**
 * Connects and offers some methods.
 * @throws Problem unreachable, host-key, stopped; LoginRefused
 */
export async function enter(
  lobby: Lobby,
  target: Target,
  dial: Dial,
  methods: readonly Method[],
  signal?: AbortSignal,
): Promise<LoggedIn> {
  const { tries, timings } = lobby;
  const shake = async (check: Check, methods: readonly Method[], onPassword?: () => void) => {
    await turn();
    if (signal?.aborted) throw stopped(target);
    const sock = await dial(target.address, target.port, signal);
    return await handshake({ sock, user: target.user, methods, check, onPassword, timings, signal });
  };
  const guess = async (check: Check) => {
    const name = loginOf(target);
    let isSent = false;
    try {
      const offered = tries.left(name) > 0 ? methods : methods.filter(method => !isPassword(method));
      const inside = await shake(check, offered, () => {
        isSent = true;
      });
      if (isSent) tries.right(name);
      return inside;
    } catch (error) {
      const isRight = error instanceof LoginRefused && (error.isExpired || error.accepted.some(isPassword));
      if (isSent && !isRight) tries.wrong(name);
      throw error;
    }
  };
  const attempt = (check: Check) =>
    methods.some(isPassword) ? tries.alone(loginOf(target), () => guess(check)) : shake(check, methods);
  for (let hungUp = 0; ; ) {
    const check = readable(target, () => lobby.hostKeys.check(target));
    try {
      return await lobby.gates.through(target, () => attempt(check));
    } catch (error) {
      if (signal?.aborted) throw stopped(target);
      if (error instanceof LoginRefused || error instanceof Problem) throw error;
      // An sshd that has too many logins under way (MaxStartups) hangs up before it says a word.
      if (check.refused) await lobby.hostKeys.settle(target, check.refused);
      else if (error instanceof HungUp && hungUp++ < 3) await pause(200 + Math.random() * 800, signal);
      else throw unreachable(target, error);
    }
  }
}

async function firstOffers(lobby: Lobby, target: Target, identityFile: string | undefined): Promise<Method[]> {
  const { password, simulation, keyOnly } = lobby;
  const isOurs = !simulation || identityFile !== undefined;
  const files = isOurs ? await Promise.all(keyFiles(identityFile).map(file => lobby.keys.read(file))) : [];
  if (identityFile) refuseUnusable(target, files[0]!);
  const keys = offers(identityFile !== undefined, files, simulation ? [] : await agentKeys(process.env.SSH_AUTH_SOCK));
  if (keyOnly) return keys.slice(0, 1); // the file that was named comes first
  return [
    ...(keys.length ? keys : [{ type: 'none' } as const]),
    ...(password === undefined ? [] : [{ type: 'password', password } as const]),
  ];
}

function refuseUnusable(target: Target, named: KeyFile): void {
  if (named.state === 'missing') throw keyUnusable(target, named.file, { en: 'there is no such file', zh: '文件不存在' });
  if (named.state === 'bad') throw keyUnusable(target, named.file, { en: named.why, zh: named.why });
}

function readable<T>(target: Target, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw hostKeysUnreadable(target, error as Error);
  }
}
