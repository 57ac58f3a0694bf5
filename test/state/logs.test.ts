import { describe, expect, it } from 'vitest';
import { Logs, Ring } from '../../source/state/logs.js';

const filled = (lines: number, size: number) => {
  const ring = new Ring(size);
  for (let n = 0; n < lines; n++) ring.push({ at: 0, kind: 'output', text: `line ${n}` });
  return ring;
};

describe('a ring of lines', () => {
  it('keeps at least its size and at most half as much again', () => {
    for (const lines of [0, 5, 10, 15, 16, 1000, 12_345]) {
      const ring = filled(lines, 10);
      const kept = ring.total - ring.first;
      expect(ring.total).toBe(lines);
      expect(kept).toBeGreaterThanOrEqual(Math.min(lines, 10));
      expect(kept).toBeLessThan(15);
    }
  });

  it('gives a line the same number for as long as it is there', () => {
    const ring = filled(100, 10);
    expect(ring.slice(95, 2).map(({ text }) => text)).toEqual(['line 95', 'line 96']);
    expect(ring.slice(0, 3)[0]!.text).toBe(`line ${ring.first}`);
    expect(ring.slice(99, 5)).toHaveLength(1);
  });

  it('finds the next and the previous line that holds a text', () => {
    const ring = filled(50, 100);
    expect(ring.find('LINE 4', 10, 1)).toBe(40);
    expect(ring.find('line 4', 10, -1)).toBe(4);
    expect(ring.find('nowhere', 0, 1)).toBeNull();
  });
});

it('holds what a host printed, made harmless and short', () => {
  const logs = new Logs();
  logs.add(
    {
      at: 1,
      type: 'step-output',
      task: 'prepare/n1',
      host: 'n1',
      phase: 'prepare',
      step: 'a',
      line: `\x1b]52;c;AAAA\x07\x1b[31m${'x'.repeat(900)}`,
    },
    'en',
  );
  logs.add(
    {
      at: 2,
      type: 'step-started',
      task: 'prepare/n1',
      host: 'n1',
      phase: 'prepare',
      step: 'a',
      title: { en: 'Swap off', zh: '关闭交换分区' },
    },
    'zh',
  );
  const [line, step] = logs.of('n1').slice(0, 2);
  expect(line!.text).toBe('x'.repeat(500));
  expect(step).toEqual({ at: 2, kind: 'step', text: '关闭交换分区' });
  expect(logs.of('n2').total).toBe(0);
});
