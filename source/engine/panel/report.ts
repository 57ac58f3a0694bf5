import { X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import { sectionsOf } from '../facts/sections.js';
import { type Container, parseContainers, parseImages, parseLogs, running } from './containers.js';
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
  // Most reports say no more.
  if (before && stdout.startsWith(MOMENT) && !stdout.includes('\n@@ '))
    return { ...before, at, ...momentOf(stdout.slice(MOMENT.length).split('\n')) };
  const sections = sectionsOf(stdout);
  const moment = momentOf(sections.get('moment') ?? []);
  const told = <T>(name: string, read: (lines: string[]) => T, otherwise: T): T => {
    const lines = sections.get(name);
    return lines ? read(lines) : otherwise;
  };
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
    ...moment,
    disks: told('disks', parsePercents, before?.disks ?? []),
    inodes: told('inodes', parsePercents, before?.inodes ?? []),
    units: told('units', lines => parseUnits(lines, at - moment.uptimeSeconds * 1000), before?.units ?? []),
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

type Moment = Pick<HostReport, 'uptimeSeconds' | 'cpu' | 'load' | 'memory'>;
const MOMENT = '@@ moment\n';

/** What is told every time: uptime, processors (`cpu user nice system idle iowait irq ...`), load, memory in KiB. */
function momentOf([uptime = '0', cpu = '', load = '', memory = '']: string[]): Moment {
  // `cpu  1 2 3 ...`. Guests, which come after the eighth, are in user already.
  const ticks = cpu.slice(3).trim().split(' ', 8).map(Number);
  const total = ticks.reduce((sum, each) => sum + each, 0);
  const [totalMiB = 0, availableMiB = 0] = memory.split(' ').map(mib);
  return {
    uptimeSeconds: Number(uptime),
    cpu: { total, busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0) },
    load: load.split(' ').map(Number) as [number, number, number],
    memory: { totalMiB, availableMiB },
  };
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
