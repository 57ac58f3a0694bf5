import type { BundleFile, BundleInput } from '../engine/diagnose/bundle.js';
import type { diagnose } from '../engine/diagnose/diagnose.js';
import type { collectEvidence } from '../engine/diagnose/evidence.js';
import type { mend } from '../engine/diagnose/mend.js';
import type { Reach, ReachOptions } from '../engine/discover/reach.js';
import type { EngineEvent } from '../engine/events.js';
import type { Facts } from '../engine/facts/facts.js';
import type { gather } from '../engine/gather.js';
import type { makePlan } from '../engine/plan/make.js';
import type { Finding } from '../engine/preflight/finding.js';
import type { Relay } from '../engine/relay/relay.js';
import type { Remote } from '../engine/remote.js';
import type { checkPlan } from '../engine/run/check.js';
import type { run } from '../engine/run/run.js';
import type { SourceProbe, SourceReport } from '../engine/sources/report.js';
import type { Sources } from '../engine/sources/sources.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { SpecIssue } from '../engine/spec/validate.js';

export type { Outcome } from '../engine/run/run.js';

export interface Verdict {
  sources: Sources;
  version: string;
  findings: Finding[];
}

/** The whole of a run in a file. */
export interface RunLog {
  path: string;
  event(event: EngineEvent): void;
  close(): void;
}

type Maybe<T> = T | Promise<T>;

/** What the walk asks of the engine. Tests give a scripted one. */
export interface Engine {
  /** What is wrong with the choices as a whole. */
  validate(spec: ClusterSpec): Maybe<readonly Pick<SpecIssue, 'path' | 'what'>[]>;
  toYaml(spec: ClusterSpec): Maybe<string>;
  gather: typeof gather;
  /** How the hosts reach each other, and what that means. */
  reach(
    spec: ClusterSpec,
    remotes: Record<string, Remote>,
    facts: Record<string, Facts>,
    options: ReachOptions,
  ): Promise<{ found: Reach[]; findings: Finding[] }>;
  probeSources(
    spec: ClusterSpec,
    remotes: Record<string, Remote>,
    facts: Record<string, Facts>,
    options: { signal?: AbortSignal; deep?: boolean; onProbe?: (probe: SourceProbe) => void },
  ): Promise<SourceReport>;
  chooseSources(spec: ClusterSpec, report: SourceReport, facts: Record<string, Facts>): Maybe<Verdict>;
  preflight(spec: ClusterSpec, facts: Record<string, Facts>, report: SourceReport): Maybe<Finding[]>;
  /** @throws Problem */
  openRelay(spec: ClusterSpec, remotes: Record<string, Remote>, facts: Record<string, Facts>): Promise<Relay>;
  makePlan(...input: Parameters<typeof makePlan>): Maybe<ReturnType<typeof makePlan>>;
  checkPlan: typeof checkPlan;
  run: typeof run;
  collectEvidence: typeof collectEvidence;
  diagnose(...input: Parameters<typeof diagnose>): Maybe<ReturnType<typeof diagnose>>;
  mend: typeof mend;
  /** The support bundle as it would be written. */
  bundleFiles(input: Omit<BundleInput, 'version'>): Maybe<BundleFile[]>;
  /** @returns where it lies now. @throws the file system's error */
  writeBundle(cluster: string, files: readonly BundleFile[]): Promise<string>;
  /** @throws where the file cannot be made */
  openLog(cluster: string, options: { onTrouble: (why: string) => void }): Maybe<RunLog>;
}
