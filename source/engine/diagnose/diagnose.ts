import type { ProblemDetails } from '../errors.js';
import type { Text } from '../text.js';
import type { Evidence } from './evidence.js';
import { redact } from './redact.js';
import { type Sign, signsOf } from './signs.js';
import { type Fix, type Hit, hasFile, type Likelihood, type Look, likelihoods, type Place } from './symptom.js';
import { symptoms } from './symptoms/index.js';

/** Why it does not work: the sentence, the line that shows it, what mends it. */
export interface Cause {
  id: string;
  host: string;
  likelihood: Likelihood;
  cause: Text;
  seen: { where: Place; line: string };
  fixes: Fix[];
}

export interface Diagnosis {
  /** What can be seen to be wrong. */
  signs: Sign[];
  /** Why, the likeliest first; what follows from another cause is left out. */
  causes: Cause[];
}

/** A worker that cannot reach an API server that is down is no cause of anything. */
const followsFromControlPlane = 'api-unreachable';

/**
 * From evidence to causes: a pure function of what the hosts told.
 * @param problem the failure that is asked about; its last lines are evidence too
 */
export function diagnose(evidence: readonly Evidence[], problem: ProblemDetails | null = null): Diagnosis {
  const signs = evidence.flatMap(signsOf);
  const causes = evidence.flatMap(one => causesOf(lookOf(one, signs, problem)));
  const isDown = evidence.some(
    one => isControlPlane(one) && causes.some(({ host, likelihood }) => host === one.host && likelihood !== 'possible'),
  );
  return {
    signs,
    causes: causes
      .filter(({ id, host }) => !(isDown && id === followsFromControlPlane && causes.some(other => other.host !== host)))
      .sort((a, b) => likelihoods.indexOf(a.likelihood) - likelihoods.indexOf(b.likelihood)),
  };
}

const isControlPlane = (evidence: Evidence) => hasFile(evidence, 'admin.conf') || hasFile(evidence, 'pki/ca.key');

function lookOf(evidence: Evidence, signs: readonly Sign[], problem: ProblemDetails | null): Look {
  const own = problem?.host === evidence.host ? problem : null;
  return {
    ...evidence,
    problem: own?.command ? { ...own, command: { ...own.command, lastLines: own.command.lastLines.map(redact) } } : own,
    isUnwell: own !== null || signs.some(({ host }) => host === evidence.host || host === evidence.facts.hostname),
    isOurs: evidence.facts.ledger !== null,
    isControlPlane: isControlPlane(evidence),
  };
}

function causesOf(look: Look): Cause[] {
  const found = symptoms.flatMap(symptom => {
    const hit = symptom.find(look);
    return hit ? [{ symptom, hit }] : [];
  });
  const explained = new Set(found.flatMap(({ symptom }) => symptom.explains ?? []));
  // Beside what is sure, what is merely possible only distracts.
  const isSure = found.some(({ symptom }) => symptom.likelihood === 'sure');
  return found
    .filter(({ symptom }) => !explained.has(symptom.id) && !(isSure && symptom.likelihood === 'possible'))
    .map(({ symptom: { id, likelihood, cause, fixes }, hit }) => ({
      id,
      host: look.host,
      likelihood,
      cause: typeof cause === 'function' ? cause(hit, look) : cause,
      seen: { where: hit.where, line: telling(hit) },
      fixes: fixes?.(hit, look) ?? [],
    }));
}

/** Of a line that says the same thing four times over before it comes to the point, what it says from there. */
function telling({ line, match }: Hit): string {
  const at = line.indexOf(match[0]!);
  return at > FAR ? `… ${line.slice(at)}` : line;
}
const FAR = 200;
