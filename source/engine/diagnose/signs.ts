import type { Text } from '../text.js';
import type { Evidence } from './evidence.js';
import { hasFile, unitIs, valueIn } from './symptom.js';

/** Something that can be seen to be wrong, whatever the cause. */
export interface Sign {
  host: string;
  what: Text;
}

const systemNamespace = /^(kube-[a-z-]+|calico-[a-z]+|tigera-operator|cilium[a-z-]*)$/;

/** An answer of any kind, be it a refusal: something listens there. */
const answers = (said: string | null) => said !== null && said !== '' && said !== 'no answer' && !said.startsWith('curl: ');

/** What is wrong on a host that is, or was to be, a node. A host without Kubernetes shows none. */
export function signsOf(evidence: Evidence): Sign[] {
  const isNode = hasFile(evidence, 'kubelet.conf') || hasFile(evidence, 'bootstrap-kubelet.conf');
  const isControlPlane = hasFile(evidence, 'admin.conf') || hasFile(evidence, 'pki/ca.key');
  const found: Text[] = [];
  const others: Sign[] = [];
  const containerd = unitIs(evidence, 'containerd');
  if (isNode && containerd !== 'active')
    found.push({ en: `containerd is ${containerd ?? 'not there'}`, zh: `containerd 状态：${containerd ?? '不存在'}` });
  if (isNode) found.push(...kubeletSigns(evidence));
  if (isControlPlane) {
    found.push(...controlPlaneSigns(evidence));
    others.push(...clusterSigns(evidence));
  } else if (isNode && !answers(valueIn(evidence, 'health', 'reached')) && valueIn(evidence, 'health', 'server'))
    found.push({
      en: `the API server cannot be reached at ${valueIn(evidence, 'health', 'server')}: ${valueIn(evidence, 'health', 'reached')}`,
      zh: `无法访问 API Server ${valueIn(evidence, 'health', 'server')}：${valueIn(evidence, 'health', 'reached')}`,
    });
  return [...found.map(what => ({ host: evidence.host, what })), ...others];
}

function kubeletSigns(evidence: Evidence): Text[] {
  const state = unitIs(evidence, 'kubelet');
  const health = valueIn(evidence, 'health', 'kubelet');
  const restarts = Number(unitIs(evidence, 'kubelet', 'NRestarts') ?? 0);
  if (state === 'active' && health === 'ok') return [];
  if (state === 'activating' || restarts > 2)
    return [
      restarts > 0
        ? { en: `kubelet keeps ending (${restarts} restarts)`, zh: `kubelet 反复退出（重启 ${restarts} 次）` }
        : { en: 'kubelet keeps ending', zh: 'kubelet 反复退出' },
    ];
  if (state !== 'active') return [{ en: `kubelet is ${state ?? 'not there'}`, zh: `kubelet 状态：${state ?? '不存在'}` }];
  return [{ en: `kubelet runs, but is not well: ${health}`, zh: `kubelet 在运行但不健康：${health}` }];
}

function controlPlaneSigns(evidence: Evidence): Text[] {
  const found: Text[] = [];
  const api = valueIn(evidence, 'health', 'api');
  const etcd = valueIn(evidence, 'health', 'etcd');
  if (!answers(api)) found.push({ en: `the API server does not answer: ${api}`, zh: `API Server 没有应答：${api}` });
  else if (api !== 'ok' && !api!.startsWith('{'))
    found.push({ en: `the API server is not well: ${api}`, zh: `API Server 不健康：${api}` });
  if (!etcd?.includes('"health":"true"')) found.push({ en: `etcd is not well: ${etcd}`, zh: `etcd 不健康：${etcd}` });
  return found;
}

/** What the cluster says of its nodes and of its own pods; each is a sign of the node. */
function clusterSigns({ host, sections }: Evidence): Sign[] {
  const found: Sign[] = [];
  for (const line of sections.nodes ?? []) {
    const [name, state] = line.split(/\s+/);
    if (name && state?.startsWith('NotReady'))
      found.push({ host: name, what: { en: `node ${name} is ${state}`, zh: `节点 ${name} 状态：${state}` } });
  }
  for (const line of sections.pods ?? []) {
    // Restarts may be told as `3 (2m ago)`.
    const [namespace = '', pod, ready, state, , , , node] = line.replace(/ \([^)]* ago\)/, '').split(/\s+/);
    if (!systemNamespace.test(namespace)) continue;
    const what = {
      en: `pod ${namespace}/${pod}: ${state}, ${ready} ready`,
      zh: `Pod ${namespace}/${pod}：${state}，就绪 ${ready}`,
    };
    found.push({ host: node && node !== '<none>' ? node : host, what });
  }
  return found;
}
