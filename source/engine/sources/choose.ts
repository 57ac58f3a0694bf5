import type { Facts } from '../facts/facts.js';
import { founder } from '../facts/founder.js';
import type { Finding } from '../preflight/finding.js';
import { proposeRelay } from '../relay/propose.js';
import type { ClusterSpec } from '../spec/schema.js';
import { knownKeys, type PlaceName, placesFor, type SourceKind, sourceKinds } from './catalogue.js';
import {
  imagesMissing,
  keysDiffer,
  keyUnknown,
  notCarried,
  takenElsewhere,
  underneath,
  unmeasured,
  unreachable,
  unresolved,
} from './findings.js';
import { rank, verdictOf } from './rank.js';
import type { SourceProbe, SourceReport } from './report.js';
import { type Sources, sourcesFrom } from './sources.js';
import { compareVersions, isExact, minorVersion } from './versions.js';

export interface Choice {
  sources: Sources;
  /** Exact, e.g. v1.37.2. */
  version: string;
  findings: Finding[];
}

/**
 * Decides what comes from where, by what was asked for and what the hosts can reach: what the preferred place does not have on
 * every host comes from the next that does. Pure; an empty report is taken as unknown.
 * @param facts by which a cluster that is there already keeps its patch version
 */
export function chooseSources(spec: ClusterSpec, report: SourceReport, facts: Record<string, Facts> = {}): Choice {
  const { version, isKnown } = resolveVersion(spec, report, facts);
  const ranked = rank(spec, report, isKnown ? version : null);
  const taken = (kind: SourceKind) => report.filter(probe => probe.kind === kind && probe.place === ranked[kind][0]);
  const here = sourceKinds.flatMap(taken);
  const kubernetes = keyOf('kubernetes-packages', knownKeys.kubernetes, spec, taken('kubernetes-packages'));
  const docker = keyOf('runtime', knownKeys.docker, spec, taken('runtime'));
  const lacking = versionFindings(spec, report, ranked['kubernetes-packages'][0]!, version, isKnown);
  return {
    sources: sourcesFrom(spec, ranked, minorVersion(spec.kubernetes), {
      kubernetesKey: kubernetes.key,
      dockerKey: docker.key,
    }),
    version,
    findings: [
      ...unreachable(spec, here, report),
      ...unmeasured(here),
      ...proposeRelay(spec, here),
      ...lacking,
      ...sourceKinds.flatMap(kind => takenElsewhere(spec, kind, ranked[kind][0]!, report)),
      ...kubernetes.findings,
      ...docker.findings,
      // Without its packages a version's images need no further words.
      ...(lacking.length ? [] : imagesMissing(spec, 'images', taken('images'))),
      ...imagesMissing(spec, 'network-images', taken('network-images')),
      ...underneath(report),
    ],
  };
}

/** Versions of the minor that a place carries for every host that asked it, oldest first. */
export function carriedBy(report: SourceReport, place: PlaceName): string[] {
  const lists = report
    .filter(probe => probe.place === place && probe.kind === 'kubernetes-packages' && probe.versions?.length)
    .map(probe => probe.versions!);
  return (lists[0] ?? []).filter(version => lists.every(list => list.includes(version))).sort(compareVersions);
}

function resolveVersion(
  spec: ClusterSpec,
  report: SourceReport,
  facts: Record<string, Facts>,
): { version: string; isKnown: boolean } {
  if (isExact(spec.kubernetes)) return { version: spec.kubernetes, isKnown: true };
  // A newer patch than the one that runs is an upgrade, and nobody asked for that.
  const running = facts[founder(spec, facts).name]?.cluster;
  if (running?.state === 'control-plane' && running.version && minorVersion(running.version) === spec.kubernetes) {
    return { version: running.version, isKnown: true };
  }
  const reached = placesFor(spec, 'kubernetes-packages').filter(
    place => verdictOf(report, 'kubernetes-packages', place, null) === 'good',
  );
  const newest = reached.map(place => carriedBy(report, place).at(-1)).find(version => version !== undefined);
  return newest ? { version: newest, isKnown: true } : { version: `${spec.kubernetes}.0`, isKnown: false };
}

/** What keeps the version from being had; that its packages cannot be reached is said by others. */
function versionFindings(
  spec: ClusterSpec,
  report: SourceReport,
  place: PlaceName,
  version: string,
  isKnown: boolean,
): Finding[] {
  const probes = report.filter(probe => probe.place === place && probe.kind === 'kubernetes-packages');
  const carried = carriedBy(report, place);
  const isEmpty = probes.some(hasNone);
  if (!isKnown) {
    if (isEmpty) return [notCarried(spec, place, [], report)];
    // Where no host was reached that is said, and nothing follows from it.
    return !probes.length || probes.some(probe => !probe.ok && !probe.unknown) ? [] : [unresolved(spec, place)];
  }
  if (carried.includes(version) || !isExact(spec.kubernetes)) return [];
  return carried.length || isEmpty ? [notCarried(spec, place, carried, report)] : [];
}

export const hasNone = (probe: SourceProbe): boolean => probe.kind === 'kubernetes-packages' && probe.versions?.length === 0;

function keyOf(
  kind: SourceKind,
  known: string,
  spec: ClusterSpec,
  probes: SourceProbe[],
): { key: string | null; findings: Finding[] } {
  if (!probes.length) return { key: null, findings: [] };
  const seen = probes.filter(probe => probe.key);
  const keys = [...new Set(seen.map(probe => probe.key!.toUpperCase()))];
  if (keys.length > 1) return { key: known, findings: [keysDiffer(kind, keys, seen)] };
  const key = keys[0] ?? known;
  const isTrusted = key === known || spec.trustedKeys.some(each => each.toUpperCase() === key);
  return { key, findings: isTrusted ? [] : [keyUnknown(kind, key, known, seen[0]!.url)] };
}
