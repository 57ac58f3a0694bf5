import { createHash, createHmac, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** A line of a known_hosts file. */
export interface KnownHost {
  file: string;
  line: number;
  marker: 'revoked' | 'cert-authority' | null;
  patterns: string;
  /** As it is written: `ssh-ed25519`, `ssh-rsa` ... */
  type: string;
  key: Buffer;
}

export type Verdict =
  | { is: 'known' }
  | { is: 'unknown' }
  /** The host is known by another key; `known` is the line to compare with. */
  | { is: 'changed'; known: Pick<KnownHost, 'file' | 'line' | 'key'> }
  | { is: 'revoked'; known: KnownHost };

export const defaultKnownHosts = (): string => join(homedir(), '.ssh', 'known_hosts');
const everyonesKnownHosts = '/etc/ssh/ssh_known_hosts';

/** Host keys that are trusted, from a file in OpenSSH's format (and everyone's, beside the operator's own). Read anew each time: others write to it. */
export class KnownHosts {
  /** Of a text that has not changed the lines are known. */
  readonly #parsed = new Map<string, { text: string; lines: KnownHost[] }>();

  constructor(readonly file: string = defaultKnownHosts()) {}

  /** All lines that speak of a host. */
  of(host: string, port: number): KnownHost[] {
    const name = hostName(host, port);
    const files = this.file === defaultKnownHosts() ? [this.file, everyonesKnownHosts] : [this.file];
    return files.flatMap(file => this.#linesOf(file)).filter(entry => matches(entry.patterns, name));
  }

  #linesOf(file: string): KnownHost[] {
    const text = read(file);
    const before = this.#parsed.get(file);
    if (before?.text === text) return before.lines;
    const lines = parse(text, file);
    this.#parsed.set(file, { text, lines });
    return lines;
  }

  /** Writes down that a host has this key. */
  add(host: string, port: number, key: Buffer): void {
    this.addAll([{ host, port, key }]);
  }

  /**
   * Writes down that hosts have these keys: all of them or, where the disk is full, none. Only ever appends, in one piece, so
   * that what others write meanwhile is kept. Names are hashed where those that stand there are.
   */
  addAll(entries: readonly { host: string; port: number; key: Buffer }[]): void {
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    const before = read(this.file);
    const names = parse(before, this.file).map(({ patterns }) => patterns);
    const isHashed = names.length > 0 && names.every(name => name.startsWith('|'));
    const lines = entries.map(({ host, port, key }) => {
      const name = hostName(host, port);
      return `${isHashed ? hashed(name) : name} ${keyType(key)} ${key.toString('base64')}\n`;
    });
    const newLine = before && !before.endsWith('\n') ? '\n' : '';
    append(this.file, newLine + lines.join(''));
    if (!before) chmodSync(this.file, 0o600);
  }
}

function append(file: string, text: string): void {
  const open = openSync(file, 'a', 0o600);
  try {
    const { size } = fstatSync(open);
    const bytes = Buffer.from(text);
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(open, bytes, written);
    } catch (error) {
      ftruncateSync(open, size);
      throw error;
    }
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
}

/**
 * What the lines that speak of a host say of the key that it shows. A key of another type than those known counts as changed,
 * not as unknown: the known types were asked for first, so an honest host would have shown one of them.
 * @param asked the types that were asked for, as known_hosts writes them
 */
export function judge(entries: KnownHost[], key: Buffer, asked: readonly string[]): Verdict {
  const revoked = entries.find(entry => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked) return { is: 'revoked', known: revoked };
  const trusted = entries.filter(entry => entry.marker === null);
  if (trusted.some(entry => entry.key.equals(key))) return { is: 'known' };
  const other = trusted.find(entry => entry.type === keyType(key)) ?? trusted.find(entry => asked.includes(entry.type));
  return other ? { is: 'changed', known: other } : { is: 'unknown' };
}

/** The lines of a known_hosts file; what cannot be read is passed over, as OpenSSH does. */
export function parse(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const words = line.trim().split(/[ \t]+/);
    const marker = words[0]?.startsWith('@') ? words.shift()!.slice(1) : null;
    const [patterns, type, base64] = words;
    if (!patterns || patterns.startsWith('#') || !type || !base64) return [];
    if (marker !== null && marker !== 'revoked' && marker !== 'cert-authority') return [];
    const key = Buffer.from(base64, 'base64');
    if (keyType(key) !== type) return [];
    return [{ file, line: index + 1, marker, patterns, type, key }];
  });
}

/** `host`, or `[host]:port` where the port is not 22. */
export function hostName(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const name = isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare;
  return port === 22 ? name : `[${name}]:${port}`;
}

/** A name as HashKnownHosts writes it. */
function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

/** Whether the first field of a line means a host: a list of patterns, or a hashed name. */
export function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|')) {
    const [, version, salt, hash] = patterns.split('|');
    if (version !== '1' || !salt || !hash) return false;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  if (!/[*?!,]/.test(patterns)) return patterns.toLowerCase() === name;
  let found = false;
  for (const pattern of patterns.toLowerCase().split(',')) {
    const isNegated = pattern.startsWith('!');
    if (!glob(isNegated ? pattern.slice(1) : pattern).test(name)) continue;
    if (isNegated) return false;
    found = true;
  }
  return found;
}

const glob = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** `SHA256:...`, as OpenSSH shows it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The type that is written at the start of a key; empty where it is not a key. */
export function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return length > 0 && length <= 64 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length) : '';
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
