import type { BundleFile } from '../engine/diagnose/bundle.js';
import type { Cause } from '../engine/diagnose/diagnose.js';
import type { Evidence } from '../engine/diagnose/evidence.js';
import type { Fix } from '../engine/diagnose/symptom.js';
import type { ProblemDetails } from '../engine/errors.js';

export type CommandsFix = Extract<Fix, { by: 'commands' }>;

/** A fix whose commands are shown, and that runs when the operator says yes. */
export interface Chosen {
  host: string;
  fix: CommandsFix;
}

/** What the screens know of a diagnosis. */
export interface DiagnosisView {
  state: 'none' | 'busy' | 'done';
  startedAt: number;
  evidence: readonly Evidence[];
  /** The likeliest first. */
  causes: readonly Cause[];
  /** Hosts that could not be asked, and why. */
  problems: readonly ProblemDetails[];
  chosen: Chosen | null;
  /** The fix that runs now, since when, and its last line. */
  mending: (Chosen & { since: number; line: string }) | null;
  /** The files that a support bundle would hold, while the operator decides. */
  bundle: readonly BundleFile[] | null;
}

export const noDiagnosis: DiagnosisView = {
  state: 'none',
  startedAt: 0,
  evidence: [],
  causes: [],
  problems: [],
  chosen: null,
  mending: null,
  bundle: null,
};

/** The causes of one failure: those on its own host, then what is sure elsewhere. */
export const causesOf = ({ causes }: DiagnosisView, host: string | undefined): Cause[] => [
  ...causes.filter(cause => cause.host === host),
  ...causes.filter(cause => cause.host !== host && cause.likelihood === 'sure'),
];

/** Every problem once: a run tells them as they happen and again at its end. */
export function eachOnce(problems: readonly ProblemDetails[]): ProblemDetails[] {
  const seen = new Set<string>();
  return problems.filter(({ host, what, place }) => {
    const key = `${host} ${place} ${what.en}`;
    return !seen.has(key) && seen.add(key);
  });
}
