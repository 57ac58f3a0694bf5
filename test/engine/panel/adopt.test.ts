import { expect, it } from 'vitest';
import { drainProgress } from '../../../source/engine/panel/acts.js';
import { adopted } from '../../../source/engine/panel/adopt.js';

const node = (name: string, address: string, labels = {}) => ({
  metadata: { name, labels },
  status: { addresses: [{ type: 'InternalIP', address }], nodeInfo: { kubeletVersion: 'v1.36.3' } },
});

it('a cluster of anybody’s becomes a spec: the control plane that was named stays first, by the address it was reached at', () => {
  const plane = { 'node-role.kubernetes.io/control-plane': '' };
  const nodes = { items: [node('a', '10.0.0.3'), node('m1', '10.0.0.1', plane), node('m2', '10.0.0.2', plane)] };
  const config = 'clusterName: kubernetes\nkubernetesVersion: v1.36.3\nnetworking: {podSubnet: 10.9.0.0/16}\n';
  const spec = adopted(JSON.stringify(nodes), config, { name: 'm2', address: '203.0.113.7' }, { user: 'ops' });
  expect(spec).toMatchObject({ name: 'k8s', kubernetes: 'v1.36.3', network: { pods: '10.9.0.0/16' }, ssh: { user: 'ops' } });
  expect(spec.hosts).toEqual([
    { name: 'm2', address: '203.0.113.7', roles: ['control-plane'] },
    { name: 'm1', address: '10.0.0.1', roles: ['control-plane'] },
    { name: 'a', address: '10.0.0.3' },
  ]);
});

it('a drain tells how far it is', () => {
  const lines = ['node/n2 cordoned', 'evicting pod default/web-1', 'evicting pod kube-system/coredns-x', 'pod/web-1 evicted'];
  expect(drainProgress(lines)).toEqual({ gone: 1, total: 2, waiting: ['kube-system/coredns-x'] });
});
