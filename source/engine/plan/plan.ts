import type { Facts } from '../facts/facts.js';
import type { Sources } from '../sources/sources.js';
import type { ClusterSpec } from '../spec/schema.js';
import type { Text } from '../text.js';
import type { PhaseId } from './phases.js';

/** What was decided before anything runs: a pure function of the spec, the facts and the sources. */
export interface Plan {
  spec: ClusterSpec;
  version: string;
  sources: Sources;
  facts: Record<string, Facts>;
  tasks: Task[];
  /** What the checks have said by name, for the variables of tasks, e.g. ca. */
  values?: Record<string, string>;
  /** What the operator ought to know before saying yes, e.g. that cgroup v1 is accepted. */
  notes: Text[];
}

/** One phase on one host: one script, one round trip. */
export interface Task {
  /** `prepare/n1` */
  id: string;
  host: string;
  phase: PhaseId;
  steps: PlannedStep[];
  /** It looks at what was changed, so it has nothing to do where nothing was, unless its proof is missing. */
  afterChange?: true;
  /** Tasks that have to be done before this one starts. */
  after: string[];
  /** The whole script: prelude, steps, end. Runs by itself under `sh` as root. */
  script: string;
  /** Names of the shell variables that the run sets before the script, e.g. K8S_TUI_TOKEN. They hold secrets or what an earlier task said. */
  variables: string[];
}

export interface PlannedStep {
  id: string;
  seed?: string;
  title: Text;
  why: Text;
  /** Shell functions that the pieces share; may be empty. */
  define: string;
  check: string;
  apply: string;
  verify: string | null;
  /** See `Step`. */
  proof?: true;
  /** What its check said on the host, where that was asked. */
  state?: 'same' | 'needed';
}

/** Whether a task by itself is a reason to run. */
export const isNeeded = ({ steps, afterChange }: Task): boolean =>
  steps.some(step => (!afterChange || step.proof) && step.state !== 'same');
