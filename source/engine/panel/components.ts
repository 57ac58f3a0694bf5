import { span, type Text } from '../text.js';
import type { Container } from './containers.js';
import type { Unit } from './report.js';
import { type Level, requiredPods } from './rows.js';
import type { HostState } from './state.js';
import { unitState } from './words.js';

export type ComponentId =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'cloud-controller-manager'
  | 'kube-scheduler'
  | 'etcd'
  | 'kubelet'
  | 'kube-proxy'
  | 'runtime'
  | 'pods';

/** One component of a node, as the seed's chapter 组件 names them. */
export interface Component {
  id: ComponentId;
  title: string;
  level: Level;
  /** running, not installed, stopped 40 s ago ... */
  state: Text;
  restarts: number | null;
  image: string | null;
  /** What it listens on: `*:6443`. */
  ports: string[];
  /** What it is there for, in one line. */
  about: Text;
  /** What `logs` takes: the unit or the container; null where there is nothing to read. */
  log: { kind: 'unit' | 'container'; name: string } | null;
}

/** All components of a node, those of the control plane first; what is not there says so. */
export function componentsOf(host: HostState): Component[] {
  return [
    ...controlPlane.map(id => containerised(host, id, true)),
    service(host, 'kubelet', ['kubelet']),
    containerised(host, 'kube-proxy', false),
    service(host, 'runtime', ['containerd', 'crio', 'docker']),
    pods(host),
  ];
}

const controlPlane = [
  'kube-apiserver',
  'kube-controller-manager',
  'cloud-controller-manager',
  'kube-scheduler',
  'etcd',
] as const;

function containerised(host: HostState, id: Exclude<ComponentId, 'pods'>, isStatic: boolean): Component {
  const container = host.report?.containers?.find(({ name, namespace }) => name === id && namespace === 'kube-system');
  const isWanted = isStatic && (host.report?.manifests.includes(id) ?? false);
  return {
    ...base(host, id),
    ...stateOf(host, id, container, isWanted),
    restarts: container?.restarts ?? null,
    image: container?.image ?? null,
    log: container ? { kind: 'container', name: id } : null,
  };
}

function stateOf(
  { report, silentSince, isControlPlane }: HostState,
  id: ComponentId,
  container: Container | undefined,
  isWanted: boolean,
): Pick<Component, 'level' | 'state'> {
  if (!report || silentSince !== null || report.containers === null) return { level: 'unknown', state: words.unknown };
  if (container?.state === 'running') return { level: 'ok', state: words.running };
  if (isWanted) return { level: 'broken', state: container ? words.ended : words.notStarted };
  // Without a manifest it was taken away: what is left is an ended container, if anything.
  if (container) return { level: 'broken', state: words.ended };
  if (isControlPlane && requiredPods.includes(id)) return { level: 'broken', state: words.noManifest };
  return { level: 'ok', state: words.notInstalled };
}

function service(host: HostState, id: 'kubelet' | 'runtime', names: string[]): Component {
  const units = host.report?.units ?? [];
  const unit = names.map(name => units.find(each => each.name === name)).find(each => each !== undefined);
  const versions: Record<string, string | null | undefined> = host.report?.versions ?? {};
  return {
    ...base(host, id),
    ...(unit ? { title: unit.name } : {}),
    ...levelOf(host, unit),
    restarts: unit?.restarts ?? null,
    image: (unit && versions[unit.name]) ?? null,
    ports: portsOf(host, unit?.name ?? id),
    log: unit ? { kind: 'unit', name: unit.name } : null,
  };
}

function levelOf({ report, silentSince }: HostState, unit: Unit | undefined): Pick<Component, 'level' | 'state'> {
  if (!report || silentSince !== null) return { level: 'unknown', state: words.unknown };
  if (!unit) return { level: 'ok', state: words.notInstalled };
  if (unit.active !== 'active') return { level: 'broken', state: unitState(unit, report.at) };
  return {
    level: 'ok',
    state: unit.since === null ? words.running : words.runningFor(Math.max(0, report.at - unit.since) / 1000),
  };
}

function pods(host: HostState): Component {
  const { report, silentSince } = host;
  const containers = report?.containers ?? [];
  const names = (list: Container[]) => new Set(list.map(({ namespace, pod }) => `${namespace}/${pod}`)).size;
  const running = names(containers.filter(({ state }) => state === 'running'));
  const isKnown = report?.containers && silentSince === null;
  return {
    ...base(host, 'pods'),
    level: isKnown ? 'ok' : 'unknown',
    state: isKnown ? words.pods(running) : words.unknown,
    restarts: report?.containers ? containers.reduce((sum, { restarts }) => sum + restarts, 0) : null,
    image: null,
    ports: [],
    log: null,
  };
}

const base = (host: HostState, id: ComponentId) => ({ id, title: titles[id], ports: portsOf(host, id), about: about[id] });

/** The kernel cuts the names of processes after 15 characters. */
function portsOf({ report }: HostState, name: string): string[] {
  const found = (report?.ports ?? []).filter(({ process }) => process === name.slice(0, 15) || process === name);
  return [
    ...new Set(found.map(({ address, port }) => `${address === '0.0.0.0' || address === '[::]' ? '*' : address}:${port}`)),
  ];
}

const titles: Record<ComponentId, string> = {
  'kube-apiserver': 'api-server',
  'kube-controller-manager': 'controller-manager',
  'cloud-controller-manager': 'cloud-controller',
  'kube-scheduler': 'scheduler',
  etcd: 'etcd',
  kubelet: 'kubelet',
  'kube-proxy': 'kube-proxy',
  runtime: 'runtime',
  pods: 'Pods',
};

const about: Record<ComponentId, Text> = {
  'kube-apiserver': {
    en: 'The door of the cluster: a REST interface that everything else talks through.',
    zh: '集群的入口：基于 REST 的接口服务，其他组件都通过它通信。',
  },
  'kube-controller-manager': {
    en: 'Compares what is with what was asked for, and brings it about: replicas, nodes, endpoints.',
    zh: '运行各类控制器，使资源的实际状态趋于期望状态：副本、节点、端点。',
  },
  'cloud-controller-manager': {
    en: "Talks to a cloud provider's own API; on one's own servers there is none.",
    zh: '对接云厂商的 API；自有服务器上通常没有。',
  },
  'kube-scheduler': { en: 'Chooses the node that a new Pod runs on.', zh: '为新的 Pod 选择合适的节点。' },
  etcd: {
    en: 'The memory of the cluster: a key-value store kept alike on its members by Raft.',
    zh: '集群的数据库：键值存储，成员之间通过 Raft 保持一致。',
  },
  kubelet: {
    en: 'Runs on every node: starts Pods, watches them, tells the API server how they are.',
    zh: '每个节点上的代理：启动并监视 Pod，并向 API Server 汇报状态。',
  },
  'kube-proxy': {
    en: 'Makes the addresses of Services lead to their Pods (layer 4).',
    zh: '网络代理：让 Service 的地址通向其 Pod（四层负载均衡）。',
  },
  runtime: {
    en: 'Pulls images and runs the containers of Pods for kubelet.',
    zh: '容器运行时：为 kubelet 拉取镜像并运行容器。',
  },
  pods: {
    en: 'The smallest thing Kubernetes runs: one or more containers that share an address.',
    zh: '最小部署单元：一个或多个共享地址的容器。',
  },
};

const words = {
  unknown: { en: 'not known', zh: '未知' },
  running: { en: 'running', zh: '运行中' },
  runningFor: (seconds: number): Text => ({ en: `running ${span(seconds).en}`, zh: `运行中 ${span(seconds).zh}` }),
  ended: { en: 'not running: its container has ended', zh: '未运行：容器已退出' },
  notStarted: { en: 'not running: kubelet has not started it', zh: '未运行：kubelet 尚未启动它' },
  noManifest: { en: 'not running: its manifest is gone', zh: '未运行：清单不存在' },
  notInstalled: { en: 'not installed', zh: '未安装' },
  pods: (running: number): Text => ({ en: `${running} running`, zh: `${running} 个运行中` }),
};
