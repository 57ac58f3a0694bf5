import { expect, it, vi } from 'vitest';
import { memo, steady } from '../../source/state/memo.js';

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

it('keeps the objects of a list that are as they were, in the order of the new one', () => {
  const kept = steady<{ name: string; is: string }>(({ name }) => name);
  const first = kept([
    { name: 'a', is: 'new' },
    { name: 'b', is: 'new' },
  ]);
  const second = kept([
    { name: 'c', is: 'new' },
    { name: 'b', is: 'known' },
    { name: 'a', is: 'new' },
  ]);
  expect(second.map(({ name, is }) => `${name} ${is}`)).toEqual(['c new', 'b known', 'a new']);
  expect(second[2]).toBe(first[0]);
});
