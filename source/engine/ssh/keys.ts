import { readFile } from 'node:fs/promises';
import type { BaseAgent, ParsedKey, PublicKeyEntry } from 'ssh2';
import ssh2 from 'ssh2';
import { expandHome } from './expand-home.js';
import { keyType } from './known-hosts.js';

export type KeyFile =
  | { state: 'plain'; file: string; key: ParsedKey }
  /** Its public half is known; the private one needs a passphrase. */
  | { state: 'encrypted'; file: string; key: ParsedKey; text: Buffer }
  | { state: 'missing'; file: string }
  /** It is there and cannot be used; `why` is the reader's own word. */
  | { state: 'bad'; file: string; why: string };

export interface AgentKey {
  key: ParsedKey;
  socket: string;
}

export const defaultKeyFiles = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(name => `~/.ssh/${name}`);

/**
 * The private keys of a run. Each file is read, and each passphrase asked for and tried, once for all hosts:
 * opening an encrypted key takes some 400 ms in which nothing else happens. What went wrong is tried anew by who comes later.
 */
export class KeyRing {
  readonly #files = new Map<string, Promise<KeyFile>>();
  readonly #opened = new Map<string, Promise<ParsedKey | null>>();

  read(file: string): Promise<KeyFile> {
    return once(
      this.#files,
      file,
      () => readKey(file),
      ({ state }) => state === 'plain' || state === 'encrypted',
    );
  }

  /** An encrypted key, opened; null where nobody knows its passphrase. */
  open(
    { file, text }: KeyFile & { state: 'encrypted' },
    ask: (attempt: number) => Promise<string | null>,
  ): Promise<ParsedKey | null> {
    return once(
      this.#opened,
      file,
      () => unlock(text, ask),
      key => key !== null,
    );
  }
}

/** Does a piece of work once for all who want it at the same time, and once for all where it went well. */
function once<T>(
  known: Map<string, Promise<T>>,
  name: string,
  work: () => Promise<T>,
  isGood: (result: T) => boolean,
): Promise<T> {
  const running = known.get(name);
  if (running) return running;
  const begun = work().then(result => {
    if (!isGood(result)) known.delete(name);
    return result;
  });
  known.set(name, begun);
  return begun;
}

async function readKey(file: string): Promise<KeyFile> {
  let text: Buffer;
  try {
    text = await readFile(expandHome(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { state: 'missing', file } : { state: 'bad', file, why: message };
  }
  const key = parse(text);
  if (!(key instanceof Error)) {
    return key.isPrivateKey() ? { state: 'plain', file, key } : { state: 'bad', file, why: 'it is a public key' };
  }
  if (!/no passphrase given/.test(key.message)) return { state: 'bad', file, why: key.message };
  const half = publicHalf(text) ?? (await readFile(`${expandHome(file)}.pub`).catch(() => null));
  const publicKey = half && parse(half);
  if (publicKey && !(publicKey instanceof Error)) return { state: 'encrypted', file, key: publicKey, text };
  return {
    state: 'bad',
    file,
    why: `it is encrypted, and there is no ${file}.pub (ssh-keygen -p -f ${file} turns it into a format that needs none)`,
  };
}

/** A new ed25519 key, both halves in OpenSSH's formats. ssh2 makes one in some hundred that it cannot read itself: those are passed over. */
export function newKeyPair(comment = ''): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(parse(pair.private) instanceof Error)) return pair;
  }
}

async function unlock(text: Buffer, ask: (attempt: number) => Promise<string | null>): Promise<ParsedKey | null> {
  for (const attempt of [1, 2]) {
    const passphrase = await ask(attempt);
    if (passphrase === null) return null;
    const key = parse(text, passphrase);
    if (!(key instanceof Error)) return key;
  }
  return null;
}

function parse(text: Buffer | string, passphrase?: string): ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(text, passphrase) as ParsedKey | ParsedKey[] | Error;
  return Array.isArray(parsed) ? parsed[0]! : parsed;
}

/** The public half as OpenSSH's own format holds it in clear, as a line of a .pub file; null in other formats. */
export function publicHalf(text: Buffer): string | null {
  const [, base64] = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text.toString('latin1')) ?? [];
  if (!base64) return null;
  const body = Buffer.from(base64, 'base64');
  let at = 'openssh-key-v1\0'.length;
  const string = () => {
    const length = body.readUInt32BE(at);
    at += 4 + length;
    return body.subarray(at - length, at);
  };
  try {
    for (const _ of ['cipher', 'kdf', 'kdf options']) string();
    at += 4; // how many keys: one
    const key = string();
    return `${keyType(key)} ${key.toString('base64')}`;
  } catch {
    return null; // cut short
  }
}

/**
 * The public half of a key in the place of the whole: a host can be asked whether it would take the key before anybody is
 * asked for the passphrase. `onWanted` is called where it would; the login then ends.
 */
export function lockedKey(key: ParsedKey, onWanted: () => void): ParsedKey {
  const locked: ParsedKey = Object.create(key);
  locked.isPrivateKey = () => true;
  locked.sign = () => {
    onWanted();
    return new Error('the key is locked') as never;
  };
  return locked;
}

/** The keys that the ssh-agent holds and that ssh2 can use; none where there is no agent. */
export function agentKeys(socket: string | undefined, patience = 3000): Promise<AgentKey[]> {
  if (!socket) return Promise.resolve([]);
  return new Promise(resolve => {
    const timer = setTimeout(() => resolve([]), patience);
    ssh2.createAgent(socket).getIdentities((error, keys) => {
      clearTimeout(timer);
      const entries = error ? [] : ((keys ?? []) as (ParsedKey | PublicKeyEntry)[]);
      resolve(entries.map(entry => ({ key: publicKeyOf(entry), socket })));
    });
  });
}

function publicKeyOf(entry: ParsedKey | PublicKeyEntry): ParsedKey {
  if (!('pubKey' in entry)) return entry;
  const { pubKey } = entry;
  return ('pubKey' in pubKey ? pubKey.pubKey : pubKey) as ParsedKey;
}

/** An ssh-agent that offers one key only, so that the order of all keys is ours. */
export function oneKeyAgent({ key, socket }: AgentKey): BaseAgent {
  const agent = ssh2.createAgent(socket);
  agent.getIdentities = done => done(undefined, [key]);
  return agent;
}
