/** What the process ends with. */
export const exit = {
  ok: 0,
  failed: 1,
  /** The command line or the file is wrong. */
  usage: 2,
  /** A host or a source is not fit, or cannot be reached: nothing was changed. */
  unfit: 3,
  stopped: 130,
} as const;

export type ExitCode = number;
