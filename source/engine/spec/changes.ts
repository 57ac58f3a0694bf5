import type { Text } from '../text.js';
import { isControlPlane } from './hosts.js';
import type { ClusterSpec } from './schema.js';

/** What of two specs of one cluster differs, a sentence for each, e.g. `network.pods: 10.244.0.0/16 is now 10.245.0.0/16`. */
export function specChanges(before: ClusterSpec, after: ClusterSpec): Text[] {
  const { hosts: old, ...was } = before;
  const { hosts: now, ...is } = after;
  const gone = old.filter(host => !now.some(({ name }) => name === host.name));
  const both = now.flatMap(host => {
    const same = old.find(({ name }) => name === host.name);
    return same ? differences(same, host, `hosts.${host.name}.`) : [added(host.name)];
  });
  return [
    ...differences(was, is),
    ...both,
    ...gone.map(host => (isControlPlane(host) ? removedPlane(host.name) : removed(host.name))),
  ];
}

function differences(before: object, after: object, path = ''): Text[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap(key => {
    const [old, now] = [before, after].map(one => (one as Record<string, unknown>)[key]);
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    if (isGroup(old) && isGroup(now)) return differences(old, now, `${path}${key}.`);
    return [changed(`${path}${key}`, show(old), show(now))];
  });
}

const isGroup = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

const show = (value: unknown): string | null =>
  value === undefined || (Array.isArray(value) && !value.length)
    ? null
    : Array.isArray(value)
      ? value.join(', ')
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);

/** What only the making of a cluster looks at. Where the host says what it was made with, preflight stops; these are told. */
const onlyAtFirst = ['endpoint', 'certificateNames', 'network.proxy'];
const late: Text = {
  en: '; a cluster takes this only when it is made: reset and install anew to have it',
  zh: '；此项仅在建立集群时生效，如需更改请 reset 后重新安装',
};

const nothing: Text = { en: 'nothing', zh: '无' };
const changed = (path: string, old: string | null, now: string | null): Text => ({
  en: `${path}: was ${old ?? nothing.en}, is now ${now ?? nothing.en}${onlyAtFirst.includes(path) ? late.en : ''}`,
  zh: `${path}：原为 ${old ?? nothing.zh}，现为 ${now ?? nothing.zh}${onlyAtFirst.includes(path) ? late.zh : ''}`,
});
const added = (name: string): Text => ({ en: `${name} is new`, zh: `新增 ${name}` });
const removed = (name: string): Text => ({
  en: `${name} is no longer in the file; what was done there stays as it is. To undo it, reset with the file that has it; a host that is gone for good and had joined: kubectl delete node ${name}`,
  zh: `文件中已没有 ${name}；该主机保持现状。如需撤销，请用包含它的文件执行 reset；若主机已彻底失效且曾加入集群：kubectl delete node ${name}`,
});
const removedPlane = (name: string): Text => ({
  en: `${name} is no longer in the file; it is a control plane, and stays a member of etcd. To take it out, also where it is gone for good: reset --host ${name} with the file that has it`,
  zh: `文件中已没有 ${name}；它是控制平面，仍是 etcd 成员。如需移出（包括主机已彻底失效时），请用包含它的文件执行 reset --host ${name}`,
});
