/** Milliseconds, except for the counts. ssh2's own single timer is off: these are per stage, and none runs while a person is asked. */
export const timings = {
  tcp: 10_000,
  keyExchange: 15_000,
  login: 30_000,
  /** A silent host is noticed after `keepalive * (keepaliveCount + 1)`. */
  keepalive: 10_000,
  keepaliveCount: 3,
  /** The upper ends of the random pauses between attempts to reconnect; the last one repeats. */
  pauses: [0, 1000, 2000, 4000, 8000, 16_000, 30_000],
  reconnect: 600_000,
  /** A job that says nothing for so long is looked after. */
  silence: 30_000,
  /** How many times what it is granted a script may take; Infinity: none is given up. */
  patience: 1,
};

export type Timings = typeof timings;

/**
 * A line that is watched is given up in seconds, not minutes, and each try to open it again is told. Reports tell sooner that it
 * lives: it is asked only now and then.
 */
export const watchTimings: Timings = { ...timings, tcp: 4000, keepalive: 3000, keepaliveCount: 1, pauses: [0], reconnect: 0 };
