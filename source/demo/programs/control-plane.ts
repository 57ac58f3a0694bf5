import type { Process } from '../machine/process.js';
import type { Cluster } from '../world/cluster.js';

/** What kubeadm writes on a control plane, whether it makes a cluster or joins one. */

export const staticPods = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

const certificates = [
  'ca',
  'apiserver',
  'apiserver-kubelet-client',
  'front-proxy-ca',
  'front-proxy-client',
  'etcd/ca',
  'etcd/server',
  'etcd/peer',
  'etcd/healthcheck-client',
  'apiserver-etcd-client',
];

/** Says a line, and takes so long over it. @param usual ms, where a line says nothing else */
export const sayer =
  (process: Process, usual = 60) =>
  (text: string, ms = usual) =>
    Promise.resolve(process.out(`${text}\n`)).then(() => process.sleep(ms));

/** @param endpoint `name:port` of all control planes */
export async function writeCertificates(process: Process, cluster: Cluster, name: string, endpoint: string): Promise<void> {
  const { fs, machine } = process;
  const say = sayer(process);
  for (const certificate of certificates) {
    await say(`[certs] Generating "${certificate}" certificate and key`, 90);
    const isAuthority = /(^|[/-])ca$/.test(certificate);
    await fs.put(`/etc/kubernetes/pki/${certificate}.crt`, isAuthority ? cluster.authority.certificate : cluster.leaf);
    await fs.put(`/etc/kubernetes/pki/${certificate}.key`, cluster.authority.key, 0o600);
    if (certificate === 'apiserver')
      await say(
        `[certs] apiserver serving cert is signed for DNS names [${[name, endpoint.split(':')[0], 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'].join(' ')}] and IPs [${machine.address}]`,
      );
  }
  await say('[certs] Generating "sa" key and public key');
  await fs.put('/etc/kubernetes/pki/sa.key', cluster.authority.key, 0o600);
  await fs.put('/etc/kubernetes/pki/sa.pub', 'public key\n');
}

/** @param files name and user of each */
export async function writeKubeconfigs(
  process: Process,
  cluster: Cluster,
  server: string,
  files: readonly (readonly [file: string, user: string])[],
): Promise<void> {
  for (const [file, user] of files) {
    await sayer(process)(`[kubeconfig] Writing "${file}.conf" kubeconfig file`);
    await process.fs.put(`/etc/kubernetes/${file}.conf`, kubeconfig(cluster, server, user, embedded(cluster)), 0o600);
  }
}

/** The static pods, in the order in which they are said. */
export async function writeManifests(process: Process, { options }: Cluster): Promise<void> {
  const networks = `    command:\n    - kube-controller-manager\n    - --cluster-cidr=${options.pods}\n    - --service-cluster-ip-range=${options.services}\n`;
  await sayer(process)('[control-plane] Using manifest folder "/etc/kubernetes/manifests"');
  for (const component of staticPods) {
    if (component !== 'etcd') await sayer(process)(`[control-plane] Creating static Pod manifest for "${component}"`);
    await process.fs.put(
      `/etc/kubernetes/manifests/${component}.yaml`,
      `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${component}\n  namespace: kube-system\nspec:\n  containers:\n  - name: ${component}\n    image: ${imageOf(options.images, component)}\n${component === 'kube-controller-manager' ? networks : ''}`,
      0o600,
    );
  }
}

export const imageOf = (images: readonly string[], component: string): string =>
  images.find(image => image.includes(`/${component}:`))!;

export const kubeconfig = (cluster: Cluster, server: string, user: string, credentials: string) => `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(cluster.authority.certificate).toString('base64')}
    server: ${server}
  name: ${cluster.options.name}
contexts:
- context:
    cluster: ${cluster.options.name}
    user: ${user}
  name: ${user}@${cluster.options.name}
current-context: ${user}@${cluster.options.name}
kind: Config
users:
- name: ${user}
  user:
${credentials}`;

const embedded = (cluster: Cluster) =>
  `    client-certificate-data: ${Buffer.from(cluster.authority.certificate).toString('base64')}\n    client-key-data: ${Buffer.from('a key of the demo').toString('base64')}\n`;
/** A node's kubeconfig once kubelet renews its certificate by itself. */
export const rotated =
  '    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem\n';
