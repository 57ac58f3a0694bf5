import type { Fleet } from '../engine/fleet.js';
import { makePlan } from '../engine/plan/make.js';
import type { Plan } from '../engine/plan/plan.js';
import { isOurs } from '../engine/preflight/check.js';
import type { Finding } from '../engine/preflight/finding.js';
import { preflight } from '../engine/preflight/preflight.js';
import { checkPlan } from '../engine/run/check.js';
import { isSourceKind, type Offer, offersOf, preferredOf } from '../engine/sources/catalogue.js';
import { type Choice, chooseSources } from '../engine/sources/choose.js';
import { probeSources } from '../engine/sources/probe.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import { hostsToChange } from '../views/plan.js';
import type { View } from '../views/view.js';
import type { Session } from './session.js';

/** Looks at hosts and sources and tells everything that is found; null where something of it is a stop. */
export async function judge(
  session: Session,
  view: View,
  spec: ClusterSpec,
  { remotes, fetching = remotes, facts }: Fleet,
): Promise<Choice | null> {
  const signal = session.stop;
  const preferred = preferredOf(spec);
  let report = await probeSources(spec, fetching, facts, { signal, offers: preferred });
  let choice = chooseSources(spec, report, facts);
  // All others are asked only where something is amiss: while all is well they would cost time for nothing.
  if (report.some(probe => isSourceKind(probe.kind) && !probe.ok && !probe.unknown) || choice.findings.some(isStop)) {
    const isNew = ({ kind, place }: Offer) => !preferred.some(each => each.kind === kind && each.place === place);
    report = [...report, ...(await probeSources(spec, fetching, facts, { signal, offers: offersOf(spec).filter(isNew) }))];
    choice = chooseSources(spec, report, facts);
  }
  const findings = [...preflight(spec, facts, report), ...choice.findings].sort(
    (a, b) => levels.indexOf(a.level) - levels.indexOf(b.level),
  );
  view.findings(findings);
  return findings.some(isStop) ? null : choice;
}

const isStop = (finding: Finding) => finding.level === 'stop';

const levels = ['stop', 'warn', 'note'];

/** The plan, and what of it is so already; null where hosts or sources are not fit, which has been told then. */
export async function prepare(session: Session, view: View, spec: ClusterSpec, fleet: Fleet): Promise<Plan | null> {
  const check = (choice: Choice) =>
    checkPlan(makePlan({ spec, facts: fleet.facts, ...choice }), fleet.remotes, { signal: session.stop });
  if (spec.hosts.every(host => isOurs(spec, fleet.facts[host.name]!))) {
    // Where an install has ended there is nothing to fetch, so nothing has to be asked of the sources.
    const plan = await check(chooseSources(spec, [], fleet.facts));
    if (!hostsToChange(plan).length && !preflight(spec, fleet.facts).some(isStop)) return plan;
  }
  const choice = await judge(session, view, spec, fleet);
  if (choice) return check(choice);
  view.event({ at: Date.now(), type: 'note', text: { en: 'no host has been changed', zh: '没有更改任何主机' } });
  return null;
}
