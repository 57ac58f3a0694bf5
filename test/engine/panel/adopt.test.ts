import { expect, it } from 'vitest';
import { drainProgress } from '../../../source/engine/panel/acts.js';
import { adopt, adopted } from '../../../source/engine/panel/adopt.js';
import type { ApiPod } from '../../../source/engine/panel/api-report.js';
import type { Remote } from '../../../source/engine/remote.js';
import { problemOf } from '../ssh/server.js';

const node = (name: string, address: string, labels = {}) => ({
  metadata: { name, labels },
  status: { addresses: [{ type: 'InternalIP', address }], nodeInfo: { kubeletVersion: 'v1.36.3' } },
});
const plane = { 'node-role.kubernetes.io/control-plane': '' };
const nodes = JSON.stringify({
  items: [node('a', '10.0.0.3'), node('m1', '10.0.0.1', plane), node('m2', '10.0.0.2', plane)],
});
const config = 'clusterName: kubernetes\nkubernetesVersion: v1.36.3\nnetworking: {podSubnet: 10.9.0.0/16}\n';

it.each([
  ['by its name', []],
  ['by an address of its own', ['cp', '10.0.0.2', '172.17.0.1']],
])('the control plane that was named is known %s: it comes first, by the address it was reached at', (_how, own) => {
  const host = { name: own.length ? 'cp.example.com' : 'm2', address: '203.0.113.7' };
  const spec = adopted({ nodes, config }, { ssh: { user: 'ops' }, given: { host, own } });
  expect(spec).toMatchObject({ name: 'k8s', kubernetes: 'v1.36.3', network: { pods: '10.9.0.0/16' }, ssh: { user: 'ops' } });
  expect(spec.hosts).toEqual([
    { name: 'm2', address: '203.0.113.7', roles: ['control-plane'] },
    { name: 'm1', address: '10.0.0.1', roles: ['control-plane'] },
    { name: 'a', address: '10.0.0.3' },
  ]);
});

it('a cluster is called as its context is, and each node is entered as is said of it', () => {
  const sshOf = ({ name }: { name: string }) => (name === 'a' ? { user: 'free', port: 2222 } : {});
  const spec = adopted({ nodes, config: '' }, { ssh: {}, sshOf, name: 'prod' });
  expect(spec.name).toBe('prod');
  expect(spec.hosts.map(({ name, ssh }) => [name, ssh])).toEqual([
    ['m1', undefined],
    ['m2', undefined],
    ['a', { user: 'free', port: 2222 }],
  ]);
});

it.each([
  ['clusterName: prod-1', 'k8s-api.example.com', 'prod-1', 'k8s-api.example.com:6443'],
  ['clusterName: kubernetes', '10.0.0.100:8443', 'k8s', '10.0.0.100:8443'],
  ['clusterName: "Not a name"', '"[fd00::1]:6443"', 'k8s', undefined],
])('%s, endpoint %s', (line, controlPlaneEndpoint, name, endpoint) => {
  const said = { nodes, config: `${line}\ncontrolPlaneEndpoint: ${controlPlaneEndpoint}\n` };
  const spec = adopted(said, { ssh: {}, name: 'kubernetes-admin@kubernetes' });
  expect([spec.name, spec.endpoint]).toEqual([name, endpoint]);
});

const host = { name: '10.0.0.2', address: '10.0.0.2' };
const saying = (code: number, stdout: string, stderr = '') =>
  ({ name: host.name, run: async () => ({ code, stdout, stderr }) }) as unknown as Remote;

it('a control plane whose API server is down is adopted alone', async () => {
  const remote = saying(1, 'm2\n10.0.0.2 172.17.0.1\n@@ nodes\n', 'E1126\nThe connection to the server was refused\n');
  const { spec, alone } = await adopt(remote, host, { ssh: { user: 'ops' } });
  expect(spec.hosts).toEqual([{ name: 'm2', address: '10.0.0.2', roles: ['control-plane'] }]);
  expect(alone).toBe('The connection to the server was refused');
});

it('of a host that is no control plane it is said what it is', async () => {
  const worker = await problemOf(adopt(saying(4, 'https://10.0.0.1:6443\n'), host, { ssh: {} }));
  expect(worker.what.en).toBe('this is no control plane: it belongs to the cluster of https://10.0.0.1:6443');
  const bare = await problemOf(adopt(saying(4, ''), host, { ssh: {} }));
  expect(bare.what.en).toMatch(/there is no \/etc\/kubernetes\/admin\.conf/);
});

it('a drain tells how far it is', () => {
  const lines = ['node/n2 cordoned', 'evicting pod default/web-1', 'evicting pod kube-system/coredns-x', 'pod/web-1 evicted'];
  expect(drainProgress(lines, null)).toEqual({ gone: 1, total: 2 });
  // The cluster knows sooner than kubectl says.
  const left = [{ name: 'web-1' }, { name: 'web-2' }] as ApiPod[];
  expect(drainProgress(lines, left)).toEqual({ gone: 2, total: 2 });
  expect(drainProgress(lines, [...left, { name: 'coredns-x' } as ApiPod])).toEqual({ gone: 1, total: 2 });
});
