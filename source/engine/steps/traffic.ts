import ipaddr from 'ipaddr.js';
import { raw, sh } from '../sh.js';
import { pauseImage } from '../sources/images.js';
import type { ClusterSpec } from '../spec/schema.js';
import { networks, rolledOut } from './cluster-ready.js';
import type { Step } from './step.js';

/**
 * Packets, not promises: a pod on every node, a little TCP server in each pod's network, and from every node a look at
 * every pod, at a Service and at DNS. The pods run the pause image, which every node has; what speaks is the host's perl.
 */
const name = 'k8s-tui-check';
const port = 8377;

/** The tenth address of the service network: kubeadm gives it to CoreDNS. */
export function dnsAddress(spec: ClusterSpec): string {
  const [network] = ipaddr.IPv4.parseCIDR(spec.network.services);
  const number = network.octets.reduce((sum, octet) => sum * 256 + octet, 0) + 10;
  return [24, 16, 8, 0].map(shift => (number >>> shift) & 255).join('.');
}

const look = sh`
  # pod_here: notes the process whose network is that of this node's pod; to ask for it costs more than all the rest
  pod_here() {
    mkdir -p $run; chmod 700 $run
    crictl inspectp -o go-template --template '{{.info.pid}}' "$(crictl pods --namespace ${name} --state Ready -q | head -n 1)" > $run/check.pid && [ -s $run/check.pid ]
  }
  in_pod() { nsenter -t "$(cat $run/check.pid)" -n "$@"; }
  # ask ADDRESS: what the server there says
  ask() { perl -e 'use IO::Socket::INET; $s = IO::Socket::INET->new(PeerAddr => "$ARGV[0]:${port}", Timeout => 2) or exit 1; print scalar <$s> # k8s-tui-ask' "$1"; }
  in_pod_ask() { in_pod perl -e 'use IO::Socket::INET; $s = IO::Socket::INET->new(PeerAddr => "$ARGV[0]:${port}", Timeout => 2) or exit 1; print scalar <$s> # k8s-tui-ask' "$1"; }
`;

export const checkPods: Step = {
  id: 'check_pods',
  seed: 'S22',
  title: { en: 'a pod on every node', zh: '每个节点一个测试 Pod' },
  why: { en: 'They are what the traffic is tried with, and are removed at the end.', zh: '用于测试流量，结束后删除。' },
  // A node that is in the cluster and no longer in the file has nobody there who would answer.
  define: ({ spec, version, sources }) => sh`
    ${rolledOut}
    check_manifest() {
    cat <<END
    apiVersion: v1
    kind: Namespace
    metadata: {name: ${name}}
    ---
    apiVersion: apps/v1
    kind: DaemonSet
    metadata: {name: ${name}, namespace: ${name}}
    spec:
      selector: {matchLabels: {app: ${name}}}
      template:
        metadata: {labels: {app: ${name}}}
        spec:
          terminationGracePeriodSeconds: 0
          automountServiceAccountToken: false
          tolerations: [{operator: Exists}]
          affinity:
            nodeAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms: ${raw(JSON.stringify(spec.hosts.map(({ name: node }) => named(node))))}
          containers: [{name: pause, image: "${pauseImage(version, sources)}"}]
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: ${name}, namespace: ${name}}
    spec:
      selector: {app: ${name}}
      ports: [{port: ${port}}]
    END
    }
    check_pods() { kubectl -n ${name} get pods -o jsonpath='{range .items[*]}{.spec.nodeName}={.status.podIP} {end}'; }
  `,
  check: sh`false`,
  // A pod whose sandbox fails, because the network is not quite there yet, is tried again only ten seconds later.
  apply: ({ spec: { network } }) => sh`
    roll_out ${networks[network.cni][0]} daemonset/${networks[network.cni][1]}
    say run 'kubectl apply -f -'
    check_manifest | kubectl apply -f -
    run kubectl -n ${name} rollout status daemonset/${name} --timeout=180s
  `,
  verify: sh`
    say value check-pods "$(check_pods)"
    say value check-service "$(kubectl -n ${name} get service ${name} -o jsonpath='{.spec.clusterIP}')"
  `,
};

const named = (node: string) => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] });

export const checkServer: Step = {
  id: 'check_server',
  title: { en: 'a server in the node’s pod', zh: '在 Pod 网络中启动服务' },
  why: { en: 'It answers with the node’s name and ends by itself.', zh: '它以节点名应答，并会自行结束。' },
  define: look,
  // One that still runs may be an earlier run's, in the network of a pod that is gone.
  check: sh`false`,
  apply: ({ host }) => sh`
    await 60 'the pod of this node' pod_here
    systemctl stop k8s-tui-check 2>/dev/null || true
    systemctl reset-failed k8s-tui-check 2>/dev/null || true
    run systemd-run -q --unit=k8s-tui-check --collect -p RuntimeMaxSec=120 nsenter -t "$(cat $run/check.pid)" -n perl -e 'use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => ${port}, Listen => 64, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c "$ARGV[0]\n"; close $c } # k8s-tui-serve' ${host.name}
  `,
  verify: sh`systemctl -q is-active k8s-tui-check`,
};

export const podsReach: Step = {
  id: 'pods_reach',
  title: { en: 'pods reach pods', zh: 'Pod 互通' },
  why: {
    en: 'From this node’s pod to the pod of every node, there and back.',
    zh: '从本节点的 Pod 到每个节点的 Pod，往返各一次。',
  },
  define: look,
  check: sh`for pod in $K8S_TUI_CHECK_PODS; do [ "$(in_pod_ask "\${pod#*=}")" = "\${pod%%=*}" ] || return 1; done`,
  apply: sh`
    for pod in $K8S_TUI_CHECK_PODS; do
      answers() { [ "$(in_pod_ask "\${pod#*=}")" = "\${pod%%=*}" ]; }
      await 60 "the pod of \${pod%%=*} at \${pod#*=}" answers
    done
  `,
};

export const serviceReach: Step = {
  id: 'service_reach',
  title: { en: 'a Service answers', zh: 'Service 可访问' },
  why: { en: 'From this node and from its pod, through kube-proxy.', zh: '从本节点及其 Pod 经 kube-proxy 访问。' },
  define: look,
  check: sh`[ -n "$(ask "$K8S_TUI_CHECK_SERVICE")" ] && [ -n "$(in_pod_ask "$K8S_TUI_CHECK_SERVICE")" ]`,
  apply: sh`
    service_answers() { [ -n "$(ask "$K8S_TUI_CHECK_SERVICE")" ] && [ -n "$(in_pod_ask "$K8S_TUI_CHECK_SERVICE")" ]; }
    await 60 "the Service at $K8S_TUI_CHECK_SERVICE" service_answers
  `,
};

export const dnsAnswers: Step = {
  id: 'dns_answers',
  title: { en: 'DNS answers', zh: 'DNS 可解析' },
  why: {
    en: 'The Service’s name, asked from this node’s pod, has the Service’s address.',
    zh: '在 Pod 中查询 Service 名称，得到其地址。',
  },
  define: ({ spec }) => sh`
    # resolve NAME: its first address, asked in the pod's network
    resolve() {
      in_pod perl -e 'use IO::Socket::INET;
        $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "$ARGV[0]:53") or exit 1;
        $s->send(pack("n6", 7, 256, 1, 0, 0, 0) . join("", map { chr(length) . $_ } split /\./, $ARGV[1]) . pack("xn2", 1, 1));
        $SIG{ALRM} = sub { exit 1 }; alarm 2; $s->recv($a, 512);
        exit 1 unless (unpack "n4", $a)[3]; print join ".", unpack "C4", substr $a, -4 # k8s-tui-resolve' ${dnsAddress(spec)} "$1"
    }
  `,
  check: sh`[ "$(resolve ${`${name}.${name}.svc.cluster.local`})" = "$K8S_TUI_CHECK_SERVICE" ]`,
  apply: sh`
    name_resolves() { [ "$(resolve ${`${name}.${name}.svc.cluster.local`})" = "$K8S_TUI_CHECK_SERVICE" ]; }
    await 60 'DNS' name_resolves
  `,
};

export const checkEnd: Step = {
  id: 'check_end',
  title: { en: 'test pods removed', zh: '删除测试 Pod' },
  why: { en: 'Nothing of the trial stays behind.', zh: '测试不留痕迹。' },
  check: sh`! kubectl get namespace ${name}`,
  apply: sh`run kubectl delete namespace ${name} --wait=false`,
  verify: sh`true`,
};

/** Without this line nobody has seen packets go through: an install that was cut short before it is tried again. */
export const trafficTried: Step = {
  id: 'traffic_tried',
  proof: true,
  title: { en: 'traffic was tried between all nodes', zh: '已测试所有节点间的流量' },
  why: {
    en: 'A line in the ledger, so that the next run knows it, and a new node is tried as well.',
    zh: '在账本中记一行，供下次运行识别；新节点也会被测试。',
  },
  check: ({ spec }) => sh`noted tried ${spec.hosts.map(host => host.name).join()}`,
  apply: ({ spec }) => sh`note tried ${spec.hosts.map(host => host.name).join()}`,
};
