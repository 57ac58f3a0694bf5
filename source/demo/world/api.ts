import type { Machine } from '../machine/machine.js';
import type { Cluster } from './cluster.js';

/** What the API server and etcd of a cluster answer to the questions that a panel asks; null for all others. */
export function apiAnswer(cluster: Cluster, url: string): string | null {
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
      return JSON.stringify({ members: [member(cluster.controlPlane)] });
    case '/v3/maintenance/status':
      return JSON.stringify({
        version: '3.7.0',
        dbSize: '2482176',
        dbSizeQuota: '2147483648',
        leader: '1',
        header: { member_id: '1' },
      });
    default:
      return null;
  }
}

const member = ({ name, address }: Machine) => ({ ID: '1', name, peerURLs: [`https://${address}:2380`] });

const registered = (name: string, createdAt: number) => ({
  metadata: { name: `${name}.registered`, creationTimestamp: new Date(createdAt).toISOString() },
  type: 'Normal',
  reason: 'RegisteredNode',
  message: `Node ${name} event: Registered Node ${name} in Controller`,
  involvedObject: { kind: 'Node', name },
  lastTimestamp: new Date(createdAt).toISOString(),
});
