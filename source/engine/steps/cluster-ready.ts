import { sh } from '../sh.js';
import { controlPlanes } from '../spec/hosts.js';
import type { ClusterSpec } from '../spec/schema.js';
import { type Context, hasSeveralPlanes, type Step } from './step.js';

/** Conditions of a cluster that works, each with what it waits for; what it shows when it never comes is the last word of the cluster. */

export const rolledOut = sh`
  # rolled_out NAMESPACE KIND/NAME: as many are ready as are wanted
  rolled_out() {
    counts=$(kubectl -n "$1" get "$2" -o jsonpath='{.status.desiredNumberScheduled}{.spec.replicas} {.status.numberReady}{.status.readyReplicas}')
    [ "\${counts% *}" -gt 0 ] && [ "\${counts% *}" = "\${counts#* }" ]
  }
  # roll_out NAMESPACE KIND/NAME
  roll_out() {
    run kubectl -n "$1" rollout status "$2" --timeout=300s && return
    kubectl -n "$1" get pods -o wide
    kubectl -n "$1" get events --field-selector type=Warning | tail -n 8
    return 1
  }
`;

const rollout = (
  id: string,
  title: Step['title'],
  why: Step['why'],
  namespace: string,
  name: string,
  on?: (context: Context) => boolean,
): Step => ({
  id,
  title,
  why,
  on,
  define: rolledOut,
  check: sh`rolled_out ${namespace} ${name}`,
  apply: sh`roll_out ${namespace} ${name}`,
  verify: sh`true`,
});

export const nodesReady: Step = {
  id: 'nodes_ready',
  seed: 'S22',
  title: { en: 'every node Ready', zh: '所有节点就绪' },
  why: {
    en: 'A node that joined works only once its kubelet and network say so.',
    zh: '节点加入后，待其 kubelet 与网络就绪才算可用。',
  },
  define: ({ spec }) => sh`
    wanted_nodes=${spec.hosts.map(host => host.name).join(' ')}
    all_nodes_ready() {
      ready=$(kubectl get nodes --no-headers | awk '$2 ~ /^Ready/ {print $1}')
      for node in $wanted_nodes; do echo "$ready" | grep -qx "$node" || return 1; done
    }
  `,
  check: sh`all_nodes_ready`,
  apply: sh`
    await 60 'every node to register' kubectl get nodes $wanted_nodes
    run kubectl wait --for=condition=Ready --timeout=300s node $wanted_nodes && return
    kubectl get nodes -o custom-columns='NAME:.metadata.name,WHY:.status.conditions[?(@.type=="Ready")].message'
    return 1
  `,
  verify: sh`true`,
};

export const controlPlaneReady: Step = {
  id: 'control_plane_ready',
  title: { en: 'control plane ready', zh: '控制平面就绪' },
  why: {
    en: 'API server, scheduler, controller manager and etcd: kubelet has tried each of them.',
    zh: 'API server、scheduler、controller manager 与 etcd 均已通过 kubelet 探测。',
  },
  define: ({ spec }) => sh`
    control_plane() { kubectl -n kube-system get pods -l tier=control-plane --no-headers; }
    control_plane_ready() { control_plane | awk '{split($2, ready, "/"); if (ready[1] != ready[2]) exit 1} END {if (${leastPods(spec)}) exit 1}'; }
  `,
  check: sh`control_plane_ready`,
  apply: sh`
    await 120 'the pods of the control plane' control_plane_ready && return
    control_plane
    return 1
  `,
  verify: sh`true`,
};

/** Of several control planes each has all four. */
const leastPods = (spec: ClusterSpec) => {
  const { length } = controlPlanes(spec);
  return length > 1 ? sh`NR < ${4 * length}` : sh`!NR`;
};

export const proxyReady = rollout(
  'proxy_ready',
  { en: 'kube-proxy everywhere', zh: '各节点 kube-proxy 就绪' },
  { en: 'Without it no Service is reached from that node.', zh: '缺少它，该节点无法访问任何 Service。' },
  'kube-system',
  'daemonset/kube-proxy',
);

/** Where each network's daemon set lives. */
export const networks = {
  flannel: ['kube-flannel', 'kube-flannel-ds'],
  calico: ['kube-system', 'calico-node'],
  'calico-operator': ['calico-system', 'calico-node'],
} as const;

export const networksReady = (Object.keys(networks) as (keyof typeof networks)[]).map(cni =>
  rollout(
    'network_ready',
    { en: 'network everywhere', zh: '各节点网络就绪' },
    { en: 'Without it the pods of that node reach nobody.', zh: '缺少它，该节点的 Pod 无法通信。' },
    networks[cni][0],
    `daemonset/${networks[cni][1]}`,
    ({ spec }) => spec.network.cni === cni,
  ),
);

export const dnsReady: Step = {
  ...rollout(
    'dns_ready',
    { en: 'CoreDNS serves', zh: 'CoreDNS 可用' },
    { en: 'Pods find each other by name.', zh: 'Pod 通过名称相互访问。' },
    'kube-system',
    'deployment/coredns',
  ),
  // A node is Ready a moment before its network is, and a pod that came in between is tried again only ten seconds later.
  apply: sh`
    kubectl -n kube-system delete pods -l k8s-app=kube-dns --field-selector status.phase=Pending --wait=false
    roll_out kube-system deployment/coredns
  `,
};

/** Both pods of CoreDNS are on the first node that is Ready, and would be gone with it for five minutes. */
export const dnsApart: Step = {
  id: 'dns_apart',
  title: { en: 'CoreDNS on several nodes', zh: 'CoreDNS 分布于多个节点' },
  why: {
    en: 'Names are found as well when one of the nodes is down.',
    zh: '其中一个节点失效时仍可解析名称。',
  },
  on: hasSeveralPlanes,
  define: sh`
    ${rolledOut}
    dns_nodes() { kubectl -n kube-system get pods -l k8s-app=kube-dns -o jsonpath='{range .items[*]}{.spec.nodeName} {end}' | tr ' ' '\n' | grep . | sort -u; }
  `,
  check: sh`[ "$(dns_nodes | wc -l)" -gt 1 ]`,
  apply: sh`
    run kubectl -n kube-system delete "$(kubectl -n kube-system get pods -l k8s-app=kube-dns -o name | head -n 1)"
    roll_out kube-system deployment/coredns
  `,
};
