/** A package of the demo's repositories. */
export interface PackageEntry {
  name: string;
  version: string;
  arch?: string;
  /** Bytes to fetch. */
  size: number;
  needs?: string[];
  /** Files that it brings: path and content; a program where there is none. */
  files?: Record<string, string>;
  /** Files below /etc that purging removes. */
  configuration?: Record<string, string>;
  folders?: string[];
  /** Units that run as soon as it is installed. */
  starts?: string[];
}

const programs = (...paths: string[]) => Object.fromEntries(paths.map(path => [path, '']));

/** The minor versions of Kubernetes that the sites carry. */
export const minors = ['v1.34', 'v1.35', 'v1.36', 'v1.37'];

/** What Kubernetes' package repository of a minor version carries, oldest first; empty where there is no such minor. */
export function kubernetesVersions(minor: string): string[] {
  const patches = { 'v1.34': 9, 'v1.35': 6, 'v1.36': 4, 'v1.37': 3 }[minor] ?? 0;
  return Array.from({ length: patches }, (_, patch) => `${minor.slice(1)}.${patch}`);
}

const containerdUnit = `[Unit]
Description=containerd container runtime
After=network.target

[Service]
ExecStart=/usr/bin/containerd
Type=notify
Delegate=yes
Restart=always

[Install]
WantedBy=multi-user.target
`;

const kubeletUnit = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Wants=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
RestartSec=10

[Install]
WantedBy=multi-user.target
`;

const cniPlugins = [
  'bandwidth',
  'bridge',
  'dhcp',
  'dummy',
  'firewall',
  'host-device',
  'host-local',
  'ipvlan',
  'loopback',
  'macvlan',
  'portmap',
  'ptp',
  'sbr',
  'static',
  'tap',
  'tuning',
  'vlan',
  'vrf',
];

/** What a repository of a kind carries. `kubernetes` is one of a minor version. */
export function repositoryOf(kind: 'kubernetes' | 'docker', minor = 'v1.37'): PackageEntry[] {
  if (kind === 'docker') {
    return ['2.2.5', '2.3.4', '2.3.6', '2.3.7'].map(version => ({
      name: 'containerd.io',
      version: `${version}-1~debian.12~bookworm`,
      size: 23_200_000,
      needs: ['libseccomp2'],
      files: {
        ...programs('/usr/bin/containerd', '/usr/bin/containerd-shim-runc-v2', '/usr/bin/ctr', '/usr/bin/runc'),
        '/usr/lib/systemd/system/containerd.service': containerdUnit,
      },
      configuration: { '/etc/containerd/config.toml': '#   Copyright 2018-2025 Docker Inc.\n\ndisabled_plugins = ["cri"]\n' },
      folders: ['/opt/containerd', '/var/lib/containerd'],
      starts: ['containerd.service'],
    }));
  }
  const ofEach = kubernetesVersions(minor).flatMap((version): PackageEntry[] => [
    { name: 'kubeadm', version: `${version}-1.1`, size: 12_700_000, needs: ['cri-tools'], files: programs('/usr/bin/kubeadm') },
    { name: 'kubectl', version: `${version}-1.1`, size: 11_500_000, files: programs('/usr/bin/kubectl') },
    {
      name: 'kubelet',
      version: `${version}-1.1`,
      size: 13_100_000,
      needs: ['iptables', 'kubernetes-cni'],
      files: { ...programs('/usr/bin/kubelet'), '/usr/lib/systemd/system/kubelet.service': kubeletUnit },
      configuration: { '/etc/default/kubelet': 'KUBELET_EXTRA_ARGS=\n' },
      folders: ['/var/lib/kubelet', '/etc/kubernetes/manifests'],
    },
  ]);
  const number = minor.slice(1);
  return [
    ...ofEach,
    ...(ofEach.length
      ? [
          { name: 'cri-tools', version: `${number}.0-1.1`, size: 16_400_000, files: programs('/usr/bin/crictl') },
          {
            name: 'kubernetes-cni',
            version: '1.9.1-1.1',
            size: 41_600_000,
            files: programs(...cniPlugins.map(name => `/opt/cni/bin/${name}`)),
            folders: ['/etc/cni/net.d'],
          },
        ]
      : []),
  ];
}

/** Debian's own packages that matter here. */
export const debianPackages: PackageEntry[] = [
  {
    name: 'gpg',
    version: '2.2.40-1.1+deb12u1',
    size: 949_000,
    needs: ['gpgconf', 'libassuan0', 'libreadline8'],
    files: programs('/usr/bin/gpg'),
  },
  { name: 'gpgconf', version: '2.2.40-1.1+deb12u1', size: 565_000, files: programs('/usr/bin/gpgconf') },
  { name: 'libassuan0', version: '2.5.5-5', size: 48_500 },
  { name: 'libreadline8', version: '8.2-1.3', size: 166_000, needs: ['readline-common'] },
  { name: 'readline-common', version: '8.2-1.3', arch: 'all', size: 69_000 },
  { name: 'curl', version: '7.88.1-10+deb12u14', size: 315_000, needs: ['libcurl4'], files: programs('/usr/bin/curl') },
  { name: 'libcurl4', version: '7.88.1-10+deb12u14', size: 391_000 },
  {
    name: 'iptables',
    version: '1.8.9-2',
    size: 360_000,
    needs: ['libip6tc2', 'libxtables12'],
    files: programs(
      '/usr/sbin/iptables',
      '/usr/sbin/iptables-save',
      '/usr/sbin/iptables-restore',
      '/usr/sbin/ip6tables',
      '/usr/sbin/ip6tables-save',
      '/usr/sbin/ip6tables-restore',
    ),
  },
  { name: 'libip6tc2', version: '1.8.9-2', size: 19_400 },
  { name: 'libxtables12', version: '1.8.9-2', size: 30_900 },
  { name: 'conntrack', version: '1:1.4.7-1+b2', size: 35_200, files: programs('/usr/sbin/conntrack') },
  { name: 'socat', version: '1.7.4.4-2', size: 375_000, files: programs('/usr/bin/socat') },
  { name: 'ebtables', version: '2.0.11-5', size: 86_500, files: programs('/usr/sbin/ebtables') },
  { name: 'ethtool', version: '1:6.1-1', size: 197_000, files: programs('/usr/sbin/ethtool') },
  { name: 'ipset', version: '7.17-1', size: 46_000, files: programs('/usr/sbin/ipset') },
  { name: 'ipvsadm', version: '1:1.31-1+b1', size: 41_000, files: programs('/usr/sbin/ipvsadm') },
  { name: 'runc', version: '1.1.5+ds1-1+deb12u1', size: 2_708_000, files: programs('/usr/sbin/runc') },
  {
    name: 'containerd',
    version: '1.6.20~ds1-1+deb12u2',
    size: 25_900_000,
    needs: ['runc'],
    files: {
      ...programs('/usr/bin/containerd', '/usr/bin/containerd-shim-runc-v2', '/usr/bin/ctr'),
      '/usr/lib/systemd/system/containerd.service': containerdUnit,
    },
    configuration: { '/etc/containerd/config.toml': 'version = 2\n\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri"]\n' },
    folders: ['/var/lib/containerd'],
    starts: ['containerd.service'],
  },
  {
    name: 'chrony',
    version: '4.3-2+deb12u1',
    size: 292_000,
    files: {
      ...programs('/usr/sbin/chronyd', '/usr/bin/chronyc'),
      '/usr/lib/systemd/system/chrony.service':
        '[Unit]\nDescription=chrony, an NTP client/server\n\n[Service]\nExecStart=/usr/sbin/chronyd -F 1\n\n[Install]\nWantedBy=multi-user.target\n',
    },
    configuration: {
      '/etc/chrony/chrony.conf':
        'confdir /etc/chrony/conf.d\npool 2.debian.pool.ntp.org iburst\nsourcedir /etc/chrony/sources.d\n',
    },
    folders: ['/etc/chrony/sources.d', '/etc/chrony/conf.d'],
    starts: ['chrony.service'],
  },
];

/** What a fresh Debian 12 has installed, of what matters or is likely to be asked for. */
export const installedAtFirst: Record<string, string> = {
  apt: '2.6.1',
  curl: '7.88.1-10+deb12u14',
  libcurl4: '7.88.1-10+deb12u14',
  'base-files': '12.4+deb12u12',
  'ca-certificates': '20230311+deb12u1',
  coreutils: '9.1-1',
  dash: '0.5.12-2',
  dpkg: '1.21.22',
  gpgv: '2.2.40-1.1+deb12u1',
  iproute2: '6.1.0-3',
  kmod: '30+20221128-1',
  libc6: '2.36-9+deb12u13',
  libseccomp2: '2.5.4-1+deb12u1',
  mount: '2.38.1-5+deb12u3',
  nftables: '1.0.6-2+deb12u2',
  openssl: '3.0.17-1~deb12u3',
  'openssh-server': '1:9.2p1-2+deb12u7',
  'perl-base': '5.36.0-7+deb12u3',
  procps: '2:4.0.2-3',
  sudo: '1.9.13p3-1+deb12u2',
  systemd: '252.39-1~deb12u1',
  'systemd-timesyncd': '252.39-1~deb12u1',
  tar: '1.34+dfsg-1.2+deb12u1',
  'util-linux': '2.38.1-5+deb12u3',
};
