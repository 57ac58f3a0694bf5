import type { Cluster } from './cluster.js';
import type { Member } from './etcd.js';

/** What the API server and etcd of a cluster answer to the questions that a panel asks; null for all others. */
export function apiAnswer(cluster: Cluster, url: string, question = ''): string | null {
  const path = new URL(url).pathname;
  const list = (kind: string, items: object[]) => JSON.stringify({ kind, apiVersion: 'v1', items }, null, 2);
  switch (path) {
    case '/version':
      return JSON.stringify({ gitVersion: cluster.options.version });
    case '/api/v1/nodes':
      return list('NodeList', cluster.list('Node'));
    case '/api/v1/pods':
      return list('PodList', cluster.list('Pod'));
    case '/api/v1/events':
      return list(
        'EventList',
        url.includes('Warning') ? [] : [...cluster.nodes.values()].map(node => registered(node.name, node.createdAt)),
      );
    case '/v3/cluster/member/list':
      return JSON.stringify({ header: {}, members: cluster.etcd.members.map(memberOf) });
    case '/v3/cluster/member/remove':
      cluster.etcd.remove((JSON.parse(question) as { ID: string }).ID);
      return JSON.stringify({ header: {}, members: cluster.etcd.members.map(memberOf) });
    case '/v3/maintenance/status':
      return JSON.stringify({
        version: '3.7.0',
        dbSize: '2482176',
        dbSizeQuota: '2147483648',
        leader: cluster.etcd.members[0]?.id,
        header: { member_id: cluster.etcd.members[0]?.id },
      });
    default:
      return null;
  }
}

const memberOf = ({ id, machine, isLearner }: Member) => ({
  ID: id,
  name: machine.name,
  peerURLs: [`https://${machine.address}:2380`],
  ...(isLearner && { isLearner }),
});

const registered = (name: string, createdAt: number) => ({
  metadata: { name: `${name}.registered`, creationTimestamp: new Date(createdAt).toISOString() },
  type: 'Normal',
  reason: 'RegisteredNode',
  message: `Node ${name} event: Registered Node ${name} in Controller`,
  involvedObject: { kind: 'Node', name },
  lastTimestamp: new Date(createdAt).toISOString(),
});
