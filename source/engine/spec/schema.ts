import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { isAuthority, isDirect, isLogin, isRegistry, isSourceUrl } from './own.js';

/** What fields allow, in Chinese by their English words: zod's issues carry the English ones. */
export const allowedInChinese = new Map<string, string>();
const allow = (en: string, zh: string): string => {
  allowedInChinese.set(en, zh);
  return en;
};
/** Text of a form; both a wrong type and a wrong form say what is allowed. */
const text = (form: RegExp, allowed: string) => z.string({ error: allowed }).regex(form, allowed);
const such = (is: (value: string) => boolean, allowed: string) => z.string({ error: allowed }).refine(is, allowed);

const domain = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
/** Digits and dots alone are a mistyped IP address, never a name. */
const isAddress = (value: string) =>
  ipaddr.IPv4.isValidFourPartDecimal(value) || ipaddr.IPv6.isValid(value) || (domain.test(value) && /[A-Za-z]/.test(value));
const isNetwork = (value: string) => /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(value) && ipaddr.IPv4.isValidCIDR(value);

const name = text(
  /^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
  allow('a name in lower case: letters, digits, - and .', '小写名称：字母、数字、- 和 .'),
);
const address = such(isAddress, allow('an IP address or a host name', 'IP 地址或主机名'));
const ipv4 = such(
  value => ipaddr.IPv4.isValidFourPartDecimal(value),
  allow('an IPv4 address such as 192.168.1.7', 'IPv4 地址，例如 192.168.1.7'),
);
const cidr = such(isNetwork, allow('an IPv4 network such as 10.244.0.0/16', 'IPv4 网段，例如 10.244.0.0/16'));
const portNumbers = allow('a whole number from 1 to 65535', '1 到 65535 之间的整数');
const port = z.int({ error: portNumbers }).min(1, portNumbers).max(65535, portNumbers);
const file = text(/./, allow('a path of a file', '文件路径'));

/** How to get in. Passwords are never written here: they are asked for, or taken from the environment. */
const ssh = z.strictObject({
  user: text(/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/, allow('a user name', '用户名')).optional(),
  port: port.optional(),
  identityFile: file.optional(),
  /** `user@host:port` of the host to go through. */
  jump: text(
    /^([^@\s]+@)?[^@\s]+$/,
    allow('the host to go through, as user@host:port', '跳板机，格式为 user@host:port'),
  ).optional(),
});

export const roles = ['control-plane', 'worker'] as const;

const host = z.strictObject({
  name,
  address,
  roles: z.array(z.enum(roles)).min(1, allow('at least one role', '至少一个角色')).optional(),
  /** The address that the other nodes use, where it is not the one above. */
  internalAddress: ipv4.optional(),
  ssh: ssh.optional(),
});

/** Packages are signed: how they come does not matter. */
const packages = such(
  isSourceUrl,
  allow(
    'a URL without / at its end such as https://apt.example.com/kubernetes, and no password in it',
    '末尾不带 / 的 URL，例如 https://apt.example.com/kubernetes，其中不含密码',
  ),
);
const login = such(isLogin, allow('a user name', '用户名'));

/** Sources of the operator's own. What one of them carries is taken from there and from nowhere else. No passwords: they are asked for. */
const own = z.strictObject({
  /** `host:port/path` of a registry, by TLS: every image under the path that it has upstream. */
  registry: such(
    isRegistry,
    allow('a registry such as registry.example.com:5000/k8s', '镜像仓库，例如 registry.example.com:5000/k8s'),
  ).optional(),
  registryUser: login.optional(),
  /** The flat repository of one minor version, as pkgs.k8s.io has it, with its key at `/Release.key`. */
  kubernetesPackages: packages.optional(),
  /** As https://download.docker.com/linux: a folder for each distribution, with its key at `/<os>/gpg`. */
  dockerPackages: packages.optional(),
  /** The distribution's own packages. */
  osPackages: packages.optional(),
  /** The way out of the hosts: an HTTP proxy. */
  proxy: such(
    isSourceUrl,
    allow(
      'a proxy such as http://proxy.example.com:3128, and no password in it',
      '代理，例如 http://proxy.example.com:3128，其中不含密码',
    ),
  ).optional(),
  proxyUser: login.optional(),
  /** What is reached without the proxy, beside the cluster itself and the sources here: names, `.example.com`, addresses, networks. */
  noProxy: z.array(such(isDirect, allow('names, domains, addresses or networks', '名称、域名、地址或网段'))).default([]),
  /** Certificates of the authority that signs for what is above, in PEM. */
  ca: such(
    isAuthority,
    allow(
      'certificates in PEM (-----BEGIN CERTIFICATE----- ...), and no private key',
      'PEM 格式的证书（-----BEGIN CERTIFICATE----- …），不含私钥',
    ),
  ).optional(),
});

const fingerprint = text(/^[0-9A-Fa-f]{40}$/, allow('a fingerprint of 40 hexadecimal digits', '40 位十六进制指纹'));

export const clusterSpec = z.strictObject({
  name: text(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    allow('a short name in lower case: letters, digits and -', '小写短名称：字母、数字和 -'),
  ).default('k8s'),
  /** v1.37.2, or v1.37 for the newest patch that the source carries. */
  kubernetes: text(
    /^v1\.\d{2,3}(\.\d{1,3})?$/,
    allow('a version such as v1.37.2, or v1.37 for its newest patch', '版本号，例如 v1.37.2；写 v1.37 表示其最新补丁版本'),
  ).default('v1.37'),
  mirror: z.enum(['upstream', 'aliyun']).default('upstream'),
  /** Hosts get everything over their SSH connections, through this machine, which downloads each thing once. */
  relay: z.boolean({ error: allow('true or false', 'true 或 false') }).default(false),
  /** A kind of thing that another place is to be asked for first than the mirror says. */
  sources: z
    .strictObject({
      'kubernetes-packages': z.enum(['upstream', 'aliyun', 'tuna']).optional(),
      runtime: z.enum(['upstream', 'aliyun', 'daocloud', 'tuna']).optional(),
      images: z.enum(['upstream', 'aliyun', 'daocloud']).optional(),
      'network-images': z.enum(['upstream', 'daocloud']).optional(),
    })
    .default({}),
  own: own.prefault({}),
  network: z
    .strictObject({
      cni: z.enum(['flannel', 'calico', 'calico-operator']).default('flannel'),
      pods: cidr.default('10.244.0.0/16'),
      services: cidr.default('10.96.0.0/12'),
      proxy: z.enum(['iptables', 'nftables', 'ipvs']).default('iptables'),
    })
    .prefault({}),
  /** Where containerd comes from: Docker's apt repository, the GitHub release, the distribution. */
  runtime: z.enum(['docker', 'github', 'distribution']).default('docker'),
  /** `host:port` that stands for all control planes. */
  endpoint: text(
    /^[A-Za-z0-9.-]+:\d{1,5}$/,
    allow('host:port, such as k8s-api.example.com:6443', 'host:port，例如 k8s-api.example.com:6443'),
  ).optional(),
  /** Further names and addresses in the API server's certificate. */
  certificateNames: z.array(address).default([]),
  /** Time servers; none: a working clock is left alone, and Aliyun's are taken with the mirror aliyun. */
  timeServers: z.array(address).default([]),
  /** Where a firewall is active: open the ports that are needed, switch it off, or leave it alone. */
  firewall: z.enum(['open', 'disable', 'leave']).default('open'),
  swap: z.enum(['off', 'keep']).default('off'),
  /** Fingerprints of signing keys that are trusted beside the known ones, for a mirror that signs by itself. */
  trustedKeys: z.array(fingerprint).default([]),
  ssh: ssh.default({}),
  hosts: z.array(host).min(1, allow('at least one host', '至少一台主机')),
});

/** What the operator asked for, with every default filled in. */
export type ClusterSpec = z.output<typeof clusterSpec>;
/** As it is written in cluster.yaml. */
export type ClusterSpecInput = z.input<typeof clusterSpec>;
export type HostSpec = ClusterSpec['hosts'][number];
export type Role = (typeof roles)[number];
