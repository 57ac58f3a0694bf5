import { expect, it } from 'vitest';
import type { Plan } from '../../source/engine/plan/plan.js';
import { countSteps, hostOf, hostsToChange, planRows, scriptsOf, stepOf } from '../../source/state/review.js';
import { planOf } from '../harness/scripted.js';
import { threeHosts } from '../harness/walk.js';

const plan = planOf(threeHosts, {}, 'needed');
const shown = (of: Plan, options: Partial<Parameters<typeof planRows>[1]> = {}) =>
  planRows(of, { closed: [], onlyNeeded: false, ...options }).map(row =>
    row.kind === 'phase' ? `${row.phase}: ${row.hosts}` : `  ${row.id} ${Object.values(row.marks).map(mark => mark[0])}`,
  );

const change = (of: Plan, by: (task: string, step: string) => 'same' | 'needed'): Plan => ({
  ...of,
  tasks: of.tasks.map(task => ({ ...task, steps: task.steps.map(step => ({ ...step, state: by(task.id, step.id) })) })),
});

it('shows the plan as phases and steps, with a mark for every host', () => {
  expect(shown(plan)).toEqual([
    'prepare: n1,n2,n3',
    '  swap-off n,n,n',
    '  kernel-modules n,n,n',
    '  sysctl n,n,n',
    'packages: n1,n2,n3',
    '  containerd n,n,n',
    '  kubernetes n,n,n',
    'images: n1,n2,n3',
    '  pull n,n,n',
    'control-plane: n1',
    '  init n',
    'network: n1',
    '  flannel n',
    'join: n2,n3',
    '  join n,n',
    'verify: n1',
    '  nodes n',
  ]);
});

it('folds phases and hides what is so already', () => {
  expect(shown(plan, { closed: ['prepare', 'packages'] }).slice(0, 3)).toEqual([
    'prepare: n1,n2,n3',
    'packages: n1,n2,n3',
    'images: n1,n2,n3',
  ]);
  const only = change(plan, (task, step) => (task === 'prepare/n2' && step === 'sysctl' ? 'needed' : 'same'));
  expect(shown(only, { onlyNeeded: true })).toEqual(['prepare: n1,n2,n3', '  sysctl s,n,s']);
  expect(hostsToChange(only)).toEqual(['n2']);
  expect(countSteps(only)).toEqual({ needed: 1, same: 22 });
});

it('puts a step that only some hosts have where it belongs', () => {
  const uneven: Plan = {
    ...plan,
    tasks: plan.tasks.map(task =>
      task.id === 'prepare/n1' ? { ...task, steps: task.steps.filter(({ id }) => id !== 'kernel-modules') } : task,
    ),
  };
  expect(shown(uneven).slice(0, 4)).toEqual([
    'prepare: n1,n2,n3',
    '  swap-off n,n,n',
    '  kernel-modules n,n',
    '  sysctl n,n,n',
  ]);
});

it('shows the script of the chosen host, else of the first that has something to do', () => {
  const only = change(plan, task => (task === 'prepare/n3' ? 'needed' : 'same'));
  const row = planRows(only, { closed: [], onlyNeeded: false })[1]!;
  expect([hostOf(row, undefined), hostOf(row, 'n2'), hostOf(row, 'n9')]).toEqual(['n3', 'n2', 'n3']);
  expect(row.kind === 'step' && stepOf(only, row, 'n3')).toMatchObject({ id: 'swap-off', state: 'needed' });
  expect(scriptsOf(only, 'join', 'n2')).toEqual([expect.stringContaining('join on n2')]);
});

it('does not count looking at a finished cluster as a change of it', () => {
  expect(hostsToChange(planOf(threeHosts, {}, 'same'))).toEqual([]);
  expect(hostsToChange(change(plan, task => (task.startsWith('verify') ? 'needed' : 'same')))).toEqual([]);
});
