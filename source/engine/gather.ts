import { Problem, type ProblemDetails } from './errors.js';
import type { Facts } from './facts/facts.js';
import { gatherFacts } from './facts/gather.js';
import type { Connector, Fleet } from './fleet.js';
import type { ClusterSpec } from './spec/schema.js';

export interface GatherOptions {
  signal?: AbortSignal;
  /** Called as each host is known, or is known not to be reachable. */
  onHost?: (host: string, said: Facts | ProblemDetails) => void;
}

/**
 * Connects all hosts at once and asks each for its facts. What is wrong with one host is a problem of the fleet, in the order
 * of the spec, and keeps no other host from being asked.
 * @throws what the signal was aborted with
 */
export async function gather(spec: ClusterSpec, connector: Connector, { signal, onHost }: GatherOptions = {}): Promise<Fleet> {
  const fleet: Fleet = { remotes: {}, facts: {}, problems: [] };
  const problems = await Promise.all(
    spec.hosts.map(async host => {
      try {
        const remote = await connector.connect(spec, host, signal);
        fleet.remotes[host.name] = remote;
        // Says why there is no root.
        if (remote.access === 'none') await remote.run('true', { signal });
        const facts = await gatherFacts(remote, signal);
        fleet.facts[host.name] = facts;
        onHost?.(host.name, facts);
        return null;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Problem)) throw error;
        const problem = { host: host.name, ...error.details };
        onHost?.(host.name, problem);
        return problem;
      }
    }),
  );
  fleet.problems = problems.filter(problem => problem !== null);
  return fleet;
}
