import ipaddr from 'ipaddr.js';
import { parse } from 'yaml';
import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { sh } from '../sh.js';
import { type ClusterSpec, clusterSpec, type HostSpec } from '../spec/schema.js';

/**
 * A ClusterSpec of a cluster that somebody else made with kubeadm, read from one of its control planes: its nodes and their
 * addresses, its version and networks. The way in is taken to be the same for all hosts. Changes nothing.
 * @param host the control plane as it was reached: its address stays as it is
 * @throws Problem preflight where this is no control plane or its API server does not answer, and whatever the remote throws
 */
export async function adopt(
  remote: Remote,
  host: HostSpec,
  ssh: ClusterSpec['ssh'],
  signal?: AbortSignal,
): Promise<ClusterSpec> {
  const { code, stdout, stderr } = await remote.run(
    sh`
      export KUBECONFIG=/etc/kubernetes/admin.conf KUBECACHEDIR=/dev/null
      [ -r $KUBECONFIG ] || { echo 'there is no /etc/kubernetes/admin.conf' >&2; exit 1; }
      kubectl --request-timeout=5s get --raw /api/v1/nodes || exit
      printf '\n@@ config\n'
      kubectl --request-timeout=5s -n kube-system get cm kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}'
    `,
    { timeout: 20_000, signal },
  );
  const [nodes = '', config = ''] = stdout.split('\n@@ config\n');
  if (code !== 0) throw cannotAdopt(remote.name, stderr.trim().split('\n').at(-1) ?? '', code);
  return adopted(nodes, config, host, ssh);
}

interface Node {
  metadata: { name: string; labels?: Record<string, string> };
  status?: { addresses?: { type: string; address: string }[]; nodeInfo?: { kubeletVersion?: string } };
}
interface KubeadmConfig {
  clusterName?: string;
  kubernetesVersion?: string;
  controlPlaneEndpoint?: string;
  networking?: { podSubnet?: string; serviceSubnet?: string };
}

/** @param nodes JSON of the API's list. @param config YAML of kubeadm's ClusterConfiguration */
export function adopted(nodes: string, config: string, host: HostSpec, ssh: ClusterSpec['ssh']): ClusterSpec {
  const { items } = JSON.parse(nodes) as { items: Node[] };
  const { clusterName, kubernetesVersion, controlPlaneEndpoint, networking = {} } = (parse(config) ?? {}) as KubeadmConfig;
  const isControlPlane = ({ metadata }: Node) => 'node-role.kubernetes.io/control-plane' in (metadata.labels ?? {});
  // Ours first: the panel asks the first control plane, and that one is known to be reached.
  const isGiven = (node: Node) => node.metadata.name === host.name || addressOf(node) === host.address;
  const order = (node: Node) => (isGiven(node) ? 0 : isControlPlane(node) ? 1 : 2);
  const hosts = [...items]
    .sort((a, b) => order(a) - order(b))
    .map(node => ({
      name: node.metadata.name,
      address: isGiven(node) ? host.address : addressOf(node),
      ...(isControlPlane(node) && { roles: ['control-plane' as const] }),
      ...(isGiven(node) && host.ssh && { ssh: host.ssh }),
    }));
  const version = /^v\d+\.\d+\.\d+/.exec(kubernetesVersion ?? items[0]?.status?.nodeInfo?.kubeletVersion ?? '')?.[0];
  const ipv4 = (networks: string | undefined) => networks?.split(',').find(each => ipaddr.IPv4.isValidCIDR(each));
  const [pods, services] = [ipv4(networking.podSubnet), ipv4(networking.serviceSubnet)];
  return clusterSpec.parse({
    name: clusterName && clusterName !== 'kubernetes' && /^[a-z0-9-]{1,63}$/.test(clusterName) ? clusterName : 'k8s',
    ...(version && { kubernetes: version }),
    network: { ...(pods && { pods }), ...(services && { services }) },
    ...(controlPlaneEndpoint && { endpoint: controlPlaneEndpoint }),
    ssh,
    hosts,
  });
}

function addressOf({ metadata, status }: Node): string {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  return addresses.find(address => ipaddr.IPv4.isValid(address)) ?? addresses[0] ?? metadata.name;
}

const cannotAdopt = (host: string, why: string, exitCode: number | null) =>
  new Problem({
    code: 'preflight',
    host,
    what: { en: `no cluster can be read from this host: ${why}`, zh: `无法从该主机读取集群：${why}` },
    remedy: {
      en: 'Name a control plane of a kubeadm cluster whose API server answers; while it does not, k8s-tui diagnose says why.',
      zh: '请指定 kubeadm 集群中 API Server 有应答的控制平面；若无应答，k8s-tui diagnose 会说明原因。',
    },
    command: { line: 'kubectl get --raw /api/v1/nodes', exitCode, lastLines: [why] },
  });
