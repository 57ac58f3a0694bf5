import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../source/engine/facts/facts.js';
import { parseFacts } from '../../../source/engine/facts/parse.js';
import type { Finding } from '../../../source/engine/preflight/finding.js';
import { checks, preflight } from '../../../source/engine/preflight/preflight.js';
import type { SourceReport } from '../../../source/engine/sources/report.js';
import { readSpec } from '../../../source/engine/spec/read.js';
import { machine } from '../../support/facts.js';

type Change = Partial<Facts>;
const spec = (more = '') =>
  readSpec(
    `hosts: [${[1, 2, 3].map(n => `{name: n${n}, address: 192.168.1.${n}${n === 1 ? ', roles: [control-plane]' : ''}}`).join(', ')}]\n${more}\n`,
    'cluster.yaml',
  );
const carried: SourceReport = ['n1', 'n2', 'n3'].flatMap(host =>
  (['upstream', 'aliyun'] as const).map(place => ({
    host,
    place,
    kind: 'kubernetes-packages',
    url: 'https://x',
    ok: true,
    ms: 1,
    reason: null,
    versions: ['v1.37.1', 'v1.37.2'],
  })),
);
/** Findings of three good machines, changed by number. */
const look = (changes: Record<number, Change> = {}, more = '', report = carried) =>
  preflight(spec(more), Object.fromEntries([1, 2, 3].map(n => [`n${n}`, machine(n, changes[n])])), report);
const short = (found: Finding[]) => found.map(({ level, id, host }) => `${level} ${id}${host ? ` ${host}` : ''}`);

const cluster = (state: Facts['cluster']['state'], change: Partial<Facts['cluster']> = {}): Change => ({
  cluster: {
    state,
    server: state === 'none' ? null : 'https://192.168.1.1:6443',
    caHash: state === 'none' ? null : 'sha256:aa',
    version: state === 'none' ? null : 'v1.37.2',
    leftovers: [],
    ...change,
  },
});
const ours = (state: Facts['cluster']['state'], change: Partial<Facts['cluster']> = {}): Change => ({
  ...cluster(state, change),
  ledger: 'k8s',
  containerd: { version: '2.3.7', active: true, ours: true },
});
const listens = (port: number, process: string | null, protocol: 'tcp' | 'udp' = 'tcp'): Change => ({
  listening: [{ protocol, address: '*', port, process }],
});
const disk = (change: Partial<Facts['disks'][number]>): Facts['disks'][number] => ({
  path: '/',
  mount: '/',
  freeMiB: 50_000,
  totalMiB: 100_000,
  freeInodes: 1_000_000,
  readOnly: false,
  ...change,
});
const offset = (ms: number): Change => ({
  time: { epochMs: 1_795_386_000_000 + ms, askedAtMs: 1_795_386_000_000, synchronized: true, service: 'chrony' },
});
const interfaces = (...all: [name: string, address: string][]): Change => ({
  interfaces: all.map(([name, address]) => ({ name, mac: '52:54:00:aa:bb:cc', addresses: [address] })),
});
const modules = (name: string): Change => ({ modules: { ...machine(1).modules, [name]: 'missing' } });

const cases: [what: string, changes: Record<number, Change>, more: string, expected: string[]][] = [
  ['three good machines', {}, '', []],
  [
    'Ubuntu is as good',
    { 1: { os: { id: 'ubuntu', versionId: '22.04', codename: 'jammy', pretty: 'Ubuntu 22.04.5 LTS' } } },
    '',
    [],
  ],
  [
    'an old Debian',
    { 2: { os: { id: 'debian', versionId: '11', codename: 'bullseye', pretty: 'Debian GNU/Linux 11 (bullseye)' } } },
    '',
    ['stop os-unsupported n2'],
  ],
  [
    'another system',
    { 2: { os: { id: 'rocky', versionId: '9.4', codename: '', pretty: 'Rocky Linux 9.4' } } },
    '',
    ['stop os-unsupported n2'],
  ],
  ['another processor', { 3: { arch: 'riscv64' } }, '', ['stop arch-unsupported n3']],
  ['arm64', { 3: { arch: 'arm64' } }, '', []],
  ['no systemd', { 1: { systemd: false } }, '', ['stop systemd-missing n1']],
  ['no way to root', { 2: { access: 'none' } }, '', ['stop no-root n2']],
  [
    'no ip and ss',
    { 2: { commands: ['curl', 'gpg', 'perl'], interfaces: [], listening: [] } },
    '',
    ['warn facts-incomplete n2'],
  ],
  ['no curl', { 2: { commands: ['ip', 'ss', 'gpg', 'perl'] } }, '', ['note tools-missing n2']],

  ['one CPU on the control plane', { 1: { cpus: 1 } }, '', ['stop cpus-few n1']],
  ['one CPU on a worker', { 2: { cpus: 1 } }, '', []],
  ['CPUs that are not known', { 1: { cpus: 0, memoryMiB: 0 } }, '', []],
  ['little memory on the control plane', { 1: { memoryMiB: 1699 } }, '', ['stop memory-low n1']],
  ['just enough', { 1: { memoryMiB: 1700 } }, '', []],
  ['little memory on a worker', { 3: { memoryMiB: 512 } }, '', ['warn memory-low n3']],
  ['a full disk', { 2: { disks: [disk({ freeMiB: 3000, totalMiB: 10_000 })] } }, '', ['stop disk-full n2']],
  [
    'a disk of its own for containers that is full',
    { 2: { disks: [disk({}), disk({ path: '/var/lib/containerd', mount: '/data', freeMiB: 100 })] } },
    '',
    ['stop disk-full n2'],
  ],
  [
    'a large disk with less than kubelet wants free',
    { 2: { disks: [disk({ path: '/var/lib/containerd', freeMiB: 140_000, totalMiB: 1_000_000 })] } },
    '',
    ['stop disk-full n2'],
  ],
  [
    'etcd’s small disk',
    { 1: { disks: [disk({}), disk({ path: '/var/lib/etcd', mount: '/etcd', freeMiB: 2000, totalMiB: 2000 })] } },
    '',
    [],
  ],
  [
    'a full disk of a running node',
    {
      1: ours('control-plane'),
      2: { ...ours('worker'), disks: [disk({ freeMiB: 3000, totalMiB: 10_000 })] },
      3: ours('worker'),
    },
    '',
    [],
  ],
  [
    'few inodes',
    { 2: { disks: [disk({ freeInodes: 99 }), disk({ path: '/var/lib/kubelet', freeInodes: 99 })] } },
    '',
    ['stop inodes-few n2'],
  ],
  ['a read-only disk', { 2: { disks: [disk({ readOnly: true, freeMiB: 0 })] } }, '', ['stop disk-read-only n2']],
  ['swap', { 2: { swap: ['/swap.img'] } }, '', ['note swap-on n2']],
  ['swap of the machine around a container', { 2: { swap: ['/swap.img'], virtualization: 'lxc' } }, '', ['stop swap-on n2']],
  ['swap that may stay', { 2: { swap: ['/swap.img'], virtualization: 'lxc' } }, 'swap: keep', []],

  ['an old kernel for nftables', { 2: { kernel: '5.10.0-30-amd64' } }, 'network: {proxy: nftables}', ['stop kernel-old n2']],
  ['the same for iptables', { 2: { kernel: '5.10.0-30-amd64' } }, '', []],
  [
    'an old kernel for Calico',
    { 2: { kernel: '4.19.0-27-amd64' } },
    'network: {cni: calico}',
    ['stop kernel-old n2', 'note calico-untested'],
  ],
  ['cgroup v1', { 2: { cgroup: 1 } }, '', ['warn cgroup-v1 n2']],
  [
    'cgroup v1 where kubelet takes it',
    { 2: { cgroup: 1 }, 3: { time: { ...machine(3).time, epochMs: 0 } } },
    'kubernetes: v1.34.1',
    ['warn kubernetes-end-of-life'],
  ],
  ['no overlay', { 2: modules('overlay') }, '', ['stop modules-missing n2']],
  ['no IPVS, which nobody wants', { 2: modules('ip_vs') }, '', []],
  [
    'no IPVS for ipvs',
    {},
    'kubernetes: v1.34.1\nnetwork: {proxy: ipvs}',
    ['stop modules-missing n1', 'stop modules-missing n2', 'stop modules-missing n3', 'warn kubernetes-end-of-life'],
  ],
  ['no nftables for nftables', { 3: modules('nf_tables') }, 'network: {proxy: nftables}', ['stop modules-missing n3']],
  ['SELinux', { 2: { selinux: 'enforcing' } }, '', ['warn selinux-enforcing n2']],
  ['SELinux that only complains', { 2: { selinux: 'permissive' } }, '', []],

  ['an address behind a NAT', { 2: interfaces(['eth0', '10.0.0.5/24']) }, '', ['stop address-not-here n2']],
  [
    'a route into the pods’ network',
    { 2: { routes: [{ to: '10.244.7.0/24', via: null, device: 'wg0' }] } },
    '',
    ['stop network-overlap n2'],
  ],
  [
    'an address in the services’ network',
    { 2: interfaces(['eth0', '192.168.1.2/24'], ['eth1', '10.100.0.9/16']) },
    '',
    ['stop network-overlap n2'],
  ],
  ['a name server in the services’ network', { 3: { nameservers: ['10.96.0.53'] } }, '', ['stop network-overlap n3']],
  [
    'a wide route around the pods’ network',
    { 3: { routes: [{ to: '10.0.0.0/8', via: '192.168.1.9', device: 'eth0' }] } },
    '',
    ['stop network-overlap n3', 'stop network-overlap n3'],
  ],
  [
    'the networks that a cluster itself made',
    {
      1: ours('control-plane'),
      2: {
        ...ours('worker'),
        ...interfaces(
          ['eth0', '192.168.1.2/24'],
          ['cni0', '10.244.1.1/24'],
          ['flannel.1', '10.244.1.0/32'],
          ['cali12ab', '10.244.9.1/32'],
          ['kube-ipvs0', '10.96.0.1/32'],
        ),
        routes: [
          { to: '10.244.0.0/24', via: '10.244.0.0', device: 'flannel.1' },
          { to: '10.244.64.0/26', via: null, device: '' },
        ],
      },
      3: ours('worker'),
    },
    '',
    [],
  ],
  [
    'Docker’s network, which lies elsewhere',
    { 2: interfaces(['eth0', '192.168.1.2/24'], ['docker0', '172.17.0.1/16']) },
    '',
    [],
  ],
  ['a port of the control plane', { 1: listens(6443, 'nginx') }, '', ['stop port-in-use n1']],
  ['the same port on a worker', { 2: listens(6443, 'nginx') }, '', []],
  ['a port of kubelet, by whom is not known', { 2: listens(10250, null) }, '', ['stop port-in-use n2']],
  ['another VXLAN', { 2: listens(8472, null, 'udp') }, '', ['stop port-in-use n2']],
  ['another VXLAN beside Calico', { 2: listens(8472, null, 'udp') }, 'network: {cni: calico}', ['note calico-untested']],
  [
    'ports of the cluster itself',
    { 1: { ...ours('control-plane'), ...listens(6443, 'kube-apiserver') }, 2: ours('worker'), 3: ours('worker') },
    '',
    [],
  ],
  ['ufw', { 2: { firewall: { ufw: 'active', firewalld: null } } }, '', ['note firewall-active n2']],
  [
    'ufw to be left alone',
    { 2: { firewall: { ufw: 'active', firewalld: null } } },
    'firewall: leave',
    ['warn firewall-active n2'],
  ],
  ['ufw to be switched off', { 2: { firewall: { ufw: 'active', firewalld: null } } }, 'firewall: disable', []],
  ['firewalld', { 2: { firewall: { ufw: null, firewalld: 'active' } } }, '', ['stop firewall-active n2']],
  ['no name server', { 2: { nameservers: [] } }, '', ['warn dns-missing n2']],
  [
    'a proxy for everything',
    { 2: { proxies: { https_proxy: 'http://p:3128', no_proxy: 'localhost,192.168.1.1' } } },
    '',
    ['warn proxy-incomplete n2'],
  ],
  [
    'a proxy that is told',
    { 2: { proxies: { https_proxy: 'http://p:3128', no_proxy: '192.168.0.0/16,10.0.0.0/8,.svc,cluster.local' } } },
    '',
    [],
  ],
  ['exceptions alone', { 2: { proxies: { no_proxy: 'localhost' } } }, '', []],

  [
    'one machine twice',
    { 2: { ...interfaces(['eth0', '192.168.1.2/24']), identity: machine(1).identity, hostname: 'n1' } },
    '',
    ['stop same-machine', 'warn hostname-duplicate', 'warn product-uuid-duplicate', 'warn machine-id-duplicate'],
  ],
  [
    'containers of one machine',
    {
      1: { virtualization: 'lxc', identity: { ...machine(1).identity, bootId: 'x', productUuid: 'u' } },
      2: { virtualization: 'lxc', identity: { ...machine(2).identity, bootId: 'x', productUuid: 'u' } },
    },
    '',
    [],
  ],
  ['names that are the same', { 2: { hostname: 'n1' } }, '', ['warn hostname-duplicate']],
  [
    'MAC addresses that are the same',
    { 1: interfaces(['eth0', '192.168.1.1/24']), 3: interfaces(['ens3', '192.168.1.3/24']) },
    '',
    ['stop mac-duplicate'],
  ],
  [
    'uuids that are the same',
    { 2: { identity: { ...machine(2).identity, productUuid: machine(3).identity.productUuid } } },
    '',
    ['warn product-uuid-duplicate'],
  ],
  [
    'no uuids at all',
    {
      2: { identity: { ...machine(2).identity, productUuid: null } },
      3: { identity: { ...machine(3).identity, productUuid: null } },
    },
    '',
    [],
  ],
  [
    'machine ids that are the same',
    { 2: { identity: { ...machine(2).identity, machineId: machine(3).identity.machineId } } },
    '',
    ['warn machine-id-duplicate'],
  ],
  ['a clock that is a little off', { 2: offset(-6_000) }, '', ['warn clock-skew n2']],
  ['a clock that is off', { 3: offset(45_000) }, '', ['stop clock-skew n3']],
  ['clocks within five seconds', { 1: offset(-2_000), 3: offset(2_500) }, '', []],
  [
    'an operator whose clock is off',
    { 1: offset(3_600_000), 2: offset(3_601_000), 3: offset(3_600_500) },
    '',
    ['warn clock-operator'],
  ],
  ['a clock that was not read', { 2: { time: { epochMs: 0, askedAtMs: 0, synchronized: true, service: 'chrony' } } }, '', []],
  [
    'a clock that nobody keeps',
    { 2: { time: { ...machine(2).time, service: null, synchronized: null } } },
    '',
    ['warn clock-not-kept n2'],
  ],
  ['a clock that is not in step', { 2: { time: { ...machine(2).time, synchronized: false } } }, '', ['warn clock-not-kept n2']],
  [
    'a clock that will be kept',
    { 2: { time: { ...machine(2).time, synchronized: false } } },
    'timeServers: [ntp.example.com]',
    [],
  ],

  ['apt at work', { 2: { aptLock: '4711 unattended-upgr' } }, '', ['warn apt-locked n2']],
  ['dpkg interrupted', { 2: { dpkgBroken: true } }, '', ['stop dpkg-broken n2']],
  ['dpkg interrupted by an install of ours', { 2: { ...ours('none'), dpkgBroken: true } }, '', ['note dpkg-broken n2']],
  [
    'networks that the cluster does not have',
    { 1: ours('control-plane', { made: { pods: '10.245.0.0/16', services: '10.97.0.0/16', cni: 'calico' } }) },
    '',
    ['stop cannot-be-changed n1', 'stop cannot-be-changed n1', 'stop cannot-be-changed n1'],
  ],
  [
    'the networks that the cluster has',
    { 1: ours('control-plane', { made: { pods: '10.244.0.0/16', services: '10.96.0.0/12', cni: 'flannel' } }) },
    '',
    [],
  ],
  ['cloud-init at work', { 2: { cloudInit: 'running' } }, '', ['warn cloud-init-running n2']],
  ['cloud-init at its end', { 2: { cloudInit: 'done' } }, '', []],
  [
    'packages that are newer',
    { 2: { packages: { kubelet: '1.38.0-1.1', kubeadm: '1.38.0-1.1' } } },
    '',
    ['stop packages-newer n2'],
  ],
  [
    'a patch that is newer than the one wanted',
    { 2: { packages: { kubelet: '1.37.2-1.1' } } },
    'kubernetes: v1.37.1',
    ['stop packages-newer n2'],
  ],
  ['packages that are older', { 2: { packages: { kubelet: '1.36.3-1.1' } } }, '', []],
  [
    'packages that are held',
    { 2: { packages: { kubelet: '1.36.3-1.1' }, held: ['kubelet', 'nginx'] } },
    '',
    ['warn packages-held n2'],
  ],
  ['packages that are held as they will be', { 2: { packages: { kubelet: '1.37.2-1.1' }, held: ['kubelet'] } }, '', []],

  [
    'containerd 1.7',
    { 2: { containerd: { version: '1.7.28', active: true, ours: false } } },
    '',
    ['stop containerd-old n2', 'warn containerd-reconfigured n2'],
  ],
  [
    'containerd 1.7 with an older Kubernetes',
    { 2: { containerd: { version: '1.7.28', active: true, ours: true } } },
    'kubernetes: v1.35.1',
    [],
  ],
  [
    'a containerd older than was tested',
    { 2: { containerd: { version: '2.1.1', active: true, ours: true } } },
    '',
    ['warn containerd-old n2'],
  ],
  [
    'containerd 1.7, and GitHub’s release asked for',
    { 2: { containerd: { version: '1.7.28', active: true, ours: true } } },
    'runtime: github',
    [],
  ],
  [
    'Docker',
    { 2: { commands: [...machine(2).commands, 'docker'], containerd: { version: '2.2.1', active: true, ours: false } } },
    '',
    ['warn containerd-reconfigured n2'],
  ],

  ['k3s', { 2: listens(6443, 'k3s-server') }, '', ['stop other-installer n2']],
  ['k3s on kubelet’s port is told once', { 2: listens(10250, 'k3s-agent') }, '', ['stop other-installer n2']],
  ['MicroK8s at rest', { 2: { commands: [...machine(2).commands, 'microk8s'] } }, '', ['warn other-installer n2']],
  ['a host of another cluster of ours', { 2: { ledger: 'other' } }, '', ['stop host-of-other-cluster n2']],
  [
    'a node of a cluster that we did not make',
    { 2: cluster('worker'), 1: cluster('control-plane') },
    '',
    ['stop cluster-foreign n1', 'stop cluster-foreign n2'],
  ],
  ['an init of others that did not end', { 1: cluster('partial') }, '', ['stop cluster-partial n1']],
  ['an init of ours that did not end', { 1: ours('partial') }, '', ['note cluster-partial n1']],
  ['a ledger that does not say whose it is', { 1: { ...ours('partial'), ledger: 'unknown' } }, '', ['note cluster-partial n1']],
  ['a finished cluster', { 1: ours('control-plane'), 2: ours('worker'), 3: ours('worker') }, '', []],
  [
    'a finished cluster, by its minor, with a newer patch about',
    {
      1: ours('control-plane', { version: 'v1.37.1' }),
      2: ours('worker', { version: 'v1.37.1' }),
      3: ours('worker', { version: 'v1.37.1' }),
    },
    'kubernetes: v1.37',
    [],
  ],
  [
    'another version of a running cluster',
    { 1: ours('control-plane'), 2: ours('worker'), 3: ours('worker') },
    'kubernetes: v1.37.1',
    ['stop version-skew n1', 'stop version-skew n2', 'stop version-skew n3'],
  ],
  ['a worker to become a control plane', { 1: ours('worker') }, '', ['stop role-changed n1']],
  [
    'a worker of a control plane that was made anew',
    { 1: ours('control-plane', { caHash: 'sha256:bb' }), 2: ours('worker') },
    '',
    ['stop cluster-outlived n2'],
  ],
  ['a worker whose control plane is gone', { 2: ours('worker') }, '', ['stop cluster-outlived n2']],
  [
    'a worker of a control plane that is being repaired',
    { 1: ours('partial'), 2: ours('worker') },
    '',
    ['note cluster-partial n1'],
  ],
  ['etcd’s data left behind', { 1: cluster('none', { leftovers: ['/var/lib/etcd'] }) }, '', ['stop cluster-leftovers n1']],
  [
    'the same on a worker',
    { 2: cluster('none', { leftovers: ['/var/lib/etcd', '/etc/cni/net.d'] }) },
    '',
    ['warn cluster-leftovers n2'],
  ],
  [
    'interfaces left behind',
    { 2: interfaces(['eth0', '192.168.1.2/24'], ['flannel.1', '10.244.3.0/32']) },
    '',
    ['warn cluster-leftovers n2'],
  ],

  ['a version without support', { 1: offset(0) }, 'kubernetes: v1.34.1', ['warn kubernetes-end-of-life']],
  ['a version of the future', {}, 'kubernetes: v1.38.0', ['warn kubernetes-untried']],
  ['Calico by its operator', {}, 'network: {cni: calico-operator}', ['warn calico-operator-untried', 'note calico-untested']],
];

describe('facts in, findings out', () => {
  it.each(cases)('%s', (_, changes, more, expected) => {
    const found = look(changes, more.includes('kubernetes:') ? more : `kubernetes: v1.37.2\n${more}`);
    expect(short(found)).toEqual(expected);
    for (const { what, why, remedy } of found) {
      for (const text of [what, why, remedy]) {
        expect(text.en).toMatch(/^[^\u4e00-\u9fff]{4,}$/);
        expect(text.zh).toMatch(/[\u4e00-\u9fff]/);
        expect(`${text.en}${text.zh}`).not.toMatch(/undefined|NaN|\[object/);
      }
    }
  });

  const planes = (count: number, changes: Record<number, Change> = {}) =>
    preflight(
      readSpec(
        `kubernetes: v1.37.2\nhosts: [${[1, 2, 3, 4].map(n => `{name: n${n}, address: 192.168.1.${n}, roles: [${n <= count ? 'control-plane' : 'worker'}]}`).join(', ')}]\n`,
        'cluster.yaml',
      ),
      Object.fromEntries([1, 2, 3, 4].map(n => [`n${n}`, machine(n, changes[n])])),
      carried,
    );
  it.each([
    [1, []],
    [2, ['warn control-planes-even']],
    [3, []],
    [4, ['warn control-planes-even']],
  ])('%i control planes', (count, expected) => expect(short(planes(count))).toEqual(expected));
  it('routes of a cluster’s own to its pods, as Calico has them, are nobody else’s; on a fresh host they are', () => {
    const routes = [{ to: '10.244.6.0/26', via: '192.168.1.2', device: 'eth0' }];
    const made = { pods: '10.244.0.0/16', services: '10.96.0.0/12', cni: 'flannel' };
    expect(short(planes(1, { 1: { ...ours('control-plane', { made }), routes }, 2: { ...ours('worker'), routes } }))).toEqual(
      [],
    );
    expect(short(planes(1, { 2: { routes } }))).toEqual(['stop network-overlap n2']);
  });
  it('a control plane more, wherever it stands in the file, and one of another cluster', () => {
    const made = { pods: '10.244.0.0/16', services: '10.96.0.0/12', cni: 'flannel' };
    expect(short(planes(3, { 2: ours('control-plane', { made }), 4: ours('worker') }))).toEqual([]);
    expect(short(planes(3, { 2: ours('control-plane', { made }), 3: ours('control-plane', { caHash: 'sha256:bb' }) }))).toEqual(
      ['stop cluster-outlived n3'],
    );
  });

  it('has a case for every check', () => {
    const seen = new Set(cases.flatMap(([, , , expected]) => expected.map(line => line.split(' ')[1])));
    // This one needs what the sources say, and has a test of its own below.
    seen.add('distribution-runtime-old').add('control-planes-even');
    expect(checks.map(check => check.id).filter(id => !seen.has(id))).toEqual([]);
  });

  it('finds everything at once, stops first', () => {
    const found = look(
      { 1: { cpus: 1, swap: ['/swap.img'], aptLock: '1 apt' }, 2: { cgroup: 1, access: 'none' } },
      'kubernetes: v1.37.2',
    );
    expect(short(found)).toEqual([
      'stop no-root n2',
      'stop cpus-few n1',
      'warn cgroup-v1 n2',
      'warn apt-locked n1',
      'note swap-on n1',
    ]);
  });

  it('says nothing of hosts that did not answer', () => {
    expect(preflight(spec(), { n1: machine(1) }, [])).toEqual([]);
    expect(preflight(spec(), {}, [])).toEqual([]);
  });
});

describe('what is said', () => {
  const only = (changes: Record<number, Change>, more = 'kubernetes: v1.37.2') => look(changes, more)[0]!;
  it.each<[string, () => Finding, RegExp, RegExp]>([
    [
      'names who holds the port',
      () => only({ 1: listens(6443, 'nginx') }),
      /^Port 6443\/tcp, which kube-apiserver needs, is taken by nginx$/,
      /ss -lntup/,
    ],
    [
      'names the sudoers line for the user',
      () => only({ 2: { access: 'none' } }, 'kubernetes: v1.37.2\nssh: {user: ops}'),
      /^ops cannot become root$/,
      /echo 'ops ALL=\(ALL\) ALL' > \/etc\/sudoers\.d\/ops/,
    ],
    [
      'offers a network that no host uses',
      () => only({ 2: { routes: [{ to: '10.244.0.0/14', via: null, device: 'wg0' }] } }),
      /network\.pods 10\.244\.0\.0\/16 overlaps 10\.244\.0\.0\/14, a route by wg0/,
      /Write network\.pods: 10\.248\.0\.0\/16, which no host uses\./,
    ],
    [
      'offers the address that is there',
      () => only({ 2: interfaces(['eth0', '10.0.0.5/24']) }),
      /192\.168\.1\.2 is on no interface/,
      /internalAddress: 10\.0\.0\.5;/,
    ],
    [
      'says how far a clock is off',
      () => only({ 3: offset(-7_300_000) }),
      /^The clock is 2 h behind the other hosts’$/,
      /timedatectl/,
    ],
    [
      'writes the whole NO_PROXY',
      () => only({ 2: { proxies: { http_proxy: 'http://p', no_proxy: 'localhost, 192.168.1.1' } } }),
      /lacks 192\.168\.1\.2, 192\.168\.1\.3, 10\.244\.0\.0\/16, 10\.96\.0\.0\/12, \.svc, \.cluster\.local$/,
      /NO_PROXY=localhost,192\.168\.1\.1,192\.168\.1\.2,192\.168\.1\.3,10\.244\.0\.0\/16,10\.96\.0\.0\/12,\.svc,\.cluster\.local$/,
    ],
    [
      'offers reset where a cluster is left half made',
      () => only({ 1: cluster('partial') }),
      /kubeadm was at work here/,
      /k8s-tui reset/,
    ],
    [
      'says how much space is there and needed',
      () => only({ 2: { disks: [disk({ freeMiB: 3072, totalMiB: 10_240 })] } }),
      /^\/ has 3\.0 GiB free of 10\.0; 4\.0 are needed for \/$/,
      /apt-get clean/,
    ],
    [
      'offers the version that runs',
      () => only({ 1: ours('control-plane', { version: 'v1.36.3' }) }),
      /runs Kubernetes v1\.36\.3; wanted is v1\.37\.2/,
      /^Write kubernetes: v1\.36\.3\.$/,
    ],
  ])('%s', (_, find, what, remedy) => {
    const found = find();
    expect(found.what.en).toMatch(what);
    expect(found.remedy.en).toMatch(remedy);
  });

  it('judges the distribution’s containerd by what it would install', () => {
    const report = (version: string): SourceReport => [
      {
        host: 'n2',
        place: 'upstream',
        kind: 'runtime',
        url: 'apt: containerd',
        ok: true,
        ms: null,
        reason: null,
        versions: [version],
      },
    ];
    const more = 'kubernetes: v1.37.2\nruntime: distribution';
    expect(short(look({}, more, report('1.6.20')))).toEqual(['stop distribution-runtime-old n2']);
    expect(short(look({}, more, report('2.2.4')))).toEqual([]);
    expect(short(look({}, 'kubernetes: v1.35.1\nruntime: distribution', report('1.7.24')))).toEqual([
      'warn distribution-runtime-old n2',
    ]);
  });
});

it('takes the lab’s hosts, which are containers, with warnings only', () => {
  const recorded = (name: string, n: number) => {
    const facts = parseFacts(readFileSync(new URL(`../facts/recorded/debian-12-${name}.txt`, import.meta.url), 'utf8'), {
      askedAtMs: 1_795_386_733_506,
      access: 'root',
    });
    return { ...facts, time: { ...facts.time, askedAtMs: facts.time.epochMs }, n };
  };
  const lab = readSpec('kubernetes: v1.37.2\nhosts: [{name: n4, address: 10.77.0.14, roles: [control-plane]}]', 'cluster.yaml');
  expect(short(preflight(lab, { n4: recorded('fresh', 4) }))).toEqual(['warn cgroup-v1 n4']);
  const made = readSpec(
    'name: lab\nkubernetes: v1.37.2\nhosts: [{name: n1, address: 10.77.0.11, roles: [control-plane]}, {name: n2, address: 10.77.0.12}]',
    'cluster.yaml',
  );
  expect(short(preflight(made, { n1: recorded('control-plane', 1), n2: recorded('worker', 2) }))).toEqual([
    'warn cgroup-v1 n1',
    'warn cgroup-v1 n2',
    'warn machine-id-duplicate',
  ]);
});
