import { type Authority, makeAuthority, makeLeaf } from '../../engine/certificate.js';
import type { Machine } from '../machine/machine.js';
import { Etcd } from './etcd.js';
import { writeLog } from './pod-logs.js';
import type { World } from './world.js';

/** An object of the API, as far as the demo looks at it. */
export interface KubeObject {
  apiVersion?: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    creationTimestamp?: string;
    ownerReferences?: { kind: string }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: whatever a manifest says
  [field: string]: any;
}

export interface Pod {
  name: string;
  namespace: string;
  /** The workload that it belongs to: `DaemonSet/kube-system/kube-proxy`. */
  owner: string;
  node: string;
  address: string;
  pid: number;
  labels: Record<string, string>;
  images: string[];
  isHostNetwork: boolean;
  isReady: boolean;
  createdAt: number;
}

export interface Node {
  name: string;
  machine: Machine;
  isControlPlane: boolean;
  takesWork: boolean;
  createdAt: number;
  /** Its Ready when somebody last looked, and since when (epoch ms): nobody can have seen more. */
  seen: { status: string; since: number };
  /** 10.244.N.0/24 */
  podNetwork: string;
  hasNetwork: boolean;
  version: string;
}

export interface ClusterOptions {
  name: string;
  version: string;
  pods: string;
  services: string;
  /** All that kubeadm runs. */
  images: string[];
}

/** What a kubelet never lacks here. */
const pressures = [
  { type: 'MemoryPressure', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
  { type: 'DiskPressure', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  { type: 'PIDPressure', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
];

/** Kinds that live in no namespace. */
const ofCluster = new Set([
  'Node',
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'PersistentVolume',
  'Installation',
  'PriorityClass',
  'APIService',
  'StorageClass',
  'IngressClass',
]);

const key = (kind: string, namespace: string | undefined, name: string) =>
  `${kind}/${ofCluster.has(kind) ? '' : (namespace ?? 'default')}/${name}`;
const nameSuffix = (length: number) =>
  Array.from({ length }, () => 'bcdfghjklmnpqrstvwxz2456789'[Math.floor(Math.random() * 27)]).join('');
const networkSets = ['kube-flannel-ds', 'calico-node'];

interface NodeTerm {
  matchFields?: { values: string[] }[];
}

/** Whether a workload may run on this node, as far as it names its nodes. */
const isFor = (node: string, terms: NodeTerm[] = [{}]): boolean =>
  terms.some(({ matchFields = [] }) => matchFields.every(({ values }) => values.includes(node)));

/** The simulated cluster of a fleet: objects, nodes, pods, and the controllers that bring them about. */
export class Cluster {
  readonly authority: Authority = makeAuthority('kubernetes');
  /** A certificate as servers and clients have it. */
  readonly leaf: string = makeLeaf('kubernetes');
  readonly etcd = new Etcd();
  readonly nodes = new Map<string, Node>();
  readonly pods = new Map<string, Pod>();
  private readonly objects = new Map<string, KubeObject>();
  private nextService = 100;
  private nextPid = 20_000;

  constructor(
    readonly world: World,
    founder: Machine,
    readonly options: ClusterOptions,
  ) {
    this.etcd.add(founder, { isLearner: false });
    for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
      this.put({ kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
    this.put({
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'kubernetes', namespace: 'default' },
      spec: { clusterIP: this.serviceAddress(1), ports: [{ port: 443 }] },
    });
  }

  /** An API server answers. */
  get isUp(): boolean {
    return this.etcd.members.some(({ machine }) => this.isServedBy(machine));
  }

  /** The API server of this machine answers. */
  isServedBy(machine: Machine): boolean {
    const isAtWork = (one: Machine) =>
      one.isUp &&
      !one.isControlPlaneLate &&
      one.cluster === this &&
      one.units.active('kubelet.service') === 'active' &&
      one.units.active('containerd.service') === 'active';
    const member = this.etcd.members.find(each => each.machine === machine);
    return member !== undefined && !member.isLearner && isAtWork(machine) && this.etcd.answers(isAtWork);
  }

  private serviceAddress(n: number): string {
    return this.options.services.replace(/\.\d+\/\d+$/, `.${n}`);
  }

  /** The first /24 of the pod network that no node has: one that left gives its own back. */
  private freeNetwork(): string {
    const taken = new Set([...this.nodes.values()].map(node => node.podNetwork));
    for (let n = 0; ; n++) {
      const network = this.options.pods.replace(/\.\d+\.\d+\/\d+$/, `.${n}.0/24`);
      if (!taken.has(network)) return network;
    }
  }

  // ── Objects ──

  /** @returns whether it was there before */
  put(object: KubeObject): boolean {
    const { kind } = object;
    const namespace = ofCluster.has(kind) ? undefined : (object.metadata.namespace ?? 'default');
    const id = key(kind, namespace, object.metadata.name);
    const before = this.objects.get(id);
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        ...(namespace && { namespace }),
        creationTimestamp: before?.metadata.creationTimestamp ?? new Date().toISOString(),
      },
    };
    if (kind === 'Secret' && stored.stringData) {
      stored.data = {
        ...stored.data,
        ...Object.fromEntries(
          Object.entries(stored.stringData as Record<string, string>).map(([name, value]) => [
            name,
            Buffer.from(String(value)).toString('base64'),
          ]),
        ),
      };
      delete stored.stringData;
    }
    if (kind === 'Service')
      stored.spec = {
        ...stored.spec,
        clusterIP: before?.spec.clusterIP ?? stored.spec?.clusterIP ?? this.serviceAddress(this.nextService++),
      };
    this.objects.set(id, stored);
    this.reconcile();
    return before !== undefined;
  }

  remove(kind: string, namespace: string | undefined, name: string): boolean {
    const isThere = kind === 'Pod' ? this.pods.delete(`${namespace}/${name}`) : this.objects.delete(key(kind, namespace, name));
    if (kind === 'Namespace')
      for (const [id, object] of this.objects) if (object.metadata.namespace === name) this.objects.delete(id);
    if (kind === 'Node') this.leave(name);
    this.reconcile();
    return isThere || kind === 'Node';
  }

  /** All objects of a kind, with what the controllers know of them. */
  list(kind: string, namespace?: string): KubeObject[] {
    const made =
      kind === 'Node'
        ? [...this.nodes.values()].map(node => this.nodeObject(node))
        : kind === 'Pod'
          ? [...this.pods.values()].map(pod => this.podObject(pod))
          : [];
    const stored = [...this.objects.values()].filter(object => object.kind === kind).map(object => this.withStatus(object));
    return [...made, ...stored].filter(
      object => namespace === undefined || object.metadata.namespace === namespace || ofCluster.has(kind),
    );
  }
  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.list(kind, namespace).find(object => object.metadata.name === name);
  }

  private withStatus(object: KubeObject): KubeObject {
    const { kind, metadata } = object;
    const own = [...this.pods.values()].filter(pod => pod.owner === key(kind, metadata.namespace, metadata.name));
    const ready = own.filter(pod => pod.isReady).length;
    if (kind === 'DaemonSet') {
      return {
        ...object,
        status: {
          desiredNumberScheduled: own.length,
          currentNumberScheduled: own.length,
          updatedNumberScheduled: own.length,
          ...(ready && { numberReady: ready, numberAvailable: ready }),
        },
      };
    }
    if (kind === 'Deployment')
      return {
        ...object,
        status: {
          replicas: own.length,
          updatedReplicas: own.length,
          ...(ready && { readyReplicas: ready, availableReplicas: ready }),
        },
      };
    if (kind === 'CustomResourceDefinition')
      return { ...object, status: { conditions: [{ type: 'Established', status: 'True' }] } };
    return object;
  }

  isNodeReady(node: Node): boolean {
    return node.hasNetwork && node.machine.isUp && node.machine.units.active('kubelet.service') === 'active';
  }

  private nodeObject(node: Node): KubeObject {
    const isReady = this.isNodeReady(node);
    const isSilent = !node.machine.isUp || node.machine.units.active('kubelet.service') !== 'active';
    const ready = isReady
      ? { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : isSilent
        ? { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
        : {
            status: 'False',
            reason: 'KubeletNotReady',
            message:
              'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
          };
    if (node.seen.status !== ready.status) node.seen = { status: ready.status, since: Date.now() };
    const lastTransitionTime = new Date(node.seen.since).toISOString();
    return {
      kind: 'Node',
      apiVersion: 'v1',
      metadata: {
        name: node.name,
        creationTimestamp: new Date(node.createdAt).toISOString(),
        labels: {
          'kubernetes.io/hostname': node.name,
          'kubernetes.io/os': 'linux',
          ...(node.isControlPlane && { 'node-role.kubernetes.io/control-plane': '' }),
        },
      },
      spec: {
        podCIDR: node.podNetwork,
        ...(node.takesWork ? {} : { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }),
      },
      status: {
        conditions: [
          ...pressures.map(pressure => ({
            status: 'False',
            ...pressure,
            ...(isSilent && ready),
            lastTransitionTime: new Date(isSilent ? node.seen.since : node.createdAt).toISOString(),
          })),
          { type: 'Ready', ...ready, lastTransitionTime },
        ],
        addresses: [
          { type: 'InternalIP', address: node.machine.address },
          { type: 'Hostname', address: node.name },
        ],
        nodeInfo: {
          kubeletVersion: node.version,
          osImage: 'Debian GNU/Linux 12 (bookworm)',
          kernelVersion: '6.1.0-40-amd64',
          containerRuntimeVersion: `containerd://${node.machine.containerdVersion}`,
          architecture: 'amd64',
        },
      },
    };
  }

  private podObject(pod: Pod): KubeObject {
    const isUp = this.nodes.get(pod.node)?.machine.isUp ?? false;
    const isReady = pod.isReady && isUp;
    return {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name: pod.name,
        namespace: pod.namespace,
        labels: pod.labels,
        ownerReferences: [{ kind: pod.owner.split('/')[0]! }],
        creationTimestamp: new Date(pod.createdAt).toISOString(),
      },
      spec: {
        nodeName: pod.node,
        hostNetwork: pod.isHostNetwork,
        containers: pod.images.map((image, i) => ({ name: `c${i}`, image })),
      },
      status: {
        phase: pod.isReady ? 'Running' : 'Pending',
        ...(pod.isReady && { podIP: pod.address }),
        conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
        containerStatuses: pod.images.map(image => ({
          image,
          ready: isReady,
          restartCount: 0,
          state: pod.isReady ? { running: {} } : { waiting: { reason: 'ContainerCreating' } },
        })),
      },
    };
  }

  // ── Nodes ──

  join(machine: Machine, name: string, { isControlPlane, takesWork }: { isControlPlane: boolean; takesWork: boolean }): Node {
    // Whoever comes again under its name has all its pods to start anew.
    this.leave(name);
    const node: Node = {
      name,
      machine,
      isControlPlane,
      takesWork,
      createdAt: Date.now(),
      seen: { status: '', since: 0 },
      podNetwork: this.freeNetwork(),
      hasNetwork: false,
      version: this.options.version,
    };
    this.nodes.set(name, node);
    machine.cluster = this;
    this.reconcile();
    return node;
  }

  leave(name: string): void {
    const node = this.nodes.get(name);
    if (!node) return;
    this.nodes.delete(name);
    for (const [id, pod] of this.pods) if (pod.node === name) this.pods.delete(id);
    if (node.machine.cluster === this) node.machine.cluster = null;
  }

  /** A pod that kubelet starts by itself, from a file of the node. */
  addStaticPod(node: Node, component: string, image: string): void {
    this.addPod(`Node//${node.name}`, node, {
      name: `${component}-${node.name}`,
      namespace: 'kube-system',
      labels: { component, tier: 'control-plane' },
      images: [image],
      isHostNetwork: true,
    });
  }

  // ── Controllers ──

  /** Brings about the pods that workloads want on the nodes that are there, and takes away those that nobody wants. */
  private reconcile(): void {
    const wanted = new Set<string>();
    for (const object of this.objects.values()) {
      if (object.kind !== 'DaemonSet' && object.kind !== 'Deployment') continue;
      const owner = key(object.kind, object.metadata.namespace, object.metadata.name);
      wanted.add(owner);
      const template = object.spec?.template ?? {};
      const containers = (template.spec?.containers ?? []) as { image: string }[];
      const about = {
        namespace: object.metadata.namespace ?? 'default',
        labels: (template.metadata?.labels ?? {}) as Record<string, string>,
        images: [...((template.spec?.initContainers ?? []) as { image: string }[]), ...containers].map(
          container => container.image,
        ),
        isHostNetwork: Boolean(template.spec?.hostNetwork),
      };
      const own = [...this.pods.values()].filter(pod => pod.owner === owner);
      if (object.kind === 'DaemonSet') {
        const { nodeSelectorTerms } =
          template.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {};
        for (const node of this.nodes.values())
          if (isFor(node.name, nodeSelectorTerms) && !own.some(pod => pod.node === node.name))
            this.addPod(owner, node, { ...about, name: `${object.metadata.name}-${nameSuffix(5)}` });
        continue;
      }
      const replicas = Number(object.spec?.replicas ?? 1);
      const hash = nameSuffix(9);
      const tolerates = JSON.stringify(template.spec?.tolerations ?? []).includes('control-plane');
      const nodes = [...this.nodes.values()].filter(node => node.takesWork || tolerates);
      for (let n = own.length; n < replicas && nodes.length; n++)
        this.addPod(owner, nodes[n % nodes.length]!, { ...about, name: `${object.metadata.name}-${hash}-${nameSuffix(5)}` });
    }
    for (const [id, pod] of this.pods) if (!pod.owner.startsWith('Node/') && !wanted.has(pod.owner)) this.pods.delete(id);
  }

  private addPod(
    owner: string,
    node: Node,
    about: Pick<Pod, 'name' | 'namespace' | 'labels' | 'images' | 'isHostNetwork'>,
  ): void {
    const onNode = [...this.pods.values()].filter(pod => pod.node === node.name && !pod.isHostNetwork).length;
    const pod: Pod = {
      ...about,
      owner,
      node: node.name,
      address: about.isHostNetwork ? node.machine.address : node.podNetwork.replace(/\.0\/24$/, `.${onNode + 2}`),
      pid: this.nextPid++,
      isReady: false,
      createdAt: Date.now(),
    };
    this.pods.set(`${pod.namespace}/${pod.name}`, pod);
    void this.startPod(pod, node);
  }

  private async startPod(pod: Pod, node: Node): Promise<void> {
    const { clock } = this.world;
    const isStill = () => this.pods.get(`${pod.namespace}/${pod.name}`) === pod;
    for (const image of pod.images) {
      if ((await node.machine.images()).includes(image)) continue;
      await clock.wait(1800);
      await node.machine.addImage(image);
    }
    await clock.wait(900);
    while (!pod.isHostNetwork && !node.hasNetwork) {
      await clock.wait(300);
      if (!isStill()) return;
    }
    await clock.wait(700);
    if (!isStill()) return;
    pod.isReady = true;
    await writeLog(pod, node.machine).catch(() => {}); // a full disk keeps no log, and no container from running
    await this.lay(pod, node);
  }

  /** What a pod does to its node's network when it starts. */
  private async lay({ owner }: Pod, node: Node): Promise<void> {
    const set = owner.split('/').at(-1)!;
    if (networkSets.includes(set)) {
      const kind = set === 'calico-node' ? 'calico' : 'flannel';
      const hasJoined = () =>
        node.machine.joinNetwork(kind, node.podNetwork).then(
          () => true,
          () => false,
        );
      // Where the disk is full it fails, and kubelet starts it again.
      while (!(await hasJoined())) {
        await this.world.clock.wait(1000);
        if (this.nodes.get(node.name) !== node) return;
      }
      await this.world.clock.wait(500);
      node.hasNetwork = true;
    }
    if (set === 'kube-proxy') node.machine.firewall = '*nat\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\nCOMMIT\n';
  }

  /** A node has started again, and with it its pods. */
  async restarted(machine: Machine): Promise<void> {
    const node = [...this.nodes.values()].find(each => each.machine === machine);
    if (!node) return;
    for (const pod of this.pods.values()) if (pod.isReady && this.nodes.get(pod.node) === node) await this.lay(pod, node);
  }

  /** The pods behind a Service's address. */
  endpoints(address: string): Pod[] {
    const service = this.list('Service').find(each => each.spec?.clusterIP === address);
    const selector = Object.entries((service?.spec?.selector ?? {}) as Record<string, string>);
    if (!selector.length) return [];
    return [...this.pods.values()].filter(
      pod =>
        pod.isReady &&
        pod.namespace === service!.metadata.namespace &&
        selector.every(([name, value]) => pod.labels[name] === value),
    );
  }

  /** What CoreDNS answers. */
  resolve(name: string): string | null {
    const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local\.?$/.exec(name) ?? [];
    return (service && (this.get('Service', namespace, service)?.spec.clusterIP as string | undefined)) || null;
  }
}
