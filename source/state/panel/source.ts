import { Problem } from '../../engine/errors.js';
import { type Act, cordon, describe, drain, perform, restart, uncordon } from '../../engine/panel/acts.js';
import { findDrift } from '../../engine/panel/drift.js';
import { readNodeFile } from '../../engine/panel/files.js';
import { readLog } from '../../engine/panel/logs.js';
import { nodeOf } from '../../engine/panel/rows.js';
import type { HostState, PanelState } from '../../engine/panel/state.js';
import type { Watch } from '../../engine/panel/watch.js';
import type { Remote } from '../../engine/remote.js';
import type { ClusterSpec } from '../../engine/spec/schema.js';
import type { Language } from '../../engine/text.js';

/** Something on a host that can be read. */
export type Source =
  | { kind: 'log'; host: string; name: string; of: 'unit' | 'container' }
  | { kind: 'file'; host: string; path: string }
  /** A node; or a pod, by way of a host that runs the API server. */
  | { kind: 'describe'; host: string; pod?: { namespace: string; name: string } }
  | { kind: 'drift'; host: string };

/** How much of a log is read: its last lines, or all since so many minutes. */
export type Range = { lines: number } | { minutes: number };

export interface ReadOptions {
  range: Range;
  follow: boolean;
  onLine: (line: string) => void;
  signal: AbortSignal;
}

/** Whom to ask: the hosts as they are connected now. */
export interface Cluster {
  spec: ClusterSpec;
  panel: PanelState;
  watch: Watch;
  language: Language;
}

/**
 * Reads a source, line by line.
 * @param remote of the host that it lies on
 * @throws Problem lost, step, preflight
 */
export async function read(cluster: Cluster, remote: Remote, source: Source, options: ReadOptions): Promise<void> {
  const { range, follow, onLine, signal } = options;
  switch (source.kind) {
    case 'log': {
      const part = 'lines' in range ? { lines: range.lines } : { sinceSeconds: range.minutes * 60 };
      return readLog(remote, source.name, { ...part, follow, onLine, signal });
    }
    case 'file': {
      const text = await readNodeFile(remote, source.path, signal);
      return text.replace(/\n$/, '').split('\n').forEach(onLine);
    }
    case 'describe':
      return perform(describing(cluster, source), placeOf(cluster, source.host, 'control-plane'), {
        onLine,
        signal,
      });
    case 'drift': {
      const found = await findDrift(cluster.spec, remotesOf(cluster), signal);
      if (found.length === 0) onLine(noDrift[cluster.language]);
      for (const { host, step } of found) onLine(`${host}: ${step.title[cluster.language]}`);
    }
  }
}

const noDrift = { en: 'All is as it was installed.', zh: '一切与安装时一致。' };

const describing = (cluster: Cluster, { host, pod }: Source & { kind: 'describe' }): Act =>
  pod ? describe('pod', pod.name, pod.namespace) : describe('node', nodeName(cluster, host));

/** The command that shows the same by hand. */
export function commandOf(
  cluster: Cluster,
  source: Source,
  { range, follow }: { range: Range; follow: boolean },
): string | null {
  const last = 'lines' in range;
  switch (source.kind) {
    case 'log':
      return source.of === 'unit'
        ? `journalctl -u ${source.name} ${last ? `-n ${range.lines}` : `--since=-${range.minutes}min`} --no-pager${follow ? ' -f' : ''}`
        : `tail -n ${last ? range.lines : '+1'}${follow ? ' -F' : ''} /var/log/pods/*/${source.name}/*.log`;
    case 'file':
      return `cat ${source.path}`;
    case 'describe':
      return describing(cluster, source).commands.text;
    case 'drift':
      return null;
  }
}

export type ActId = 'cordon' | 'uncordon' | 'drain' | 'restart-kubelet' | 'restart-runtime';

/** What would be done to a host. */
export function actOf(cluster: Cluster, id: ActId, host: string): Act {
  const node = nodeName(cluster, host);
  switch (id) {
    case 'cordon':
      return cordon(node);
    case 'uncordon':
      return uncordon(node);
    case 'drain':
      return drain(node);
    case 'restart-kubelet':
      return restart(host, 'kubelet');
    case 'restart-runtime':
      return restart(host, runtimeOf(hostIn(cluster, host)));
  }
}

const placeFor = (cluster: Cluster, host: string, on: Act['on']): Remote | null =>
  on === 'host'
    ? cluster.watch.remote(host)
    : (cluster.panel.hosts
        .filter(({ isControlPlane, report }) => isControlPlane || report?.manifests.includes('kube-apiserver'))
        .filter(({ silentSince }) => silentSince === null)
        .map(({ name }) => cluster.watch.remote(name))
        .find(remote => remote !== null) ?? null);

/** Where an act runs: on the host itself, or on a control plane. @throws Problem unreachable */
export function placeOf(cluster: Cluster, host: string, on: Act['on']): Remote {
  const remote = placeFor(cluster, host, on);
  if (remote) return remote;
  throw new Problem({
    code: 'unreachable',
    what: { en: 'no control plane can be reached at the moment', zh: '目前无法连接任何控制平面' },
    remedy: { en: 'The rows of the control planes say why.', zh: '请查看控制平面所在行的原因。' },
  });
}

const hostIn = ({ panel }: Cluster, name: string): HostState => panel.hosts.find(host => host.name === name)!;
const nodeName = (cluster: Cluster, host: string): string =>
  nodeOf(hostIn(cluster, host), new Map(cluster.panel.api?.nodes.map(node => [node.name, node])))?.name ?? host;
const runtimeOf = ({ report }: HostState) => (report?.units.some(({ name }) => name === 'crio') ? 'crio' : 'containerd');
const remotesOf = ({ spec, watch }: Cluster): Record<string, Remote> =>
  Object.fromEntries(
    spec.hosts.flatMap(({ name }) => {
      const remote = watch.remote(name);
      return remote ? [[name, remote]] : [];
    }),
  );
