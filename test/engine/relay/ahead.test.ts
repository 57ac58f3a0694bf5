import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import type { Plan } from '../../../source/engine/plan/plan.js';
import { fetchAhead } from '../../../source/engine/relay/ahead.js';
import { Line } from '../../../source/engine/relay/contents.js';
import { planOf } from '../plan/case.js';
import { newStore, site } from './source.js';

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** A flat repository: each package is a file whose content is its name. */
function repository(packages: Record<string, { version: string; depends?: string }>): Record<string, Buffer> {
  const list = Object.entries(packages).map(
    ([name, { version, depends = '' }]) =>
      `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nDepends: ${depends}\nFilename: amd64/${name}.deb\nSHA256: ${sha256(Buffer.from(name))}\n`,
  );
  const packed = gzipSync(list.join('\n'));
  return {
    '/InRelease': Buffer.from(`SHA256:\n ${sha256(packed)} ${packed.length} Packages.gz\n`),
    '/Packages.gz': packed,
    ...Object.fromEntries(Object.keys(packages).map(name => [`/amd64/${name}.deb`, Buffer.from(name)])),
  };
}

/** All is so already but for these steps. */
const openAt = (plan: Plan, ...ids: string[]): Plan => ({
  ...plan,
  tasks: plan.tasks.map(task => ({
    ...task,
    steps: task.steps.map(step => ({ ...step, state: ids.includes(step.id) ? ('needed' as const) : ('same' as const) })),
  })),
});

const files = repository({
  'cri-tools': { version: '1.37.0-1.1' },
  kubeadm: { version: '1.37.2-1.1', depends: 'cri-tools' },
  kubectl: { version: '1.37.2-1.1' },
  kubelet: { version: '1.37.2-1.1', depends: 'kubernetes-cni, iptables' },
  'kubernetes-cni': { version: '1.9.1-1.1' },
  etcd: { version: '1' },
});
const serve = () =>
  site((request, response) => {
    const file = files[request.url!];
    response.writeHead(file ? 200 : 404).end(file);
  });
const withSource = (plan: Plan, kubernetesPackages: string): Plan => ({
  ...plan,
  sources: { ...plan.sources, kubernetesPackages },
});

it('fetches what is still to be done in its order, nothing else, and a host that asks has it already', async () => {
  const { url, asked } = await serve();
  const { store } = await newStore();
  const line = new Line(store);
  const plan = openAt(planOf({ spec: { runtime: 'distribution' } }), 'containerd', 'kubernetes_packages');
  await fetchAhead(withSource(plan, url), line, store);
  expect(asked).toEqual([
    '/InRelease',
    '/Packages.gz',
    '/amd64/cri-tools.deb',
    '/amd64/kubelet.deb',
    '/amd64/kubernetes-cni.deb',
    '/amd64/kubeadm.deb',
    '/amd64/kubectl.deb',
  ]);
  await line.whole(`${url}/amd64/kubelet.deb`);
  expect(asked.filter(path => path.endsWith('kubelet.deb'))).toHaveLength(1);
});

it('asks for nothing where all is so already, and a source that fails is nobody’s business yet', async () => {
  const { url, asked } = await serve();
  const { store } = await newStore();
  await fetchAhead(withSource(openAt(planOf()), url), new Line(store), store);
  expect(asked).toEqual([]);
  const gone = withSource(openAt(planOf(), 'kubernetes_packages'), `${url}/not-there`);
  await expect(fetchAhead(gone, new Line(store), store)).resolves.toBeUndefined();
});
