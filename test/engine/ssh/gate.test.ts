import { expect, it } from 'vitest';
import { Gate } from '../../../source/engine/ssh/gate.js';

it('lets no more through than it is wide, the first come first', async () => {
  const gate = new Gate(2);
  const order: string[] = [];
  const leave: (() => void)[] = [];
  const come = async (name: string) => {
    leave.push(await gate.enter());
    order.push(name);
  };
  const all = ['a', 'b', 'c', 'd'].map(come);
  await Promise.all(all.slice(0, 2));
  expect(order).toEqual(['a', 'b']);
  leave[0]!();
  await all[2];
  expect([order, gate.inside]).toEqual([['a', 'b', 'c'], 2]);
  leave[1]!();
  leave[2]!();
  await all[3];
  leave[3]!();
  expect([order, gate.inside]).toEqual([['a', 'b', 'c', 'd'], 0]);
});

it('can be narrowed while it is full', async () => {
  const gate = new Gate(3);
  const leave = await Promise.all([gate.enter(), gate.enter(), gate.enter()]);
  gate.narrow(1);
  let isIn = false;
  const waiting = gate.enter().then(go => {
    isIn = true;
    return go;
  });
  leave[0]!();
  leave[1]!();
  await Promise.resolve();
  expect([isIn, gate.inside]).toEqual([false, 1]);
  leave[2]!();
  (await waiting)();
  expect(gate.inside).toBe(0);
});

it('gives the place back when the work fails', async () => {
  const gate = new Gate(1);
  await expect(gate.through(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.through(async () => 'in')).toBe('in');
});
