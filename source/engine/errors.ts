import type { Text } from './text.js';

export type ProblemCode =
  | 'spec' // the file or a choice in it is wrong
  | 'unreachable' // no connection to a host
  | 'host-key' // unknown and refused, changed or revoked
  | 'login' // nobody let us in
  | 'sudo' // logged in, but not as root and no way to become root
  | 'preflight' // a host or a source is not fit
  | 'step' // a step of the plan failed on a host
  | 'lost' // the line to a host is gone and did not come back in time
  | 'locked' // somebody else is changing the host
  | 'stopped' // the operator asked to stop
  | 'internal'; // a fault of ours

export interface ProblemDetails {
  code: ProblemCode;
  /** What happened, in one sentence. */
  what: Text;
  /** What to do about it. */
  remedy: Text;
  host?: string;
  /** Where in the input: `hosts[1].address`, `cluster.yaml:12:5`. */
  place?: string;
  /** What the failing command left behind. */
  command?: { line: string; exitCode: number | null; lastLines: string[]; log?: string };
  /** Where a password may help, of a login or of sudo: how many may still be tried. Absent where none helps. */
  passwordsLeft?: number;
}

/** A failure that the operator is told about: what, where and the remedy. Anything else that is thrown is a fault of ours. */
export class Problem extends Error {
  constructor(readonly details: ProblemDetails) {
    super([details.host, details.what.en].filter(Boolean).join(': '));
    this.name = 'Problem';
  }
}
