import type { Facts } from '../../../source/engine/facts/facts.js';
import { makePlan } from '../../../source/engine/plan/make.js';
import type { Plan } from '../../../source/engine/plan/plan.js';
import { knownKeys } from '../../../source/engine/sources/catalogue.js';
import { rank } from '../../../source/engine/sources/rank.js';
import { type Sources, sourcesFrom } from '../../../source/engine/sources/sources.js';
import { type ClusterSpec, type ClusterSpecInput, clusterSpec } from '../../../source/engine/spec/schema.js';
import { freshFacts } from '../facts/sample.js';

const hosts: ClusterSpecInput['hosts'] = [
  { name: 'n1', address: '10.0.0.11', roles: ['control-plane'] },
  { name: 'n2', address: '10.0.0.12' },
];

/** Where everything comes from while nothing is known of the places. */
export function sourcesOf(spec: ClusterSpec): Sources {
  return sourcesFrom(spec, rank(spec, [], null), /^v\d+\.\d+/.exec(spec.kubernetes)![0], {
    kubernetesKey: knownKeys.kubernetes,
    dockerKey: knownKeys.docker,
  });
}

/** The plan for two fresh hosts, with a case's own wishes and facts on top. */
export function planOf({
  spec = {},
  facts = {},
  version = 'v1.37.2',
}: {
  spec?: Partial<ClusterSpecInput>;
  facts?: Partial<Facts>;
  version?: string;
} = {}): Plan {
  const parsed = clusterSpec.parse({ name: 'lab', kubernetes: version, hosts, ...spec });
  const all = Object.fromEntries(parsed.hosts.map(host => [host.name, freshFacts(facts)]));
  return makePlan({ spec: parsed, facts: all, sources: sourcesOf(parsed), version });
}

/** Three control planes and a worker. */
export const threePlanes: Partial<ClusterSpecInput> = {
  hosts: [
    ...[1, 2, 3].map(n => ({ name: `n${n}`, address: `10.0.0.1${n}`, roles: ['control-plane' as const] })),
    { name: 'n4', address: '10.0.0.14' },
  ],
};

export const scriptOf = (plan: Plan, task: string): string => plan.tasks.find(({ id }) => id === task)!.script;
export const stepsOf = (plan: Plan, task: string): string[] =>
  plan.tasks.find(({ id }) => id === task)?.steps.map(step => step.id) ?? [];
