import { isIP, isIPv4 } from 'node:net';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';

/** One row of a form: where it lives in the spec, how it is written, what is allowed. */
export interface Option {
  id: string;
  label: Text;
  help: Text;
  /** What may be chosen with the arrow keys; a row without choices is typed. */
  choices?: (context: OptionContext) => readonly string[];
  /** What a choice is called on the screen, where its own word is not enough. */
  say?: Record<string, Text>;
  get: (spec: ClusterSpec) => string;
  set: (spec: ClusterSpec, value: string) => ClusterSpec;
  /** What is wrong with a value, or null. */
  check?: (value: string) => Text | null;
}

export interface OptionContext {
  /** Versions that the chosen source carries, newest last. */
  versions: readonly string[];
}

const list = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const isAddress = (text: string) =>
  isIP(text) > 0 || (/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) && !/^[\d.]+$/.test(text));

const network = (value: string): Text | null => {
  const [address, bits, more] = value.split('/');
  return more === undefined && isIPv4(address ?? '') && /^\d{1,2}$/.test(bits ?? '') && Number(bits) <= 32
    ? null
    : { en: `"${value}" is no IPv4 network; e.g. 10.244.0.0/16`, zh: `“${value}” 不是 IPv4 网段；例如 10.244.0.0/16` };
};

const addresses = (value: string): Text | null => {
  const wrong = list(value).find(one => !isAddress(one));
  return wrong === undefined ? null : { en: `"${wrong}" is no name or address`, zh: `“${wrong}” 不是名称或地址` };
};

const matching =
  (pattern: RegExp, en: string, zh: string) =>
  (value: string): Text | null =>
    pattern.test(value) ? null : { en: `"${value}": ${en}`, zh: `“${value}”：${zh}` };

const optional = (check: (value: string) => Text | null) => (value: string) => (value === '' ? null : check(value));

export const clusterOptions: readonly Option[] = [
  {
    id: 'name',
    label: { en: 'Name', zh: '名称' },
    help: {
      en: 'Names the cluster, its kubeconfig context and the saved session.',
      zh: '集群名，也是 kubeconfig 上下文和会话的名称。',
    },
    get: spec => spec.name,
    set: (spec, name) => ({ ...spec, name }),
    check: matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'small letters, digits and -', '只用小写字母、数字和 -'),
  },
  {
    id: 'kubernetes',
    label: { en: 'Kubernetes', zh: 'Kubernetes' },
    help: {
      en: 'An exact version, or a minor such as v1.37 for the newest patch that the source carries.',
      zh: '确切版本，或如 v1.37 的次版本：取来源中最新的补丁。',
    },
    choices: ({ versions }) => [...new Set(versions.map(version => version.replace(/\.\d+$/, '')))].concat(versions),
    get: spec => spec.kubernetes,
    set: (spec, kubernetes) => ({ ...spec, kubernetes: kubernetes.startsWith('v') ? kubernetes : `v${kubernetes}` }),
    check: matching(/^v?1\.\d{2,3}(\.\d+)?$/, 'a version such as v1.37.2 or v1.37', '应为如 v1.37.2 或 v1.37 的版本'),
  },
  {
    id: 'cni',
    label: { en: 'Pod network', zh: 'Pod 网络' },
    help: {
      en: 'flannel is the simplest. Calico adds NetworkPolicy; calico-operator installs it by its operator.',
      zh: 'flannel 最简单；Calico 支持 NetworkPolicy；calico-operator 由其 operator 安装。',
    },
    choices: () => ['flannel', 'calico', 'calico-operator'],
    get: spec => spec.network.cni,
    set: (spec, cni) => ({ ...spec, network: { ...spec.network, cni: cni as ClusterSpec['network']['cni'] } }),
  },
  {
    id: 'pods',
    label: { en: 'Pod addresses', zh: 'Pod 网段' },
    help: {
      en: 'A network that no host can reach otherwise: it must not overlap with any route.',
      zh: '任何主机都没有路由可达的网段，不得重叠。',
    },
    get: spec => spec.network.pods,
    set: (spec, pods) => ({ ...spec, network: { ...spec.network, pods } }),
    check: network,
  },
  {
    id: 'services',
    label: { en: 'Service addresses', zh: 'Service 网段' },
    help: {
      en: 'Virtual addresses inside the cluster; its tenth address is the DNS server.',
      zh: '集群内的虚拟地址；其中第十个是 DNS 服务器。',
    },
    get: spec => spec.network.services,
    set: (spec, services) => ({ ...spec, network: { ...spec.network, services } }),
    check: network,
  },
  {
    id: 'proxy',
    label: { en: 'kube-proxy', zh: 'kube-proxy' },
    help: {
      en: 'How Services reach their pods. nftables needs a kernel of 5.13 or newer.',
      zh: 'Service 如何转发到 Pod。nftables 需要 5.13 或更新的内核。',
    },
    choices: () => ['iptables', 'nftables', 'ipvs'],
    get: spec => spec.network.proxy,
    set: (spec, proxy) => ({ ...spec, network: { ...spec.network, proxy: proxy as ClusterSpec['network']['proxy'] } }),
  },
  {
    id: 'runtime',
    label: { en: 'containerd from', zh: 'containerd 来源' },
    help: {
      en: "Docker's apt repository, the release on GitHub, or the distribution's own package.",
      zh: 'Docker 的 apt 仓库、GitHub 发布包，或发行版自带的软件包。',
    },
    choices: () => ['docker', 'github', 'distribution'],
    say: {
      docker: { en: "docker · Docker's apt repository", zh: 'docker · Docker 的 apt 仓库' },
      github: { en: 'github · the release tarball', zh: 'github · GitHub 发布包' },
      distribution: { en: "distribution · the system's own package", zh: 'distribution · 系统自带软件包' },
    },
    get: spec => spec.runtime,
    set: (spec, runtime) => ({ ...spec, runtime: runtime as ClusterSpec['runtime'] }),
  },
  {
    id: 'firewall',
    label: { en: 'Firewall', zh: '防火墙' },
    help: {
      en: 'Where ufw or firewalld is active. What is changed is put back by reset.',
      zh: '仅在 ufw 或 firewalld 启用时有效；reset 会恢复原状。',
    },
    choices: () => ['open', 'disable', 'leave'],
    say: {
      open: { en: 'open · the ports that are needed', zh: 'open · 只开放所需端口' },
      disable: { en: 'disable · switch it off', zh: 'disable · 关闭' },
      leave: { en: 'leave · as it is', zh: 'leave · 不改动' },
    },
    get: spec => spec.firewall,
    set: (spec, firewall) => ({ ...spec, firewall: firewall as ClusterSpec['firewall'] }),
  },
  {
    id: 'swap',
    label: { en: 'Swap', zh: '交换分区' },
    help: {
      en: 'kubelet does not start with swap on unless it is told to; "keep" tells it to.',
      zh: 'kubelet 默认不允许启用交换分区；keep 则让它允许。',
    },
    choices: () => ['off', 'keep'],
    get: spec => spec.swap,
    set: (spec, swap) => ({ ...spec, swap: swap as ClusterSpec['swap'] }),
  },
  {
    id: 'endpoint',
    label: { en: 'Endpoint', zh: '控制平面入口' },
    help: {
      en: 'host:port that stands for all control planes. Empty: a name in /etc/hosts of every host, with all of them.',
      zh: '代表所有控制平面的 host:port。留空：在各主机 /etc/hosts 中用一个名称对应所有控制平面。',
    },
    get: spec => spec.endpoint ?? '',
    set: ({ endpoint: _, ...spec }, value) => (value ? { ...spec, endpoint: value } : spec),
    check: optional(
      matching(/^[A-Za-z0-9.-]+:\d+$/, 'host:port, such as api.example.com:6443', '应为 host:port，例如 api.example.com:6443'),
    ),
  },
  {
    id: 'certificateNames',
    label: { en: 'Further names', zh: '证书附加名称' },
    help: {
      en: "More names and addresses in the API server's certificate, separated by commas.",
      zh: 'API 服务器证书中的附加名称和地址，以逗号分隔。',
    },
    get: spec => spec.certificateNames.join(', '),
    set: (spec, value) => ({ ...spec, certificateNames: list(value) }),
    check: addresses,
  },
  {
    id: 'timeServers',
    label: { en: 'Time servers', zh: '时间服务器' },
    help: {
      en: "Empty: a working clock is left alone; with Aliyun, Aliyun's are taken.",
      zh: '留空：时钟正常则不改动；选阿里云时用阿里云的。',
    },
    get: spec => spec.timeServers.join(', '),
    set: (spec, value) => ({ ...spec, timeServers: list(value) }),
    check: addresses,
  },
];

const ssh = (key: 'user' | 'port' | 'identityFile' | 'jump', read: (value: string) => string | number = value => value) => ({
  get: (spec: ClusterSpec) => String(spec.ssh[key] ?? ''),
  set: (spec: ClusterSpec, value: string): ClusterSpec => {
    const { [key]: _, ...rest } = spec.ssh;
    return { ...spec, ssh: value ? { ...rest, [key]: read(value) } : rest };
  },
});

/** How to get into the hosts, where a host says nothing else. */
export const accessOptions: readonly Option[] = [
  {
    id: 'user',
    label: { en: 'User', zh: '用户' },
    help: { en: 'root, or a user with sudo. Empty: root.', zh: 'root 或有 sudo 权限的用户。留空：root。' },
    ...ssh('user'),
    check: optional(matching(/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/, 'a user name', '应为用户名')),
  },
  {
    id: 'port',
    label: { en: 'Port', zh: '端口' },
    help: { en: 'Empty: 22, or what ~/.ssh/config says.', zh: '留空：22，或 ~/.ssh/config 中的设置。' },
    ...ssh('port', Number),
    check: optional(value =>
      /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= 65535
        ? null
        : { en: `"${value}": 1 to 65535`, zh: `“${value}”：应为 1 到 65535` },
    ),
  },
  {
    id: 'identityFile',
    label: { en: 'Key file', zh: '密钥文件' },
    help: {
      en: 'Empty: the agent, then the usual keys in ~/.ssh, then a password.',
      zh: '留空：依次尝试 agent、~/.ssh 中的常用密钥、密码。',
    },
    ...ssh('identityFile'),
  },
  {
    id: 'jump',
    label: { en: 'Jump host', zh: '跳板机' },
    help: { en: 'user@host:port to go through. Empty: straight.', zh: '经由的 user@host:port。留空：直接连接。' },
    ...ssh('jump'),
  },
];
