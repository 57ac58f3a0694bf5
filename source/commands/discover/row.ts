import { type Candidate, placeOf } from '../../engine/discover/candidate.js';
import type { ShownKey } from '../../engine/discover/keys.js';
import type { Inside } from '../../engine/discover/look.js';
import type { Answer } from '../../engine/discover/scan.js';
import type { ProblemDetails } from '../../engine/errors.js';
import { type ClusterSpec, clusterSpec } from '../../engine/spec/schema.js';

/** A host as far as it is known. */
export interface Row {
  host: Candidate;
  /** Named, not found by a scan: only such hosts are ever given a password. */
  isNamed: boolean;
  banner: string;
  key?: ShownKey;
  /** The key was known, or has been accepted. */
  isTrusted?: boolean;
  inside?: Inside;
  problem?: ProblemDetails;
}

/** All that was named and found, each place once; what was named comes first. */
export function rowsOf(named: Candidate[], found: Candidate[], answers: Answer[]): Row[] {
  const banners = new Map(answers.map(answer => [placeOf(answer), answer.banner]));
  const rows = new Map<string, Row>();
  for (const [hosts, isNamed] of [[named, true] as const, [found, false] as const])
    for (const host of hosts) {
      const place = placeOf(host);
      if (!rows.has(place)) rows.set(place, { host, isNamed, banner: banners.get(place) ?? '' });
    }
  return [...rows.values()];
}

/** What a connector reads of the hosts: where they are and how to get in. In the order of the rows. */
export function specOf(rows: readonly Row[]): ClusterSpec {
  const base = clusterSpec.parse({ hosts: [{ name: 'any', address: '127.0.0.1' }] });
  const hosts = rows.map(({ host: { address, user, port, identityFile, jump } }) => {
    const ssh = Object.entries({ user, port, identityFile, jump }).filter(([, value]) => value !== undefined);
    // Behind one address there may be several, at different ports.
    return { name: port ? `${address}:${port}` : address, address, ssh: Object.fromEntries(ssh) };
  });
  return { ...base, hosts };
}

/** A row as one object of `--json`. */
export function asJson({ host, isNamed, banner, key, isTrusted, inside, problem }: Row) {
  const { os, arch, cpus, memoryMiB, hostname, access, cluster, interfaces } = inside?.facts ?? {};
  const { type, fingerprint, is, place } = key ?? {};
  return {
    ...host,
    port: host.port ?? 22,
    isNamed,
    banner: banner || undefined,
    key: key && { is, type, fingerprint, place, trusted: isTrusted },
    access,
    hostname,
    os: os?.pretty,
    arch,
    cpus,
    memoryMiB,
    addresses: interfaces?.filter(({ name }) => name !== 'lo').flatMap(({ addresses }) => addresses),
    cluster: cluster?.state,
    problem,
  };
}
