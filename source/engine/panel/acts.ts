import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { type Shell, sh } from '../sh.js';
import type { Text } from '../text.js';
import type { ApiPod } from './api-report.js';

/** Something small that can be done to a node: shown as commands and confirmed before it runs. */
export interface Act {
  id: 'cordon' | 'uncordon' | 'drain' | 'restart' | 'describe';
  title: Text;
  /** What it means for those who use the cluster; null where it changes nothing. */
  effect: Text | null;
  /** Where the commands run: on a control plane, or on the host of the node itself. */
  on: 'control-plane' | 'host';
  commands: Shell;
  /** Bound of the whole, ms. */
  timeout: number;
}

const kubectl = sh`kubectl --kubeconfig /etc/kubernetes/admin.conf`;

export const cordon = (node: string): Act => ({
  id: 'cordon',
  title: { en: `cordon ${node}`, zh: `停止向 ${node} 调度` },
  effect: { en: 'No new pods are put on it; those that run stay.', zh: '不再向其调度新的 Pod；已运行的保留。' },
  on: 'control-plane',
  commands: sh`${kubectl} cordon ${node}`,
  timeout: 20_000,
});

export const uncordon = (node: string): Act => ({
  id: 'uncordon',
  title: { en: `uncordon ${node}`, zh: `恢复向 ${node} 调度` },
  effect: { en: 'Pods may be put on it again.', zh: '可以再次向其调度 Pod。' },
  on: 'control-plane',
  commands: sh`${kubectl} uncordon ${node}`,
  timeout: 20_000,
});

/** Bounded to five minutes; what has not gone by then stays, and the node stays cordoned. */
export const drain = (node: string): Act => ({
  id: 'drain',
  title: { en: `drain ${node}`, zh: `排空 ${node}` },
  effect: {
    en: 'Its pods are ended and started elsewhere, as far as their disruption budgets allow; what they keep in emptyDir volumes is lost. Pods of DaemonSets stay. It stays cordoned.',
    zh: '其上的 Pod 会在中断预算允许的范围内被终止并在别处启动；emptyDir 卷中的数据会丢失。DaemonSet 的 Pod 保留。节点保持停止调度。',
  },
  on: 'control-plane',
  commands: sh`${kubectl} drain ${node} --ignore-daemonsets --delete-emptydir-data --timeout=300s`,
  timeout: 330_000,
});

export const restart = (host: string, unit: 'kubelet' | 'containerd' | 'crio'): Act => ({
  id: 'restart',
  title: { en: `restart ${unit} on ${host}`, zh: `重启 ${host} 的 ${unit}` },
  effect: { en: 'Containers go on running meanwhile.', zh: '期间容器继续运行。' },
  on: 'host',
  commands: sh`systemctl restart ${unit} && systemctl is-active ${unit}`,
  timeout: 100_000,
});

/** Changes nothing: what the cluster knows of a node or of a pod. */
export const describe = (kind: 'node' | 'pod', name: string, namespace?: string): Act => ({
  id: 'describe',
  title: { en: `describe ${kind} ${name}`, zh: `查看 ${kind} ${name} 的详情` },
  effect: null,
  on: 'control-plane',
  commands: namespace ? sh`${kubectl} -n ${namespace} describe ${kind} ${name}` : sh`${kubectl} describe ${kind} ${name}`,
  timeout: 20_000,
});

/**
 * How far a drain is: pods that are gone of those that it began with.
 * @param lines what it has said
 * @param left the cluster's pods now, where they are known: of many pods kubectl learns only minutes later that they are gone
 */
export function drainProgress(lines: readonly string[], left: readonly ApiPod[] | null): { gone: number; total: number } {
  const namesIn = (pattern: RegExp) => new Set(lines.flatMap(line => pattern.exec(line)?.[1] ?? []));
  const begun = namesIn(/^evicting pod \S+\/(\S+)/);
  const ended = namesIn(/^pod\/(\S+) (?:evicted|deleted)/);
  const still = left && new Set(left.map(({ name }) => name));
  return { gone: [...begun].filter(name => ended.has(name) || still?.has(name) === false).length, total: begun.size };
}

/**
 * Runs the commands of an act. Nothing asks here: whoever calls has shown them and been told yes.
 * @param remote of the host that `act.on` says
 * @throws Problem step where they failed, with their last lines; and whatever the remote throws
 */
export async function perform(
  act: Act,
  remote: Remote,
  { signal, onLine }: { signal?: AbortSignal; onLine: (line: string) => void },
): Promise<void> {
  const { code, stdout, stderr } = await remote.run(act.commands, { timeout: act.timeout, signal, onLine });
  if (code === 0) return;
  const lastLines = `${stdout}\n${stderr}`.trim().split('\n').slice(-10);
  throw new Problem({
    code: 'step',
    host: remote.name,
    what: { en: `${act.title.en} failed: ${lastLines.at(-1)}`, zh: `${act.title.zh} 失败：${lastLines.at(-1)}` },
    remedy: { en: 'Its last lines say why; it can be done again.', zh: '最后几行说明了原因；可以再次执行。' },
    command: { line: act.commands.text, exitCode: code, lastLines },
  });
}
