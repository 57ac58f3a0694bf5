import { createHash } from 'node:crypto';
import type { Machine } from '../machine/machine.js';
import type { Pod } from './cluster.js';

/** The container of a pod, as its manifest calls it. */
export const containerName = ({ labels, name }: Pick<Pod, 'labels' | 'name'>): string => {
  const app = labels.component ?? labels['k8s-app'] ?? labels.app ?? name;
  return called[app] ?? app;
};
const called: Record<string, string> = { 'kube-dns': 'coredns', flannel: 'kube-flannel' };

/** What a container says as it starts, in kubelet's form and where kubelet keeps it. */
export async function writeLog(pod: Pod, machine: Machine): Promise<void> {
  const name = containerName(pod);
  const uid = createHash('md5').update(`${pod.name} ${pod.createdAt}`).digest('hex');
  const at = new Date();
  const lines = (says[name] ?? (() => ['started']))({ at, machine, version: machine.cluster?.options.version ?? '' });
  await machine.fs.put(
    `/var/log/pods/${pod.namespace}_${pod.name}_${uid}/${name}/0.log`,
    lines.map(line => `${at.toISOString().slice(0, -1)}000000Z stderr F ${line}\n`).join(''),
  );
}

interface Start {
  at: Date;
  machine: Machine;
  version: string;
}

const two = (n: number) => String(n).padStart(2, '0');
/** The line of a component of Kubernetes: `I1129 10:02:03.000000       1 server.go:150] words`. */
const klog = ({ at }: Start, place: string, words: string) =>
  `I${two(at.getUTCMonth() + 1)}${two(at.getUTCDate())} ${at.toISOString().slice(11, 23)}000       1 ${place}] ${words}`;
const json = ({ at }: Start, msg: string, more: object = {}) =>
  JSON.stringify({ level: 'info', ts: at.toISOString(), msg, ...more });
const leads = (start: Start, name: string) => [
  klog(start, 'serving.go:386', 'Generated self-signed cert in-memory'),
  klog(start, 'leaderelection.go:257', `"Attempting to acquire leader lease..." lock="kube-system/${name}"`),
  klog(start, 'leaderelection.go:271', `"Successfully acquired lease" lock="kube-system/${name}"`),
];

const says: Record<string, (start: Start) => string[]> = {
  'kube-apiserver': start => [
    klog(start, 'server.go:150', `"Version" version="${start.version}"`),
    klog(start, 'options.go:249', `external host was not specified, using ${start.machine.address}`),
    klog(start, 'secure_serving.go:211', 'Serving securely on [::]:6443'),
    klog(start, 'cache.go:39', 'Caches are synced for RemoteAvailability controller'),
  ],
  'kube-controller-manager': start => leads(start, 'kube-controller-manager'),
  'kube-scheduler': start => leads(start, 'kube-scheduler'),
  etcd: start => [
    json(start, 'starting an etcd server', { name: start.machine.name }),
    json(start, 'serving client traffic securely', { address: `${start.machine.address}:2379` }),
    json(start, 'ready to serve client requests'),
  ],
  'kube-proxy': start => [
    klog(start, 'server_linux.go:53', '"Using iptables proxy"'),
    klog(start, 'shared_informer.go:356', '"Caches are synced" controller="service config"'),
  ],
  coredns: () => ['.:53', '[INFO] plugin/reload: Running configuration SHA512 = 1b226df79860026c', 'CoreDNS, linux/amd64'],
  'kube-flannel': start => [
    klog(start, 'main.go:218', 'Created subnet manager: Kubernetes Subnet Manager'),
    klog(start, 'main.go:523', `Using interface with name eth0 and address ${start.machine.address}`),
    klog(start, 'main.go:470', 'Running backend.'),
  ],
  'calico-node': ({ machine }) => [
    `[INFO][9] startup/startup.go: Using node name: ${machine.name}`,
    'Calico node started successfully',
  ],
};
