import { type PhaseId, phaseIds } from '../engine/plan/phases.js';
import { isNeeded, type Plan, type PlannedStep, type Task } from '../engine/plan/plan.js';
import type { Text } from '../engine/text.js';

export type Mark = 'same' | 'needed' | 'unknown';

export type PlanRow =
  | { kind: 'phase'; phase: PhaseId; hosts: string[]; needed: number; isClosed: boolean }
  | { kind: 'step'; phase: PhaseId; id: string; title: Text; marks: Record<string, Mark> };

const markOf = (step: PlannedStep): Mark => step.state ?? 'unknown';

/** The plan as a tree: phases in order, in each its steps, with a mark for every host that has the step. */
export function planRows(plan: Plan, { closed, onlyNeeded }: { closed: readonly PhaseId[]; onlyNeeded: boolean }): PlanRow[] {
  return phaseIds.flatMap((phase): PlanRow[] => {
    const tasks = plan.tasks.filter(task => task.phase === phase);
    if (tasks.length === 0) return [];
    const steps = new Map<string, Extract<PlanRow, { kind: 'step' }>>();
    for (const id of orderOf(tasks)) {
      const marks: Record<string, Mark> = {};
      let title: Text | undefined;
      for (const task of tasks)
        for (const step of task.steps)
          if (step.id === id) {
            marks[task.host] = markOf(step);
            title ??= step.title;
          }
      if (!onlyNeeded || Object.values(marks).some(mark => mark !== 'same'))
        steps.set(id, { kind: 'step', phase, id, title: title!, marks });
    }
    if (onlyNeeded && steps.size === 0) return [];
    const isClosed = closed.includes(phase);
    const needed = tasks.reduce((sum, task) => sum + task.steps.filter(step => step.state !== 'same').length, 0);
    const head: PlanRow = { kind: 'phase', phase, hosts: [...new Set(tasks.map(task => task.host))], needed, isClosed };
    return isClosed ? [head] : [head, ...steps.values()];
  });
}

/** Every step that any of the tasks has, where its own order allows: a step that only some hosts have comes after its predecessor. */
function orderOf(tasks: readonly Task[]): string[] {
  const order: string[] = [];
  for (const task of tasks) {
    let at = -1;
    for (const { id } of task.steps) {
      const present = order.indexOf(id);
      if (present >= 0) at = present;
      else order.splice(++at, 0, id);
    }
  }
  return order;
}

export const planHosts = (plan: Plan): string[] => [...new Set(plan.spec.hosts.map(host => host.name))];

/** Hosts on which a step is to be done, or may have to be. */
export const hostsToChange = (plan: Plan): string[] =>
  planHosts(plan).filter(host => plan.tasks.some(task => task.host === host && isNeeded(task)));

export const countSteps = (plan: Plan): { needed: number; same: number } => {
  const all = plan.tasks.flatMap(task => task.steps);
  const same = all.filter(step => step.state === 'same').length;
  return { needed: all.length - same, same };
};

/** The host whose script is shown for a row: the one that was chosen where it has this row, else the first with something to do. */
export function hostOf(row: PlanRow, chosen: string | undefined): string {
  const hosts = row.kind === 'phase' ? row.hosts : Object.keys(row.marks);
  if (chosen !== undefined && hosts.includes(chosen)) return chosen;
  return (row.kind === 'step' && hosts.find(host => row.marks[host] !== 'same')) || hosts[0]!;
}

/** A step as it is planned for one host. */
export const stepOf = (plan: Plan, row: Extract<PlanRow, { kind: 'step' }>, host: string): PlannedStep | undefined =>
  plan.tasks
    .filter(task => task.phase === row.phase && task.host === host)
    .flatMap(task => task.steps)
    .find(({ id }) => id === row.id);

/** The scripts of one phase on one host, in their order. */
export const scriptsOf = (plan: Plan, phase: PhaseId, host: string): string[] =>
  plan.tasks.filter(task => task.phase === phase && task.host === host).map(task => task.script);
