import type { Facts } from '../facts/facts.js';
import type { Finding } from '../preflight/finding.js';
import type { Text } from '../text.js';

/** Hosts that show one and the same key. */
export interface Twins<T> {
  /** `one-host`: addresses of the same machine, to be taken once. `cloned`: machines made from one image, each of which can pose as the other. `unknown`: not all of them were looked into. */
  is: 'one-host' | 'cloned' | 'unknown';
  fingerprint: string;
  hosts: T[];
}

/** The very same machine, not a clone of it: containers of one machine share its boot. Null where it cannot be told. */
export const machineOf = ({ identity, hostname }: Facts): string | null =>
  identity.machineId ? `${identity.machineId} ${identity.bootId} ${hostname}` : null;

/** The groups of hosts that show one and the same key, in the order in which they are first seen. Pure. */
export function findTwins<T extends { fingerprint: string | null; facts?: Facts }>(hosts: readonly T[]): Twins<T>[] {
  const groups = new Map<string, T[]>();
  for (const host of hosts)
    if (host.fingerprint !== null) groups.set(host.fingerprint, [...(groups.get(host.fingerprint) ?? []), host]);
  return [...groups]
    .filter(([, group]) => group.length > 1)
    .map(([fingerprint, group]) => ({ is: kindOf(group), fingerprint, hosts: group }));
}

function kindOf(group: readonly { facts?: Facts }[]): Twins<unknown>['is'] {
  const machines = group.map(({ facts }) => facts && machineOf(facts));
  if (machines.some(machine => !machine)) return 'unknown';
  return new Set(machines).size === 1 ? 'one-host' : 'cloned';
}

export const sameMachine = (address: string, first: string): Text => ({
  en: `${address} is the same machine as ${first}; it is taken once`,
  zh: `${address} 与 ${first} 是同一台机器；只取一次`,
});

export const sharedKey = (names: readonly string[], fingerprint: string): Finding => ({
  id: 'host-key-duplicate',
  level: 'warn',
  host: null,
  what: {
    en: `${names.join(', ')} have the same SSH host key ${fingerprint}`,
    zh: `${names.join('、')} 的 SSH 主机密钥相同：${fingerprint}`,
  },
  why: {
    en: 'They were cloned from one image: each can pose as the other.',
    zh: '它们克隆自同一镜像：任何一台都可以冒充另一台。',
  },
  remedy: {
    en: 'On each clone: rm /etc/ssh/ssh_host_* && ssh-keygen -A && systemctl restart ssh',
    zh: '在每台克隆主机上执行：rm /etc/ssh/ssh_host_* && ssh-keygen -A && systemctl restart ssh',
  },
});
