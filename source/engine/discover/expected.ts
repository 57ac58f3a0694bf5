import { isIP } from 'node:net';
import type { ProblemDetails } from '../errors.js';
import { algorithms, typeOf } from '../ssh/host-key.js';
import { fingerprint, hostName, matches, parse } from '../ssh/known-hosts.js';
import { isAddress, type Mistake } from './candidate.js';
import { type FetchOptions, fetchHostKeys, type ShownKey } from './keys.js';

/** A fingerprint that was given from elsewhere: a console, a colleague, a ticket. */
export interface Expected {
  /** As in known_hosts; null where a fingerprint stands alone and may be any host's. */
  patterns: string | null;
  /** Of the key, e.g. ssh-ed25519; null where it was not said. */
  type: string | null;
  /** SHA256:... */
  fingerprint: string;
  /** `keys.txt:3` */
  place: string;
}

export interface ExpectedRead {
  expected: Expected[];
  mistakes: Mistake[];
}

/**
 * Reads fingerprints as people have them: `SHA256:...` alone, `host SHA256:...` in either order, what `ssh-keygen -l` prints,
 * and lines of known_hosts or ssh-keyscan.
 * @param from what the text is, for messages
 */
export function readExpected(text: string, from: string): ExpectedRead {
  const keys = new Map(parse(text, from).map(entry => [entry.line, entry]));
  const expected: Expected[] = [];
  const mistakes: Mistake[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const [line, entry, place] = [i + 1, raw.trim(), `${from}:${i + 1}`];
    if (!entry || entry.startsWith('#')) continue;
    const known = keys.get(line);
    if (known?.marker === null)
      expected.push({ patterns: known.patterns, type: known.type, fingerprint: fingerprint(known.key), place });
    else {
      const said = fingerprintIn(entry);
      if (said) expected.push({ ...said, place });
      else mistakes.push({ line, entry: entry.slice(0, 100), ...notOne });
    }
  }
  return { expected, mistakes };
}

const notOne: Pick<Mistake, 'what' | 'remedy'> = {
  what: { en: 'no SHA256 fingerprint and no host key', zh: '不是 SHA256 指纹，也不是主机密钥' },
  remedy: {
    en: 'On the host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub; write it as 10.0.0.11 SHA256:…',
    zh: '在该主机上执行：ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub；写成 10.0.0.11 SHA256:… 的形式。',
  },
};

/** As `ssh-keygen -l` names them in brackets at the end of its lines. */
const typeNames: Record<string, RegExp> = { ED25519: /^ssh-ed25519$/, ECDSA: /^ecdsa-/, RSA: /^ssh-rsa$/ };

function fingerprintIn(entry: string): Omit<Expected, 'place'> | null {
  const words = entry.split(/[\s,;]+/).filter(Boolean);
  const at = words.findIndex(word => /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(word));
  if (at < 0) return null;
  const print = words[at]!.replace(/=$/, '');
  const bracketed = /^\((\w+)\)$/.exec(words.at(-1)!)?.[1];
  const type = bracketed && bracketed in typeNames ? bracketed : null;
  const others = words.filter((word, i) => i !== at && !/^\(.*\)$/.test(word));
  // `256 SHA256:... root@n1 (ED25519)`: what follows is the key's comment, and names a host only where it is an address.
  const isListing = at === 1 && /^\d+$/.test(words[0]!);
  const named = isListing ? others.slice(1).find(isPlace) : others[0];
  if (!isListing && (others.length > 1 || (named !== undefined && !isNameOfHost(named)))) return null;
  return { patterns: named?.toLowerCase() ?? null, type, fingerprint: print };
}

const isPlace = (word: string) => isIP(word) > 0 || /^\[[^\]]+\]:\d+$/.test(word);
const isNameOfHost = (word: string) => isPlace(word) || isAddress(word);

/** The keys as fingerprints from elsewhere speak of them, in the order given. */
export interface Compared {
  /**
   * `expected` says where the same fingerprint stands: such a key may be accepted. `is: 'unexpected'` is a stop: of that host
   * another was expected. Of all others nothing was said.
   */
  keys: ShownKey[];
  /** What was expected and fits no host. */
  unused: Expected[];
}

/**
 * Compares the keys that hosts showed with what is expected of them. A host has a key of each type and showed the best; where
 * another one may be the expected, it is asked for that too.
 * @throws what the signal was aborted with
 */
export async function confirmKeys(
  shown: readonly ShownKey[],
  expected: readonly Expected[],
  options: FetchOptions,
): Promise<Compared> {
  const asked = await Promise.all(shown.map(key => expectedOf(key, expected, options)));
  const { keys, unused } = compareKeys(asked, expected);
  // A key that is known stays the one to use, where another one of the same host is as expected.
  const isProven = (i: number) => keys[i]!.expected !== undefined && shown[i]!.is === 'known';
  return { keys: keys.map((key, i) => (isProven(i) ? { ...shown[i]!, expected: key.expected } : key)), unused };
}

/** The key that is expected of a host, of those that it has; else the one that it showed. */
async function expectedOf(key: ShownKey, expected: readonly Expected[], options: FetchOptions): Promise<ShownKey> {
  const asked = [key.type];
  const mayBeOf =
    (type: string) =>
    ({ type: said }: Expected) =>
      said === null || isOfType(said, type);
  for (let latest = key; ; ) {
    const named = namedIn(expected, key);
    if (named.some(({ fingerprint }) => fingerprint === latest.fingerprint)) return latest;
    const types = hostKeyTypes.filter(type => !asked.includes(type) && named.some(mayBeOf(type)));
    if (!types.length) return key;
    const [next] = await fetchHostKeys([key.target], { ...options, types });
    if (!next || !('fingerprint' in next)) return key;
    latest = next;
    asked.push(next.type);
  }
}

const hostKeyTypes = [...new Set(algorithms.map(typeOf))];

/** Compares, host by host. Pure. */
export function compareKeys(shown: readonly ShownKey[], expected: readonly Expected[]): Compared {
  const used = new Set<Expected>();
  const keys = shown.map(key => {
    const named = namedIn(expected, key);
    const same = expected.find(
      each => each.fingerprint === key.fingerprint && (each.patterns === null || named.includes(each)),
    );
    for (const each of same ? [...named, same] : named) used.add(each);
    if (named.some(each => each.fingerprint === key.fingerprint)) return { ...key, expected: same!.place };
    // A host has a key of each type: one that is expected of another type says nothing of this one.
    const other = named.find(({ type }) => type === null || isOfType(type, key.type));
    if (other) return unexpected(key, other);
    return same ? { ...key, expected: same.place } : key;
  });
  return { keys, unused: expected.filter(each => !used.has(each)) };
}

const namedIn = (expected: readonly Expected[], key: ShownKey) =>
  expected.filter(({ patterns }) => patterns !== null && matches(patterns, placeOf(key)));
const placeOf = ({ target: { address, port } }: ShownKey) => hostName(address, port);
const isOfType = (said: string, type: string) => typeNames[said]?.test(type) ?? said === type;

function unexpected(key: ShownKey, { fingerprint, place }: Expected): ShownKey {
  const at = placeOf(key);
  const problem: ProblemDetails = {
    code: 'host-key',
    host: key.target.host,
    what: {
      en: `${at} shows the host key ${key.fingerprint}, but ${fingerprint} is expected (${place})`,
      zh: `${at} 的主机密钥是 ${key.fingerprint}，但期望的是 ${fingerprint}（${place}）`,
    },
    remedy: {
      en: 'Someone may be in between, or the address is another host’s. Compare with the host’s own: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
      zh: '可能有人在中间拦截，或该地址属于另一台主机。请与主机自己的指纹核对：ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
    },
  };
  return { ...key, is: 'unexpected', place, problem };
}
