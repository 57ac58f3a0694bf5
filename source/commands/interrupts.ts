import type { EventEmitter } from 'node:events';

export interface Interrupts {
  /** After the present step. */
  stop: AbortSignal;
  /** At once. */
  now: AbortSignal;
}

/**
 * Ctrl-C and its kin: the first time asks to stop after the present step, the second to stop now, the third gives up on a clean end.
 */
export function onInterrupt(giveUp: () => void, signals: EventEmitter = process): Interrupts {
  const stop = new AbortController();
  const now = new AbortController();
  const interrupt = () => {
    if (!stop.signal.aborted) stop.abort();
    else if (!now.signal.aborted) now.abort();
    else giveUp();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) signals.on(signal, interrupt);
  return { stop: stop.signal, now: now.signal };
}
