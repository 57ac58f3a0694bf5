import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Facts } from '../../../source/engine/facts/facts.js';
import { parseFacts } from '../../../source/engine/facts/parse.js';

const file = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const parse = (text: string, access: Facts['access'] = 'root') => parseFacts(text, { askedAtMs: 1795386733000, access });

/** The output of a probe that says only this. */
const only = (section: string, ...lines: string[]) => parse(`@@ ${section}\n${lines.join('\n')}\n@@ end\n`);

describe('a fresh Debian 12 in a container, as recorded', () => {
  const facts = parse(file('recorded/debian-12-fresh.txt'));

  it('is known by its system', () => {
    expect(facts).toMatchObject({
      hostname: 'n4',
      os: { id: 'debian', versionId: '12', codename: 'bookworm', pretty: 'Debian GNU/Linux 12 (bookworm)' },
      arch: 'amd64',
      systemd: true,
      virtualization: 'systemd-nspawn',
      cgroup: 1,
      cpus: 2,
      memoryMiB: 24105,
      access: 'root',
      swap: [],
      nameservers: ['10.77.1.53'],
    });
  });

  it('has no uuid, no firewall, no time service, and these are no errors', () => {
    expect(facts.identity).toMatchObject({ productUuid: null, machineId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(facts).toMatchObject({ firewall: { ufw: null, firewalld: null }, selinux: null, cloudInit: null, aptLock: null });
    expect(facts.time).toMatchObject({ synchronized: null, service: null });
  });

  it('has what its kernel has built in, though no module can be loaded', () => {
    expect(facts.modules).toMatchObject({
      overlay: 'built-in',
      br_netfilter: 'built-in',
      vxlan: 'built-in',
      nf_conntrack: 'built-in',
      nf_tables: 'built-in',
      ip_vs: 'missing',
    });
    expect(facts.conntrackWritable).toBe(false);
  });

  it('has its folders on the nearest file system', () => {
    expect(facts.disks.map(({ path, mount, readOnly }) => [path, mount, readOnly])).toEqual(
      ['/', '/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd', '/var/cache/apt/archives'].map(path => [
        path,
        '/',
        false,
      ]),
    );
    expect(facts.disks[1]!.freeMiB).toBeGreaterThan(1000);
    expect(facts.disks[1]!.freeInodes).toBeGreaterThan(1000);
  });

  it('has one address, its routes, and sshd', () => {
    expect(facts.interfaces.map(({ name, addresses }) => [name, addresses[0]])).toEqual([
      ['lo', '127.0.0.1/8'],
      ['host0', '10.77.0.14/16'],
    ]);
    expect(facts.routes).toEqual([
      { to: 'default', via: '10.77.0.1', device: 'host0' },
      { to: '10.77.0.0/16', via: null, device: 'host0' },
    ]);
    expect(facts.listening).toEqual([
      { protocol: 'tcp', address: '0.0.0.0', port: 22, process: null },
      { protocol: 'tcp', address: '::', port: 22, process: null },
    ]);
  });

  it('has nothing of Kubernetes', () => {
    expect(facts.cluster).toEqual({ state: 'none', server: null, caHash: null, version: null, leftovers: [] });
    expect(facts).toMatchObject({
      ledger: null,
      containerd: { version: null, active: false, ours: false },
      kubelet: { version: null, active: false },
      held: [],
      dpkgBroken: false,
    });
  });
});

describe('nodes of a cluster, as recorded', () => {
  const control = parse(file('recorded/debian-12-control-plane.txt'));
  const worker = parse(file('recorded/debian-12-worker.txt'));

  it('are told apart', () => {
    expect(control.cluster).toMatchObject({
      state: 'control-plane',
      version: 'v1.37.2',
      server: expect.stringMatching(/^https:.*:6443$/),
    });
    expect(worker.cluster).toMatchObject({ state: 'worker', version: 'v1.37.2' });
    expect(control.cluster.leftovers).toContain('/var/lib/etcd');
  });

  it.each(['control-plane', 'worker'])('are not done while the ledger has a join without its end: %s', role => {
    const told = (...lines: string[]) =>
      parse(file(`recorded/debian-12-${role}.txt`).replace('cluster lab\n', ['cluster lab', ...lines, ''].join('\n'))).cluster
        .state;
    expect(told('step kubeadm_join')).toBe('partial');
    expect(told('step kubeadm_join', 'joined')).toBe(role);
  });

  it('have one authority, by the hash that kubeadm join takes', () => {
    expect(control.cluster.caHash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(worker.cluster.caHash).toBe(control.cluster.caHash);
  });

  it('have their packages held, and a containerd that is ours', () => {
    expect(control.held.sort()).toEqual(['kubeadm', 'kubectl', 'kubelet']);
    expect(control.containerd).toEqual({ version: '2.3.7', active: true, ours: true });
    expect(control.kubelet).toEqual({ version: 'v1.37.2', active: true });
    expect(control.ledger).toBe('lab');
  });

  it('say less to a plain user, and nothing wrong', () => {
    const seen = parse(file('recorded/debian-12-control-plane-as-user.txt'), 'none');
    expect(seen).toMatchObject({
      access: 'none',
      hostname: 'n1',
      ledger: null,
      cluster: { state: 'control-plane', version: 'v1.37.2' },
    });
    expect(seen.listening.find(({ port }) => port === 6443)).toMatchObject({ process: null });
    expect(seen.disks).toHaveLength(5);
  });
});

describe('an Ubuntu 24.04 machine with everything on it', () => {
  const facts = parse(file('written-ubuntu-24.04-vm.txt'));
  it.each<[string, (facts: Facts) => unknown, unknown]>([
    ['os', f => f.os, { id: 'ubuntu', versionId: '24.04', codename: 'noble', pretty: 'Ubuntu 24.04.3 LTS' }],
    ['kernel', f => [f.kernel, f.cgroup, f.virtualization], ['6.8.0-85-generic', 2, 'kvm']],
    ['swap', f => f.swap, ['/swap.img', '/dev/zram0']],
    [
      'disks',
      f => f.disks.map(d => [d.mount, d.freeMiB, d.freeInodes, d.readOnly]),
      [
        ['/', 9654, 1146489, false],
        ['/var/lib', 93458, null, false],
        ['/var/lib', 93458, null, false],
        ['/var/lib/etcd', 9484, 655349, true],
        ['/', 9654, 1146489, false],
      ],
    ],
    [
      'interfaces',
      f => f.interfaces.map(i => [i.name, i.mac, i.addresses[0]]),
      [
        ['lo', '00:00:00:00:00:00', '127.0.0.1/8'],
        ['ens3', '52:54:00:12:34:56', '192.168.1.20/24'],
        ['docker0', '02:42:8a:11:22:33', '172.17.0.1/16'],
        ['wg0', '', '10.8.0.2/32'],
      ],
    ],
    [
      'routes',
      f => f.routes.map(r => `${r.to} ${r.via} ${r.device}`),
      [
        'default 192.168.1.1 ens3',
        '10.8.0.1/32 null wg0',
        '10.40.0.0/13 null wg0',
        '172.17.0.0/16 null docker0',
        '192.168.1.0/24 null ens3',
        '10.99.0.0/26 null ',
        'default null ',
        'default 192.168.1.2 ens3',
      ],
    ],
    ['name servers behind the stub', f => f.nameservers, ['192.168.1.1', '2001:db8::1']],
    [
      'modules',
      f => f.modules,
      {
        overlay: 'loaded',
        br_netfilter: 'loadable',
        vxlan: 'loadable',
        nf_conntrack: 'loaded',
        nf_tables: 'loaded',
        ip_tables: 'loadable',
        ip_vs: 'loadable',
        ip_vs_rr: 'loadable',
        ip_vs_wrr: 'loadable',
        ip_vs_sh: 'missing',
      },
    ],
    ['sysctls', f => [f.sysctls['net.ipv4.ip_forward'], f.sysctls['net.bridge.bridge-nf-call-iptables']], ['0', null]],
    ['conntrack', f => f.conntrackWritable, true],
    [
      'listening',
      f => f.listening.map(l => `${l.protocol} ${l.address} ${l.port} ${l.process}`),
      [
        'udp 127.0.0.53 53 systemd-resolve',
        'udp 192.168.1.20 68 systemd-network',
        'tcp 127.0.0.53 53 systemd-resolve',
        'tcp :: 22 sshd',
        'tcp 127.0.0.1 6443 nginx',
        'tcp * 10250 null',
      ],
    ],
    [
      'time',
      f => f.time,
      { epochMs: 1795386733506, askedAtMs: 1795386733000, synchronized: true, service: 'systemd-timesyncd' },
    ],
    ['identity', f => f.identity.productUuid, '4c4c4544-0042-3510-8052-b4c04f4a4e32'],
    ['firewall', f => f.firewall, { ufw: 'active', firewalld: null }],
    [
      'packages',
      f => [f.packages['containerd.io'], f.packages.ntp, f.packages.postfix],
      ['1.7.28-1~ubuntu.24.04~noble', undefined, undefined],
    ],
    ['held', f => f.held, ['containerd.io', 'kubelet', 'nginx']],
    ['apt', f => [f.aptLock, f.dpkgBroken], ['4711 unattended-upgr', false]],
    [
      'runtime',
      f => [f.containerd, f.kubelet],
      [
        { version: '1.7.28', active: true, ours: false },
        { version: 'v1.36.3', active: false },
      ],
    ],
    ['cloud-init', f => f.cloudInit, 'running'],
    [
      'proxies',
      f => f.proxies,
      { https_proxy: 'http://proxy.lan:3128', no_proxy: 'localhost,127.0.0.1', apt_http_proxy: 'http://proxy.lan:3128' },
    ],
    ['cluster', f => [f.cluster.state, f.cluster.server, f.cluster.caHash], ['partial', 'https://192.168.1.10:6443', null]],
    ['ledger', f => f.ledger, 'home'],
  ])('%s', (_, of, expected) => {
    expect(of(facts)).toEqual(expected);
  });
});

describe('one thing at a time', () => {
  const cluster = (...lines: string[]) => only('kubernetes', ...lines).cluster.state;
  it.each<[string, unknown, unknown]>([
    ['busybox has no nanoseconds', only('time', '1795386733 %N').time.epochMs, 1795386733000],
    ['uname in place of dpkg', only('machine', 'arch=aarch64').arch, 'arm64'],
    ['a package left half way', only('packages', 'postfix 3.8 half-configured install ok').dpkgBroken, true],
    ['a package that has to be installed again', only('packages', 'x 1 installed install reinstreq').dpkgBroken, true],
    ['dpkg interrupted', only('dpkg', 'interrupted=yes').dpkgBroken, true],
    ['chrony in step', only('units', 'chrony.service loaded active running chrony').time.service, 'chrony'],
    [
      'chrony’s word',
      parse('@@ units\nchrony.service loaded active running chrony\n@@ clock\nLeap status     : Normal\n').time.synchronized,
      true,
    ],
    [
      'chrony not in step',
      parse('@@ units\nchrony.service loaded active running chrony\n@@ clock\nLeap status     : Not synchronised\n').time
        .synchronized,
      false,
    ],
    [
      'timesyncd not in step',
      only('units', 'systemd-timesyncd.service loaded active running Network Time Synchronization').time,
      { epochMs: 0, askedAtMs: 1795386733000, synchronized: false, service: 'systemd-timesyncd' },
    ],
    ['ufw off', only('firewall', 'ENABLED=no').firewall.ufw, 'inactive'],
    ['firewalld off', only('firewall', 'firewalld=there').firewall.firewalld, 'inactive'],
    ['firewalld on', only('units', 'firewalld.service loaded active running firewalld').firewall.firewalld, 'active'],
    ['SELinux by its file', only('firewall', 'selinux=1').selinux, 'enforcing'],
    ['SELinux by its command', only('firewall', 'selinux=Permissive').selinux, 'permissive'],
    [
      'containerd without a package',
      only('versions', 'containerd github.com/containerd/containerd/v2 v2.3.4 abc').containerd.version,
      '2.3.4',
    ],
    [
      'Debian’s containerd',
      only('packages', 'containerd 1.6.20~ds1-1+deb12u1 installed install ok').containerd.version,
      '1.6.20',
    ],
    ['kubelet without a package', only('versions', 'Kubernetes v1.36.1').kubelet.version, 'v1.36.1'],
    [
      'a module that may not be loaded by rule',
      parse('@@ modules\nvxlan loadable\n@@ sysctls\nkernel/modules_disabled:1\n').modules.vxlan,
      'missing',
    ],
    [
      'a module that may not be loaded from a container',
      parse('@@ machine\nCapBnd:\t00000000a80425fb\n@@ modules\nvxlan loadable\n').modules.vxlan,
      'missing',
    ],
    ['conntrack absent on a machine', only('machine', 'container=none').conntrackWritable, true],
    ['conntrack absent in a container', only('machine', 'container=lxc').conntrackWritable, false],
    [
      'conntrack under a read-only /proc/sys',
      parse('@@ conntrack\n-rw-r--r--\n@@ mounts\nro /proc/sys\n').conntrackWritable,
      false,
    ],
    [
      'conntrack under a writable part of it',
      parse('@@ conntrack\n-rw-r--r--\n@@ mounts\nro /proc/sys\nrw /proc/sys/net\n').conntrackWritable,
      true,
    ],
    [
      'an init that did not end',
      cluster(
        'file=admin.conf',
        'file=kubelet.conf',
        'file=manifests/kube-apiserver.yaml',
        'file=pki/ca.crt',
        'kubelet.conf=unfinished',
      ),
      'partial',
    ],
    ['an init that hardly began', cluster('file=pki/ca.crt'), 'partial'],
    ['a join that did not end', cluster('file=bootstrap-kubelet.conf', 'file=pki/ca.crt'), 'partial'],
    ['a join that ended', cluster('file=kubelet.conf', 'file=pki/ca.crt'), 'worker'],
    [
      'data of an etcd alone',
      only('kubernetes', 'filled=/var/lib/etcd').cluster,
      { state: 'none', server: null, caHash: null, version: null, leftovers: ['/var/lib/etcd'] },
    ],
    ['a ledger without a name', only('ledger', 'present=yes').ledger, 'unknown'],
    ['cloud-init at its end', only('cloud-init', 'done').cloudInit, 'done'],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});

describe('whatever comes, facts come out', () => {
  const recorded = file('written-ubuntu-24.04-vm.txt');
  /** The same every time. */
  function random(seed: number) {
    let state = seed;
    return () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state / 2147483648;
    };
  }
  const shapeOf = (value: unknown): unknown =>
    Array.isArray(value)
      ? 'list'
      : value && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]))
        : 'value';
  const withoutMaps = ({ packages, proxies, sysctls, modules, ...rest }: Facts) => shapeOf(rest);

  it.each([
    ['nothing', ''],
    ['noise', '\0\xff@@\n@@ \n=\n@@ time\n@@ disks\n@@ links\n:::\n@@ addresses\n@@ os\n=x\n@@ machine\n===\n'],
    ['a wrong shell', 'This account is currently not available.\n'],
    ['windows lines', recorded.replaceAll('\n', '\r\n')],
    [
      'names of objects',
      '@@ machine\n__proto__=1\nconstructor=2\n@@ sysctls\n__proto__:1\n@@ packages\n__proto__ 1 installed install ok\n@@ proxies\nhttp_proxy=\n',
    ],
    [
      'huge numbers',
      `@@ machine\ncpus=${'9'.repeat(400)}\nMemTotal: ${'9'.repeat(400)} kB\nCapBnd:\t${'f'.repeat(400)}\n@@ listening\ntcp LISTEN 0 0 *:${'9'.repeat(400)} *:*\n`,
    ],
  ])('%s', (_, text) => {
    expect(withoutMaps(parse(text))).toEqual(withoutMaps(parse('')));
  });

  it('every cut and 300 scrambled outputs', () => {
    for (let end = 0; end < recorded.length; end += 37)
      expect(withoutMaps(parse(recorded.slice(0, end)))).toEqual(withoutMaps(parse('')));
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      const text = [...recorded].map(letter => (next() < 0.02 ? String.fromCharCode(next() * 256) : letter)).join('');
      expect(withoutMaps(parse(text))).toEqual(withoutMaps(parse('')));
    }
  });
});
