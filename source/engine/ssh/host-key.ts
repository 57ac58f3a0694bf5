import type { Ask } from '../fleet.js';
import type { Text } from '../text.js';
import { hostKeyChanged, hostKeyRefused, hostKeyRevoked, type Target } from './errors.js';
import { fingerprint, hostName, judge, type KnownHost, type KnownHosts, keyType, type Verdict } from './known-hosts.js';

/** Those that may prove a host, as they are asked for; the best first. */
export const algorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
/** As known_hosts writes it. */
export const typeOf = (algorithm: string) => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm);

const knownAlgorithms = (entries: KnownHost[]): string[] => {
  const types = new Set(entries.filter(entry => entry.marker === null).map(entry => entry.type));
  return algorithms.filter(algorithm => types.has(typeOf(algorithm)));
};

/** One connection's look at the host's key. */
export interface Check {
  /** What to ask the host for: the types that are known of it first. */
  algorithms: string[];
  /** ssh2's hostVerifier. */
  verify(key: Buffer): boolean;
  /** The key that was turned down. */
  refused: Buffer | null;
}

/** Decides which host keys are trusted: those in known_hosts, and those that the operator accepts. */
export class HostKeys {
  /** What a host showed first is what it has to show later in the run, also where it could not be written down. */
  readonly #pinned = new Map<string, Buffer>();
  readonly #told = new Set<string>();

  constructor(
    private readonly known: KnownHosts,
    private readonly ask: Ask,
    private readonly acceptNew: boolean,
    private readonly onNote: (text: Text) => void,
  ) {}

  check(target: Target): Check {
    const entries = this.known.of(target.address, target.port);
    if (entries.some(entry => entry.marker === 'cert-authority')) this.#tellOfAuthority(target);
    const known = knownAlgorithms(entries);
    const check: Check = {
      algorithms: [...known, ...algorithms.filter(algorithm => !known.includes(algorithm))],
      verify: key => {
        const verdict = this.#judge(target, key);
        if (verdict.is === 'unknown' && this.acceptNew) this.#record(target, key);
        else if (verdict.is !== 'known') {
          check.refused = key;
          return false;
        }
        this.#pinned.set(nameOf(target), key);
        return true;
      },
      refused: null,
    };
    return check;
  }

  /**
   * What to do about a key that was turned down: nothing is known of the host, and the operator accepts it.
   * @throws Problem host-key where it is changed, revoked or not accepted
   */
  async settle(target: Target, key: Buffer): Promise<void> {
    const verdict = this.#judge(target, key);
    if (verdict.is === 'revoked') throw hostKeyRevoked(target, key, verdict.known);
    if (verdict.is === 'changed') throw hostKeyChanged(target, key, verdict.known);
    if (verdict.is === 'known') return;
    const question = { host: target.host, address: nameOf(target), type: keyType(key), fingerprint: fingerprint(key) };
    if (!(await this.ask.hostKey(question))) throw hostKeyRefused(target, key);
    this.#pinned.set(nameOf(target), key);
    this.#record(target, key);
  }

  #judge(target: Target, key: Buffer): Verdict {
    const entries = this.known.of(target.address, target.port);
    const verdict = judge(entries, key, knownAlgorithms(entries).map(typeOf));
    const pinned = this.#pinned.get(nameOf(target));
    if (verdict.is !== 'unknown' || !pinned) return verdict;
    return pinned.equals(key) ? { is: 'known' } : { is: 'changed', known: { file: this.known.file, line: 0, key: pinned } };
  }

  #record(target: Target, key: Buffer): void {
    try {
      this.known.add(target.address, target.port, key);
      this.onNote({
        en: `The host key of ${nameOf(target)} (${fingerprint(key)}) was added to ${this.known.file}.`,
        zh: `${nameOf(target)} 的主机密钥（${fingerprint(key)}）已写入 ${this.known.file}。`,
      });
    } catch (error) {
      const { message } = error as Error;
      this.onNote({
        en: `The host key of ${nameOf(target)} is trusted for this run only: ${message}`,
        zh: `${nameOf(target)} 的主机密钥仅在本次运行中受信任：${message}`,
      });
    }
  }

  #tellOfAuthority(target: Target): void {
    if (this.#told.has(nameOf(target))) return;
    this.#told.add(nameOf(target));
    this.onNote({
      en: `known_hosts trusts ${nameOf(target)} by a certificate authority; host certificates are not supported here, so its plain key is verified.`,
      zh: `known_hosts 通过证书颁发机构信任 ${nameOf(target)}；此处不支持主机证书，因此验证其普通密钥。`,
    });
  }
}

const nameOf = (target: Target) => hostName(target.address, target.port);
