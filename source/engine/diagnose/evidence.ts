import { Problem } from '../errors.js';
import type { Facts } from '../facts/facts.js';
import { gatherFacts } from '../facts/gather.js';
import { sections } from '../facts/sections.js';
import type { Remote } from '../remote.js';
import script from './evidence.sh';
import { redact } from './redact.js';

/** The one POSIX script that collects evidence on a host; the facts are asked for beside it. */
export const evidenceScript: string = script;

/** What one host can tell of what is wrong. Without secrets. */
export interface Evidence {
  host: string;
  facts: Facts;
  /** When it was collected, by the operator's clock in milliseconds. */
  at: number;
  /** Lines by section: kubelet, containerd, events, certificates ... A section that the host could not tell is empty. */
  sections: Record<string, string[]>;
}

/** The sections in the order in which people read them. */
export const sectionNames = [
  'units',
  'health',
  'kubelet',
  'containerd',
  'containers',
  'container-logs',
  'nodes',
  'pods',
  'events',
  'role',
  'kubelet-config',
  'containerd-config',
  'cni',
  'certificates',
  'ports',
  'owners',
  'disk',
  'memory',
  'kernel',
  'packages',
  'journal-size',
  'resolver',
] as const;

export type SectionName = (typeof sectionNames)[number];

/**
 * Collects the evidence of a host. Changes nothing; bounded to a minute and a half.
 * @throws Problem preflight where the script did not run to its end, and whatever the remote throws
 */
export async function collectEvidence(remote: Remote, signal?: AbortSignal): Promise<Evidence> {
  const [facts, { stdout, stderr }] = await Promise.all([
    gatherFacts(remote, signal),
    remote.run(evidenceScript, { asRoot: remote.access !== 'none', timeout: 90_000, signal }),
  ]);
  if (!/^@@ evidence-end$/m.test(stdout)) throw cutShort(remote.name, stderr);
  const text = sections(redact(stdout));
  return {
    host: remote.name,
    facts,
    at: Date.now(),
    sections: Object.fromEntries(sectionNames.map(name => [name, text(name)])),
  };
}

const cutShort = (host: string, stderr: string) =>
  new Problem({
    code: 'preflight',
    host,
    what: {
      en: `The host did not tell all that is asked of it${stderr.trim() && `: ${redact(stderr.trim().split('\n').at(-1)!)}`}`,
      zh: `主机没有给出全部诊断信息${stderr.trim() && `：${redact(stderr.trim().split('\n').at(-1)!)}`}`,
    },
    remedy: { en: 'Try again; a host under heavy load may need a moment.', zh: '请重试；负载过高的主机可能需要稍等。' },
  });
