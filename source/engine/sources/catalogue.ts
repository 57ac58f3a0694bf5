import type { ClusterSpec } from '../spec/schema.js';
import type { Text } from '../text.js';

/** What an install fetches, by what it is fetched for. */
export const sourceKinds = ['kubernetes-packages', 'runtime', 'images', 'network-images'] as const;
export type SourceKind = (typeof sourceKinds)[number];
/** And what it leans on, which is measured, and taken from wherever the host has it from. */
export const probeKinds = [...sourceKinds, 'os-packages', 'time'] as const;
export type ProbeKind = (typeof probeKinds)[number];
export const isSourceKind = (kind: ProbeKind): kind is SourceKind => (sourceKinds as readonly ProbeKind[]).includes(kind);

const publicPlaces = ['upstream', 'aliyun', 'daocloud', 'tuna'] as const;
/** `own`: what the spec names as the operator's own. `host`: wherever each host has it from by itself. */
export const placeNames = ['own', ...publicPlaces, 'host'] as const;
export type PlaceName = (typeof placeNames)[number];

/** Somewhere to fetch from. A field that is not there is not carried there. URLs and repositories have no slash at their end. */
export interface Place {
  /** Kubernetes packages of one minor version, a flat apt repository with its key at `/Release.key`. */
  kubernetesPackages?: (minor: string) => string;
  /** containerd.io, an apt repository with a suite for each release of the distribution and its key at `/<os>/gpg`. */
  dockerPackages?: string;
  /** Release files of GitHub: https://github.com or a mirror that keeps its paths. Each release carries its own sums. */
  githubReleases?: string;
  /** For kubeadm's imageRepository and containerd's pause image. */
  images?: string;
  /** The repository that CoreDNS lies in: kubeadm looks for it beside the other images, upstream and true mirrors have it in a folder. */
  coredns?: string;
  /** What replaces `ghcr.io`, `docker.io`, `quay.io` in front of the network's images. */
  ghcr?: string;
  dockerHub?: string;
  quay?: string;
  timeServers?: string[];
  /** Debian's and Ubuntu's own packages: shown, never changed on a host. */
  osPackages?: Record<string, string>;
  /** What it is known to get wrong. */
  caution?: Text;
}

export const places: Record<(typeof publicPlaces)[number], Place> = {
  upstream: {
    kubernetesPackages: minor => `https://pkgs.k8s.io/core:/stable:/${minor}/deb`,
    dockerPackages: 'https://download.docker.com/linux',
    githubReleases: 'https://github.com',
    images: 'registry.k8s.io',
    coredns: 'registry.k8s.io/coredns',
    ghcr: 'ghcr.io',
    dockerHub: 'docker.io',
    quay: 'quay.io',
    osPackages: { debian: 'https://deb.debian.org/debian', ubuntu: 'https://archive.ubuntu.com/ubuntu' },
    caution: {
      en: 'sends on to other hosts, which have to be reached as well; the key in the repository of a minor that is no longer maintained is an old copy, which may have expired',
      zh: '会重定向到其他主机，这些主机也必须可达；已停止维护的次版本仓库中的密钥是旧副本，可能已过期',
    },
  },
  aliyun: {
    kubernetesPackages: minor => `https://mirrors.aliyun.com/kubernetes-new/core/stable/${minor}/deb`,
    dockerPackages: 'https://mirrors.aliyun.com/docker-ce/linux',
    images: 'registry.aliyuncs.com/google_containers',
    coredns: 'registry.aliyuncs.com/google_containers',
    timeServers: ['ntp.aliyun.com', 'ntp1.aliyun.com', 'ntp2.aliyun.com'],
    osPackages: { debian: 'https://mirrors.aliyun.com/debian', ubuntu: 'https://mirrors.aliyun.com/ubuntu' },
    caution: {
      en: 'new releases arrive days later; all images lie flat in one folder, CoreDNS too; it has no images of any network',
      zh: '新版本会晚几天同步；所有镜像平铺在同一目录，CoreDNS 也是；没有任何网络插件的镜像',
    },
  },
  daocloud: {
    githubReleases: 'https://files.m.daocloud.io/github.com',
    images: 'k8s.m.daocloud.io',
    coredns: 'k8s.m.daocloud.io/coredns',
    ghcr: 'm.daocloud.io/ghcr.io',
    dockerHub: 'm.daocloud.io/docker.io',
    quay: 'm.daocloud.io/quay.io',
    caution: {
      en: 'serves what is on its list alone (403 else), limits the rate (429), and fetches from upstream what it has not kept',
      zh: '只提供白名单内的镜像（否则返回 403），限制速率（429），未缓存的内容需回源',
    },
  },
  tuna: {
    kubernetesPackages: minor => `https://mirrors.tuna.tsinghua.edu.cn/kubernetes/core:/stable:/${minor}/deb`,
    dockerPackages: 'https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux',
    osPackages: {
      debian: 'https://mirrors.tuna.tsinghua.edu.cn/debian',
      ubuntu: 'https://mirrors.tuna.tsinghua.edu.cn/ubuntu',
    },
    caution: { en: 'packages alone, and the newest minor arrives late', zh: '只有软件包，且最新次版本到得较晚' },
  },
};

/** Keys that the two package repositories are known to be signed with, upstream and at every mirror of them. */
export const knownKeys = {
  kubernetes: 'DE15B14486CD377B9E876E1A234654DA9A296436',
  docker: '9DC858229FC7DD38854AE2D88D81803C0EBFCD88',
};

/** One kind of thing at one place. */
export interface Offer {
  kind: ProbeKind;
  place: PlaceName;
}

/** A place by its name, with whatever it carries or not. */
export function placeOf(spec: Pick<ClusterSpec, 'own'>, name: PlaceName): Place {
  if (name === 'host') return {};
  return name === 'own' ? ownPlace(spec) : places[name];
}

/** A registry of one's own has every image under the path that it has upstream. */
function ownPlace({ own }: Pick<ClusterSpec, 'own'>): Place {
  const { registry, kubernetesPackages, dockerPackages } = own;
  return {
    ...(kubernetesPackages && { kubernetesPackages: () => kubernetesPackages }),
    ...(dockerPackages && { dockerPackages }),
    ...(registry && { images: registry, coredns: `${registry}/coredns`, ghcr: registry, dockerHub: registry, quay: registry }),
    caution: {
      en: 'nobody else stands in for it: what it lacks has to be put there',
      zh: '没有其他来源替代它：缺少的内容需自行补齐',
    },
  };
}

const carries: Record<SourceKind, (place: Place, spec: ClusterSpec) => boolean> = {
  'kubernetes-packages': place => place.kubernetesPackages !== undefined,
  runtime: (place, { runtime }) => (runtime === 'github' ? place.githubReleases : place.dockerPackages) !== undefined,
  images: place => place.images !== undefined,
  'network-images': (place, { network }) => (network.cni === 'flannel' ? place.ghcr : place.dockerHub) !== undefined,
};

type PublicPlace = (typeof publicPlaces)[number];
const afterUpstream: readonly PublicPlace[] = ['upstream', 'aliyun', 'daocloud', 'tuna'];
const afterAliyun: readonly PublicPlace[] = ['aliyun', 'daocloud', 'tuna', 'upstream'];

/**
 * Who carries a kind of thing, the one that was asked for first, and then those that may stand in for it: for what is the
 * operator's own nobody may.
 */
export function placesFor(spec: ClusterSpec, kind: SourceKind): PlaceName[] {
  // What the distribution brings comes from wherever its own packages come from.
  if (kind === 'runtime' && spec.runtime === 'distribution') return [spec.mirror];
  const pinned = spec.sources[kind];
  if (!pinned && carries[kind](ownPlace(spec), spec)) return ['own'];
  const order = spec.mirror === 'aliyun' ? afterAliyun : afterUpstream;
  const all = order.filter(name => carries[kind](places[name], spec));
  return pinned ? [pinned, ...all.filter(name => name !== pinned)] : all;
}

/** The time servers that the hosts are to have; none: whatever they have. */
export const timeServersOf = (spec: ClusterSpec): readonly string[] =>
  spec.timeServers.length ? spec.timeServers : spec.mirror === 'aliyun' ? places.aliyun.timeServers! : [];

/** What an install leans on, and whose it is. Through the relay a host's own ways lead nowhere. */
const underneath = (spec: ClusterSpec): Offer[] => [
  ...(spec.relay ? [] : [{ kind: 'os-packages' as const, place: spec.own.osPackages ? ('own' as const) : ('host' as const) }]),
  { kind: 'time', place: spec.timeServers.length ? 'own' : spec.mirror === 'aliyun' ? 'aliyun' : 'host' },
];

/** Everything that can be asked, by kind and then in the order of preference. */
export const offersOf = (spec: ClusterSpec): Offer[] => [
  ...sourceKinds.flatMap(kind => placesFor(spec, kind).map(place => ({ kind, place }))),
  ...underneath(spec),
];

/** What an install takes where all is well. */
export const preferredOf = (spec: ClusterSpec): Offer[] => [
  ...sourceKinds.map(kind => ({ kind, place: placesFor(spec, kind)[0]! })),
  ...underneath(spec),
];
