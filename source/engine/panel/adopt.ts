import ipaddr from 'ipaddr.js';
import { parse } from 'yaml';
import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { sh } from '../sh.js';
import { type ClusterSpec, clusterSpec, type HostSpec } from '../spec/schema.js';

/** What a cluster's API says of itself, as far as a spec is made of it. */
export interface ClusterSaid {
  /** The API's list of nodes, JSON. */
  nodes: string;
  /** kubeadm's ClusterConfiguration, YAML; empty where it is not there or may not be read. */
  config: string;
}

/** How a node is entered, and what is known of it already. */
export interface AdoptOptions {
  /** For all hosts. */
  ssh: ClusterSpec['ssh'];
  /** What differs for one of them. */
  sshOf?: (node: { name: string; address: string }) => ClusterSpec['ssh'];
  /** The control plane that was named: it comes first, and is reached as it was. @see own its names and addresses */
  given?: { host: HostSpec; own: readonly string[] };
  /** What to call the cluster, where that is a name. */
  name?: string;
}

export interface Adopted {
  spec: ClusterSpec;
  /** Why no other host than the given one is known: the API server's words. null: all nodes are there. */
  alone: string | null;
}

/**
 * A ClusterSpec of a cluster that somebody else made with kubeadm, read from one of its control planes: its nodes and their
 * addresses, its version and networks. Where its API server does not answer, of this host alone. Changes nothing.
 * @param given the control plane as it was reached
 * @throws Problem preflight where this is no control plane, and whatever the remote throws
 */
export async function adopt(
  remote: Remote,
  given: HostSpec,
  options: Omit<AdoptOptions, 'given'>,
  signal?: AbortSignal,
): Promise<Adopted> {
  const { code, stdout, stderr } = await remote.run(
    sh`
      if [ ! -r /etc/kubernetes/admin.conf ]; then sed -n 's/^ *server: *//p' /etc/kubernetes/kubelet.conf 2>/dev/null; exit 4; fi
      export KUBECONFIG=/etc/kubernetes/admin.conf KUBECACHEDIR=/dev/null
      hostname; hostname -I
      printf '@@ nodes\n'
      kubectl --request-timeout=5s get nodes -o json || exit
      printf '\n@@ config\n'
      kubectl --request-timeout=5s -n kube-system get cm kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' 2>/dev/null || true
    `,
    { timeout: 20_000, signal },
  );
  if (code === 4) throw noControlPlane(remote.name, stdout.trim());
  const [names = '', nodes = '', config = ''] = stdout.split(/\n@@ (?:nodes|config)\n/);
  const own = names.toLowerCase().split(/\s+/).filter(Boolean);
  if (code === 0) return { spec: adopted({ nodes, config }, { ...options, given: { host: given, own } }), alone: null };
  const host = { ...given, name: own[0] ?? given.name, roles: ['control-plane' as const] };
  const spec = clusterSpec.parse({ name: nameOf([options.name]), ssh: options.ssh, hosts: [host] });
  return { spec, alone: stderr.trim().split('\n').at(-1) ?? '' };
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

/** @throws SyntaxError where the nodes are no JSON */
export function adopted(said: ClusterSaid, { ssh, sshOf, given, name }: AdoptOptions): ClusterSpec {
  const { items } = JSON.parse(said.nodes) as { items: Node[] };
  const { clusterName, kubernetesVersion, controlPlaneEndpoint, networking = {} } = (parse(said.config) ?? {}) as KubeadmConfig;
  const isControlPlane = ({ metadata }: Node) => 'node-role.kubernetes.io/control-plane' in (metadata.labels ?? {});
  const known = new Set([given?.host.name, given?.host.address, ...(given?.own ?? [])]);
  const isGiven = (node: Node) => known.has(node.metadata.name) || known.has(addressOf(node));
  // Ours first: it is known to be reached.
  const order = (node: Node) => (isGiven(node) ? 0 : isControlPlane(node) ? 1 : 2);
  const hosts = [...items]
    .sort((a, b) => order(a) - order(b))
    .map(node => {
      const address = isGiven(node) ? given!.host.address : addressOf(node);
      const own = isGiven(node) ? given!.host.ssh : sshOf?.({ name: node.metadata.name, address });
      return {
        name: node.metadata.name.slice(0, 63).replace(/[-.]+$/, ''),
        address,
        ...(isControlPlane(node) && { roles: ['control-plane' as const] }),
        ...(own && Object.keys(own).length && { ssh: own }),
      };
    });
  const version = /^v\d+\.\d+\.\d+/.exec(kubernetesVersion ?? items[0]?.status?.nodeInfo?.kubeletVersion ?? '')?.[0];
  const ipv4 = (networks: string | undefined) => networks?.split(',').find(each => ipaddr.IPv4.isValidCIDR(each));
  const [pods, services] = [ipv4(networking.podSubnet), ipv4(networking.serviceSubnet)];
  const endpoint = controlPlaneEndpoint?.includes(':')
    ? controlPlaneEndpoint
    : controlPlaneEndpoint && `${controlPlaneEndpoint}:6443`;
  return clusterSpec.parse({
    name: nameOf([name, clusterName]),
    ...(version && { kubernetes: version }),
    network: { ...(pods && { pods }), ...(services && { services }) },
    ...(endpoint && clusterSpec.shape.endpoint.safeParse(endpoint).success && { endpoint }),
    ssh,
    hosts,
  });
}

/** The first that says something: what kubeadm calls every cluster does not. */
const nameOf = (names: (string | undefined)[]): string =>
  names.find(name => name && !name.startsWith('kubernetes') && clusterSpec.shape.name.safeParse(name).success) ?? 'k8s';

function addressOf({ metadata, status }: Node): string {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  return addresses.find(address => ipaddr.IPv4.isValid(address)) ?? addresses[0] ?? metadata.name;
}

/** @param server what a worker's kubelet speaks to; empty where there is no kubelet that has joined */
const noControlPlane = (host: string, server: string) =>
  new Problem({
    code: 'preflight',
    host,
    what: server
      ? {
          en: `this is no control plane: it belongs to the cluster of ${server}`,
          zh: `该主机不是控制平面：它属于 ${server} 的集群`,
        }
      : {
          en: 'this is no control plane: there is no /etc/kubernetes/admin.conf',
          zh: '该主机不是控制平面：没有 /etc/kubernetes/admin.conf',
        },
    remedy: {
      en: 'Name a control plane of a kubeadm cluster; its nodes are read from it.',
      zh: '请指定 kubeadm 集群的控制平面；节点会从中读取。',
    },
  });
