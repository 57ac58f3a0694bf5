// The host preparation of lab/peers/converge, as steps of the engine: what a second pass of the product costs, without packages.
import { join } from 'node:path';
import { gather } from '../source/engine/gather.js';
import { compileScript, compileStep } from '../source/engine/plan/compile.js';
import type { Plan } from '../source/engine/plan/plan.js';
import { checkPlan } from '../source/engine/run/check.js';
import { run } from '../source/engine/run/run.js';
import { sh } from '../source/engine/sh.js';
import { places } from '../source/engine/sources/catalogue.js';
import { clusterSpec } from '../source/engine/spec/schema.js';
import { sshConnector } from '../source/engine/ssh/connector.js';
import { hostsFile } from '../source/engine/steps/hosts-file.js';
import { kernelModules } from '../source/engine/steps/kernel-modules.js';
import type { Context, Step } from '../source/engine/steps/step.js';
import { swap } from '../source/engine/steps/swap.js';
import { sysctl } from '../source/engine/steps/sysctl.js';

const title = { en: '', zh: '' };
const file = (id: string, path: string, content: string): Step => ({
  id,
  title,
  why: title,
  file: () => ({ path, mode: '644', content }),
});
const steps: Step[] = [
  swap,
  kernelModules,
  sysctl,
  hostsFile,
  {
    id: 'hostname',
    title,
    why: title,
    check: ({ host }) => sh`read -r name < /proc/sys/kernel/hostname; [ "$name" = ${host.name} ]`,
    apply: ({ host }) => sh`hostnamectl set-hostname ${host.name}`,
  },
  { id: 'keyrings', title, why: title, check: sh`[ -d /etc/apt/keyrings ]`, apply: sh`folder /etc/apt/keyrings` },
  file('pin', '/etc/apt/preferences.d/kubernetes', 'Package: kubelet kubeadm kubectl\nPin: version *\nPin-Priority: 500'),
  file('containerd_config', '/etc/containerd/config.toml', 'version = 3'),
  file('crictl_config', '/etc/crictl.yaml', 'runtime-endpoint: unix:///run/containerd/containerd.sock'),
  {
    id: 'cron',
    title,
    why: title,
    check: sh`runs cron`,
    apply: sh`systemctl enable -q --now cron`,
  },
];

const hosts = process.env
  .HOSTS!.trim()
  .split(' ')
  .map((pair, i) => {
    const [name = '', address = ''] = pair.split('=');
    return { name, address, ...(i ? {} : { roles: ['control-plane' as const] }) };
  });
const spec = clusterSpec.parse({ ssh: { user: 'root', identityFile: process.env.SSH_KEY }, hosts });
const connector = sshConnector({
  ask: { hostKey: async () => false, secret: async () => null },
  acceptNewHostKeys: true,
  knownHostsFile: join(process.env.BENCH_HOME ?? '/tmp', 'k8s-tui-bench-known-hosts'),
});
const { remotes, facts, problems } = await gather(spec, connector);
if (problems.length) throw new Error(JSON.stringify(problems));

const sources = { ...places.upstream, kubernetesPackages: '', kubernetesKey: null, dockerKey: null };
const tasks = spec.hosts.map(host => {
  const context: Context = { spec, host, facts: facts[host.name]!, fleet: facts, sources, version: 'v1.37.2' };
  const planned = steps.filter(step => step.on?.(context) ?? true).map(step => compileStep(step, context));
  return {
    id: `prepare/${host.name}`,
    host: host.name,
    phase: 'prepare' as const,
    steps: planned,
    after: [],
    variables: [],
    script: compileScript({ about: [], cluster: 'k8s' }, planned),
  };
});
const plan = await checkPlan({ spec, version: 'v1.37.2', sources, facts, tasks, notes: [] } satisfies Plan, remotes);
const { result } = await run(plan, remotes, { emit: () => {}, kubeconfig: false });
console.log(result);
await connector.close();
process.exit(result === 'done' || result === 'same' ? 0 : 1); // as the program ends
