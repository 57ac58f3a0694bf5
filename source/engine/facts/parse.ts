import { createHash, X509Certificate } from 'node:crypto';
import type { Access } from '../remote.js';
import type { Facts } from './facts.js';
import { sections } from './sections.js';

/**
 * Facts from what the probe printed. Total: whatever the text is, missing or odd parts become null, empty or 0.
 * @param how.askedAtMs the operator's clock when the host read its own
 */
export function parseFacts(stdout: string, how: { askedAtMs: number; access: Access }): Facts {
  const text = sections(stdout);
  const machine = pairs(text('machine'));
  const [, hostname = '', kernel = ''] = /^([^\s=]+) ([^\s=]+)$/.exec(text('machine')[0] ?? '') ?? [];
  const mounts = parseMounts(text('mounts'));
  const packages = parsePackages(text('packages'));
  const versions = text('versions').join('\n');
  const units = text('units').map(line => line.split(' ', 1)[0]);
  const active = (unit: string) => units.includes(`${unit}.service`);
  const ledger = text('ledger');
  const aptLock = text('apt-lock')[0]?.trim() || null;
  const kubelet = packages.installed.kubelet ?? /Kubernetes (v\S+)/.exec(versions)?.[1];
  const containerd =
    packages.installed['containerd.io'] ?? packages.installed.containerd ?? /^containerd \S+ (\S+)/m.exec(versions)?.[1];
  const kubeletVersion = prefixed(versionIn(kubelet));
  return {
    hostname,
    os: parseOs(text('os')),
    arch: architectures[machine.arch ?? ''] ?? machine.arch ?? '',
    kernel,
    systemd: machine.systemd === 'yes',
    virtualization: machine.virtualization ?? '',
    cgroup: machine.cgroup === '1' ? 1 : 2,
    cpus: count(machine.cpus),
    memoryMiB: Math.floor(count(/^MemTotal:\s+(\d+) kB/m.exec(text('machine').join('\n'))?.[1]) / 1024),
    disks: parseDisks(text('disks'), text('inodes'), mounts),
    interfaces: parseInterfaces(text('links'), text('addresses')),
    routes: text('routes').flatMap(parseRoute),
    nameservers: parseNameservers(text('nameservers'), text('upstream-nameservers')),
    swap: text('swaps').flatMap(line => /^(\/\S+)/.exec(line)?.[1] ?? []),
    modules: parseModules(text('modules'), text('machine'), text('sysctls')),
    sysctls: parseSysctls(text('sysctls')),
    conntrackWritable: conntrackWritable(text('conntrack')[0], mounts, machine.container),
    listening: text('listening').flatMap(parseSocket),
    time: {
      epochMs: parseTime(text('time')[0]),
      askedAtMs: how.askedAtMs,
      ...parseClock(timeServices.find(active) ?? null, text('clock')),
    },
    identity: {
      productUuid: machine.productUuid?.toLowerCase() || null,
      machineId: machine.machineId || null,
      bootId: machine.bootId ?? '',
    },
    firewall: parseFirewall(text('firewall'), active('firewalld')),
    selinux: selinuxStates[pairs(text('firewall')).selinux?.toLowerCase() ?? ''] ?? null,
    commands: text('commands').filter(Boolean),
    packages: packages.installed,
    held: packages.held,
    aptLock,
    // While a program of apt is at work, half installed packages are its business.
    dpkgBroken: !aptLock && (packages.broken || pairs(text('dpkg')).interrupted === 'yes'),
    containerd: {
      version: versionIn(containerd),
      active: active('containerd'),
      ours: ledger.some(line => /^(file \S+ \/etc\/containerd\/config\.toml|package containerd(\.io)?)\b/.test(line)),
    },
    kubelet: { version: kubeletVersion, active: active('kubelet') },
    cloudInit: cloudInitStates[text('cloud-init')[0] ?? ''] ?? null,
    proxies: parseProxies(text('proxies')),
    cluster: parseCluster(text('kubernetes'), ledger, kubeletVersion),
    ledger: parseLedger(ledger),
    access: how.access,
  };
}

const architectures: Record<string, string> = { x86_64: 'amd64', aarch64: 'arm64' };
const timeServices = ['chrony', 'chronyd', 'systemd-timesyncd', 'ntpsec', 'ntp', 'ntpd', 'openntpd'];
const selinuxStates: Record<string, Facts['selinux']> = {
  1: 'enforcing',
  0: 'permissive',
  enforcing: 'enforcing',
  permissive: 'permissive',
  disabled: 'disabled',
};
const cloudInitStates: Record<string, Facts['cloudInit']> = { running: 'running', done: 'done' };

function pairs(lines: string[]): Record<string, string | undefined> {
  const found: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const pair = /^([\w.]+)=(.*)$/.exec(line);
    if (pair) found[pair[1]!] = pair[2]!.trim();
  }
  return found;
}

const count = (digits: string | undefined): number => (/^\d{1,15}$/.test(digits ?? '') ? Number(digits) : 0);
const versionIn = (text: string | undefined): string | null => /^(?:\d+:)?v?(\d+\.\d+\.\d+)/.exec(text ?? '')?.[1] ?? null;
const prefixed = (version: string | null) => version && `v${version}`;

function parseOs(lines: string[]): Facts['os'] {
  const release = pairs(lines.map(line => line.replace(/^(\w+)=(["'])(.*)\2$/, '$1=$3')));
  return {
    id: release.ID ?? '',
    versionId: release.VERSION_ID ?? '',
    codename: release.VERSION_CODENAME ?? release.UBUNTU_CODENAME ?? '',
    pretty: release.PRETTY_NAME ?? '',
  };
}

function parseTime(line = ''): number {
  const [, seconds, nanoseconds] = /^(\d{1,12}) (\d{9})?/.exec(line) ?? [];
  return count(seconds) * 1000 + Math.floor(count(nanoseconds) / 1e6);
}

type Mounts = { path: string; readOnly: boolean }[];

const parseMounts = (lines: string[]): Mounts =>
  lines.flatMap(line => {
    const [, mode, path] = /^(ro|rw) (\/.*)$/.exec(line) ?? [];
    return path ? { path, readOnly: mode === 'ro' } : [];
  });

/** Whether the mount that a path lies on is read-only; mounts that the probe does not name are not. */
function onReadOnlyMount(path: string, mounts: Mounts): boolean {
  const above = mounts.filter(mount => path === mount.path || path.startsWith(`${mount.path.replace(/\/$/, '')}/`));
  return above.sort((a, b) => b.path.length - a.path.length)[0]?.readOnly ?? false;
}

function parseDisks(lines: string[], inodeLines: string[], mounts: Mounts): Facts['disks'] {
  const folders = lines.flatMap(line => /^folder (\/\S*) \/\S*$/.exec(line)?.[1] ?? []);
  const sizes = lines.flatMap(parseDf);
  const inodes = inodeLines.flatMap(parseDf);
  if (sizes.length !== folders.length) return [];
  return folders.map((path, i) => {
    const { mount, total, free } = sizes[i]!;
    const ofInodes = inodes.length === folders.length && inodes[i]!.total > 0 ? inodes[i]!.free : null;
    return {
      path,
      mount,
      freeMiB: Math.floor(free / 1024),
      totalMiB: Math.floor(total / 1024),
      freeInodes: ofInodes,
      readOnly: mounts.some(each => each.path === mount && each.readOnly),
    };
  });
}

function parseDf(line: string): { mount: string; total: number; free: number }[] {
  const found = /^\S.*?\s+(\d+|-)\s+(\d+|-)\s+(-?\d+|-)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line);
  return found ? [{ total: count(found[1]), free: count(found[3]), mount: found[4]! }] : [];
}

function parseInterfaces(links: string[], addresses: string[]): Facts['interfaces'] {
  const found = new Map<string, Facts['interfaces'][number]>();
  for (const line of links) {
    const [name, mac = ''] = line.split(' ');
    if (name) found.set(name, { name, mac: /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) ? mac : '', addresses: [] });
  }
  for (const line of addresses) {
    const [, name, family, address, length] = /^\d+: (\S+)\s+(inet6?) ([0-9a-f.:]+)(?:\/(\d+))?/.exec(line) ?? [];
    if (!name || !address) continue;
    if (!found.has(name)) found.set(name, { name, mac: '', addresses: [] });
    found.get(name)!.addresses.push(`${address}/${length ?? (family === 'inet' ? 32 : 128)}`);
  }
  return [...found.values()];
}

function parseRoute(line: string): Facts['routes'] {
  const [, type, target] = /^(?:([a-z]+) )?(default|\d+\.\d+\.\d+\.\d+(?:\/\d+)?)(?: |$)/.exec(line) ?? [];
  if (!target || ['local', 'broadcast', 'multicast', 'anycast'].includes(type ?? '')) return [];
  return [
    {
      to: target === 'default' || target.includes('/') ? target : `${target}/32`,
      via: /\bvia (?:inet6 )?(\S+)/.exec(line)?.[1] ?? null,
      device: /\bdev (\S+)/.exec(line)?.[1] ?? '',
    },
  ];
}

/** Those that answer in the end: a stub on this host is not one. */
function parseNameservers(lines: string[], upstream: string[]): string[] {
  const named = (all: string[]) => all.flatMap(line => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
  const own = named(lines);
  return [
    ...new Set(own.includes('127.0.0.53') ? [...own, ...named(upstream)].filter(server => server !== '127.0.0.53') : own),
  ];
}

const moduleNames = [
  ...['overlay', 'br_netfilter', 'vxlan', 'nf_conntrack', 'nf_tables', 'ip_tables'],
  ...['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_sh'],
];
/** CAP_SYS_MODULE, the right to load modules, in the set that no process of this host can go beyond. */
const SYS_MODULE = 1n << 16n;

function parseModules(lines: string[], machine: string[], sysctls: string[]): Facts['modules'] {
  const capabilities = machine.flatMap(line => /^CapBnd:\s+([0-9a-f]{1,16})$/.exec(line)?.[1] ?? [])[0];
  const barred = (capabilities && !(BigInt(`0x${capabilities}`) & SYS_MODULE)) || sysctls.includes('kernel/modules_disabled:1');
  const known = new Set(lines);
  return Object.fromEntries(
    moduleNames.map(name => {
      if (known.has(`${name} loaded`)) return [name, 'loaded'];
      if (known.has(`${name} loadable`) && !barred) {
        return [name, known.has(`${name} built-in`) ? 'loaded' : 'loadable'];
      }
      return [name, known.has(`${name} built-in`) ? 'built-in' : 'missing'];
    }),
  );
}

const sysctlNames = [
  ...['net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables', 'net.bridge.bridge-nf-call-ip6tables'],
  ...['net.netfilter.nf_conntrack_max', 'net.ipv6.conf.all.disable_ipv6', 'net.ipv4.conf.all.rp_filter'],
  ...['vm.swappiness', 'vm.overcommit_memory', 'kernel.panic'],
  ...['fs.inotify.max_user_instances', 'fs.inotify.max_user_watches'],
];

function parseSysctls(lines: string[]): Facts['sysctls'] {
  const values = new Map(lines.map(line => line.split(':', 2) as [string, string]));
  return Object.fromEntries(sysctlNames.map(name => [name, values.get(name.replaceAll('.', '/'))?.trim() ?? null]));
}

const CONNTRACK_MAX = '/proc/sys/net/netfilter/nf_conntrack_max';

/** Before the module is loaded the file is not there: a machine of its own will be able to write it then, a container will not. */
function conntrackWritable(mode: string | undefined, mounts: Mounts, container: string | undefined): boolean {
  if (onReadOnlyMount(CONNTRACK_MAX, mounts)) return false;
  return mode ? /^-.w/.test(mode) : container === 'none';
}

function parseSocket(line: string): Facts['listening'] {
  const found = /^(tcp|udp)\s+\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+(?:\s+users:\(\("([^"]*)")?/.exec(line);
  if (!found) return [];
  const address = found[2]!.replace(/%.*$/, '').replace(/^\[|\]$/g, '');
  return [{ protocol: found[1] as 'tcp' | 'udp', address, port: Number(found[3]), process: found[4] || null }];
}

function parseClock(service: string | null, lines: string[]): { synchronized: boolean | null; service: string | null } {
  if (service === 'systemd-timesyncd') return { service, synchronized: lines.includes('timesyncd=yes') };
  const leap = lines.find(line => line.startsWith('Leap status'));
  if (service?.startsWith('chrony') && leap) return { service, synchronized: /: Normal$/.test(leap) };
  return { service, synchronized: null };
}

function parseFirewall(lines: string[], firewalldActive: boolean): Facts['firewall'] {
  const { ENABLED: ufw, firewalld } = pairs(lines);
  return {
    ufw: ufw === undefined ? null : /^["']?yes/i.test(ufw) ? 'active' : 'inactive',
    firewalld: firewalldActive ? 'active' : firewalld ? 'inactive' : null,
  };
}

const halfWay = ['half-installed', 'unpacked', 'half-configured'];

function parsePackages(lines: string[]) {
  const installed: Record<string, string> = {};
  const held: string[] = [];
  let broken = false;
  for (const line of lines) {
    const [name, version, status, want, flag] = line.split(' ');
    if (!name || !version || !status || flag === undefined) continue;
    if (status === 'installed') installed[name] = version;
    if (want === 'hold') held.push(name);
    if (halfWay.includes(status) || flag !== 'ok') broken = true;
  }
  return { installed, held, broken };
}

/** Names in lower case; where several places say it, the first, which is the environment. */
function parseProxies(lines: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([A-Za-z_]+_proxy)=(.+)$/i.exec(line) ?? [];
    if (name && value) found[name.toLowerCase()] ??= value;
  }
  return found;
}

function parseCluster(lines: string[], ledger: string[], kubeletVersion: string | null): Facts['cluster'] {
  const all = lines.join('\n');
  const files = new Set(lines.flatMap(line => /^file=(.+)$/.exec(line)?.[1] ?? []));
  const leftovers = lines.flatMap(line => /^filled=(.+)$/.exec(line)?.[1] ?? []);
  const unfinished = files.has('bootstrap-kubelet.conf') || lines.includes('kubelet.conf=unfinished');
  const server = files.has('manifests/kube-apiserver.yaml');
  let state: Facts['cluster']['state'] = 'none';
  // Who joins has every file before that has ended, a control plane long before: the ledger knows whether it came to its end.
  const isJoining = ledger.includes('step kubeadm_join') && !ledger.includes('joined');
  if (server && !isJoining && files.has('admin.conf') && files.has('kubelet.conf') && !unfinished) state = 'control-plane';
  else if (!server && !isJoining && files.has('kubelet.conf') && !unfinished) state = 'worker';
  else if (files.size > 0) state = 'partial';
  return {
    state,
    server: /^ *server: *["']?([^\s"']+)/m.exec(all)?.[1] ?? null,
    caHash: caHash(all),
    version: /^ *image: \S*\/kube-apiserver:(v\d+\.\d+\.\d+)/m.exec(all)?.[1] ?? (state === 'none' ? null : kubeletVersion),
    leftovers,
    ...(state === 'control-plane' && { made: parseMade(all) }),
  };
}

const parseMade = (all: string) => ({
  pods: /^--cluster-cidr=(\S+)$/m.exec(all)?.[1] ?? null,
  services: /^--service-cluster-ip-range=(\S+)$/m.exec(all)?.[1] ?? null,
  cni: /^cni=(flannel|calico)$/m.exec(all)?.[1] ?? null,
});

/** sha256 of the CA's public key, as kubeadm writes it. */
function caHash(text: string): string | null {
  const pem =
    /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(text)?.[0] ??
    Buffer.from(/certificate-authority-data: *(\S+)/.exec(text)?.[1] ?? '', 'base64').toString();
  try {
    const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
    return `sha256:${createHash('sha256').update(key).digest('hex')}`;
  } catch {
    return null;
  }
}

/** The ledger's first line has the name; one without it is some cluster's all the same. */
function parseLedger(lines: string[]): string | null {
  if (!lines.includes('present=yes')) return null;
  return lines.flatMap(line => /^cluster ([a-z0-9-]+)$/.exec(line)?.[1] ?? [])[0] ?? 'unknown';
}
