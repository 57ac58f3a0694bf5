import { createHash } from 'node:crypto';
import { parse, parseAllDocuments } from 'yaml';
import { kubeadmImages } from '../../engine/sources/images.js';
import type { Machine, Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { say } from '../shell/builtins.js';
import { Cluster, type KubeObject } from '../world/cluster.js';
import { pull, runtimeProblem } from './containers.js';
import {
  imageOf,
  kubeconfig,
  rotated,
  sayer,
  staticPods,
  writeCertificates,
  writeKubeconfigs,
  writeManifests,
} from './control-plane.js';

// biome-ignore lint/suspicious/noExplicitAny: kubeadm's own documents
type Document = Record<string, any>;

const versionOf = (machine: Machine) =>
  `v${(machine.packages.installed.get('kubeadm')?.version ?? '1.37.2').replace(/-.*/, '')}`;

async function documentsOf(process: Process, args: string[]): Promise<Document[]> {
  const at = args.findIndex(arg => arg === '--config' || arg.startsWith('--config='));
  const file = at < 0 ? null : args[at]!.includes('=') ? args[at]!.split('=')[1]! : args[at + 1]!;
  if (!file) return [];
  const text = await process.fs.text(process.path(file));
  if (text === null) throw new Error(`unable to read config from "${file}": open ${file}: no such file or directory`);
  return parseAllDocuments(text).map(document => document.toJS() as Document);
}

/** Where the images come from by a ClusterConfiguration: CoreDNS has a folder of its own at registry.k8s.io alone, unless it says so. */
function repositoriesOf(whole: Document): { images: string; coredns: string } {
  const images = (whole.imageRepository as string) ?? 'registry.k8s.io';
  return {
    images,
    coredns: (whole.dns?.imageRepository as string) ?? (images === 'registry.k8s.io' ? `${images}/coredns` : images),
  };
}

const kindOf = (documents: Document[], kind: string): Document => documents.find(each => each?.kind === kind) ?? {};

interface Finding {
  id: string;
  text: string;
  isWarning?: boolean;
}

/** kubeadm's own look at the host before it begins. */
async function preflight(process: Process, what: 'init' | 'join', ignored: string[]): Promise<Finding[]> {
  const { fs, machine } = process;
  const found: Finding[] = [];
  const add = (id: string, text: string, isWarning = false) => found.push({ id, text, isWarning });
  const runtime = await runtimeProblem(machine);
  if (runtime) add('CRI', `could not connect to the container runtime: ${runtime}`);
  if ((await fs.text('/proc/sys/net/ipv4/ip_forward'))?.trim() !== '1')
    add('FileContent--proc-sys-net-ipv4-ip_forward', '/proc/sys/net/ipv4/ip_forward contents are not set to 1');
  if (((await fs.text('/proc/swaps')) ?? '').trim().split('\n').length > 1)
    add('Swap', 'swap is supported for cgroup v2 only. The kubelet must be properly configured to use swap.', true);
  const files =
    what === 'init'
      ? [
          'manifests/kube-apiserver.yaml',
          'manifests/kube-controller-manager.yaml',
          'manifests/kube-scheduler.yaml',
          'manifests/etcd.yaml',
        ]
      : ['kubelet.conf', 'pki/ca.crt'];
  for (const file of files)
    if (await fs.exists(`/etc/kubernetes/${file}`))
      add(`FileAvailable--etc-kubernetes-${file.replaceAll('/', '-')}`, `/etc/kubernetes/${file} already exists`);
  if (what === 'init') {
    if (machine.hardware.cpus < 2)
      add('NumCPU', `the number of available CPUs ${machine.hardware.cpus} is less than the required 2`);
    if (machine.hardware.memoryMiB < 1700)
      add('Mem', `the system RAM (${machine.hardware.memoryMiB} MB) is less than the minimum 1700 MB`);
    if ((await fs.readdir('/var/lib/etcd').catch(() => [])).length)
      add('DirAvailable--var-lib-etcd', '/var/lib/etcd is not empty');
  }
  if ((await machine.units.enablement('kubelet.service')) !== 'enabled')
    add('Service-kubelet', "kubelet service is not enabled, please run 'systemctl enable kubelet.service'", true);
  return found.filter(({ id }) => !ignored.some(each => each.toLowerCase() === id.toLowerCase() || each === 'all'));
}

async function reportPreflight(process: Process, found: Finding[]): Promise<boolean> {
  for (const { id, text } of found.filter(each => each.isWarning)) await process.err(`\t[WARNING ${id}]: ${text}\n`);
  const errors = found.filter(each => !each.isWarning);
  if (!errors.length) return true;
  await process.err('[preflight] Some fatal errors occurred:\n');
  for (const { id, text } of errors) await process.err(`\t[ERROR ${id}]: ${text}\n`);
  await process.err(
    '[preflight] If you know what you are doing, you can make a check non-fatal with `--ignore-preflight-errors=...`\nerror: preflight checks failed\nTo see the stack trace of this error execute with --v=5 or higher\n',
  );
  return false;
}

async function startKubelet(process: Process): Promise<void> {
  const { fs, machine } = process;
  await process.out(
    '[kubelet-start] Writing kubelet environment file with flags to file "/var/lib/kubelet/kubeadm-flags.env"\n',
  );
  await fs.put('/var/lib/kubelet/kubeadm-flags.env', 'KUBELET_KUBEADM_ARGS=""\n');
  await process.out('[kubelet-start] Writing kubelet configuration to file "/var/lib/kubelet/config.yaml"\n');
  await fs.put(
    '/var/lib/kubelet/config.yaml',
    'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: systemd\n',
  );
  await process.out('[kubelet-start] Starting the kubelet\n');
  await process.sleep(300);
  await machine.units.stop('kubelet.service');
  await machine.units.start('kubelet.service');
}

async function init(process: Process, args: string[]): Promise<number> {
  const { fs, machine } = process;
  const documents = await documentsOf(process, args);
  const own = kindOf(documents, 'InitConfiguration');
  const whole = kindOf(documents, 'ClusterConfiguration');
  const version = (whole.kubernetesVersion as string) ?? versionOf(machine);
  const name = (own.nodeRegistration?.name as string) ?? machine.name;
  const endpoint = (whole.controlPlaneEndpoint as string) ?? `${machine.address}:6443`;
  const say = sayer(process);

  await say(`[init] Using Kubernetes version: ${version}`, 200);
  await say('[preflight] Running pre-flight checks', 400);
  if (
    !(await reportPreflight(
      process,
      await preflight(process, 'init', (own.nodeRegistration?.ignorePreflightErrors as string[]) ?? []),
    ))
  )
    return 1;
  await say('[preflight] Pulling images required for setting up a Kubernetes cluster');
  const images = kubeadmImages(version, repositoriesOf(whole));
  for (const image of images) {
    try {
      await pull(process, image);
    } catch (error) {
      await process.err(
        `[preflight] Some fatal errors occurred:\n\t[ERROR ImagePull]: failed to pull image ${image}: ${(error as Error).message}\nerror: preflight checks failed\n`,
      );
      return 1;
    }
  }
  const cluster = new Cluster(machine.world, machine, {
    name: (whole.clusterName as string) ?? 'kubernetes',
    version,
    pods: (whole.networking?.podSubnet as string) ?? '10.244.0.0/16',
    services: (whole.networking?.serviceSubnet as string) ?? '10.96.0.0/12',
    images,
  });
  await say('[certs] Using certificateDir folder "/etc/kubernetes/pki"');
  await writeCertificates(process, cluster, name, endpoint);
  await say('[kubeconfig] Using kubeconfig folder "/etc/kubernetes"');
  const server = `https://${endpoint}`;
  await writeKubeconfigs(process, cluster, server, [
    ['admin', 'kubernetes-admin'],
    ['super-admin', 'kubernetes-super-admin'],
    ['kubelet', `system:node:${name}`],
    ['controller-manager', 'system:kube-controller-manager'],
    ['scheduler', 'system:kube-scheduler'],
  ]);
  await say('[etcd] Creating static Pod manifest for local etcd in "/etc/kubernetes/manifests"');
  await writeManifests(process, cluster);
  await startKubelet(process);
  await say(
    '[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory "/etc/kubernetes/manifests"',
  );
  await say('[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s', 500);
  await say('[kubelet-check] The kubelet is healthy after 501.27489ms');
  await fs.put('/var/lib/etcd/member/snap/db', 'data of etcd\n', 0o600);
  await say('[control-plane-check] Waiting for healthy control plane components. This can take up to 8m0s');
  for (const [component, at, ms] of [
    ['kube-controller-manager', 'https://127.0.0.1:10257/healthz', 1500],
    ['kube-scheduler', 'https://127.0.0.1:10259/livez', 700],
    ['kube-apiserver', `https://${machine.address}:6443/livez`, 1600],
  ] as const) {
    await say(`[control-plane-check] Checking ${component} at ${at}`, ms);
    await say(`[control-plane-check] ${component} is healthy after ${ms + 1004}.${String(process.pid).slice(0, 4)}ms`);
  }
  const takesWork = Array.isArray(own.nodeRegistration?.taints) && own.nodeRegistration.taints.length === 0;
  machine.world.clusters.set(cluster.authority.certificate, cluster);
  const node = cluster.join(machine, name, { isControlPlane: true, takesWork });
  for (const component of staticPods) cluster.addStaticPod(node, component, imageOf(images, component));
  await say('[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace', 200);
  cluster.put({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'kubeadm-config', namespace: 'kube-system' },
    data: { ClusterConfiguration: `clusterName: ${cluster.options.name}\nkubernetesVersion: ${version}\n` },
  });
  await say(
    '[kubelet] Creating a ConfigMap "kubelet-config" in namespace kube-system with the configuration for the kubelets in the cluster',
  );
  await say('[upload-certs] Skipping phase. Please see --upload-certs');
  await say(
    `[mark-control-plane] Marking the node ${name} as control-plane by adding the labels: [node-role.kubernetes.io/control-plane node.kubernetes.io/exclude-from-external-load-balancers]`,
  );
  for (const { token, description } of (own.bootstrapTokens ?? []) as { token: string; description?: string }[])
    putToken(cluster, token, description);
  await say(
    `[bootstrap-token] Using token: ${args.includes('--skip-token-print') ? '<value withheld>' : own.bootstrapTokens?.[0]?.token}`,
  );
  await say(
    '[bootstrap-token] Configured RBAC rules to allow Node Bootstrap tokens to post CSRs in order for nodes to get long term certificate credentials',
    150,
  );
  await say(
    '[kubelet-finalize] Updating "/etc/kubernetes/kubelet.conf" to point to a rotatable kubelet client certificate and key',
  );
  await fs.put('/etc/kubernetes/kubelet.conf', kubeconfig(cluster, server, `system:node:${name}`, rotated), 0o600);
  await fs.put('/var/lib/kubelet/pki/kubelet-client-current.pem', cluster.leaf, 0o600);
  const addons: KubeObject[] = [
    {
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      spec: {
        replicas: 2,
        selector: {},
        template: {
          metadata: { labels: { 'k8s-app': 'kube-dns' } },
          spec: {
            tolerations: [{ key: 'node-role.kubernetes.io/control-plane' }],
            containers: [{ name: 'coredns', image: imageOf(images, 'coredns') }],
          },
        },
      },
    },
    {
      kind: 'Service',
      metadata: { name: 'kube-dns', namespace: 'kube-system' },
      spec: {
        clusterIP: cluster.options.services.replace(/\.\d+\/\d+$/, '.10'),
        selector: { 'k8s-app': 'kube-dns' },
        ports: [{ port: 53 }],
      },
    },
    {
      kind: 'DaemonSet',
      metadata: { name: 'kube-proxy', namespace: 'kube-system' },
      spec: {
        selector: {},
        template: {
          metadata: { labels: { 'k8s-app': 'kube-proxy' } },
          spec: { hostNetwork: true, containers: [{ name: 'kube-proxy', image: imageOf(images, 'kube-proxy') }] },
        },
      },
    },
  ];
  for (const object of addons) cluster.put({ apiVersion: 'apps/v1', ...object });
  await say('[addons] Applied essential addon: CoreDNS', 120);
  await say('[addons] Applied essential addon: kube-proxy');
  await process.out(`
Your Kubernetes control-plane has initialized successfully!

To start using your cluster, you need to run the following as a regular user:

  mkdir -p $HOME/.kube
  sudo cp -i /etc/kubernetes/admin.conf $HOME/.kube/config
  sudo chown $(id -u):$(id -g) $HOME/.kube/config

You should now deploy a pod network to the cluster.
Then you can join any number of worker nodes by running kubeadm join on each as root.
`);
  return 0;
}

function putToken(cluster: Cluster, token: string, description = ''): void {
  const [id = '', secret = ''] = token.split('.');
  cluster.put({
    kind: 'Secret',
    apiVersion: 'v1',
    type: 'bootstrap.kubernetes.io/token',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    stringData: { 'token-id': id, 'token-secret': secret, description },
  });
}

/** The certificates, encrypted by the key, in the cluster. */
async function uploadCertificates(process: Process, args: string[]): Promise<number> {
  const { certificateKey = '' } = kindOf(await documentsOf(process, args), 'InitConfiguration');
  const admin = (await process.fs.text('/etc/kubernetes/admin.conf')) ?? '';
  const authority = Buffer.from(/certificate-authority-data: (\S+)/.exec(admin)?.[1] ?? '', 'base64').toString();
  const cluster = process.machine.world.clusters.get(authority);
  if (!cluster?.isUp) {
    await process.err('error execution phase upload-certs: could not connect to the API server\n');
    return 1;
  }
  cluster.put({
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name: 'kubeadm-certs', namespace: 'kube-system' },
    stringData: { lock: createHash('sha256').update(String(certificateKey)).digest('hex') },
  });
  await process.out(
    `[upload-certs] Storing the certificates in Secret "kubeadm-certs" in the "kube-system" Namespace\n[upload-certs] Using certificate key:\n${certificateKey}\n`,
  );
  return 0;
}

async function join(process: Process, args: string[]): Promise<number> {
  const { fs, machine } = process;
  const config = kindOf(await documentsOf(process, args), 'JoinConfiguration');
  const { file, tlsBootstrapToken: token = '' } = (config.discovery ?? {}) as {
    file?: { kubeConfigPath: string };
    tlsBootstrapToken?: string;
  };
  const plane = config.controlPlane as { certificateKey?: string } | undefined;
  const known = parse((await fs.text(file?.kubeConfigPath ?? '')) ?? '')?.clusters?.[0]?.cluster as
    | { server: string; 'certificate-authority-data': string }
    | undefined;
  const apiServerEndpoint = known?.server.replace(/^https:\/\//, '') ?? '';
  const name = (config.nodeRegistration?.name as string) ?? machine.name;
  const say = sayer(process);
  await say('[preflight] Running pre-flight checks', 400);
  const ignored = (config.nodeRegistration?.ignorePreflightErrors as string[]) ?? [];
  const found = [
    ...(await preflight(process, 'join', ignored)),
    ...(plane ? (await preflight(process, 'init', ignored)).filter(({ id }) => /etcd|NumCPU|Mem|manifests/.test(id)) : []),
  ];
  if (!(await reportPreflight(process, found))) return 1;
  const fail = async (reason: string) => {
    await process.err(`error execution phase ${reason}\nTo see the stack trace of this error execute with --v=5 or higher\n`);
    return 1;
  };
  const cluster = await serverAt(machine, apiServerEndpoint);
  if (!cluster) {
    await process.sleep(10_000);
    return fail(
      `preflight: couldn't validate the identity of the API Server: failed to request the cluster-info ConfigMap: Get "https://${apiServerEndpoint}/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s": dial tcp: connect: connection refused`,
    );
  }
  if (Buffer.from(known?.['certificate-authority-data'] ?? '', 'base64').toString() !== cluster.authority.certificate)
    return fail(
      `preflight: couldn't validate the identity of the API Server: Get "https://${apiServerEndpoint}/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    );
  const [id, secret] = token.split('.');
  const granted = cluster.get('Secret', 'kube-system', `bootstrap-token-${id}`);
  if (!granted || Buffer.from(String(granted.data?.['token-secret'] ?? ''), 'base64').toString() !== secret)
    return fail('preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: Unauthorized');
  const namesake = cluster.nodes.get(name);
  if (namesake && cluster.isNodeReady(namesake))
    return fail(
      `preflight: a Node with name "${name}" and status "Ready" already exists in the cluster. You must delete the existing Node or change the name of this new joining Node`,
    );
  await say('[preflight] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...', 300);
  if (plane) {
    await say('[download-certs] Downloading the certificates in Secret "kubeadm-certs" in the "kube-system" Namespace', 200);
    const lent = cluster.get('Secret', 'kube-system', 'kubeadm-certs')?.data?.lock;
    if (!lent)
      return fail('control-plane-prepare/download-certs: error downloading certs: Secret "kubeadm-certs" was not found');
    const lock = createHash('sha256').update(String(plane.certificateKey)).digest('hex');
    if (Buffer.from(lent, 'base64').toString() !== lock)
      return fail(
        'control-plane-prepare/download-certs: error decoding secret data with provided key: message authentication failed',
      );
    await say('[certs] Using certificateDir folder "/etc/kubernetes/pki"');
    await writeCertificates(process, cluster, name, apiServerEndpoint);
    await writeKubeconfigs(process, cluster, `https://${apiServerEndpoint}`, [
      ['admin', 'kubernetes-admin'],
      ['controller-manager', 'system:kube-controller-manager'],
      ['scheduler', 'system:kube-scheduler'],
    ]);
    await writeManifests(process, cluster);
  }
  await fs.put('/etc/kubernetes/pki/ca.crt', cluster.authority.certificate);
  await fs.put(
    '/etc/kubernetes/bootstrap-kubelet.conf',
    kubeconfig(cluster, `https://${apiServerEndpoint}`, 'tls-bootstrap-token-user', '    token: withheld\n'),
    0o600,
  );
  await startKubelet(process);
  await say('[kubelet-check] Waiting for a healthy kubelet at http://127.0.0.1:10248/healthz. This can take up to 4m0s', 500);
  await say('[kubelet-check] The kubelet is healthy after 500.912804ms');
  await say('[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap', 900);
  await fs.put(
    '/etc/kubernetes/kubelet.conf',
    kubeconfig(cluster, `https://${apiServerEndpoint}`, `system:node:${name}`, rotated),
    0o600,
  );
  await fs.put('/var/lib/kubelet/pki/kubelet-client-current.pem', cluster.leaf, 0o600);
  await fs.remove('/etc/kubernetes/bootstrap-kubelet.conf');
  await fs.mkdir('/etc/kubernetes/manifests', { recursive: true });
  const { taints } = (config.nodeRegistration ?? {}) as { taints?: unknown[] };
  const node = cluster.join(machine, name, { isControlPlane: Boolean(plane), takesWork: !plane || taints?.length === 0 });
  if (plane) {
    await say('[etcd] Announced new etcd member joining to the existing etcd cluster', 200);
    const member = cluster.etcd.add(machine, { isLearner: true });
    await fs.put('/var/lib/etcd/member/snap/db', 'data of etcd\n', 0o600);
    await say('[etcd] Waiting for the new etcd member to join the cluster. This can take up to 40s', 1500);
    member.isLearner = false;
    for (const component of staticPods) cluster.addStaticPod(node, component, imageOf(cluster.options.images, component));
    await say(
      `[mark-control-plane] Marking the node ${name} as control-plane by adding the labels: [node-role.kubernetes.io/control-plane node.kubernetes.io/exclude-from-external-load-balancers]`,
      800,
    );
  }
  await process.out(`
This node has joined the cluster${plane ? ' and a new control plane instance was created' : ''}:
* Certificate signing request was sent to apiserver and ${plane ? 'approval' : 'a response'} was received.
* The Kubelet was informed of the new secure connection details.

Run 'kubectl get nodes' on the control-plane to see this node join the cluster.

`);
  return 0;
}

/** The cluster whose API server answers a machine behind `name:port`, at one of the addresses that its /etc/hosts has for it. */
async function serverAt(machine: Machine, endpoint: string): Promise<Cluster | null> {
  const host = endpoint.replace(/:\d+$/, '');
  const lines = ((await machine.fs.text('/etc/hosts')) ?? '').split('\n').map(line => line.trim().split(/\s+/));
  const addresses = /^\d+\.\d+\.\d+\.\d+$/.test(host)
    ? [host]
    : lines.flatMap(([address, ...names]) => (names.includes(host) ? [address!] : []));
  const servers = addresses.flatMap(address => machine.world.byAddress(address) ?? []);
  return servers.find(server => server.cluster?.isServedBy(server))?.cluster ?? null;
}

async function reset(process: Process): Promise<number> {
  const { fs, machine } = process;
  const say = sayer(process, 80);
  await say('[preflight] Running pre-flight checks', 200);
  const { cluster } = machine;
  await say('[reset] Stopping the kubelet service', 300);
  await machine.units.stop('kubelet.service');
  await say('[reset] Unmounting mounted directories in "/var/lib/kubelet"');
  await say('[reset] Deleting contents of directories: [/etc/kubernetes/manifests /var/lib/kubelet /etc/kubernetes/pki]', 200);
  for (const folder of ['/etc/kubernetes/manifests', '/var/lib/kubelet', '/etc/kubernetes/pki', '/var/lib/etcd']) {
    for (const entry of await fs.readdir(folder).catch(() => [])) await fs.remove(`${folder}/${entry}`);
  }
  const files = [
    'admin.conf',
    'super-admin.conf',
    'kubelet.conf',
    'bootstrap-kubelet.conf',
    'controller-manager.conf',
    'scheduler.conf',
  ];
  await say(`[reset] Deleting files: [${files.map(file => `/etc/kubernetes/${file}`).join(' ')}]`);
  for (const file of files) await fs.remove(`/etc/kubernetes/${file}`);
  machine.cluster = null;
  // The cluster keeps the node until somebody deletes it there; where the last control plane goes, nobody is left to ask.
  if (cluster && !cluster.etcd.members.some(member => member.machine.cluster === cluster)) {
    machine.world.clusters.delete(cluster.authority.certificate);
    for (const name of [...cluster.nodes.keys()]) cluster.leave(name);
  }
  await say(
    '\nThe reset process does not perform cleanup of CNI plugin configuration,\nnetwork filtering rules and kubeconfig files.\n',
  );
  return 0;
}

async function kubeadm(process: Process, args: string[]): Promise<number> {
  const { machine } = process;
  const words = args.filter(arg => !arg.startsWith('-'));
  if (words[0] === 'version' || args.includes('--version')) {
    await process.out(
      args.includes('short')
        ? `${versionOf(machine)}\n`
        : `kubeadm version: &version.Info{GitVersion:"${versionOf(machine)}"}\n`,
    );
    return 0;
  }
  if (!process.isRoot && ['init', 'join', 'reset'].includes(words[0] ?? '')) {
    await process.err('[preflight] Some fatal errors occurred:\n\t[ERROR IsPrivilegedUser]: user is not running as root\n');
    return 1;
  }
  try {
    if (words[0] === 'config' && words[1] === 'images') {
      const whole = kindOf(await documentsOf(process, args), 'ClusterConfiguration');
      const images = kubeadmImages((whole.kubernetesVersion as string) ?? versionOf(machine), repositoriesOf(whole));
      for (const image of images) {
        if (words[2] === 'pull') await pull(process, image);
        await process.out(words[2] === 'pull' ? `[config/images] Pulled ${image}\n` : `${image}\n`);
      }
      return 0;
    }
    if (words[0] === 'config' && words[1] === 'validate') {
      await documentsOf(process, args);
      return await say(process, 'ok\n');
    }
    if (words.slice(0, 3).join(' ') === 'init phase upload-certs') return await uploadCertificates(process, args);
    if (words[0] === 'init') return await init(process, args);
    if (words[0] === 'join') return await join(process, args);
    if (words[0] === 'reset') return await reset(process);
  } catch (error) {
    if (!(error instanceof Error) || !/config|pull/.test(error.message)) throw error;
    await process.err(`error: ${error.message}\nTo see the stack trace of this error execute with --v=5 or higher\n`);
    return 1;
  }
  await process.err(`error: unknown command "${words.join(' ')}" for "kubeadm"\n`);
  return 1;
}

export const kubeadmPrograms: Record<string, Program> = {
  kubeadm,
  kubelet: async (process, args) => {
    if (args.includes('--version'))
      await process.out(
        `Kubernetes v${(process.machine.packages.installed.get('kubelet')?.version ?? '').replace(/-.*/, '')}\n`,
      );
    return 0;
  },
};
