import { Problem, type ProblemDetails } from '../errors.js';
import type { Ask, Connector } from '../fleet.js';
import type { Access, Remote } from '../remote.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import type { Text } from '../text.js';
import authorize from './authorize.sh';
import type { OwnKey } from './own-key.js';

/** Opens hosts for one purpose: `ask` answers for it; `onlyKey` is the one key file that is offered, see SshOptions. */
export type Open = (options: { ask: Ask; onlyKey?: string }) => Connector;

/** What came of a password on one host. */
export type Entry =
  | { host: string; is: 'in'; access: Access; noRoot?: ProblemDetails }
  /** `problem.passwordsLeft` says how many may still be tried; absent where the host takes none. */
  | { host: string; is: 'out'; problem: ProblemDetails };

/** What came of a key on one host: let in now, or let in before; tried by a login with it alone. */
export type Authorized = { host: string; is: 'added' | 'there' } | { host: string; is: 'failed'; problem: ProblemDetails };

/** Hosts that were entered with a password. It is held until `close` and nowhere after. */
export interface Visit {
  entries: Entry[];
  /**
   * Lets a key in on the hosts that were entered: `authorizing` says what that changes, to be shown and asked for before.
   * Then logs in with that key alone.
   * @param ask for the key's passphrase, where it has one
   */
  authorize(
    key: OwnKey,
    ask: Ask,
    options?: { signal?: AbortSignal; onHost?: (said: Authorized) => void },
  ): Promise<Authorized[]>;
  close(): Promise<void>;
}

/**
 * Tries one password on a group of hosts, once on each; keys are tried before it. Nothing is changed.
 * No host is told more than two wrong passwords in a session, however often this is called.
 * @throws what the signal was aborted with
 */
export async function visit(
  spec: ClusterSpec,
  hosts: readonly HostSpec[],
  password: string,
  { open, signal, onEntry = () => {} }: { open: Open; signal?: AbortSignal; onEntry?: (entry: Entry) => void },
): Promise<Visit> {
  const isOurs = new Set(hosts.map(({ name }) => name));
  const connector = open({
    ask: {
      hostKey: async () => false,
      // Neither a jump host nor a second attempt is given it.
      secret: async ({ kind, host, attempt }) => (kind === 'password' && attempt === 1 && isOurs.has(host) ? password : null),
    },
  });
  const inside = new Map<HostSpec, Remote>();
  const enter = async (host: HostSpec): Promise<Entry> => {
    const { name } = host;
    try {
      const remote = await connector.connect(spec, host, signal);
      inside.set(host, remote);
      return { host: name, is: 'in', access: remote.access, ...(remote.noRoot && { noRoot: remote.noRoot }) };
    } catch (error) {
      return { host: name, is: 'out', problem: detailsOf(error, name) };
    }
  };
  try {
    const entries = await each(hosts, enter, onEntry, signal);
    return {
      entries,
      close: () => connector.close(),
      authorize: (key, ask, { signal, onHost } = {}) => {
        const entered = hosts.flatMap(host => (inside.has(host) ? [{ host, remote: inside.get(host)! }] : []));
        return letIn(spec, entered, key, { open, ask, signal, onHost });
      },
    };
  } catch (error) {
    await connector.close();
    throw error;
  }
}

/** All at once; each result is told as it is known. */
const each = async <H, T>(hosts: readonly H[], work: (host: H) => Promise<T>, on: (result: T) => void, signal?: AbortSignal) =>
  Promise.all(
    hosts.map(async host => {
      const result = await work(host);
      signal?.throwIfAborted();
      on(result);
      return result;
    }),
  );

export interface LettingIn {
  open: Open;
  /** For the key's passphrase, where it has one. */
  ask: Ask;
  signal?: AbortSignal;
  onHost?: (said: Authorized) => void;
}

/**
 * Lets a key in on hosts that are open, by whatever way they were entered, and tries it: a login with that key alone.
 * `authorizing` says what that changes, to be shown and asked for before.
 * @throws what the signal was aborted with
 */
export async function letIn(
  spec: ClusterSpec,
  entered: readonly { host: HostSpec; remote: Remote }[],
  key: OwnKey,
  { open, ask, signal, onHost = () => {} }: LettingIn,
): Promise<Authorized[]> {
  const withKey = open({ ask: { hostKey: async () => false, secret: passphraseFrom(ask) }, onlyKey: key.file });
  try {
    return await each(
      entered,
      ({ host, remote }) => authorizeOn(host, remote, key, () => withKey.connect(spec, host, signal), signal),
      onHost,
      signal,
    );
  } finally {
    await withKey.close();
  }
}

/** What `authorize` changes on a host. */
export const authorizing = (user: string, key: OwnKey): Text => ({
  en: `one line is added to ~${user}/.ssh/authorized_keys: ${key.line}`,
  zh: `将在 ~${user}/.ssh/authorized_keys 中添加一行：${key.line}`,
});

async function authorizeOn(
  { name }: HostSpec,
  remote: Remote,
  key: OwnKey,
  verify: () => Promise<Remote>,
  signal?: AbortSignal,
): Promise<Authorized> {
  try {
    const { code, stdout, stderr } = await remote.run(authorize, { asRoot: false, variables: { key: key.line }, signal });
    if (code !== 0) throw notAdded(remote, code, stderr);
    await (await verify()).close();
    return { host: name, is: stdout.trim() === 'added' ? 'added' : 'there' };
  } catch (error) {
    return { host: name, is: 'failed', problem: detailsOf(error, name) };
  }
}

const passphraseFrom =
  (ask: Ask): Ask['secret'] =>
  async question =>
    question.kind === 'passphrase' ? ask.secret(question) : null;

function detailsOf(error: unknown, host: string): ProblemDetails {
  if (error instanceof Problem) return { host, ...error.details };
  throw error;
}

function notAdded({ name, user }: Remote, exitCode: number | null, stderr: string): Problem {
  return new Problem({
    code: 'login',
    host: name,
    what: {
      en: `the key could not be added to ~${user}/.ssh/authorized_keys`,
      zh: `无法将密钥添加到 ~${user}/.ssh/authorized_keys`,
    },
    remedy: {
      en: `Check that ${user} owns ~/.ssh and may write to it, and that the disk is not full.`,
      zh: `请检查 ${user} 是否拥有并可写 ~/.ssh，以及磁盘是否已满。`,
    },
    command: { line: 'authorize.sh', exitCode, lastLines: stderr.trim().split('\n').slice(-5) },
  });
}
