import type { ProblemDetails } from './errors.js';
import type { PhaseId } from './plan/phases.js';
import type { Text } from './text.js';

/** How a step ended: it was so already, it was made so, it failed, the operator stopped before it. */
export type StepResult = 'same' | 'changed' | 'failed' | 'stopped';

/**
 * All that a run says. Every view of a run (screen, plain lines, JSON, journal, test) is a fold over these.
 * `at` is the operator's clock in milliseconds. No event holds a secret.
 */
export type EngineEvent = { at: number } & (
  | {
      type: 'run-started';
      cluster: string;
      hosts: string[];
      tasks: { id: string; host: string; phase: PhaseId; steps: string[] }[];
    }
  | { type: 'task-started'; task: string; host: string; phase: PhaseId }
  /** All is ready on its own host, and the task waits for others: `for` names their hosts and phases. */
  | { type: 'task-waiting'; task: string; host: string; phase: PhaseId; for: Text }
  | { type: 'step-started'; task: string; host: string; phase: PhaseId; step: string; title: Text }
  | { type: 'step-output'; task: string; host: string; phase: PhaseId; step: string | null; line: string }
  /** A bounded wait or a retry inside a step. */
  | { type: 'step-waiting'; task: string; host: string; phase: PhaseId; step: string; for: string }
  /** `what` was to come from a source that failed, and came from `source`, a stand-in of the plan. */
  | { type: 'source-changed'; task: string; host: string; phase: PhaseId; step: string; what: string; source: string }
  | { type: 'step-finished'; task: string; host: string; phase: PhaseId; step: string; result: StepResult; ms: number }
  | {
      type: 'task-finished';
      task: string;
      host: string;
      phase: PhaseId;
      result: 'done' | 'same' | 'failed' | 'stopped' | 'skipped';
      ms: number;
    }
  | { type: 'problem'; task: string | null; problem: ProblemDetails }
  | { type: 'host-lost'; host: string; reason: string }
  | { type: 'host-back'; host: string }
  | { type: 'note'; text: Text }
  | { type: 'run-finished'; result: 'done' | 'same' | 'failed' | 'stopped'; ms: number; hosts: { host: string; state: Text }[] }
);

export type Emit = (event: EngineEvent) => void;
