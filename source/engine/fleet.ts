import type { Duplex } from 'node:stream';
import type { ProblemDetails } from './errors.js';
import type { Facts } from './facts/facts.js';
import type { Plan } from './plan/plan.js';
import type { Remote } from './remote.js';
import type { ClusterSpec, HostSpec } from './spec/schema.js';

/** What the engine has to ask a person. An answer of null or false means: no. */
export interface Ask {
  /** A host shows a key that nothing is known of. */
  hostKey(question: { host: string; address: string; type: string; fingerprint: string }): Promise<boolean>;
  /** A password or passphrase; of a registry or a proxy, `host` is its address. `attempt` counts from 1; a wrong one is asked for at most once more. */
  secret(question: {
    host: string;
    user: string;
    kind: 'password' | 'sudo' | 'passphrase' | 'registry' | 'proxy';
    file?: string;
    attempt: number;
  }): Promise<string | null>;
}

/** Opens hosts: over ssh, or those of the embedded demo fleet. */
export interface Connector {
  /** True for the embedded fleet: every view says so. */
  readonly simulation: boolean;
  /** @throws Problem unreachable, host-key, login */
  connect(spec: ClusterSpec, host: HostSpec, signal?: AbortSignal): Promise<Remote>;
  /** A stream to a host's ssh port, through its jump host where it has one: for a look at its key before any login. */
  dial?(spec: ClusterSpec, host: HostSpec, signal?: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

/** The hosts of a spec, as far as they could be reached. */
export interface Fleet {
  remotes: Record<string, Remote>;
  /** The same by the way that fetches things, where that is another one: the relay. */
  fetching?: Record<string, Remote>;
  /** Told of the plan that is about to run by whoever fetches things for the hosts. */
  ahead?: (plan: Plan) => void;
  facts: Record<string, Facts>;
  problems: ProblemDetails[];
}
