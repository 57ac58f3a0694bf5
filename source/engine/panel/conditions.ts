import { oncePer } from '../once.js';
import type { Text } from '../text.js';
import type { ApiPod, ApiReport } from './api-report.js';
import { type Level, type NodeRow, nodeRows, nodesBeside, requiredPods } from './rows.js';
import { API_OLD_AFTER, freshApi, type PanelState } from './state.js';

/** One condition of the cluster's health. */
export interface HealthCondition {
  id: 'hosts' | 'nodes' | 'api' | 'etcd' | 'control-plane' | 'network' | 'dns' | 'proxy' | 'pods' | 'certificates';
  title: Text;
  level: Level;
  /** What it sees: `3 of 3 ready`; where it is not ok: what it waits for. */
  text: Text;
}

/** The cluster's health, each condition with what it waits for, in the order in which a cluster comes up. */
export const healthConditions = oncePer((state: PanelState): HealthCondition[] => [
  hosts(state),
  controlPlane(state),
  etcd(state),
  api(state),
  nodes(state),
  ...addOns(state),
  pods(state),
  certificates(state),
]);

/** All is as it ought to be. Attention is no fault; what is not known is. */
export const isHealthy = (state: PanelState): boolean =>
  healthConditions(state).every(({ level }) => level === 'ok' || level === 'attention');

/** Nothing is awaited any more: every host and the API have answered or failed. */
export const isSettled = ({ hosts, api, apiProblem }: PanelState): boolean =>
  hosts.every(({ report, problem }) => report !== null || problem !== null) && (api !== null || apiProblem !== null);

const condition = (id: HealthCondition['id'], level: Level, text: Text): HealthCondition => ({
  id,
  title: titles[id],
  level,
  text,
});

function hosts({ hosts }: PanelState): HealthCondition {
  const silent = hosts.filter(({ silentSince }) => silentSince !== null).map(({ name }) => name);
  const waiting = hosts.filter(({ report, silentSince }) => !report && silentSince === null).map(({ name }) => name);
  if (silent.length) return condition('hosts', 'broken', waitsFor(silent, { en: 'to answer', zh: '应答' }));
  if (waiting.length) return condition('hosts', 'unknown', waitsFor(waiting, { en: 'to answer', zh: '应答' }));
  return condition('hosts', 'ok', count(hosts.length, hosts.length));
}

function controlPlane(state: PanelState): HealthCondition {
  const rows = nodeRows(state).filter(({ role }) => role === 'control-plane');
  const known = state.hosts.filter(({ isControlPlane, report }) => isControlPlane && report?.containers);
  const missing = known.flatMap(({ name, report, silentSince }) =>
    silentSince === null
      ? requiredPods
          .filter(each => !report!.containers!.some(c => c.name === each && c.state === 'running'))
          .map(each => `${each} (${name})`)
      : [],
  );
  if (missing.length) return condition('control-plane', 'broken', waitsFor(missing, { en: 'to run', zh: '运行' }));
  if (!known.length) return condition('control-plane', 'unknown', unknown);
  return condition('control-plane', known.length < rows.length ? 'unknown' : 'ok', count(known.length, rows.length));
}

function etcd(state: PanelState): HealthCondition {
  const report = state.api && state.at - state.api.at <= API_OLD_AFTER ? state.api.etcd : null;
  if (!report) {
    const isLocal = state.hosts.some(({ report }) => report?.manifests.includes('etcd'));
    return isLocal || !state.api
      ? condition('etcd', state.api ? 'broken' : 'unknown', { en: 'waits for etcd to answer', zh: '等待 etcd 应答' })
      : condition('etcd', 'ok', { en: 'not on these hosts', zh: '不在这些主机上' });
  }
  const { members, alarms, sizeBytes } = report;
  const size = `${Math.round(sizeBytes / 1_000_000)} MB`;
  const leader = members.find(({ isLeader }) => isLeader);
  if (alarms.length)
    return condition('etcd', 'broken', { en: `alarm: ${alarms.join(', ')}`, zh: `告警：${alarms.join('、')}` });
  if (!leader)
    return condition('etcd', 'broken', {
      en: 'waits for a leader: most members have to be up',
      zh: '等待选出 leader：需要多数成员在线',
    });
  return condition('etcd', 'ok', {
    en: `${members.length} member${members.length === 1 ? '' : 's'}, leader ${leader.name}, ${size}`,
    zh: `${members.length} 个成员，leader ${leader.name}，${size}`,
  });
}

function api(state: PanelState): HealthCondition {
  const { api, apiProblem } = state;
  if (apiProblem) return condition('api', 'broken', apiProblem.what);
  if (!api) return condition('api', 'unknown', { en: 'waits for a control plane to be asked', zh: '等待询问控制平面' });
  if (api.problem)
    return condition('api', 'broken', { en: `waits for it to answer: ${api.problem}`, zh: `等待应答：${api.problem}` });
  if (!freshApi(state)) return condition('api', 'unknown', { en: 'waits for its next answer', zh: '等待下一次应答' });
  if (api.readyMs === null)
    return condition('api', 'attention', { en: 'answers, but says that it is not ready yet', zh: '有应答，但尚未就绪' });
  return condition('api', 'ok', { en: `ready in ${api.readyMs} ms`, zh: `${api.readyMs} 毫秒就绪` });
}

function nodes(state: PanelState): HealthCondition {
  const report = freshApi(state);
  const isReady = ({ conditions }: { conditions: { type: string; status: string }[] }) =>
    conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  const late = report?.nodes.filter(node => !isReady(node)) ?? [];
  // By a host's own word: the API server calls a node Ready for 40 s after its kubelet's last.
  const ailing = nodeRows(state).filter(({ level, silentSeconds }) => level === 'broken' && silentSeconds === null);
  const waits = [
    ...ailing.map(withReason),
    ...nodesBeside(
      ailing.map(({ host, address }) => ({ name: host, address })),
      late,
    ).map(({ name }) => name),
  ];
  if (late.length) return condition('nodes', 'broken', waitsFor(waits, { en: 'to be Ready', zh: '变为 Ready' }));
  if (ailing.length) return condition('nodes', 'broken', waitsFor(waits, { en: 'to be well', zh: '恢复正常' }));
  if (!report) return condition('nodes', 'unknown', awaitsApi);
  return condition('nodes', 'ok', count(report.nodes.length, report.nodes.length));
}

/** `n2 (kubelet stopped 5 s ago)` */
const withReason = ({ host, notes: [gravest] }: NodeRow): string | Text =>
  gravest ? { en: `${host} (${gravest.text.en})`, zh: `${host} (${gravest.text.zh})` } : host;

/** What every cluster carries, by the labels that its makers give it. */
const carried = [
  {
    id: 'network',
    is: ({ labels }: ApiPod) =>
      labels.app === 'flannel' || labels['k8s-app'] === 'calico-node' || labels['k8s-app'] === 'cilium',
  },
  { id: 'proxy', is: ({ labels }: ApiPod) => labels['k8s-app'] === 'kube-proxy' },
  { id: 'dns', is: ({ labels }: ApiPod) => labels['k8s-app'] === 'kube-dns' },
] as const;

function addOns(state: PanelState): HealthCondition[] {
  const report = freshApi(state);
  return carried.map(({ id, is }) => {
    if (!report) return condition(id, 'unknown', awaitsApi);
    const own = staying(report).filter(is);
    const ready = own.filter(isFine).length;
    if (!own.length) return condition(id, id === 'network' ? 'attention' : 'broken', { en: 'none is installed', zh: '未安装' });
    if (ready === own.length) return condition(id, 'ok', count(ready, own.length));
    const late = own.filter(pod => !isFine(pod));
    return condition(
      id,
      ready && id === 'dns' ? 'attention' : 'broken',
      waitsFor(
        late.map(({ name, status }) => `${name} (${status})`),
        { en: 'to be ready', zh: '就绪' },
      ),
    );
  });
}

/** A pod that runs with all its containers ready, or has ended well. */
const isFine = ({ status, ready, containers }: ApiPod): boolean =>
  status === 'Completed' || (status === 'Running' && ready === containers);

/** Those that are not. */
export const latePods = oncePer((report: ApiReport): ApiPod[] => staying(report).filter(pod => !isFine(pod)));

/** All but the pods that were deleted and are on their way out, as they ought to be: they lack nothing. */
const staying = oncePer(({ pods, at }: ApiReport): ApiPod[] =>
  pods.filter(({ goneBy }) => goneBy === null || at > goneBy + GONE_LATE),
);
/** Kubelet ends a pod's containers within its time, and takes what they lived in away after it. */
const GONE_LATE = 30_000;

function pods(state: PanelState): HealthCondition {
  const report = freshApi(state);
  if (!report) return condition('pods', 'unknown', awaitsApi);
  const late = latePods(report);
  const { length } = staying(report);
  if (!late.length) return condition('pods', 'ok', count(length, length));
  return condition(
    'pods',
    'broken',
    waitsFor(
      late.map(({ namespace, name, status }) => `${namespace}/${name} (${status})`),
      { en: 'to be ready', zh: '就绪' },
    ),
  );
}

function certificates(state: PanelState): HealthCondition {
  const days = nodeRows(state).flatMap(({ certificateDays }) => (certificateDays === null ? [] : [certificateDays]));
  if (!days.length) return condition('certificates', 'unknown', unknown);
  const least = Math.min(...days);
  if (least < 0)
    return condition('certificates', 'broken', {
      en: 'one has expired: kubeadm certs renew all',
      zh: '有证书已过期：kubeadm certs renew all',
    });
  return condition('certificates', least < 30 ? 'attention' : 'ok', {
    en: `the first ends in ${least} d`,
    zh: `最早的将在 ${least} 天后到期`,
  });
}

const count = (part: number, all: number): Text => ({ en: `${part} of ${all}`, zh: `${part}/${all}` });
/** At most three by name. */
function waitsFor(names: (string | Text)[], what: Text): Text {
  const more = names.length - 3;
  const list = (lang: keyof Text, and: string) =>
    `${names
      .slice(0, 3)
      .map(name => (typeof name === 'string' ? name : name[lang]))
      .join(', ')}${more > 0 ? ` ${and}` : ''}`;
  return {
    en: `waits for ${list('en', `and ${more} more`)} ${what.en}`,
    zh: `等待 ${list('zh', `等 ${names.length} 个`)} ${what.zh}`,
  };
}
const unknown: Text = { en: 'nothing is known yet', zh: '尚无信息' };
const awaitsApi: Text = { en: 'waits for the API server', zh: '等待 API Server' };

const titles: Record<HealthCondition['id'], Text> = {
  hosts: { en: 'hosts answer', zh: '主机应答' },
  'control-plane': { en: 'control plane runs', zh: '控制平面运行' },
  etcd: { en: 'etcd', zh: 'etcd' },
  api: { en: 'API server', zh: 'API Server' },
  nodes: { en: 'nodes are Ready', zh: '节点 Ready' },
  network: { en: 'network (CNI)', zh: '网络（CNI）' },
  proxy: { en: 'kube-proxy', zh: 'kube-proxy' },
  dns: { en: 'DNS', zh: 'DNS' },
  pods: { en: 'pods run', zh: 'Pod 运行' },
  certificates: { en: 'certificates', zh: '证书' },
};
