import { Problem, type ProblemDetails } from '../errors.js';
import type { Facts } from '../facts/facts.js';
import { gatherFacts } from '../facts/gather.js';
import type { Connector } from '../fleet.js';
import type { Remote } from '../remote.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';

export interface Inside {
  remote: Remote;
  /** `remote.noRoot` says why there is no way to become root, where there is none. */
  facts: Facts;
}

/**
 * Logs in and asks a host for its facts; also where there is no way to become root, which then is one of them.
 * @throws what the signal was aborted with
 */
export async function look(
  spec: ClusterSpec,
  host: HostSpec,
  connector: Connector,
  signal?: AbortSignal,
): Promise<Inside | ProblemDetails> {
  try {
    const remote = await connector.connect(spec, host, signal);
    return { remote, facts: await gatherFacts(remote, signal) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Problem) return { host: host.name, ...error.details };
    throw error;
  }
}
