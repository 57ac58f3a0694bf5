import { oncePer } from '../once.js';
import { span, type Text } from '../text.js';
import type { ApiEvent, ApiNode, NodeCondition } from './api-report.js';
import type { Container } from './containers.js';
import type { Certificate, HostReport, Unit } from './report.js';
import { freshApi, type HostState, type PanelState } from './state.js';
import { kubeletWords, unitWords } from './words.js';

/** ok: as it ought to be. attention: works, but somebody should look. broken. unknown: nothing (fresh) is known. */
export type Level = 'ok' | 'attention' | 'broken' | 'unknown';

/** A host as one row of the panel. What is not known is null. */
export interface NodeRow {
  host: string;
  address: string;
  role: 'control-plane' | 'worker';
  level: Level;
  /** Ready, NotReady, cordoned, silent, connecting ... */
  state: Text;
  /** What the cluster says of the node. */
  conditions: NodeCondition[];
  /** kubelet's: v1.37.2 */
  version: string | null;
  cpu: { percent: number; history: number[] } | null;
  memory: { usedMiB: number; totalMiB: number } | null;
  /** The fullest. */
  disk: { mount: string; usedPercent: number } | null;
  /** Average over one minute. */
  load: number | null;
  cordoned: boolean;
  /** Pods with a container that runs; by the host's word, so it is there without the API. */
  pods: number | null;
  clockSkewMs: number | null;
  /** Until the first certificate that is not an authority's ends; negative: it has ended. */
  certificateDays: number | null;
  uptimeSeconds: number | null;
  /** Since the node joined. */
  ageSeconds: number | null;
  /** Seconds since the host was last heard of, where that is too long. */
  silentSeconds: number | null;
  /** What is not as it ought to be, the gravest first. */
  notes: { level: Level; text: Text }[];
  /** The last event of this node. */
  lastEvent: { at: number; reason: string; message: string } | null;
}

/** Clocks further apart than this, ms, break certificates and etcd's leases; less may be the line's own delay. */
const SKEW = 2000;
const DAY = 86_400_000;

/** All hosts as rows, in the order of the spec. */
export const nodeRows = oncePer((state: PanelState): NodeRow[] => {
  const nodes = nodesByName(freshApi(state)?.nodes ?? []);
  const events = state.api ? lastEvents(state.api.events) : null;
  return state.hosts.map(host => {
    const node = nodeOf(host, nodes);
    const event = events?.get(node?.name ?? host.name);
    return {
      ...rowOf(state, host, node),
      lastEvent: event ? { at: event.at, reason: event.reason, message: event.message } : null,
    };
  });
});

const nodesByName = oncePer((nodes: ApiNode[]) => new Map(nodes.map(node => [node.name, node])));
const lastEvents = oncePer(
  (newestFirst: ApiEvent[]) =>
    new Map(newestFirst.toReversed().flatMap(event => (event.kind === 'Node' ? [[event.name, event] as const] : []))),
);

/** The cluster's node of a host: by its name, or by its address where it was given another. */
export const nodeOf = (host: HostState, nodes: Map<string, ApiNode>): ApiNode | null =>
  nodes.get(host.name) ?? [...nodes.values()].find(node => node.addresses.includes(host.address)) ?? null;

/** The nodes that none of the hosts is, by name or address. */
export function nodesBeside(hosts: readonly { name: string; address: string }[], nodes: readonly ApiNode[]): ApiNode[] {
  const known = new Set(hosts.flatMap(({ name, address }) => [name, address]));
  return nodes.filter(({ name, addresses }) => ![name, ...addresses].some(each => known.has(each)));
}

/** Names of nodes that nobody watches: joined since, or the cluster was read while its API server was down. */
export const unwatched = oncePer((state: PanelState): string[] =>
  nodesBeside(state.hosts, freshApi(state)?.nodes ?? []).map(({ name }) => name),
);

function rowOf(state: PanelState, host: HostState, node: ApiNode | null): Omit<NodeRow, 'lastEvent'> {
  const { report, silentSince } = host;
  const isHeard = report !== null && silentSince === null;
  const disk = isHeard ? fullest(report.disks) : undefined;
  const notes = isHeard ? notesOf(host, node) : [];
  if (!isHeard) notes.push(...silence(state, host));
  notes.push(...conditionNotes(node, notes.length > 0));
  notes.sort((a, b) => gravity[a.level] - gravity[b.level]);
  const ready = node?.conditions.find(({ type }) => type === 'Ready')?.status;
  return {
    host: host.name,
    address: host.address,
    role:
      host.isControlPlane || node?.isControlPlane || report?.manifests.includes('kube-apiserver') ? 'control-plane' : 'worker',
    level: levelOf(isHeard, host, ready, notes),
    state: stateOf(host, node, ready, isHeard),
    conditions: node?.conditions ?? [],
    version: node?.version || report?.versions.kubelet || null,
    cpu: isHeard && host.cpuHistory.length ? { percent: host.cpuHistory.at(-1)!, history: host.cpuHistory } : null,
    memory: isHeard ? { usedMiB: report.memory.totalMiB - report.memory.availableMiB, totalMiB: report.memory.totalMiB } : null,
    disk: disk ? { mount: disk.mount, usedPercent: disk.usedPercent } : null,
    load: isHeard ? report.load[0] : null,
    cordoned: node?.isUnschedulable ?? false,
    pods: isHeard && report.containers ? podsOn(report.containers) : null,
    clockSkewMs: isHeard ? report.clockSkewMs : null,
    certificateDays: report ? certificateDays(state.at, host) : null,
    uptimeSeconds: isHeard ? report.uptimeSeconds : null,
    ageSeconds: node ? Math.round((state.at - node.createdAt) / 1000) : null,
    silentSeconds: silentSince === null ? null : Math.round((state.at - silentSince) / 1000),
    notes,
  };
}

const fullest = oncePer((disks: HostReport['disks']) => disks.toSorted((a, b) => b.usedPercent - a.usedPercent)[0]);

const gravity: Record<Level, number> = { broken: 0, attention: 1, unknown: 2, ok: 3 };

function levelOf(isHeard: boolean, host: HostState, ready: string | undefined, notes: NodeRow['notes']): Level {
  if (!isHeard) return host.problem || host.silentSince !== null ? 'broken' : 'unknown';
  if (notes[0]?.level === 'broken' || (ready && ready !== 'True')) return 'broken';
  return notes[0]?.level ?? 'ok';
}

function stateOf(host: HostState, node: ApiNode | null, ready: string | undefined, isHeard: boolean): Text {
  if (host.silentSince !== null) return host.report ? words.silent : words.unreachable;
  if (!isHeard) return words.connecting;
  if (ready && ready !== 'True') return words.notReady;
  const kubelet = host.report!.units.find(unit => unit.name === 'kubelet');
  // The cluster hears of it 40 s later, and without its API the host itself is all there is.
  if (kubelet && kubelet.active !== 'active') return words.down;
  if (ready) return node!.isUnschedulable ? words.cordoned : words.ready;
  return kubelet ? words.up : words.noKubelet;
}

const podsOn = oncePer(
  (containers: Container[]) =>
    new Set(containers.flatMap(({ state, namespace, pod }) => (state === 'running' ? [`${namespace}/${pod}`] : []))).size,
);

/** The one that ends first, of those that are no authority's. */
const firstToEnd = oncePer(
  (certificates: Certificate[]): Certificate | undefined =>
    certificates.filter(({ isAuthority }) => !isAuthority).toSorted((a, b) => a.endsAt - b.endsAt)[0],
);

function certificateDays(at: number, host: HostState): number | null {
  const first = firstToEnd(host.report!.certificates);
  return first ? Math.floor((first.endsAt - at) / DAY) : null;
}

function silence({ at }: PanelState, { silentSince, report, problem }: HostState): NodeRow['notes'] {
  if (silentSince === null) return problem ? [{ level: 'broken', text: problem.what }] : [];
  const seconds = Math.round((at - silentSince) / 1000);
  const text: Text = problem
    ? {
        en: `${problem.what.en}${report ? ` (${span(seconds).en})` : ''}`,
        zh: `${problem.what.zh}${report ? `（${span(seconds).zh}）` : ''}`,
      }
    : { en: `the line has been silent for ${span(seconds).en}`, zh: `连接已静默 ${span(seconds).zh}` };
  return [{ level: 'broken', text }];
}

/** What the host itself shows. */
function notesOf(host: HostState, node: ApiNode | null): NodeRow['notes'] {
  const report = host.report!;
  const notes: NodeRow['notes'] = [];
  const say = (level: Level, text: Text) => notes.push({ level, text });
  const runtime = report.units.find(isRuntime);
  const kubelet = report.units.find(unit => unit.name === 'kubelet');
  if (runtime && runtime.active !== 'active') say('broken', unitWords(runtime, report.at));
  if (kubelet && kubelet.active !== 'active') say('broken', kubeletWords(kubelet, report));
  // kubelet throws pods out from 85 % (images) and 90 % on.
  for (const { mount, usedPercent } of report.disks)
    if (usedPercent >= 85) say(usedPercent >= 90 ? 'broken' : 'attention', words.disk(mount, usedPercent));
  for (const { mount, usedPercent } of report.inodes) if (usedPercent >= 90) say('broken', words.inodes(mount, usedPercent));
  for (const name of missingPods(host)) say('broken', words.notRunning(name));
  if (isControlPlaneHost(host, node))
    for (const name of requiredPods)
      if (report.containers !== null && !report.manifests.includes(name)) say('broken', words.noManifest(name));
  const days = certificateDays(report.at, host);
  if (days !== null && days < 30) {
    say(days < 0 ? 'broken' : 'attention', words.certificate(firstToEnd(report.certificates)!.path, days));
  }
  if (Math.abs(report.clockSkewMs) > SKEW) say('attention', words.clock(report.clockSkewMs));
  if (report.memory.totalMiB && report.memory.availableMiB / report.memory.totalMiB < 0.05) say('attention', words.memory);
  return notes;
}

const isRuntime = ({ name }: Unit) => name === 'containerd' || name === 'crio';
/** What every control plane runs; etcd may be elsewhere. */
export const requiredPods: readonly string[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

const isControlPlaneHost = (host: HostState, node: ApiNode | null) => host.isControlPlane || node?.isControlPlane === true;

/** Static pods that kubelet is told to run and that do not run. */
export const missingPods = ({ report }: HostState): string[] =>
  report?.containers
    ? report.manifests.filter(name => !report.containers!.some(each => each.name === name && each.state === 'running'))
    : [];

/** What the cluster says, where the host itself has not said why. */
function conditionNotes(node: ApiNode | null, isSaid: boolean): NodeRow['notes'] {
  return (node ? badConditions(node) : []).flatMap(({ type, message }): NodeRow['notes'] => {
    if (type === 'Ready' && isSaid) return [];
    return [
      { level: type === 'Ready' ? 'broken' : 'attention', text: { en: `${type}: ${message}`, zh: `${type}：${message}` } },
    ];
  });
}
const badConditions = oncePer(({ conditions }: ApiNode) =>
  conditions.filter(({ type, status }) => (type === 'Ready' ? status !== 'True' : status === 'True')),
);

const both = (text: string): Text => ({ en: text, zh: text });
const words = {
  ready: both('Ready'),
  notReady: both('NotReady'),
  cordoned: { en: 'cordoned', zh: '已停止调度' },
  silent: { en: 'silent', zh: '无响应' },
  unreachable: { en: 'unreachable', zh: '无法连接' },
  connecting: { en: 'connecting', zh: '连接中' },
  up: { en: 'up, no API', zh: '运行中，无 API' },
  down: { en: 'down', zh: '已停止' },
  noKubelet: { en: 'no kubelet', zh: '无 kubelet' },
  disk: (mount: string, percent: number): Text => ({
    en: `disk ${mount} ${percent}% full`,
    zh: `磁盘 ${mount} 已用 ${percent}%`,
  }),
  inodes: (mount: string, percent: number): Text => ({
    en: `${mount}: ${percent}% of the inodes are used`,
    zh: `${mount}：inode 已用 ${percent}%`,
  }),
  notRunning: (name: string): Text => ({ en: `${name} does not run`, zh: `${name} 未运行` }),
  noManifest: (name: string): Text => ({
    en: `${name}: its manifest is gone from /etc/kubernetes/manifests`,
    zh: `${name}：/etc/kubernetes/manifests 中没有它的清单`,
  }),
  certificate: (path: string, days: number): Text => {
    const name = path.replace(/^\/etc\/kubernetes\/(pki\/)?/, '');
    return days < 0
      ? { en: `${name} has expired`, zh: `${name} 已过期` }
      : { en: `${name} ends in ${days} d`, zh: `${name} 将在 ${days} 天后到期` };
  },
  clock: (ms: number): Text => {
    const by = span(Math.abs(ms) / 1000);
    return ms > 0
      ? { en: `its clock is ${by.en} ahead`, zh: `时钟快 ${by.zh}` }
      : { en: `its clock is ${by.en} behind`, zh: `时钟慢 ${by.zh}` };
  },
  memory: { en: 'almost no memory is left', zh: '内存几乎耗尽' },
} satisfies Record<string, unknown>;
