import type { Facts } from '../facts/facts.js';
import { chooseSources } from '../sources/choose.js';
import type { SourceReport } from '../sources/report.js';
import { isExact, minorVersion } from '../sources/versions.js';
import { isControlPlane } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import type { Text } from '../text.js';
import type { Finding } from './finding.js';

/** What a check says; its id is the check's, its host the one that was looked at. */
export type Said = Omit<Finding, 'id' | 'host'> & { host?: string | null };

export interface Look {
  spec: ClusterSpec;
  /** Of all hosts that answered. */
  fleet: Record<string, Facts>;
  /** 37 of v1.37.2 */
  minor: number;
  /** v1.37.2; null while only the minor is known. */
  version: string | null;
  report: SourceReport;
}

export interface LookAtHost extends Look {
  host: HostSpec;
  facts: Facts;
  isControlPlane: boolean;
  /** k8s-tui made it a part of this very cluster, or began to. */
  isOurs: boolean;
}

/** One thing that preflight looks at. */
export interface Check {
  id: string;
  find(look: Look): Finding[];
}

type Answer = Said | Said[] | null | undefined | false;
const list = (answer: Answer): Said[] => (Array.isArray(answer) ? answer : answer ? [answer] : []);

/** A check of each host by itself. */
export const ofHost = (id: string, say: (look: LookAtHost) => Answer): Check => ({
  id,
  find: look =>
    look.spec.hosts.flatMap(host => {
      const facts = look.fleet[host.name];
      if (!facts) return [];
      return list(say({ ...look, host, facts, isControlPlane: isControlPlane(host), isOurs: isOurs(look.spec, facts) })).map(
        said => ({
          id,
          host: host.name,
          ...said,
        }),
      );
    }),
});

/** A check of the hosts beside each other. */
export const ofCluster = (id: string, say: (look: Look) => Answer): Check => ({
  id,
  find: look => list(say(look)).map(said => ({ id, host: null, ...said })),
});

/** A ledger that does not say whose it is can only be taken for this cluster's: nobody else writes one. */
export const isOurs = (spec: ClusterSpec, { ledger }: Facts): boolean => ledger === spec.name || ledger === 'unknown';

export function lookAt(spec: ClusterSpec, fleet: Record<string, Facts>, report: SourceReport): Look {
  const { version } = chooseSources(spec, report, fleet);
  const isKnown =
    isExact(spec.kubernetes) ||
    report.some(probe => probe.place === spec.mirror && probe.versions?.includes(version)) ||
    Object.values(fleet).some(facts => facts.cluster.version === version);
  return { spec, fleet, report, version: isKnown ? version : null, minor: Number(minorVersion(spec.kubernetes).split('.')[1]) };
}

/** Both languages of a list. */
export const and = (words: readonly string[]): Text => ({ en: words.join(', '), zh: words.join('、') });
