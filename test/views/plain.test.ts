import { describe, expect, it } from 'vitest';
import type { Language } from '../../source/engine/text.js';
import { type PlainOptions, plainView } from '../../source/views/plain.js';
import { failingRun, planOf } from './fixtures.js';

const shown = (language: Language = 'en', more: Partial<PlainOptions> = {}) => {
  const lines: string[] = [];
  const view = plainView({ language, write: line => lines.push(line), ...more });
  return { view, lines };
};

describe('a run in plain lines', () => {
  it('names what was changed and what failed, counts what was so already, and leaves output to the log', () => {
    const { view, lines } = shown('en', { log: '/state/run-3.log' });
    failingRun.forEach(view.event);
    expect(lines).toEqual([
      '   0.0s  lab  2 hosts, 4 steps',
      '   2.7s  n1        prepare  kernel settings: done (2.5 s)',
      '   2.7s  n1        prepare  done: 1 changed, 1 already so (2.7 s)',
      '   2.9s  node-two  line lost: no answer; trying to get it back',
      '   3.9s  node-two  line is back',
      '   4.0s  node-two  prepare  swap off: waits: try 2 of 4 in 2 s',
      '   4.1s  node-two  prepare  swap off: failed (1.3 s)',
      '✗ node-two  swap off failed',
      '    where   prepare/swap_off',
      '    command swapoff -a (exit code 32)',
      '    | swapoff: /swap: failed',
      '    remedy  Mend it.',
      '    log     /state/run-3.log',
      '   4.1s  node-two  prepare  failed (4.1 s)',
      '',
      '  n1        all done',
      '  node-two  done: nothing; open: prepare',
      '✗ failed; the same command again goes on from here (4.2 s)',
    ]);
  });

  it('speaks Chinese, in columns that are as wide as they look', () => {
    const { view, lines } = shown('zh');
    failingRun.forEach(view.event);
    expect(lines[1]).toBe('   2.7s  n1        准备  内核参数: 完成 (2.5 s)');
    expect(lines.at(-1)).toBe('✗ 失败；再次执行同一命令将从此处继续 (4.2 s)');
  });

  it('says what a silent step is at, every twenty seconds', () => {
    const { view, lines } = shown();
    const where = { task: 'images/n1', host: 'n1', phase: 'images' } as const;
    view.event({ at: 0, type: 'task-started', ...where });
    view.event({ at: 0, type: 'step-started', ...where, step: 'pull', title: { en: 'images', zh: '镜像' } });
    for (let at = 1000; at <= 45_000; at += 1000) view.tick(at);
    view.event({ at: 45_000, type: 'step-output', ...where, step: 'pull', line: 'layer 3 of 7' });
    view.tick(60_000);
    expect(lines.map(line => line.trim())).toEqual([
      '20.0s  n1  images  images: at work for 20 s',
      '40.0s  n1  images  images: at work for 40 s',
      '60.0s  n1  images  images: at work for 60 s: layer 3 of 7',
    ]);
  });

  it.each([
    ['done', '✓ done (65.0 s)'],
    ['same', '✓ everything is so already: nothing was changed (65.0 s)'],
    ['stopped', '‖ stopped; the same command again goes on from here (65.0 s)'],
  ] as const)('ends a run that is %s', (result, last) => {
    const { view, lines } = shown();
    view.event({ at: 0, type: 'run-finished', result, ms: 65_000, hosts: [] });
    expect(lines.at(-1)).toBe(last);
  });
});

describe('what a host waits for', () => {
  const wait = {
    type: 'task-waiting',
    task: 'join/n2',
    host: 'n2',
    phase: 'join',
    for: { en: 'n1', zh: '' },
  } as const;
  const work = { task: 'images/n2', host: 'n2', phase: 'images' } as const;

  it('is told once it has nothing else to do', () => {
    const { view, lines } = shown();
    view.event({ at: 0, ...wait });
    view.event({ at: 0, type: 'task-started', ...work });
    view.event({ at: 0, type: 'step-started', ...work, step: 'pull', title: { en: 'images', zh: '' } });
    view.event({ at: 0, ...wait });
    expect(lines).toEqual([]);
    view.event({ at: 0, type: 'step-finished', ...work, step: 'pull', result: 'same', ms: 0 });
    view.event({ at: 0, ...wait });
    expect(lines.map(line => line.trim())).toEqual(['0.0s  n2  join  waits for n1']);
  });
});

describe('a plan as a table', () => {
  it('shows what is so already and what will be done, per host', () => {
    const { view, lines } = shown();
    view.plan(planOf('needed'));
    expect(lines).toEqual([
      'lab: Kubernetes v1.37.2 from upstream, flannel, 2 hosts',
      '',
      '                     n1  node-two',
      'prepare',
      '  swap off           ·   +',
      '  kernel settings    +   +',
      'control plane',
      '  kubeadm init       +',
      'traffic',
      '  DNS answers        +',
      '',
      '! a note',
      '· already so   + will be done: 4 steps on 2 hosts. Nothing has been changed.',
    ]);
  });

  it('promises no look at what nothing was changed of', () => {
    const { view, lines } = shown();
    view.plan(planOf('same'));
    expect(lines.at(-1)).toBe('Everything is so already: there is nothing to do.');
    expect(lines.join('\n')).not.toContain('DNS answers');
  });

  it('breaks into several tables where hosts do not fit side by side', () => {
    const { view, lines } = shown('en', { columns: 30 });
    view.plan(planOf('needed'));
    expect(lines.filter(line => /^ +(n1|node-two)$/.test(line)).map(line => line.trim())).toEqual(['n1', 'node-two']);
    expect(Math.max(...lines.slice(1, -2).map(line => line.length))).toBeLessThanOrEqual(30);
  });
});

describe('findings', () => {
  const finding = {
    id: 'x',
    host: 'n2',
    what: { en: 'disk full', zh: '' },
    why: { en: 'no room', zh: '' },
    remedy: { en: 'make room', zh: '' },
  };

  it('come with cause and remedy; what is only good to know takes a line', () => {
    const { view, lines } = shown();
    view.findings([
      { ...finding, level: 'stop' },
      { ...finding, level: 'note', host: null },
    ]);
    expect(lines).toEqual(['✗ n2  disk full', '    why     no room', '    remedy  make room', '· disk full']);
  });
});
