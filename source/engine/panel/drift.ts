import { Problem } from '../errors.js';
import type { Facts } from '../facts/facts.js';
import { gatherFacts } from '../facts/gather.js';
import { makePlan } from '../plan/make.js';
import type { PlannedStep } from '../plan/plan.js';
import type { Remote } from '../remote.js';
import { checkPlan } from '../run/check.js';
import { chooseSources } from '../sources/choose.js';
import type { ClusterSpec } from '../spec/schema.js';

/** A step of the plan whose check says that it is not so any more. */
export interface Drift {
  host: string;
  step: PlannedStep;
}

/**
 * What is not as it was installed: the checks of the plan, read only, and nothing asked of the sources. Only for a cluster that
 * k8s-tui installed, and with all its hosts there: a plan is made of the facts of all.
 * @throws Problem preflight where a host is missing or is not ours
 */
export async function findDrift(spec: ClusterSpec, remotes: Record<string, Remote>, signal?: AbortSignal): Promise<Drift[]> {
  const missing = spec.hosts.filter(host => !remotes[host.name]).map(({ name }) => name);
  if (missing.length) throw cannotTell(`${missing.join(', ')}: no line`, `${missing.join(', ')}：没有连接`);
  const facts: Record<string, Facts> = {};
  await Promise.all(
    spec.hosts.map(async ({ name }) => {
      facts[name] = await gatherFacts(remotes[name]!, signal);
    }),
  );
  const others = spec.hosts.filter(({ name }) => facts[name]!.ledger === null).map(({ name }) => name);
  if (others.length)
    throw cannotTell(`${others.join(', ')}: not installed by k8s-tui`, `${others.join(', ')}：并非由 k8s-tui 安装`);
  const plan = await checkPlan(makePlan({ spec, facts, ...chooseSources(spec, [], facts) }), remotes, { signal });
  return (
    plan.tasks
      // Whether all is up just now is the health's business: a pod that starts is no drift.
      .filter(task => !task.afterChange && task.phase !== 'verify')
      .flatMap(({ host, steps }) => steps.filter(({ state }) => state === 'needed').map(step => ({ host, step })))
  );
}

const cannotTell = (en: string, zh: string) =>
  new Problem({
    code: 'preflight',
    what: { en: `what has changed since the install cannot be told: ${en}`, zh: `无法得知安装之后的变化：${zh}` },
    remedy: {
      en: 'It is told of clusters that k8s-tui installed, while all their hosts can be reached.',
      zh: '仅适用于由 k8s-tui 安装且所有主机都可连接的集群。',
    },
  });
