import type { ClusterSpec } from '../spec/schema.js';
import { type PlaceName, placesFor, type SourceKind, sourceKinds } from './catalogue.js';
import type { SourceProbe, SourceReport } from './report.js';

/** What all hosts together say of one place for one kind of thing. */
export type Verdict =
  | 'good'
  /** All there but images whose tags are a forecast. */
  | 'nearly'
  /** Nobody asked, or nobody could. */
  | 'unknown'
  | 'bad';

/** Tags of these move with patches, and what is asked for before the install is a forecast of what kubeadm will want. */
export const isForecast = (image: string): boolean => /(^|\/)(etcd|coredns|pause):/.test(image);

/** @param version exact, or null while only the minor is known */
export function verdictOf(report: SourceReport, kind: SourceKind, place: PlaceName, version: string | null): Verdict {
  const probes = report.filter(probe => probe.kind === kind && probe.place === place);
  const all = probes.map(probe => ofHost(probe, version));
  return (['bad', 'nearly', 'good'] as const).find(verdict => all.includes(verdict)) ?? 'unknown';
}

function ofHost(probe: SourceProbe, version: string | null): Verdict {
  if (probe.unknown) return 'unknown';
  if (probe.missing?.length) return probe.kind === 'images' && probe.missing.every(isForecast) ? 'nearly' : 'bad';
  if (!probe.ok) return 'bad';
  const lacks = probe.kind === 'kubernetes-packages' && version !== null && !probe.versions?.includes(version);
  return lacks ? 'bad' : 'good';
}

const best: Verdict[] = ['good', 'nearly', 'unknown', 'bad'];

/**
 * For each kind of thing who is taken from, and then whoever may stand in, best first; who is known not to serve all hosts is left out. Among equals the operator's preference stands; a place that is merely
 * faster does not go before one that was asked for.
 */
export function rank(spec: ClusterSpec, report: SourceReport, version: string | null): Record<SourceKind, PlaceName[]> {
  const of = (kind: SourceKind) => {
    const verdicts = new Map(placesFor(spec, kind).map(place => [place, verdictOf(report, kind, place, version)]));
    const order = [...verdicts.keys()].sort((a, b) => best.indexOf(verdicts.get(a)!) - best.indexOf(verdicts.get(b)!));
    const [first] = placesFor(spec, kind);
    // Where nobody is known to be good, the one that was asked for is what is talked about.
    const known = ['good', 'nearly'].includes(verdicts.get(order[0]!)!);
    const chosen = known || verdicts.get(first!) === 'unknown' ? order[0]! : first!;
    return [chosen, ...order.filter(place => place !== chosen && verdicts.get(place) !== 'bad')];
  };
  return Object.fromEntries(sourceKinds.map(kind => [kind, of(kind)])) as Record<SourceKind, PlaceName[]>;
}
