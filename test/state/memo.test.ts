import { expect, it, vi } from 'vitest';
import { memo } from '../../source/state/memo.js';

it('works once for the same arguments, and anew for others', () => {
  const work = vi.fn((list: readonly number[], by: number) => list.map(n => n * by));
  const known = memo(work);
  const list = [1, 2];
  expect(known(list, 2)).toBe(known(list, 2));
  expect(work).toHaveBeenCalledTimes(1);
  expect(known(list, 3)).toEqual([3, 6]);
  expect(known([1, 2], 3)).toEqual([3, 6]);
  expect(work).toHaveBeenCalledTimes(3);
});
