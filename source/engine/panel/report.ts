import { X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import { sections } from '../facts/sections.js';
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
  /** Seconds since it last changed its state; null where it never did. */
  seconds: number | null;
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

/** What a host said last. Sections that it tells only when they change are taken over from its earlier reports. */
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
  /** One entry per file system, by where it is mounted. */
  disks: { mount: string; usedPercent: number; freeMiB: number; inodesUsedPercent: number | null }[];
  /** Those that are installed. */
  units: Unit[];
  /** As they say it: v1.37.2, 2.3.7. */
  versions: { kubelet: string | null; containerd: string | null };
  /** The static pods that kubelet is told to run: kube-apiserver, etcd ... */
  manifests: string[];
  /** Files of kubeadm's that are there, with the second of their last change. */
  files: { path: string; changedAt: number }[];
  certificates: Certificate[];
  /** null: the runtime has not told yet. What of them runs is the kernel's word, so it is true with the runtime dead. */
  containers: Container[] | null;
  /** TCP ports that something listens on, by the process' name as the kernel cuts it (15 characters). */
  ports: { process: string; address: string; port: number }[];
  /** What kubelet complained of last. */
  complaint: { at: number /* epoch ms */; text: string } | null;
  /** CPU time that the script has cost the host since it began, ms. */
  costMs: number;
}

/**
 * Reads one report.
 * @param stdout the lines up to `@@ end`
 * @param before the host's report before, for what it tells only when it changes; null in a new run of the script
 * @param at epoch ms by the operator's clock
 */
export function parseReport(stdout: string, before: HostReport | null, at: number): HostReport {
  const section = sections(stdout);
  const told = (name: string) => stdout.includes(`@@ ${name}\n`);
  const [now = '0', uptimeLine = ''] = section('clock');
  const uptimeSeconds = Number(uptimeLine.split(' ')[1] ?? 0);
  const [cpuLine = '', loadLine = ''] = section('cpu');
  const memory = pairs(section('memory').map(line => line.replace(/:\s*/, '=')));
  const known = told('containers')
    ? parseContainers(section('containers').join('\n'))
    : told('logs')
      ? parseLogs(section('logs'), section('images'))
      : (before?.containers ?? null);
  const tasks = told('tasks') ? new Set(section('tasks')) : null;
  const files = told('files') ? section('files').flatMap(parseFile) : (before?.files ?? []);
  const complaint = section('complaint')[0];
  return {
    at,
    clockSkewMs: Math.round(Number(now) * 1000 - at),
    uptimeSeconds,
    cpu: parseCpu(cpuLine),
    load: (loadLine
      .match(/[\d.]+/g)
      ?.slice(0, 3)
      .map(Number) ?? [0, 0, 0]) as [number, number, number],
    memory: { totalMiB: mib(memory.MemTotal), availableMiB: mib(memory.MemAvailable) },
    disks: parseDisks(section('disks'), section('inodes')),
    units: parseUnits(section('units'), uptimeSeconds),
    versions: told('versions') ? parseVersions(section('versions')) : (before?.versions ?? { kubelet: null, containerd: null }),
    files,
    manifests: files.flatMap(({ path }) => (path.includes('/manifests/') ? [basename(path, '.yaml')] : [])),
    certificates: told('certificates') ? parseCertificates(section('certificates')) : (before?.certificates ?? []),
    containers: known && tasks ? known.map(container => running(container, tasks)) : known,
    ports: told('ports') ? section('ports').flatMap(parsePort) : (before?.ports ?? []),
    complaint: complaint ? parseComplaint(complaint) : (before?.complaint ?? null),
    costMs: cost(section('cost')),
  };
}

const pairs = (lines: string[]): Record<string, string> =>
  Object.fromEntries(lines.map(line => line.split(/=(.*)/s) as [string, string]));
const mib = (text: string | undefined) => Math.round(Number.parseInt(text ?? '0', 10) / 1024);

/** `cpu user nice system idle iowait irq softirq steal ...`: guests are in user already. */
function parseCpu(line: string): { busy: number; total: number } {
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, each) => sum + each, 0);
  return { total, busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0) };
}

function parseDisks(disks: string[], inodes: string[]): HostReport['disks'] {
  const rows = (lines: string[]) => lines.slice(1).map(line => line.split(/\s+/));
  const inodesOf = new Map(rows(inodes).map(([, , , , percent = '', mount = '']) => [mount, Number.parseInt(percent, 10)]));
  const found = rows(disks).map(([, , , free = '0', percent = '0', mount = '']) => ({
    mount,
    usedPercent: Number.parseInt(percent, 10),
    freeMiB: mib(free),
    inodesUsedPercent: Number.isNaN(inodesOf.get(mount) ?? Number.NaN) ? null : inodesOf.get(mount)!,
  }));
  return [...new Map(found.map(disk => [disk.mount, disk])).values()];
}

/** `systemctl show` of several units: each begins at its Result, whatever the order of the others. */
function parseUnits(lines: string[], uptimeSeconds: number): Unit[] {
  const blocks: string[][] = [];
  for (const line of lines) {
    const property = line.split('=')[0];
    if (!blocks.length || blocks.at(-1)!.some(other => other.split('=')[0] === property)) blocks.push([]);
    blocks.at(-1)!.push(line);
  }
  return blocks.map(pairs).flatMap(said => {
    if (said.LoadState === 'not-found' || !said.Id) return [];
    const since = Number(said.StateChangeTimestampMonotonic ?? 0) / 1e6;
    return {
      name: said.Id.replace(/\.service$/, ''),
      active: said.ActiveState ?? 'unknown',
      sub: said.SubState ?? 'unknown',
      result: said.Result ?? 'success',
      exitCode: Number(said.ExecMainStatus ?? 0),
      restarts: Number(said.NRestarts ?? 0),
      seconds: since ? Math.max(0, Math.round(uptimeSeconds - since)) : null,
    };
  });
}

const parseVersions = (lines: string[]): HostReport['versions'] => ({
  kubelet: /^Kubernetes (v\S+)/m.exec(lines.join('\n'))?.[1] ?? null,
  containerd: /^containerd \S+ v?([\d.]+)/m.exec(lines.join('\n'))?.[1] ?? null,
});

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

/** `crictl ps -a -o json`; of a container that was started again, the newest alone. */
function parseContainers(text: string): Container[] | null {
  let said: CrictlContainer[];
  try {
    said = JSON.parse(text).containers ?? [];
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
function parseLogs(links: string[], images: string[]): Container[] {
  const imageOf = new Map(images.map(line => line.split(/\s+/) as [string, string]));
  return newestOf(
    links.flatMap((line): Container[] => {
      const [, pod = '', namespace = '', name = '', id, restarts, seconds] =
        /^(.+)_(.+)_(.+)-([0-9a-f]{64})\.log \S+\/(\d+)\.log ([\d.]+)$/.exec(line) ?? [];
      if (!id) return [];
      const createdAt = Math.round(Number(seconds) * 1000);
      return [
        { id, name, pod, namespace, image: imageOf.get(id) ?? '', state: 'exited', restarts: Number(restarts), createdAt },
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

const running = (container: Container, tasks: Set<string>): Container =>
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

/** What `times` says: of the shell itself, then of its children. */
const cost = (lines: string[]): number =>
  Math.round(
    [...lines.join(' ').matchAll(/(\d+)m([\d.]+)s/g)].reduce(
      (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
      0,
    ),
  );
