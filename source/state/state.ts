import type { Field } from '../components/field.js';
import type { ProblemDetails } from '../engine/errors.js';
import type { Facts } from '../engine/facts/facts.js';
import type { PhaseId } from '../engine/plan/phases.js';
import type { Plan } from '../engine/plan/plan.js';
import type { Finding } from '../engine/preflight/finding.js';
import { type PlaceName, placesFor, type SourceKind, sourceKinds } from '../engine/sources/catalogue.js';
import { rank, verdictOf } from '../engine/sources/rank.js';
import type { SourceReport } from '../engine/sources/report.js';
import { isExact } from '../engine/sources/versions.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Language, Text } from '../engine/text.js';
import { type DiagnosisView, noDiagnosis } from './diagnosis-view.js';
import type { Outcome, Verdict } from './engine.js';
import type { KeyOffer } from './entry.js';
import { type Discovery, type DiscoveryUi, firstDiscoveryUi, nothingFound } from './found.js';
import type { HostListProblem } from './host-list.js';
import type { Question } from './questions.js';
import { noRun, type RunView } from './run.js';
import type { NamedSession } from './sessions.js';
import { emptySpec } from './spec.js';

/** The walk, in its order. */
export const walk = ['hosts', 'mirror', 'options', 'check', 'review', 'install'] as const;
export type ScreenId = 'welcome' | (typeof walk)[number] | 'done' | 'failure' | 'evidence';

export interface HostView {
  state: 'asking' | 'ready' | 'failed';
  facts?: Facts;
  problem?: ProblemDetails;
  /** It let nobody in by a key: somebody has typed a password. */
  byPassword?: boolean;
}

export interface AppState {
  language: Language;
  /** The hosts are those of the demo: every screen says so. */
  simulation: boolean;
  screen: ScreenId;
  spec: ClusterSpec;
  /** What is known of each host, by name. */
  hosts: Record<string, HostView>;
  /** What was found around them. */
  discovery: Discovery;
  /** Letting a key in, while that is asked or done. */
  keyOffer: KeyOffer | null;
  sources: {
    state: 'none' | 'busy' | 'done';
    report: SourceReport;
    startedAt: number;
    ms: number | null;
    problem: ProblemDetails | null;
  };
  /** The exact version and where things come from, as the check found them. */
  verdict: Verdict | null;
  check: { state: 'none' | 'busy' | 'done'; findings: Finding[]; problem: ProblemDetails | null };
  plan: { state: 'none' | 'planning' | 'checking' | 'done'; plan: Plan | null; problem: ProblemDetails | null };
  run: RunView;
  outcome: Outcome | null;
  /** Why the run failed, as far as the hosts tell. */
  diagnosis: DiagnosisView;
  /** Hosts that were changed, by this run or one before it. */
  changed: string[];
  logFile: string | null;
  /** Grows when a log has new lines. */
  logVersion: number;
  stopping: boolean;
  questions: Question[];
  overlay:
    | 'help'
    | 'quit'
    | 'stop'
    | 'install'
    | 'access'
    | 'own'
    | 'mend'
    | 'bundle'
    | 'scan'
    | 'jump'
    | 'key'
    | 'public'
    | null;
  /** Said in place of the key bar until the next key. */
  notice: { level: 'good' | 'bad' | 'plain'; text: string } | null;
  /** The clock that the screens show; it ticks only while something is at work. */
  now: number;
  sessions: NamedSession[];
  /** Sessions that could not be read: what became of each. */
  unreadSessions: Text[];
  ui: {
    welcome: { row: number };
    hosts: { row: number; input: Field | null; editing: string | null; problems: HostListProblem[]; duplicates: string[] };
    discovery: DiscoveryUi;
    form: { row: number; input: Field | null; error: string | null };
    mirror: { row: number; column: number; evidence: boolean };
    check: { row: number };
    review: {
      row: number;
      /** Whose script is shown; null until somebody chooses. */
      host: string | null;
      closed: PhaseId[];
      pane: 'steps' | 'script';
      scroll: number;
      onlyNeeded: boolean;
    };
    install: { row: number; top: number | null; search: Field | null; wanted: string };
    failure: { row: number; log: boolean };
    evidence: { host: number; top: number };
    question: { row: number; length: number; shown: boolean; forAll: boolean };
    help: { scroll: number };
  };
}

export const firstState = (language: Language, now: number): AppState => ({
  language,
  simulation: false,
  screen: 'welcome',
  spec: emptySpec,
  hosts: {},
  discovery: nothingFound,
  keyOffer: null,
  sources: { state: 'none', report: [], startedAt: 0, ms: null, problem: null },
  verdict: null,
  check: { state: 'none', findings: [], problem: null },
  plan: { state: 'none', plan: null, problem: null },
  run: noRun,
  outcome: null,
  diagnosis: noDiagnosis,
  changed: [],
  logFile: null,
  logVersion: 0,
  stopping: false,
  questions: [],
  overlay: null,
  notice: null,
  now,
  sessions: [],
  unreadSessions: [],
  ui: {
    welcome: { row: 0 },
    hosts: { row: 0, input: null, editing: null, problems: [], duplicates: [] },
    discovery: firstDiscoveryUi,
    form: { row: 0, input: null, error: null },
    mirror: { row: 0, column: 0, evidence: false },
    check: { row: 0 },
    review: { row: 0, host: null, closed: [], pane: 'steps', scroll: 0, onlyNeeded: false },
    install: { row: 0, top: null, search: null, wanted: '' },
    failure: { row: 0, log: false },
    evidence: { host: 0, top: 0 },
    question: { row: 0, length: 0, shown: false, forAll: true },
    help: { scroll: 0 },
  },
});

/** Something is at work: the clock ticks and the spinner turns. */
export const isBusy = (state: AppState): boolean =>
  state.run.state === 'running' ||
  state.sources.state === 'busy' ||
  state.check.state === 'busy' ||
  state.diagnosis.state === 'busy' ||
  state.diagnosis.mending !== null ||
  state.plan.state === 'planning' ||
  state.plan.state === 'checking' ||
  state.discovery.scan.state === 'busy' ||
  state.discovery.keysAwaited > 0 ||
  state.discovery.reach.state === 'busy' ||
  Object.values(state.hosts).some(host => host.state === 'asking');

export const readyHosts = (state: AppState): string[] =>
  state.spec.hosts.filter(host => state.hosts[host.name]?.state === 'ready').map(host => host.name);

/** The mirror whose own places serve every host with everything, the one that was chosen first; null where none does. */
export function proposedMirror(report: SourceReport, spec: ClusterSpec): ClusterSpec['mirror'] | null {
  const works = (mirror: ClusterSpec['mirror']) =>
    sourceKinds.every(kind => {
      const [place] = placesFor({ ...spec, mirror }, kind);
      return place !== undefined && verdictOf(report, kind, place, null) === 'good';
    });
  const other: ClusterSpec['mirror'] = spec.mirror === 'upstream' ? 'aliyun' : 'upstream';
  return [spec.mirror, other].find(works) ?? null;
}

/** Who is taken from for each kind of thing, by what is known so far. */
export const takenFrom = (spec: ClusterSpec, report: SourceReport): Record<SourceKind, PlaceName> => {
  const ranked = rank(spec, report, isExact(spec.kubernetes) ? spec.kubernetes : null);
  return Object.fromEntries(sourceKinds.map(kind => [kind, ranked[kind][0]!])) as Record<SourceKind, PlaceName>;
};

export const stops = (findings: readonly Finding[]): Finding[] => findings.filter(finding => finding.level === 'stop');

/** What the hosts said of themselves, by name. */
export const factsOf = ({ hosts }: AppState): Record<string, Facts> =>
  Object.fromEntries(Object.entries(hosts).flatMap(([name, { facts }]) => (facts ? [[name, facts]] : [])));
