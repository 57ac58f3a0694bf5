import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { onInterrupt } from '../../source/commands/interrupts.js';

it('is asked to stop after the step, then now, then gives up', () => {
  const process = new EventEmitter();
  let gaveUp = 0;
  const { stop, now } = onInterrupt(() => gaveUp++, process);
  const state = () => [stop.aborted, now.aborted, gaveUp];
  expect(state()).toEqual([false, false, 0]);
  process.emit('SIGINT');
  expect(state()).toEqual([true, false, 0]);
  process.emit('SIGTERM');
  expect(state()).toEqual([true, true, 0]);
  process.emit('SIGINT');
  expect(state()).toEqual([true, true, 1]);
});
