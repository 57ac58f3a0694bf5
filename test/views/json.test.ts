import { describe, expect, it } from 'vitest';
import { jsonView } from '../../source/views/json.js';
import { failingRun, planOf } from './fixtures.js';

const shown = () => {
  const lines: string[] = [];
  return {
    view: jsonView(
      line => lines.push(line),
      () => 42,
    ),
    lines,
  };
};

describe('a run for programs', () => {
  it('is its events, one JSON object per line', () => {
    const { view, lines } = shown();
    failingRun.forEach(view.event);
    expect(lines.map(line => JSON.parse(line))).toEqual(failingRun);
    expect(lines.join('')).not.toContain('\n');
  });

  it('gives a plan with the state of every step and without shell text', () => {
    const { view, lines } = shown();
    view.plan(planOf('needed'));
    const plan = JSON.parse(lines[0]!);
    expect(plan).toMatchObject({ at: 42, type: 'plan', cluster: 'lab', version: 'v1.37.2', sources: { images: 'upstream' } });
    expect(plan.tasks[0]).toEqual({
      id: 'prepare/n1',
      host: 'n1',
      phase: 'prepare',
      after: [],
      steps: [
        { id: 'swap_off', title: { en: 'swap off', zh: '关闭交换分区' }, state: 'same' },
        { id: 'sysctl', title: { en: 'kernel settings', zh: '内核参数' }, state: 'needed' },
      ],
    });
    expect(lines[0]).not.toContain('echo prepare/n1');
  });

  it('gives each finding a line', () => {
    const { view, lines } = shown();
    const text = { en: 'a', zh: '甲' };
    view.findings([{ id: 'disk-full', level: 'stop', host: 'n1', what: text, why: text, remedy: text }]);
    expect(lines.map(line => JSON.parse(line))).toEqual([
      { at: 42, type: 'finding', id: 'disk-full', level: 'stop', host: 'n1', what: text, why: text, remedy: text },
    ]);
  });
});
