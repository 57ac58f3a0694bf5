import type { ClusterSpec } from '../spec/schema.js';
import type { Sources } from './sources.js';

/**
 * Tags by minor version, as its newest patches have them: good for previews and for pulling ahead. What really counts is
 * what kubeadm itself lists on the host. (kubeadm's constants; kubernetes.io)
 */
const tags: Record<number, { pause: string; etcd: string; coredns: string }> = {
  29: { pause: '3.9', etcd: '3.5.16-0', coredns: 'v1.11.1' },
  30: { pause: '3.9', etcd: '3.5.15-0', coredns: 'v1.11.3' },
  31: { pause: '3.10', etcd: '3.5.24-0', coredns: 'v1.11.3' },
  32: { pause: '3.10', etcd: '3.5.24-0', coredns: 'v1.11.3' },
  33: { pause: '3.10', etcd: '3.5.21-0', coredns: 'v1.12.0' },
  34: { pause: '3.10.1', etcd: '3.6.5-0', coredns: 'v1.12.1' },
  35: { pause: '3.10.1', etcd: '3.6.6-0', coredns: 'v1.13.1' },
  36: { pause: '3.10.2', etcd: '3.6.8-0', coredns: 'v1.14.2' },
  37: { pause: '3.10.2', etcd: '3.7.0-0', coredns: 'v1.14.6' },
};
const newest = Math.max(...Object.keys(tags).map(Number));

const tagsOf = (version: string) => tags[Number(version.split('.')[1])] ?? tags[newest]!;

export const pauseImage = (version: string, { images }: Pick<Sources, 'images'>): string =>
  `${images}/pause:${tagsOf(version).pause}`;
export const proxyImage = (version: string, { images }: Pick<Sources, 'images'>): string => `${images}/kube-proxy:${version}`;

/** All images of `kubeadm config images list`. */
export function kubeadmImages(version: string, sources: Pick<Sources, 'images' | 'coredns'>): string[] {
  const { etcd, coredns } = tagsOf(version);
  return [
    ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(name => `${sources.images}/${name}:${version}`),
    proxyImage(version, sources),
    `${sources.coredns}/coredns:${coredns}`,
    pauseImage(version, sources),
    `${sources.images}/etcd:${etcd}`,
  ];
}

export const flannelVersion = 'v0.28.10';
export const flannelPluginVersion = 'v1.9.1-flannel3';
export const calicoVersion = 'v3.28.5';

/** What the cluster may put on any node, and only on some. */
export function roamingImages(cni: ClusterSpec['network']['cni'], version: string, sources: Sources): string[] {
  const dns = kubeadmImages(version, sources).filter(image => image.includes('/coredns:'));
  return cni === 'flannel' ? dns : [...dns, `${sources.dockerHub}/calico/kube-controllers:${calicoVersion}`];
}

/** What the network runs on every node. */
export function networkImages(cni: ClusterSpec['network']['cni'], sources: Pick<Sources, 'ghcr' | 'dockerHub'>): string[] {
  if (cni === 'flannel') {
    return [
      `${sources.ghcr}/flannel-io/flannel:${flannelVersion}`,
      `${sources.ghcr}/flannel-io/flannel-cni-plugin:${flannelPluginVersion}`,
    ];
  }
  return ['node', 'cni'].map(name => `${sources.dockerHub}/calico/${name}:${calicoVersion}`);
}
