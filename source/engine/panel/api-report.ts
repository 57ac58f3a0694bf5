import { sections } from '../facts/sections.js';
import api from './api.sh';
import { unpacked } from './packed.js';
import { type HostReport, parseCost } from './report.js';

/** The POSIX script that asks the API server and etcd of a control plane, every four seconds. */
export const apiScript: string = api;

export interface NodeCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  /** Since when it is so, epoch ms. */
  since: number;
}

export interface ApiNode {
  name: string;
  version: string;
  /** Of the node's own networks. */
  addresses: string[];
  isControlPlane: boolean;
  /** Cordoned: no pods are put on it. */
  isUnschedulable: boolean;
  conditions: NodeCondition[];
  createdAt: number;
}

export interface ApiPod {
  namespace: string;
  name: string;
  node: string | null;
  /** As kubectl says it: Running, Pending, CrashLoopBackOff, Completed, Terminating ... */
  status: string;
  /** What the API server adds to that. */
  message: string | null;
  ready: number;
  containers: number;
  restarts: number;
  createdAt: number;
  /** Epoch ms by which a pod that was deleted has had its time to end. */
  goneBy: number | null;
  labels: Record<string, string>;
  /** Owned by a DaemonSet: drain leaves it. */
  isOfDaemonSet: boolean;
  /** Shown by the API server for one that kubelet runs by itself. */
  isStatic: boolean;
}

export interface ApiEvent {
  /** Epoch ms of its last time. */
  at: number;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  kind: string;
  namespace: string;
  name: string;
  count: number;
}

export interface EtcdReport {
  members: { id: string; name: string; peerUrls: string[]; isLearner: boolean; isLeader: boolean }[];
  version: string;
  sizeBytes: number;
  /** What it may grow to; null where it does not say. */
  quotaBytes: number | null;
  /** NOSPACE, CORRUPT: as it says them. */
  alarms: string[];
}

/** What is told when it is not as it was. */
export interface ApiLists {
  version: string | null;
  nodes: ApiNode[];
  pods: ApiPod[];
  /** Warnings, and what befell nodes: newest first. */
  events: ApiEvent[];
  /** As etcd says them; null where it does not. */
  members: Json[] | null;
  /** What they were read from: an answer that comes again word by word is not read again. */
  answers: Answers;
}

/** What the cluster's API server and etcd said last, seen from one control plane. */
export interface ApiReport extends ApiLists {
  /** The same objects as in the report before where nothing has changed. */
  lists: ApiLists;
  at: number;
  /** The control plane that was asked. */
  host: string;
  /** Why the API server does not answer (in curl's words, or HTTP's), or null. Where it does not, all below is empty. */
  problem: string | null;
  /** /readyz: how long it took, ms; null where it does not say that it is ready. */
  readyMs: number | null;
  /** null where etcd is not here or does not answer. */
  etcd: EtcdReport | null;
  /** CPU time that so many reports have cost the host, without that of API server and etcd; told now and then. */
  cost: HostReport['cost'];
}

/**
 * Reads one report.
 * @param lines up to `@@ end`
 * @param before the report before, for the lists that are as they were: they are the same objects then; null in a new run of the script
 */
export function parseApiReport(lines: string, before: ApiReport | null, host: string, at: number): ApiReport {
  const section = sections(lines);
  const { ready, etcd } = parseAnswers(section('now').join('\n'));
  const told = section('lists');
  const lists = told.length || !before ? parseLists(unpacked(told.join('')), before?.lists ?? null) : before.lists;
  const times = section('cost');
  return {
    ...lists,
    lists,
    at,
    host,
    problem: ready?.code === 200 || lists.nodes.length ? null : why(ready),
    readyMs: ready?.code === 200 ? Math.max(1, Math.round(ready.ms)) : null,
    etcd: etcdOf(etcd, lists.members),
    cost: times.length ? parseCost(times) : (before?.cost ?? null),
  };
}

function parseLists(text: string, before: ApiLists | null): ApiLists {
  const answers = parseAnswers(text);
  const isSame = (name: string) => before !== null && answers[name]?.body === before.answers[name]?.body;
  const items = (name: string): Json[] => json(answers[name])?.items ?? [];
  const members = json(answers.members);
  return {
    answers,
    version: json(answers.version)?.gitVersion ?? null,
    nodes: isSame('nodes') ? before!.nodes : items('nodes').map(nodeOf),
    pods: isSame('pods') ? before!.pods : items('pods').map(podOf),
    events:
      isSame('warnings') && isSame('happenings')
        ? before!.events
        : [...items('warnings'), ...items('happenings')].map(eventOf).sort((a, b) => b.at - a.at),
    members: members && (members.members ?? []),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: objects of the Kubernetes API, as far as they are read here
type Json = any;

interface Answer {
  /** 0: none came. */
  code: number;
  ms: number;
  body: string;
  /** curl's words. */
  problem: string;
}
type Answers = Record<string, Answer>;

/** Bodies, each with its line `@@ NAME CODE ASKED ANSWERED PROBLEM` below it. */
function parseAnswers(text: string): Answers {
  const answers: Answers = {};
  for (let from = 0; from < text.length; ) {
    const at = text.startsWith('@@ ', from) ? from : text.indexOf('\n@@ ', from) + 1;
    if (at === 0) break;
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    const [, name = '', code, asked, answered, problem = ''] = /^@@ (\S+) (\d+) ([\d.]+) ([\d.]+) ?(.*)$/.exec(line) ?? [];
    const body = text.slice(from, Math.max(from, at - 1));
    answers[name] = { code: Number(code), ms: (Number(answered) - Number(asked)) * 1000, body, problem };
    from = at + line.length + 1;
  }
  return answers;
}

/** What a server has answered, if it has. */
function json(answer: Answer | undefined): Json | null {
  if (answer?.code !== 200 || !/^\s*\{/.test(answer.body)) return null;
  try {
    return JSON.parse(answer.body);
  } catch {
    return null;
  }
}

const why = (answer: Answer | undefined): string =>
  answer?.problem || (answer?.code ? `HTTP ${answer.code} ${answer.body.trim().split('\n').at(-1)}`.trim() : 'no answer');

const nodeOf = ({ metadata, spec = {}, status = {} }: Json): ApiNode => ({
  name: metadata.name,
  version: status.nodeInfo?.kubeletVersion ?? '',
  addresses: (status.addresses ?? []).flatMap(({ type, address }: Json) => (type === 'InternalIP' ? [address] : [])),
  isControlPlane: 'node-role.kubernetes.io/control-plane' in (metadata.labels ?? {}),
  isUnschedulable: spec.unschedulable ?? false,
  conditions: (status.conditions ?? []).map(({ type, status, reason = '', message = '', lastTransitionTime }: Json) => ({
    type,
    status,
    reason,
    message,
    since: Date.parse(lastTransitionTime) || 0,
  })),
  createdAt: Date.parse(metadata.creationTimestamp) || 0,
});

function podOf({ metadata, spec = {}, status = {} }: Json): ApiPod {
  const statuses: Json[] = status.containerStatuses ?? [];
  const waiting = [...(status.initContainerStatuses ?? []), ...statuses].find(
    ({ state = {} }) => state.waiting || (state.terminated && state.terminated.exitCode !== 0),
  )?.state;
  const unmet = (status.conditions ?? []).find((condition: Json) => condition.status === 'False' && condition.message);
  const reason = waiting?.waiting?.reason ?? waiting?.terminated?.reason;
  const owner = metadata.ownerReferences?.[0]?.kind;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    node: spec.nodeName ?? null,
    status: metadata.deletionTimestamp
      ? 'Terminating'
      : status.phase === 'Succeeded'
        ? 'Completed'
        : (status.reason ?? reason ?? status.phase ?? 'Unknown'),
    message: waiting?.waiting?.message ?? waiting?.terminated?.message ?? status.message ?? unmet?.message ?? null,
    ready: statuses.filter(each => each.ready).length,
    containers: spec.containers?.length ?? statuses.length,
    restarts: statuses.reduce((sum: number, each: Json) => sum + (each.restartCount ?? 0), 0),
    createdAt: Date.parse(metadata.creationTimestamp) || 0,
    goneBy: Date.parse(metadata.deletionTimestamp) || null,
    labels: metadata.labels ?? {},
    isOfDaemonSet: owner === 'DaemonSet',
    isStatic: owner === 'Node',
  };
}

const eventOf = ({ metadata, type, reason, message, involvedObject, ...event }: Json): ApiEvent => ({
  at: Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? metadata.creationTimestamp) || 0,
  type,
  reason: reason ?? '',
  message: message ?? '',
  kind: involvedObject?.kind ?? '',
  namespace: involvedObject?.namespace ?? '',
  name: involvedObject?.name ?? '',
  count: event.series?.count ?? event.count ?? 1,
});

function etcdOf(etcd: Answer | undefined, members: Json[] | null): EtcdReport | null {
  if (!members || etcd?.code !== 200) return null;
  const said = json(etcd);
  return {
    members: members.map(({ ID, name, peerURLs = [], isLearner = false }) => ({
      id: ID,
      name: name ?? '',
      peerUrls: peerURLs,
      isLearner,
      isLeader: ID === said?.leader,
    })),
    version: said?.version ?? '',
    sizeBytes: Number(said?.dbSize ?? 0),
    quotaBytes: said?.dbSizeQuota ? Number(said.dbSizeQuota) : null,
    alarms: (said?.errors ?? []).map(String),
  };
}
