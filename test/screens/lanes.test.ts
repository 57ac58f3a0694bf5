import { describe, expect, it } from 'vitest';
import type { PhaseId } from '../../source/engine/plan/phases.js';
import { laneLayout } from '../../source/screens/lanes.js';
import { noRun, reduceRun } from '../../source/state/run.js';

const used: PhaseId[] = ['prepare', 'packages', 'images', 'control-plane', 'network', 'join', 'verify', 'traffic'];
const runOf = (hosts: number, name = 'n') => {
  const names = Array.from({ length: hosts }, (_, i) => `${name}${i + 1}`);
  return reduceRun(noRun, {
    type: 'run-started',
    at: 0,
    cluster: 'lab',
    hosts: names,
    tasks: names.flatMap(host => used.map(phase => ({ id: `${phase}/${host}`, host, phase, steps: ['a'] }))),
  });
};

describe('lanes', () => {
  it.each([
    [3, 79, 20, 'below'],
    [3, 139, 36, 'beside'],
    [8, 79, 20, 'none'],
    [3, 59, 14, 'none'],
    [60, 139, 36, 'beside'],
  ] as const)('of %i hosts on %i columns and %i lines have their words %s', (hosts, columns, height, messages) => {
    const layout = laneLayout(runOf(hosts), columns, height);
    expect(layout.messages).toBe(messages);
    expect(layout.phases).toEqual(used);
  });

  it('never take more than there is, and always leave lines for the log', () => {
    for (const hosts of [1, 2, 3, 10, 100])
      for (const columns of [59, 79, 99, 139, 199])
        for (const height of [14, 20, 36, 46]) {
          const {
            name,
            cell,
            phases,
            rows,
            height: taken,
            messages,
          } = laneLayout(runOf(hosts, 'a-rather-long-name-'), columns, height);
          expect(name + 8 + cell * phases.length).toBeLessThanOrEqual(columns);
          expect(rows).toBeGreaterThan(0);
          expect(taken).toBe(1 + rows * (messages === 'below' ? 2 : 1));
          expect(height - taken - 2).toBeGreaterThanOrEqual(5);
        }
  });
});
