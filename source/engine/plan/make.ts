import type { Facts } from '../facts/facts.js';
import { founder } from '../facts/founder.js';
import { PROXY_PASSWORD, REGISTRY_PASSWORD } from '../sources/passwords.js';
import type { Sources } from '../sources/sources.js';
import { isControlPlane, nodeAddress } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { laterImages, steps, trafficBegin, trafficEnd } from '../steps/index.js';
import { acceptsCgroupV1 } from '../steps/kubeadm-config.js';
import { PROXY_FILE } from '../steps/proxy.js';
import { type Context, isContainer, type Step } from '../steps/step.js';
import type { Text } from '../text.js';
import { compileScript, compileStep, stepText } from './compile.js';
import { type PhaseId, phases } from './phases.js';
import type { Plan, Task } from './plan.js';

/** Set by the run before a script: a secret, or what an earlier task said by `say value`. */
export const variables = {
  token: 'K8S_TUI_TOKEN',
  ca: 'K8S_TUI_CA',
  'certificate-key': 'K8S_TUI_CERTIFICATE_KEY',
  'check-pods': 'K8S_TUI_CHECK_PODS',
  'check-service': 'K8S_TUI_CHECK_SERVICE',
} as const;

/** What only some plans need: whichever script names one is sent it. Whoever connects the hosts knows the passwords. */
const named = [PROXY_PASSWORD, REGISTRY_PASSWORD, variables['certificate-key']];

export interface PlanInput {
  spec: ClusterSpec;
  facts: Record<string, Facts>;
  sources: Sources;
  /** v1.37.2 */
  version: string;
}

/**
 * What will be done, on which host, after what: a pure function. Tasks are the nodes of a graph; a host does whatever it
 * can while others are still busy.
 */
export function makePlan(input: PlanInput): Plan {
  const { spec, facts } = input;
  const first = founder(spec, facts);
  const others = spec.hosts.filter(host => host !== first);
  const make = (
    id: string,
    host: HostSpec,
    phase: PhaseId,
    list: readonly Step[],
    after: string[],
    needs: string[] = [],
  ): Task => {
    const context: Context = { ...input, host, facts: facts[host.name]!, fleet: facts };
    const planned = list.filter(step => step.on?.(context) ?? true).map(step => compileStep(step, context));
    const names = [...needs, ...named.filter(name => planned.some(step => stepText(step).includes(name)))];
    const about = [
      `k8s-tui: ${phases[phase].en} on ${host.name} (${nodeAddress(host)})`,
      'Runs by itself: sh FILE, as root. K8S_TUI_MODE=check only says what it would do.',
    ];
    return {
      id,
      host: host.name,
      phase,
      steps: planned,
      after,
      variables: names,
      script: compileScript(
        { about, cluster: spec.name, relay: spec.relay, proxy: spec.own.proxy && PROXY_FILE, variables: names },
        planned,
      ),
    };
  };
  const each = (phase: keyof typeof steps, hosts: HostSpec[], after: (host: HostSpec) => string[], needs: string[] = []) =>
    hosts.map(host => make(`${phase}/${host.name}`, host, phase, steps[phase], after(host), needs));

  const ready = (host: HostSpec) => [`packages/${host.name}`, `images/${host.name}`];
  const pulled = (host: HostSpec) => `network-images/${host.name}`;
  // One at a time: etcd takes in no member while it is busy with another.
  const planes = [first, ...others.filter(isControlPlane)];
  const joinsAfter = (host: HostSpec) => {
    const before = planes[planes.indexOf(host) - 1] ?? first;
    return before === first ? `control-plane/${first.name}` : `join/${before.name}`;
  };
  const { token, ca, 'check-pods': pods, 'check-service': service } = variables;
  const looks = [pods, service];
  // Packets are tried while the cluster still says that it is getting ready: what is slower of the two is what is waited for.
  const joined = [`network/${first.name}`, ...others.map(host => `join/${host.name}`)];
  const traffic = [
    make(`traffic/${first.name}`, first, 'traffic', trafficBegin, joined),
    ...each('traffic', others, () => [`traffic/${first.name}`], looks),
    make(
      `traffic-end/${first.name}`,
      first,
      'traffic',
      trafficEnd,
      [first, ...others].map(host => `traffic/${host.name}`),
      looks,
    ),
  ];
  const tasks = [
    ...each('prepare', spec.hosts, () => []),
    ...each('packages', spec.hosts, host => [`prepare/${host.name}`]),
    ...each('images', spec.hosts, host => [`prepare/${host.name}`]),
    ...spec.hosts.map(host => make(pulled(host), host, 'images', laterImages, [`images/${host.name}`])),
    ...each('control-plane', [first], ready, [token]),
    ...each('network', [first], () => [pulled(first), `control-plane/${first.name}`]),
    ...each('join', others, host => [...ready(host), pulled(host), joinsAfter(host)], [token, ca]),
    ...each('verify', [first], () => joined),
    ...traffic.map(task => ({ ...task, afterChange: true as const })),
  ];
  return { ...input, tasks: tasks.filter(task => task.steps.length > 0), notes: notes(input) };
}

/** What the operator ought to know before saying yes. */
function notes({ spec, facts, version }: PlanInput): Text[] {
  const found: Text[] = [];
  if (acceptsCgroupV1({ version, fleet: facts })) {
    const names = spec.hosts
      .filter(host => facts[host.name]!.cgroup === 1)
      .map(host => host.name)
      .join(', ');
    found.push({
      en: `${names}: cgroup v1. kubelet ${version} refuses it, so the plan sets failCgroupV1: false. Move to cgroup v2 when you can.`,
      zh: `${names}：cgroup v1。kubelet ${version} 默认拒绝，因此计划设置 failCgroupV1: false。请尽早迁移到 cgroup v2。`,
    });
  }
  if (Object.values(facts).some(fact => !fact.conntrackWritable)) {
    found.push({
      en: 'A host’s conntrack limit cannot be set from inside, so kube-proxy is told to leave it alone.',
      zh: '有主机无法从内部设置 conntrack 上限，因此 kube-proxy 不会修改它。',
    });
  }
  const contained = spec.hosts.filter(host => isContainer(facts[host.name]!)).map(host => host.name);
  if (contained.length) {
    found.push({
      en: `${contained.join(', ')}: containers. Their clock and swap belong to the machine around them and are left alone.`,
      zh: `${contained.join(', ')}：容器环境。时钟和交换分区属于宿主机，不作改动。`,
    });
  }
  if (spec.network.cni === 'calico-operator') {
    found.push({
      en: 'Calico by its operator was never tried on real hosts by the makers of this program; calico (by manifest) was.',
      zh: '以 operator 安装 Calico 未经作者在真实主机上验证；清单方式（calico）已验证。',
    });
  }
  return found;
}
