import type { EngineEvent } from '../../source/engine/events.js';
import type { Plan, PlannedStep, Task } from '../../source/engine/plan/plan.js';
import { clusterSpec } from '../../source/engine/spec/schema.js';

export const spec = clusterSpec.parse({
  name: 'lab',
  kubernetes: 'v1.37.2',
  hosts: [
    { name: 'n1', address: '10.0.0.1', roles: ['control-plane'] },
    { name: 'node-two', address: '10.0.0.2' },
  ],
});

const step = (id: string, en: string, zh: string, state?: PlannedStep['state']): PlannedStep => ({
  id,
  title: { en, zh },
  why: { en: 'because', zh: '因为' },
  define: '',
  check: 'true',
  apply: 'true',
  verify: null,
  state,
});
const task = (id: string, steps: PlannedStep[], more: Partial<Task> = {}): Task => {
  const [phase, host] = id.split('/');
  return { id, host: host!, phase: phase as Task['phase'], steps, after: [], script: `echo ${id}\n`, variables: [], ...more };
};

/** Two hosts; what `state` says of every step that belongs to the install. */
export const planOf = (state?: PlannedStep['state']): Plan => ({
  spec,
  version: 'v1.37.2',
  sources: { from: { 'kubernetes-packages': 'upstream', images: 'upstream' } } as Plan['sources'],
  facts: {},
  notes: [{ en: 'a note', zh: '提示' }],
  tasks: [
    task('prepare/n1', [
      step('swap_off', 'swap off', '关闭交换分区', 'same'),
      step('sysctl', 'kernel settings', '内核参数', state),
    ]),
    task('prepare/node-two', [
      step('swap_off', 'swap off', '关闭交换分区', state),
      step('sysctl', 'kernel settings', '内核参数', state),
    ]),
    task('control-plane/n1', [step('init', 'kubeadm init', 'kubeadm init', state)], { variables: ['K8S_TUI_TOKEN'] }),
    task('traffic/n1', [step('dns', 'DNS answers', 'DNS 可用')], { afterChange: true }),
  ],
});

const n1 = { task: 'prepare/n1', host: 'n1', phase: 'prepare' } as const;
const n2 = { task: 'prepare/node-two', host: 'node-two', phase: 'prepare' } as const;

/** A run that begins at 1,000 ms and ends with a failure on the second host. */
export const failingRun: EngineEvent[] = [
  {
    at: 1000,
    type: 'run-started',
    cluster: 'lab',
    hosts: ['n1', 'node-two'],
    tasks: [
      { id: n1.task, host: 'n1', phase: 'prepare', steps: ['swap_off', 'sysctl'] },
      { id: n2.task, host: 'node-two', phase: 'prepare', steps: ['swap_off', 'sysctl'] },
    ],
  },
  {
    at: 1000,
    type: 'task-waiting',
    task: 'join/node-two',
    host: 'node-two',
    phase: 'join',
    for: { en: 'n1', zh: 'n1' },
  },
  { at: 1010, type: 'task-started', ...n1 },
  { at: 1010, type: 'task-started', ...n2 },
  { at: 1100, type: 'step-started', ...n1, step: 'swap_off', title: { en: 'swap off', zh: '关闭交换分区' } },
  { at: 1200, type: 'step-finished', ...n1, step: 'swap_off', result: 'same', ms: 100 },
  { at: 1200, type: 'step-started', ...n1, step: 'sysctl', title: { en: 'kernel settings', zh: '内核参数' } },
  { at: 1300, type: 'step-output', ...n1, step: 'sysctl', line: 'net.ipv4.ip_forward = 1' },
  { at: 3700, type: 'step-finished', ...n1, step: 'sysctl', result: 'changed', ms: 2500 },
  { at: 3700, type: 'task-finished', ...n1, result: 'done', ms: 2690 },
  { at: 3800, type: 'step-started', ...n2, step: 'swap_off', title: { en: 'swap off', zh: '关闭交换分区' } },
  { at: 3900, type: 'host-lost', host: 'node-two', reason: 'no answer' },
  { at: 4900, type: 'host-back', host: 'node-two' },
  { at: 5000, type: 'step-waiting', ...n2, step: 'swap_off', for: 'try 2 of 4 in 2 s' },
  { at: 5100, type: 'step-finished', ...n2, step: 'swap_off', result: 'failed', ms: 1300 },
  {
    at: 5100,
    type: 'problem',
    task: n2.task,
    problem: {
      code: 'step',
      host: 'node-two',
      place: 'prepare/swap_off',
      what: { en: 'swap off failed', zh: '关闭交换分区失败' },
      remedy: { en: 'Mend it.', zh: '请修复。' },
      command: { line: 'swapoff -a', exitCode: 32, lastLines: ['swapoff: /swap: failed'] },
    },
  },
  { at: 5100, type: 'task-finished', ...n2, result: 'failed', ms: 4090 },
  {
    at: 5200,
    type: 'run-finished',
    result: 'failed',
    ms: 4200,
    hosts: [
      { host: 'n1', state: { en: 'all done', zh: '全部完成' } },
      { host: 'node-two', state: { en: 'done: nothing; open: prepare', zh: '已完成：无；未完成：准备' } },
    ],
  },
];
