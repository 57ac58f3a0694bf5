import type { Emit } from '../engine/events.js';
import type { PanelState } from '../engine/panel/state.js';
import type { Plan } from '../engine/plan/plan.js';
import type { Finding } from '../engine/preflight/finding.js';

/** How a command speaks: in plain lines for people, or in JSON lines for programs. A run comes as its events. */
export interface View {
  event: Emit;
  /** Time has gone by without an event: what takes long may say so. */
  tick(at: number): void;
  findings(findings: readonly Finding[]): void;
  plan(plan: Plan): void;
  status(state: PanelState): void;
}

/** Two views of the same: the screen's and the log's. */
export const both = (one: View, other: View): View => ({
  event: event => {
    other.event(event);
    one.event(event);
  },
  tick: at => {
    other.tick(at);
    one.tick(at);
  },
  findings: findings => {
    other.findings(findings);
    one.findings(findings);
  },
  plan: plan => {
    other.plan(plan);
    one.plan(plan);
  },
  status: status => {
    other.status(status);
    one.status(status);
  },
});
