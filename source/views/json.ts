import { statusObject } from './status.js';
import type { View } from './view.js';

/**
 * One JSON object per line, each with `at` and `type`: every engine event as it is, each finding as `finding`, a cluster's state
 * as `status`, a plan as `plan` with the state of its steps but without their shell text (`plan --script` prints that).
 */
export function jsonView(write: (line: string) => void, now: () => number = Date.now): View {
  const say = (type: string, rest: object) => write(JSON.stringify({ at: now(), type, ...rest }));
  return {
    event: event => write(JSON.stringify(event)),
    tick: () => {},
    findings: findings => {
      for (const finding of findings) say('finding', finding);
    },
    plan: ({ spec, version, sources, tasks, notes }) =>
      say('plan', {
        cluster: spec.name,
        version,
        sources: sources.from,
        tasks: tasks.map(({ id, host, phase, after, steps }) => ({
          id,
          host,
          phase,
          after,
          steps: steps.map(step => ({ id: step.id, seed: step.seed, title: step.title, state: step.state })),
        })),
        notes,
      }),
    status: state => say('status', statusObject(state)),
  };
}
