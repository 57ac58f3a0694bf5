import { X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import { sectionsOf } from '../facts/sections.js';
import { unpacked } from './packed.js';
import tick from './tick.sh';

/** The POSIX script that reports on a host every two seconds. */
export const tickScript: string = tick;

export interface Unit {
  /** kubelet, containerd, crio, docker */
  name: string;
  /** active, inactive, activating, failed ... */
  active: string;
  /** running, dead, auto-restart ... */
  sub: string;
  /** success, exit-code, oom-kill ... */
  result: string;
  exitCode: number;
  /** How often systemd started it again by itself. */
  restarts: number;
  /** When it last changed its state, by the operator's clock, epoch ms; null where it never did. */
  since: number | null;
}

export interface Container {
  id: string;
  name: string;
  pod: string;
  namespace: string;
  image: string;
  state: 'running' | 'exited' | 'created' | 'unknown';
  /** How often it was started again. */
  restarts: number;
  /** Epoch ms. */
  createdAt: number;
}

export interface Certificate {
  /** Where it lies: /etc/kubernetes/pki/apiserver.crt, /etc/kubernetes/admin.conf */
  path: string;
  /** Epoch ms. */
  endsAt: number;
  /** Of an authority: it lasts for ten years, and ends differently. */
  isAuthority: boolean;
}

/** What a host said last. What is not told anew is as it was: the same objects as in its report before. */
export interface HostReport {
  /** When it came, by the operator's clock, epoch ms. */
  at: number;
  /** The host's clock minus the operator's, ms; the time on the way counts in, so small values mean nothing. */
  clockSkewMs: number;
  uptimeSeconds: number;
  /** Of all processors since the host started, in the kernel's ticks. */
  cpu: { busy: number; total: number };
  /** Averages over 1, 5 and 15 minutes. */
  load: [number, number, number];
  memory: { totalMiB: number; availableMiB: number };
  /** How full each file system is, by where it is mounted; and how many of its inodes are used. */
  disks: { mount: string; usedPercent: number }[];
  inodes: { mount: string; usedPercent: number }[];
  /** Those that are installed. */
  units: Unit[];
  /** As they say it: v1.37.2, 2.3.7. */
  versions: { kubelet: string | null; containerd: string | null };
  /** The static pods that kubelet is told to run: kube-apiserver, etcd ... */
  manifests: string[];
  /** Files of kubeadm's that are there, with the second of their last change. */
  files: { path: string; changedAt: number }[];
  certificates: Certificate[];
  /** The containers that run, by the kernel's word; null: it is not containerd's. */
  tasks: ReadonlySet<string> | null;
  /** Images of containers where there is no crictl, which tells them itself. */
  images: ReadonlyMap<string, string>;
  /** null: the runtime has not told yet. What of them runs is the kernel's word, so it is true with the runtime dead. */
  containers: Container[] | null;
  /** TCP ports that something listens on, by the process' name as the kernel cuts it (15 characters). */
  ports: { process: string; address: string; port: number }[];
  /** What kubelet complained of last. */
  complaint: { at: number /* epoch ms */; text: string } | null;
  /** CPU time that so many reports have cost the host, ms; told now and then. */
  cost: { reports: number; ms: number } | null;
}

/**
 * Reads one report.
 * @param stdout the lines up to `@@ end`
 * @param before the host's report before, for what it does not tell anew; null in a new run of the script
 * @param at epoch ms by the operator's clock
 */
export function parseReport(stdout: string, before: HostReport | null, at: number): HostReport {
  const sections = sectionsOf(stdout);
  const told = <T>(name: string, read: (lines: string[]) => T, otherwise: T): T => {
    const lines = sections.get(name);
    return lines ? read(lines) : otherwise;
  };
  const [uptime = '0', cpu = '', load = '', memory = ''] = sections.get('moment') ?? [];
  const uptimeSeconds = Number(uptime);
  const [total, available] = memory.split(' ').map(mib);
  const tasks = told('tasks', lines => new Set(lines), before?.tasks ?? null);
  const images = told('images', parseImages, before?.images ?? new Map());
  const known = told(
    'containers',
    parseContainers,
    told('logs', lines => parseLogs(lines, images), before?.containers ?? null),
  );
  const isSame = known === before?.containers && tasks === before?.tasks;
  const containers = known && tasks && !isSame ? known.map(container => running(container, tasks)) : known;
  const files = told('files', lines => lines.flatMap(parseFile), before?.files ?? []);
  return {
    at,
    clockSkewMs: told('clock', ([now = '0']) => Math.round(Number(now) * 1000 - at), before?.clockSkewMs ?? 0),
    uptimeSeconds,
    cpu: parseCpu(cpu),
    load: load.split(' ').map(Number) as [number, number, number],
    memory: { totalMiB: total ?? 0, availableMiB: available ?? 0 },
    disks: told('disks', parsePercents, before?.disks ?? []),
    inodes: told('inodes', parsePercents, before?.inodes ?? []),
    units: told('units', lines => parseUnits(lines, at - uptimeSeconds * 1000), before?.units ?? []),
    versions: told('versions', parseVersions, before?.versions ?? { kubelet: null, containerd: null }),
    files,
    manifests: before?.files === files ? before.manifests : files.flatMap(manifestOf),
    certificates: told('certificates', parseCertificates, before?.certificates ?? []),
    tasks,
    images,
    containers,
    ports: told('ports', lines => lines.flatMap(parsePort), before?.ports ?? []),
    complaint: told('complaint', ([line = '']) => parseComplaint(line), before?.complaint ?? null),
    cost: told('cost', parseCost, before?.cost ?? null),
  };
}

const pairs = (lines: string[]): Record<string, string> =>
  Object.fromEntries(lines.map(line => line.split(/=(.*)/s) as [string, string]));
const mib = (kib: string) => Math.round(Number.parseInt(kib, 10) / 1024);

/** `cpu user nice system idle iowait irq softirq steal ...`: guests are in user already. */
function parseCpu(line: string): { busy: number; total: number } {
  const ticks = line.split(/ +/, 9).slice(1).map(Number);
  const total = ticks.reduce((sum, each) => sum + each, 0);
  return { total, busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0) };
}

/** Lines `PERCENT% MOUNT`, the first of them a title; several of ours may lie on one file system. `-`: it does not count them. */
function parsePercents(lines: string[]): HostReport['disks'] {
  const found = lines.flatMap(line => {
    const [, percent, mount] = /^(\d+)% (.+)$/.exec(line) ?? [];
    return mount ? [{ mount, usedPercent: Number(percent) }] : [];
  });
  return [...new Map(found.map(each => [each.mount, each])).values()];
}

/** `systemctl show` of several units: each begins at its Result, whatever the order of the others. */
function parseUnits(lines: string[], bootedAt: number): Unit[] {
  const blocks: string[][] = [];
  for (const line of lines) {
    const property = line.split('=')[0];
    if (!blocks.length || blocks.at(-1)!.some(other => other.split('=')[0] === property)) blocks.push([]);
    blocks.at(-1)!.push(line);
  }
  return blocks.map(pairs).flatMap(said => {
    if (said.LoadState === 'not-found' || !said.Id) return [];
    const since = Number(said.StateChangeTimestampMonotonic ?? 0) / 1000;
    return {
      name: said.Id.replace(/\.service$/, ''),
      active: said.ActiveState ?? 'unknown',
      sub: said.SubState ?? 'unknown',
      result: said.Result ?? 'success',
      exitCode: Number(said.ExecMainStatus ?? 0),
      restarts: Number(said.NRestarts ?? 0),
      since: since ? Math.round(bootedAt + since) : null,
    };
  });
}

const parseVersions = (lines: string[]): HostReport['versions'] => ({
  kubelet: /^Kubernetes (v\S+)/m.exec(lines.join('\n'))?.[1] ?? null,
  containerd: /^containerd \S+ v?([\d.]+)/m.exec(lines.join('\n'))?.[1] ?? null,
});

const manifestOf = ({ path }: HostReport['files'][number]) => (path.includes('/manifests/') ? [basename(path, '.yaml')] : []);

function parseFile(line: string): HostReport['files'] {
  const [, path, second] = /^(.+) (\d+)$/.exec(line) ?? [];
  return path ? [{ path, changedAt: Number(second) * 1000 }] : [];
}

/** The first certificate of every file; those that follow it are its authority's. */
function parseCertificates(lines: string[]): Certificate[] {
  return `\n${lines.join('\n')}`
    .split('\nfile ')
    .slice(1)
    .flatMap(part => {
      const path = part.slice(0, part.search(/\n|$/));
      const inside = /client-certificate-data: *(\S+)/.exec(part)?.[1];
      const pem = inside ? Buffer.from(inside, 'base64').toString() : part;
      const first = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(pem)?.[0];
      if (!first) return [];
      try {
        const { validTo, ca } = new X509Certificate(first);
        return [{ path, endsAt: Date.parse(validTo), isAuthority: ca }];
      } catch {
        return [];
      }
    });
}

interface CrictlContainer {
  id: string;
  state: string;
  createdAt: string;
  metadata: { name: string; attempt?: number };
  image?: { image?: string; userSpecifiedImage?: string };
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** `crictl ps -a -o json`, packed; of a container that was started again, the newest alone. */
function parseContainers(lines: string[]): Container[] | null {
  let said: CrictlContainer[];
  try {
    said = JSON.parse(unpacked(lines.join(''))).containers ?? [];
  } catch {
    return null;
  }
  const all = said.map(
    ({ id, state, createdAt, metadata, image, labels = {}, annotations = {} }): Container => ({
      id,
      name: metadata.name,
      pod: labels['io.kubernetes.pod.name'] ?? '',
      namespace: labels['io.kubernetes.pod.namespace'] ?? '',
      image: image?.userSpecifiedImage || image?.image || '',
      state: states[state] ?? 'unknown',
      restarts: Number(annotations['io.kubernetes.container.restartCount'] ?? metadata.attempt ?? 0),
      createdAt: Math.round(Number(createdAt) / 1e6),
    }),
  );
  return newestOf(all);
}

/**
 * The same where there is no crictl: the links of kubelet's, `POD_NAMESPACE_NAME-ID.log /var/log/pods/.../RESTARTS.log SECONDS`, and
 * `ctr containers ls`.
 */
function parseLogs(links: string[], images: HostReport['images']): Container[] {
  return newestOf(
    links.flatMap((line): Container[] => {
      const [, pod = '', namespace = '', name = '', id, restarts, seconds] =
        /^(.+)_(.+)_(.+)-([0-9a-f]{64})\.log \S+\/(\d+)\.log ([\d.]+)$/.exec(line) ?? [];
      if (!id) return [];
      const createdAt = Math.round(Number(seconds) * 1000);
      return [
        { id, name, pod, namespace, image: images.get(id) ?? '', state: 'exited', restarts: Number(restarts), createdAt },
      ];
    }),
  );
}

function newestOf(all: Container[]): Container[] {
  const newest = new Map<string, Container>();
  for (const container of all) {
    const key = `${container.namespace}/${container.pod}/${container.name}`;
    if (!newest.has(key) || newest.get(key)!.createdAt < container.createdAt) newest.set(key, container);
  }
  return [...newest.values()];
}
const states: Record<string, Container['state']> = {
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_CREATED: 'created',
};

const running = (container: Container, tasks: ReadonlySet<string>): Container =>
  container.state === 'running' || container.state === 'exited'
    ? { ...container, state: tasks.has(container.id) ? 'running' : 'exited' }
    : container;

/** A line of `ss -Hltnp`. */
function parsePort(line: string): HostReport['ports'] {
  const [, address, port] = /^LISTEN\s+\S+\s+\S+\s+(\S+):(\d+)\s/.exec(line) ?? [];
  const process = /users:\(\("([^"]+)"/.exec(line)?.[1];
  return address && process ? [{ process, address, port: Number(port) }] : [];
}

/** A line of `journalctl -o short-unix`. */
function parseComplaint(line: string): HostReport['complaint'] {
  const [, seconds, text] = /^(\d+\.?\d*) \S+ [^:]+: (.*)$/s.exec(line) ?? [];
  return text ? { at: Math.round(Number(seconds) * 1000), text } : null;
}

const parseImages = (lines: string[]) => new Map(lines.map(line => line.split(/\s+/) as [string, string]));

/** How many reports, and what `times` says: of the shell itself, then of its children. */
export const parseCost = ([reports = '0', ...lines]: string[]): HostReport['cost'] => ({
  reports: Number(reports),
  ms: Math.round(
    [...lines.join(' ').matchAll(/(\d+)m([\d.]+)s/g)].reduce(
      (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
      0,
    ),
  ),
});
