import { stringify } from 'yaml';
import { controlPlanes, isControlPlane, nodeAddress, workers } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { type Context, minorOf } from './step.js';

export const criSocket = 'unix:///run/containerd/containerd.sock';

/** The name that stands for the API server in every node's /etc/hosts, so that control planes can be added later. */
export const endpointName = (spec: ClusterSpec): string => spec.endpoint?.split(':')[0] ?? `${spec.name}-api.internal`;
export const endpointPort = (spec: ClusterSpec): string => spec.endpoint?.split(':')[1] ?? '6443';
const endpoint = (spec: ClusterSpec): string => `${endpointName(spec)}:${endpointPort(spec)}`;

/** The configuration of `kubeadm init`: four documents. Shell variables in it are set by the run. */
export function initConfig(context: Context): string {
  const { spec, host, version, sources } = context;
  const old = isOld(version);
  return documents([
    {
      apiVersion: apiVersion(version),
      kind: 'InitConfiguration',
      bootstrapTokens: [{ token: '$K8S_TUI_TOKEN', ttl: '1h0m0s', description: 'k8s-tui' }],
      localAPIEndpoint: localEndpoint(host),
      nodeRegistration: nodeRegistration(context),
      ...(old ? {} : { timeouts: { controlPlaneComponentHealthCheck: '8m0s' } }),
    },
    {
      apiVersion: apiVersion(version),
      kind: 'ClusterConfiguration',
      clusterName: spec.name,
      kubernetesVersion: version,
      controlPlaneEndpoint: endpoint(spec),
      imageRepository: sources.images,
      // kubeadm knows of CoreDNS's own folder at registry.k8s.io alone.
      ...(sources.images === 'registry.k8s.io' || sources.coredns === sources.images
        ? {}
        : { dns: { imageRepository: sources.coredns } }),
      networking: { podSubnet: spec.network.pods, serviceSubnet: spec.network.services },
      apiServer: {
        certSANs: unique([
          endpointName(spec),
          ...controlPlanes(spec).flatMap(plane => [plane.name, plane.address, nodeAddress(plane)]),
          ...spec.certificateNames,
        ]),
        ...(old ? { timeoutForControlPlane: '8m0s' } : {}),
      },
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: 'systemd',
      ...(acceptsCgroupV1(context) ? { failCgroupV1: false } : {}),
      ...(spec.swap === 'keep' ? { failSwapOn: false } : {}),
    },
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: spec.network.proxy,
      // kube-proxy ends where it cannot set this; 0 leaves the kernel's own value.
      ...(Object.values(context.fleet).some(facts => !facts.conntrackWritable) ? { conntrack: { maxPerCore: 0, min: 0 } } : {}),
    },
  ]);
}

/** What `kubeadm join` finds the cluster by. */
export const discoveryFile = '/run/k8s-tui/discovery.yaml';

/**
 * The cluster as a node that is to join must know it: where it is, and the CA that came over ssh, whole. kubeadm's other way
 * takes the CA from anybody who answers and compares its hash; for that it waits, five seconds at a time, until the
 * controller manager has signed what it reads.
 */
export const discoveryConfig = (spec: ClusterSpec): string =>
  documents([
    {
      apiVersion: 'v1',
      kind: 'Config',
      // As in the cluster-info that kubeadm publishes: one cluster without a name.
      clusters: [{ name: '', cluster: clusterOf(spec) }],
    },
  ]);

const clusterOf = (spec: ClusterSpec) => ({ server: `https://${endpoint(spec)}`, 'certificate-authority-data': '$K8S_TUI_CA' });

/** Who is not in yet asks the API server with this. */
export const bootstrapConfig = (spec: ClusterSpec): string =>
  documents([
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'own', cluster: clusterOf(spec) }],
      users: [{ name: 'own', user: { token: '$K8S_TUI_TOKEN' } }],
      contexts: [{ name: 'own', context: { cluster: 'own', user: 'own' } }],
      'current-context': 'own',
    },
  ]);

/** The configuration of `kubeadm join`. A control plane reads the others' certificates with the key that they were left under. */
export function joinConfig(context: Context): string {
  const { host, version } = context;
  const isPlane = isControlPlane(host);
  return documents([
    {
      apiVersion: apiVersion(version),
      kind: 'JoinConfiguration',
      discovery: { file: { kubeConfigPath: discoveryFile }, tlsBootstrapToken: '$K8S_TUI_TOKEN' },
      ...(isPlane && { controlPlane: { localAPIEndpoint: localEndpoint(host), certificateKey } }),
      nodeRegistration: nodeRegistration(context),
      // The API server is up before anybody joins: what is not found in two minutes is not there.
      ...(isOld(version)
        ? {}
        : { timeouts: { discovery: '2m0s', ...(isPlane && { controlPlaneComponentHealthCheck: '8m0s' }) } }),
    },
  ]);
}

const certificateKey = '$K8S_TUI_CERTIFICATE_KEY';

/** The configuration of `kubeadm init phase upload-certs`. */
export function certificatesConfig(context: Context): string {
  const { host, version } = context;
  return documents([
    {
      apiVersion: apiVersion(version),
      kind: 'InitConfiguration',
      certificateKey,
      localAPIEndpoint: localEndpoint(host),
      nodeRegistration: nodeRegistration(context),
    },
    { apiVersion: apiVersion(version), kind: 'ClusterConfiguration', kubernetesVersion: version },
  ]);
}

/** kubelet refuses cgroup v1 from 1.35 on unless it is told otherwise; the setting is the cluster's. */
export const acceptsCgroupV1 = ({ version, fleet }: Pick<Context, 'version' | 'fleet'>): boolean =>
  minorOf(version) >= 35 && Object.values(fleet).some(facts => facts.cgroup === 1);

const localEndpoint = (host: HostSpec) => ({ advertiseAddress: nodeAddress(host), bindPort: 6443 });

function nodeRegistration(context: Context) {
  const { spec, host, facts, version } = context;
  const nodeIp = nodeAddress(host);
  const ignored = [
    ...(facts.cgroup === 1 && minorOf(version) >= 35 ? ['SystemVerification'] : []),
    ...(spec.swap === 'keep' ? ['Swap'] : []),
  ];
  return {
    name: host.name,
    criSocket,
    imagePullPolicy: 'IfNotPresent',
    kubeletExtraArgs: isOld(version) ? { 'node-ip': nodeIp } : [{ name: 'node-ip', value: nodeIp }],
    ...(ignored.length ? { ignorePreflightErrors: ignored } : {}),
    // With nobody else to run workloads, or where it was asked for, a control plane takes them.
    ...(isControlPlane(host) && (host.roles!.includes('worker') || workers(spec).length === 0) ? { taints: [] } : {}),
  };
}

const isOld = (version: string) => minorOf(version) < 31;
const apiVersion = (version: string) => `kubeadm.k8s.io/${isOld(version) ? 'v1beta3' : 'v1beta4'}`;
const unique = (values: string[]) => [...new Set(values)];
const documents = (docs: object[]) => docs.map(doc => stringify(doc, { lineWidth: 0 })).join('---\n');
