import { bundleFiles } from '../../source/engine/diagnose/bundle.js';
import { diagnose } from '../../source/engine/diagnose/diagnose.js';
import { reachFindings } from '../../source/engine/discover/reach.js';
import { Problem, type ProblemDetails } from '../../source/engine/errors.js';
import type { EngineEvent } from '../../source/engine/events.js';
import type { Facts } from '../../source/engine/facts/facts.js';
import type { Ask, Connector } from '../../source/engine/fleet.js';
import type { PhaseId } from '../../source/engine/plan/phases.js';
import type { Plan, PlannedStep, Task } from '../../source/engine/plan/plan.js';
import type { Finding } from '../../source/engine/preflight/finding.js';
import type { Remote } from '../../source/engine/remote.js';
import { offersOf } from '../../source/engine/sources/catalogue.js';
import { rank } from '../../source/engine/sources/rank.js';
import type { SourceProbe } from '../../source/engine/sources/report.js';
import { sourcesFrom } from '../../source/engine/sources/sources.js';
import type { ClusterSpec, HostSpec } from '../../source/engine/spec/schema.js';
import type { Engine } from '../../source/state/engine.js';
import { isControlPlane } from '../../source/state/spec.js';

/** How the scripted engine behaves; all is well and instant unless told. */
export interface Script {
  /** Milliseconds between two events. */
  pace?: number;
  simulation?: boolean;
  /** Every host shows a key that is not known. */
  newKeys?: boolean;
  /** The password that hosts want, by name. */
  passwords?: Record<string, string>;
  /** Hosts that cannot be reached. */
  unreachable?: string[];
  /** Upstream gives no answer from these hosts. */
  blocked?: string[];
  findings?: Finding[];
  /** The step at which a host fails, as often as told. */
  fail?: { host: string; phase: PhaseId; times: number };
  /** What hosts tell after a failure, by section. */
  evidence?: Record<string, string[]>;
  /** Every step is so already. */
  finished?: boolean;
  /** Somebody else is changing this host. */
  heldBy?: { host: string; who: string };
}

export const factsOf = (host: Pick<HostSpec, 'name' | 'address'>, change: Partial<Facts> = {}): Facts => ({
  hostname: host.name,
  os: { id: 'debian', versionId: '12', codename: 'bookworm', pretty: 'Debian GNU/Linux 12 (bookworm)' },
  arch: 'amd64',
  kernel: '6.1.0-18-amd64',
  systemd: true,
  virtualization: 'kvm',
  cgroup: 2,
  cpus: 2,
  memoryMiB: 24_000,
  disks: [{ path: '/', mount: '/', freeMiB: 41_000, totalMiB: 60_000, freeInodes: 1_000_000, readOnly: false }],
  interfaces: [{ name: 'eth0', mac: '52:54:00:00:00:01', addresses: [`${host.address}/24`] }],
  routes: [{ to: 'default', via: '10.77.0.1', device: 'eth0' }],
  nameservers: ['10.77.0.1'],
  swap: [],
  modules: {},
  sysctls: {},
  conntrackWritable: true,
  listening: [],
  time: { epochMs: 0, askedAtMs: 0, synchronized: true, service: 'systemd-timesyncd' },
  identity: { productUuid: null, machineId: null, bootId: '' },
  firewall: { ufw: null, firewalld: null },
  selinux: null,
  commands: [],
  packages: {},
  held: [],
  aptLock: null,
  dpkgBroken: false,
  containerd: { version: null, active: false, ours: false },
  kubelet: { version: null, active: false },
  cloudInit: null,
  proxies: {},
  cluster: { state: 'none', server: null, caHash: null, version: null, leftovers: [] },
  ledger: null,
  access: 'root',
  ...change,
});

const stepOf = (id: string, en: string, zh: string, why: string, seed?: string): PlannedStep => ({
  id,
  seed,
  title: { en, zh },
  why: { en: why, zh: '否则集群无法正常运行。' },
  define: '',
  check: `[ -e /etc/k8s/${id} ]`,
  apply: `# ${en}\nkeep /etc/k8s/${id}\nput /etc/k8s/${id} 0644 <<'END'\nset by k8s-tui\nEND\nsystemctl restart ${id}`,
  verify: null,
});

const stepsOf: Partial<Record<PhaseId, PlannedStep[]>> = {
  prepare: [
    stepOf('swap-off', 'Swap off', '关闭交换分区', 'kubelet refuses to start while swap is on.', 'S03'),
    stepOf(
      'kernel-modules',
      'Kernel modules: overlay, br_netfilter',
      '内核模块：overlay、br_netfilter',
      'Pods reach each other across a bridge that iptables has to see.',
      'S04',
    ),
    stepOf('sysctl', 'Forwarding and bridge settings', '转发与网桥设置', 'Without forwarding no packet leaves a pod.', 'S05'),
  ],
  packages: [
    stepOf('containerd', 'containerd 2.3.7', '安装 containerd 2.3.7', 'It runs the containers.', 'S09'),
    stepOf(
      'kubernetes',
      'kubelet, kubeadm and kubectl v1.37.2',
      '安装 kubelet、kubeadm、kubectl v1.37.2',
      'They make the host a node.',
      'S12',
    ),
  ],
  images: [
    stepOf(
      'pull',
      'Images of the control plane and the network',
      '拉取控制平面与网络镜像',
      'Pulled ahead, so that nothing waits for them later.',
    ),
  ],
  'control-plane': [stepOf('init', 'kubeadm init', 'kubeadm init', 'It makes the control plane.', 'S16')],
  network: [stepOf('flannel', 'flannel', 'flannel', 'Pods on different hosts find each other.', 'S18')],
  join: [stepOf('join', 'kubeadm join', 'kubeadm join', 'The host becomes a node.', 'S20')],
  verify: [stepOf('nodes', 'Every node is Ready', '所有节点 Ready', 'A cluster is what works, not what was installed.', 'S22')],
};

export function planOf(spec: ClusterSpec, facts: Record<string, Facts>, state?: 'same' | 'needed'): Plan {
  const first = spec.hosts.find(isControlPlane)!;
  const others = spec.hosts.filter(host => host !== first);
  const task = (phase: PhaseId, host: HostSpec, after: string[]): Task => ({
    id: `${phase}/${host.name}`,
    host: host.name,
    phase,
    steps: stepsOf[phase]!.map(step => ({ ...step, state })),
    after,
    ...(phase === 'verify' && { afterChange: true as const }),
    script: `#!/bin/sh\n# k8s-tui: ${phase} on ${host.name}\nset -u\n${stepsOf[phase]!.map(step => `step ${step.id}`).join('\n')}\n`,
    variables: [],
  });
  return {
    spec,
    version: 'v1.37.2',
    sources: sourcesFrom(spec, rank(spec, [], null), 'v1.37', { kubernetesKey: '', dockerKey: '' }),
    facts,
    tasks: [
      ...spec.hosts.map(host => task('prepare', host, [])),
      ...spec.hosts.map(host => task('packages', host, [`prepare/${host.name}`])),
      ...spec.hosts.map(host => task('images', host, [`packages/${host.name}`])),
      task('control-plane', first, [`images/${first.name}`]),
      task('network', first, [`control-plane/${first.name}`]),
      ...others.map(host => task('join', host, [`images/${host.name}`, `control-plane/${first.name}`])),
      task('verify', first, [`network/${first.name}`, ...others.map(host => `join/${host.name}`)]),
    ],
    notes: [],
  };
}

const unreachable = (host: HostSpec): ProblemDetails => ({
  code: 'unreachable',
  host: host.name,
  what: {
    en: `nothing answers at ${host.address} port 22: connection refused`,
    zh: `${host.address} 的 22 端口无响应：连接被拒绝`,
  },
  remedy: { en: 'Is the host on, is the address right, is sshd running?', zh: '主机是否开机、地址是否正确、sshd 是否在运行？' },
});

const wrongPassword = (host: HostSpec): ProblemDetails => ({
  code: 'login',
  host: host.name,
  what: {
    en: `${host.name} let nobody in as root: the key and the password were refused`,
    zh: `${host.name} 拒绝 root 登录：密钥和密码均无效`,
  },
  remedy: { en: 'Correct the password, or choose another user with u.', zh: '请更正密码，或按 u 换用户。' },
});

/** An engine that plays a part: no host, no network, and every event comes when the script says. */
/** A connector that knows whom to ask. */
interface Asking extends Connector {
  ask: Ask;
}

export function scriptedEngine(script: Script = {}) {
  const pace = () =>
    new Promise<void>(resolve =>
      script.pace ? setTimeout(resolve, script.pace * (0.5 + Math.random())) : setImmediate(resolve),
    );
  const connector = (ask: Ask): Connector => {
    const made: Asking = {
      ask,
      simulation: script.simulation ?? false,
      connect: () => Promise.reject(new Error('scripted')),
      close: async () => undefined,
    };
    return made;
  };
  const remoteOf = (host: HostSpec): Remote => ({
    name: host.name,
    user: 'root',
    access: 'root',
    run: async () => ({ code: 0, stdout: '', stderr: '' }),
    job: async () => 0,
    stopJob: async () => undefined,
    listen: async () => Promise.reject(new Error('nothing is relayed here')),
    terminal: () => Promise.reject(new Error('nobody types here')),
    close: async () => undefined,
  });
  const given: Record<string, string | null> = {};
  const runs: Plan[] = [];
  const mended: string[] = [];
  let failures = script.fail?.times ?? 0;

  const engine: Engine = {
    validate: () => [],
    toYaml: spec => `name: ${spec.name}\n`,
    openLog: cluster => ({ path: `/tmp/${cluster}/run-1.log`, event: () => undefined, close: () => undefined }),

    async gather(spec, connector, { onHost } = {}) {
      const ask = (connector as Asking).ask;
      const fleet: Awaited<ReturnType<Engine['gather']>> = { remotes: {}, facts: {}, problems: [] };
      const fail = (problem: ProblemDetails) => {
        fleet.problems.push(problem);
        onHost?.(problem.host!, problem);
      };
      await Promise.all(
        spec.hosts.map(async (host, i) => {
          for (let n = 0; n <= i; n++) await pace();
          if (script.unreachable?.includes(host.name)) return fail(unreachable(host));
          const fingerprint = `SHA256:${Buffer.from(`${host.name} ${host.address} and a key of it's own`.padEnd(32)).toString('base64').slice(0, 43)}`;
          if (
            script.newKeys &&
            !(await ask.hostKey({ host: host.name, address: host.address, type: 'ssh-ed25519', fingerprint }))
          )
            return fail({ ...unreachable(host), code: 'host-key', what: { en: 'its key was refused', zh: '主机密钥被拒绝' } });
          const wanted = script.passwords?.[host.name];
          for (let attempt = 1; wanted !== undefined; attempt++) {
            const password =
              attempt > 2 ? null : await ask.secret({ host: host.name, user: 'root', kind: 'password', attempt });
            given[host.name] = password;
            if (password === null) return fail(wrongPassword(host));
            if (password === wanted) break;
          }
          fleet.remotes[host.name] = remoteOf(host);
          fleet.facts[host.name] = factsOf(host);
          onHost?.(host.name, fleet.facts[host.name]!);
        }),
      );
      return fleet;
    },

    reach: async spec => {
      const found = spec.hosts.flatMap(from =>
        spec.hosts
          .filter(to => to !== from)
          .flatMap(to =>
            [6443, 10250, 8472].map((port, i) => ({
              from: from.name,
              to: to.name,
              protocol: port === 8472 ? ('udp' as const) : ('tcp' as const),
              port,
              is: to.name === 'n3' && i > 0 ? ('dropped' as const) : ('open' as const),
            })),
          ),
      );
      return { found, findings: reachFindings(spec, {}, found) };
    },

    openRelay: async (_spec, remotes) => ({
      remotes,
      ahead: () => undefined,
      progress: () => ({ drawn: 0, served: 0, downloads: [] }),
      close: async () => undefined,
    }),

    async probeSources(spec, _remotes, _facts, { onProbe }) {
      const report: SourceProbe[] = [];
      for (const { kind, place } of offersOf(spec))
        for (const [i, host] of spec.hosts.entries()) {
          await pace();
          const ok = place !== 'upstream' || !script.blocked?.includes(host.name);
          const probe: SourceProbe = {
            host: host.name,
            place,
            kind,
            url:
              place === 'upstream'
                ? 'https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release'
                : 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/deb/Release',
            ok,
            ms: ok ? (place === 'upstream' ? 180 : 42) + i * 3 : null,
            reason: ok ? null : { en: 'no answer in 10 s: the connection was not accepted', zh: '10 秒内无响应：连接未被接受' },
            ...(kind === 'kubernetes-packages' &&
              ok && { versions: ['v1.37.1', 'v1.37.2'], key: 'DE15B14486CD377B9E876E1A234654DA9A296436' }),
            ...((kind === 'images' || kind === 'network-images') && ok && { missing: [] }),
          };
          report.push(probe);
          onProbe?.(probe);
        }
      return report;
    },

    chooseSources: spec => ({ sources: planOf(spec, {}).sources, version: 'v1.37.2', findings: [] }),
    preflight: async () => {
      await pace();
      return script.findings ?? [];
    },
    makePlan: ({ spec, facts }) => planOf(spec, facts),
    async checkPlan(plan) {
      await pace();
      return planOf(plan.spec, plan.facts, script.finished ? 'same' : 'needed');
    },

    async collectEvidence(remote) {
      await pace();
      const facts = factsOf({ name: remote.name, address: '10.77.0.11' }, { ledger: 'lab' });
      return { host: remote.name, facts, at: 0, sections: { ...script.evidence } };
    },
    diagnose,
    async mend(remote, commands, { onLine }) {
      onLine?.('at work');
      await pace();
      mended.push(`${remote.name}: ${commands}`);
    },
    bundleFiles: input => bundleFiles({ version: '0.0.0', ...input }),
    writeBundle: async (cluster, files) => `/home/ops/${cluster}-${files.length}.tar.gz`,

    async run(plan, _remotes, { emit, signal, stop, takeOver }) {
      runs.push(plan as Plan);
      // Once taken over, they are ours.
      const { heldBy } = script;
      if (heldBy && runs.length === 1 && !(await takeOver!([{ ...heldBy, held: 130, silent: 4 }])))
        throw new Problem({ ...unreachable({ name: heldBy.host, address: '' }), code: 'locked' });
      const begun = Date.now();
      const say = (event: Record<string, unknown>) => emit({ at: Date.now(), ...event } as EngineEvent);
      const hosts = plan.spec.hosts.map(host => host.name);
      const problems: ProblemDetails[] = [];
      const tasks = script.finished ? [] : plan.tasks;
      say({
        type: 'run-started',
        cluster: plan.spec.name,
        hosts,
        tasks: tasks.map(({ id, host, phase, steps }) => ({ id, host, phase, steps: steps.map(step => step.id) })),
      });
      const ends = new Map<string, Promise<string>>();
      const perform = async ({ id, host, phase, steps, after }: Task): Promise<string> => {
        const where = { task: id, host, phase };
        if (after.length)
          say({ type: 'task-waiting', ...where, for: { en: after.at(-1)!.replace('/', ' on '), zh: `${after.at(-1)}` } });
        const needed = await Promise.all(after.map(one => ends.get(one)));
        if (signal?.aborted || stop?.aborted || needed.some(end => end !== 'done')) {
          say({ type: 'task-finished', ...where, result: 'skipped', ms: 0 });
          return 'skipped';
        }
        const start = Date.now();
        say({ type: 'task-started', ...where });
        for (const step of steps) {
          const since = Date.now();
          say({ type: 'step-started', ...where, step: step.id, title: step.title });
          for (const line of step.apply.split('\n')) {
            await pace();
            say({ type: 'step-output', ...where, step: step.id, line });
          }
          if (script.fail && failures > 0 && script.fail.host === host && script.fail.phase === phase) {
            failures -= 1;
            const problem: ProblemDetails = {
              code: 'step',
              host,
              place: `${phase}/${step.id}`,
              what: {
                en: `${step.title.en}: the command ended with 1 after 3 tries`,
                zh: `${step.title.zh}：命令重试 3 次后以 1 退出`,
              },
              remedy: {
                en: `${host} cannot reach registry.k8s.io; n1 can. Choose another mirror, or mend its route.`,
                zh: `${host} 无法访问 registry.k8s.io，n1 可以。请换镜像源，或修复路由。`,
              },
              command: {
                line: 'crictl pull registry.k8s.io/kube-proxy:v1.37.2',
                exitCode: 1,
                lastLines: ['pulling image: failed to resolve reference', 'dial tcp 34.96.108.209:443: i/o timeout'],
              },
            };
            problems.push(problem);
            say({ type: 'step-finished', ...where, step: step.id, result: 'failed', ms: Date.now() - since });
            say({ type: 'problem', task: id, problem });
            say({ type: 'task-finished', ...where, result: 'failed', ms: Date.now() - start });
            return 'failed';
          }
          say({ type: 'step-finished', ...where, step: step.id, result: 'changed', ms: Date.now() - since });
          if (stop?.aborted || signal?.aborted) {
            say({ type: 'task-finished', ...where, result: 'stopped', ms: Date.now() - start });
            return 'stopped';
          }
        }
        say({ type: 'task-finished', ...where, result: 'done', ms: Date.now() - start });
        return 'done';
      };
      for (const task of tasks) ends.set(task.id, perform(task));
      const results = await Promise.all(ends.values());
      const result = problems.length
        ? 'failed'
        : results.some(end => end !== 'done')
          ? 'stopped'
          : script.finished
            ? 'same'
            : 'done';
      say({
        type: 'run-finished',
        result,
        ms: Date.now() - begun,
        hosts: hosts.map(host => ({
          host,
          state:
            result === 'done'
              ? { en: 'a node of the cluster', zh: '集群节点' }
              : { en: 'packages installed, not in the cluster', zh: '已装软件包，未加入集群' },
        })),
      });
      const kubeconfig =
        result === 'done' || result === 'same'
          ? { path: '/home/ops/.kube/config', context: plan.spec.name, backup: null }
          : undefined;
      return { result, problems, timings: [], kubeconfig };
    },
  };
  return { engine, connector, given, runs, mended };
}
