import { setMaxListeners } from 'node:events';
import { Problem, type ProblemDetails } from '../errors.js';
import { type Dial, dialTcp } from '../ssh/dial.js';
import { hostKeyChanged, hostKeyRevoked, type Target, unreachable } from '../ssh/errors.js';
import { Gate } from '../ssh/gate.js';
import { handshake } from '../ssh/handshake.js';
import { HostKeys, typeOf } from '../ssh/host-key.js';
import { fingerprint, judge, type KnownHosts, keyType } from '../ssh/known-hosts.js';
import { type Timings, timings as usual } from '../ssh/timings.js';
import { turn } from '../turn.js';

/** A host key as it was shown, before anybody logged in. */
export interface ShownKey {
  target: Target;
  key: Buffer;
  type: string;
  fingerprint: string;
  /** `changed`, `revoked` and `unexpected` (see compareKeys) block the host; `problem` says the way out. */
  is: 'known' | 'new' | 'changed' | 'revoked' | 'unexpected';
  /** The line of known_hosts that speaks of it: `/root/.ssh/known_hosts:3`. */
  place?: string;
  /** Where its fingerprint was given from elsewhere: `keys.txt:3`. */
  expected?: string;
  problem?: ProblemDetails;
}

export interface FetchOptions {
  known: KnownHosts;
  signal?: AbortSignal;
  onKey?: (said: ShownKey | ProblemDetails) => void;
  dial?: Dial;
  timings?: Timings;
  /** The types to ask for, as known_hosts writes them: those that are known of a host first, then the best, unless told. */
  types?: readonly string[];
}

/**
 * Asks hosts for their keys and hangs up before any login, 32 at once.
 * @returns for each target its key, or why there is none
 * @throws what the signal was aborted with
 */
export async function fetchHostKeys(targets: readonly Target[], options: FetchOptions): Promise<(ShownKey | ProblemDetails)[]> {
  const { signal, onKey } = options;
  const gate = new Gate(32);
  if (signal) setMaxListeners(0, signal);
  return Promise.all(
    targets.map(target =>
      gate.through(async () => {
        await turn();
        signal?.throwIfAborted();
        let said: ShownKey | ProblemDetails;
        try {
          said = await fetchKey(target, options);
        } catch (error) {
          signal?.throwIfAborted();
          if (!(error instanceof Problem)) throw error;
          said = error.details;
        }
        onKey?.(said);
        return said;
      }),
    ),
  );
}

async function fetchKey(
  target: Target,
  { known, signal, types, timings = usual, dial = dialTcp(timings) }: FetchOptions,
): Promise<ShownKey> {
  // Only its order of algorithms is of use here: what is known is asked for first.
  const usually = new HostKeys(known, nobody, false, () => {}).check(target).algorithms;
  const asked = types ? usually.filter(algorithm => types.includes(typeOf(algorithm))) : usually;
  let key: Buffer | null = null;
  const verify = (shown: Buffer) => {
    key = shown;
    return false;
  };
  try {
    const sock = await dial(target.address, target.port, signal);
    await handshake({
      sock,
      user: target.user,
      methods: [],
      check: { algorithms: asked, verify, refused: null },
      timings,
      signal,
    });
  } catch (error) {
    if (!key) throw error instanceof Problem ? error : unreachable(target, error);
  }
  return judged(target, key!, known);
}

const nobody = { hostKey: async () => false, secret: async () => null };

const at = ({ file, line }: { file: string; line: number }) => `${file}:${line}`;

/** A key as known_hosts speaks of it now. */
export function judged(target: Target, key: Buffer, known: KnownHosts): ShownKey {
  const entries = known.of(target.address, target.port);
  const trusted = entries.filter(entry => entry.marker === null);
  const verdict = judge(
    entries,
    key,
    trusted.map(entry => entry.type),
  );
  const shown = { target, key, type: keyType(key), fingerprint: fingerprint(key) };
  switch (verdict.is) {
    case 'known':
      return { ...shown, is: 'known', place: at(trusted.find(entry => entry.key.equals(key))!) };
    case 'unknown':
      return { ...shown, is: 'new' };
    case 'changed':
      return { ...shown, is: 'changed', place: at(verdict.known), problem: hostKeyChanged(target, key, verdict.known).details };
    case 'revoked':
      return { ...shown, is: 'revoked', place: at(verdict.known), problem: hostKeyRevoked(target, key, verdict.known).details };
  }
}
