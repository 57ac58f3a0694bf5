import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../source/engine/events.js';
import type { PhaseId } from '../../source/engine/plan/phases.js';
import { type Cell, changedHosts, noRun, presentCell, type RunView, reduceRun } from '../../source/state/run.js';

type Said = EngineEvent extends infer E ? (E extends EngineEvent ? Omit<E, 'at'> & { at?: number } : never) : never;
const fold = (said: Said[], from: RunView = noRun): RunView =>
  said.reduce((run, event, i) => reduceRun(run, { at: i * 1000, ...event } as EngineEvent), from);
const of = (host: string, phase: PhaseId, task = `${phase}/${host}`) => ({ task, host, phase });
const title = { en: 'Swap off', zh: '关闭交换分区' };

const started: Said = {
  type: 'run-started',
  cluster: 'lab',
  hosts: ['n1', 'n2'],
  tasks: [
    { id: 'prepare/n1', host: 'n1', phase: 'prepare', steps: ['swap-off', 'sysctl'] },
    { id: 'prepare/n2', host: 'n2', phase: 'prepare', steps: ['swap-off'] },
    { id: 'join/n2', host: 'n2', phase: 'join', steps: ['join'] },
    { id: 'traffic/n1', host: 'n1', phase: 'traffic', steps: ['a'] },
    { id: 'traffic-end/n1', host: 'n1', phase: 'traffic', steps: ['b'] },
  ],
};
const p1 = of('n1', 'prepare');
const cellOf = (run: RunView, host: string, phase: PhaseId) => run.lanes[host]!.cells[phase]!;

describe('a lane', () => {
  it.each<[string, Said[], Partial<Cell>]>([
    ['begins with what is to be done', [], { state: 'pending', steps: 2, ended: 0 }],
    ['runs', [{ type: 'task-started', ...p1 }], { state: 'running', startedAt: 1000 }],
    [
      'shows its step',
      [{ type: 'step-started', ...p1, step: 'swap-off', title }],
      { state: 'running', step: { id: 'swap-off', title, since: 1000 } },
    ],
    [
      'counts what was done and what was changed',
      [
        { type: 'step-started', ...p1, step: 'swap-off', title },
        { type: 'step-finished', ...p1, step: 'swap-off', result: 'changed', ms: 5 },
        { type: 'step-finished', ...p1, step: 'sysctl', result: 'same', ms: 5 },
      ],
      { ended: 2, changed: 1, step: null },
    ],
    ['waits, and says for what', [{ type: 'task-waiting', ...p1, for: title }], { state: 'waiting', waitsFor: title }],
    [
      'goes on waiting inside a step without losing it',
      [
        { type: 'step-started', ...p1, step: 'swap-off', title },
        { type: 'step-waiting', ...p1, step: 'swap-off', for: 'apt lock of 4711' },
      ],
      {
        state: 'running',
        waitsFor: { en: 'apt lock of 4711', zh: 'apt lock of 4711' },
        step: { id: 'swap-off', title, since: 1000 },
      },
    ],
    [
      'ends',
      [
        { type: 'task-started', ...p1 },
        { type: 'task-finished', ...p1, result: 'done', ms: 900 },
      ],
      { state: 'done', ms: 900, step: null },
    ],
    [
      'keeps the step at which it failed',
      [
        { type: 'step-started', ...p1, step: 'sysctl', title },
        { type: 'step-finished', ...p1, step: 'sysctl', result: 'failed', ms: 5 },
        { type: 'task-finished', ...p1, result: 'failed', ms: 900 },
      ],
      { state: 'failed', step: { id: 'sysctl', title, since: 1000 } },
    ],
  ])('%s', (_, said, wanted) => {
    expect(cellOf(fold([started, ...said]), 'n1', 'prepare')).toMatchObject(wanted);
  });

  it('ends a phase of two tasks with the second', () => {
    const first = fold([started, { type: 'task-finished', ...of('n1', 'traffic'), result: 'done', ms: 10 }]);
    expect(cellOf(first, 'n1', 'traffic').state).toBe('pending');
    const second = fold([{ type: 'task-finished', ...of('n1', 'traffic', 'traffic-end/n1'), result: 'same', ms: 5 }], first);
    expect(cellOf(second, 'n1', 'traffic')).toMatchObject({ state: 'same', ms: 15 });
  });

  it('stays failed whatever comes after', () => {
    const run = fold([
      started,
      { type: 'task-finished', ...of('n1', 'traffic'), result: 'failed', ms: 10 },
      { type: 'task-finished', ...of('n1', 'traffic', 'traffic-end/n1'), result: 'skipped', ms: 0 },
    ]);
    expect(cellOf(run, 'n1', 'traffic').state).toBe('failed');
  });

  it('says what a host is doing: what failed before what runs before what waits', () => {
    const waiting: Said = { type: 'task-waiting', ...of('n2', 'join'), for: title };
    const running: Said = { type: 'task-started', ...of('n2', 'prepare') };
    const failed: Said = { type: 'task-finished', ...of('n2', 'prepare'), result: 'failed', ms: 1 };
    const present = (...said: Said[]) => presentCell(fold([started, ...said]).lanes.n2!)?.phase;
    expect(present()).toBeUndefined();
    expect(present(waiting)).toBe('join');
    expect(present(waiting, running)).toBe('prepare');
    expect(present(failed, waiting)).toBe('prepare');
  });
});

describe('a run', () => {
  it('forgets the one before it', () => {
    const before = fold([started, { type: 'problem', task: null, problem: { code: 'step', what: title, remedy: title } }]);
    expect(fold([started], before).problems).toEqual([]);
  });

  it('measures each phase from its first host to its last', () => {
    const run = fold([
      started,
      { type: 'task-started', ...of('n1', 'prepare') },
      { type: 'task-started', ...of('n2', 'prepare') },
      { type: 'task-finished', ...of('n1', 'prepare'), result: 'done', ms: 2000 },
      { type: 'task-finished', ...of('n2', 'prepare'), result: 'done', ms: 2000 },
      { type: 'task-finished', ...of('n2', 'join'), result: 'skipped', ms: 0 },
    ]);
    expect(run.spans).toEqual({ prepare: { from: 1000, to: 4000 } });
  });

  it('knows the hosts that were changed, those that are lost, and how it left them', () => {
    const run = fold([
      started,
      { type: 'step-finished', ...p1, step: 'swap-off', result: 'changed', ms: 5 },
      { type: 'step-finished', ...of('n2', 'prepare'), step: 'swap-off', result: 'same', ms: 5 },
      { type: 'host-lost', host: 'n2', reason: 'ETIMEDOUT' },
      { type: 'run-finished', result: 'failed', ms: 9000, hosts: [{ host: 'n1', state: title }] },
    ]);
    expect(changedHosts(run)).toEqual(['n1']);
    expect(run.lanes.n2!.lost).toBe('ETIMEDOUT');
    expect(run).toMatchObject({ state: 'failed', ms: 9000, left: [{ host: 'n1', state: title }] });
    expect(fold([{ type: 'host-back', host: 'n2' }], run).lanes.n2!.lost).toBeNull();
  });

  it('does not stumble over a host or a phase that nobody announced', () => {
    const run = fold([
      started,
      { type: 'task-started', ...of('n9', 'prepare') },
      { type: 'step-output', ...of('n1', 'images'), step: null, line: 'x' },
      { type: 'task-started', ...of('n1', 'images') },
    ]);
    expect(run.lanes.n9).toBeUndefined();
    expect(cellOf(run, 'n1', 'images').state).toBe('running');
  });

  it('changes nothing in the state that it was given', () => {
    const before = fold([started]);
    const frozen = JSON.stringify(before);
    fold(
      [
        { type: 'task-started', ...p1 },
        { type: 'host-lost', host: 'n1', reason: 'x' },
      ],
      before,
    );
    expect(JSON.stringify(before)).toBe(frozen);
  });
});
