import { setTimeout as sleep } from 'node:timers/promises';
import { stopped, type Target } from './errors.js';

/** Waits; returns at once when the signal says stop, which the caller looks at. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});

/**
 * The outcome of work that others wait for, too, and that therefore goes on when this one is stopped.
 * @throws Problem stopped
 */
export function orStopped<T>(work: Promise<T>, target: Target, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(stopped(target));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
