import ipaddr from 'ipaddr.js';
import type { Text } from '../text.js';
import type { Path } from './fields.js';
import { isControlPlane } from './hosts.js';
import { canonical, overlap, prefixLength, reserved } from './networks.js';
import type { ClusterSpec } from './schema.js';

/** Something wrong with one field. `what` follows the field's name: `hosts[1].name: <what>`. */
export interface SpecIssue {
  path: Path;
  what: Text;
}

/** What no field by itself can say: all that is wrong between the fields of a spec. Pure; knows nothing of the hosts. */
export const validateSpec = (spec: ClusterSpec): SpecIssue[] => rules.flatMap(rule => rule(spec));

/** The oldest minor that the steps and kubeadm's configuration here are made for. */
export const OLDEST_MINOR = 29;
/** The part of the pod network that each node gets. */
const NODE_PREFIX = 24;

const minor = (spec: ClusterSpec) => Number(spec.kubernetes.split('.')[1]);
const issue = (path: Path, en: string, zh: string): SpecIssue[] => [{ path, what: { en, zh } }];

const rules: ((spec: ClusterSpec) => SpecIssue[])[] = [
  uniqueNames,
  uniqueAddresses,
  noLocalhost,
  someControlPlane,
  addressesOfNodes,
  networkForms,
  networkSizes,
  networksApart,
  knownVersion,
  proxyMode,
  relayedImages,
  ownAlone,
  ownWhole,
  swapKept,
  endpointForm,
];

/** Its operator pulls images whenever it likes, and the relay is there for the install alone. */
function relayedImages({ relay, network }: ClusterSpec) {
  if (!relay || network.cni !== 'calico-operator') return [];
  return issue(
    ['network', 'cni'],
    'calico-operator fetches its images by itself later, when the relay is closed; write calico, or relay: false',
    'calico-operator 会在中继关闭后自行拉取镜像；请写 calico，或写 relay: false',
  );
}

/** Through the relay this machine asks the sites, which knows no logins of them; own sources are asked by the hosts themselves. */
function ownAlone({ relay, own }: ClusterSpec) {
  if (!relay || !Object.values(own).some(value => (Array.isArray(value) ? value.length : value))) return [];
  return issue(
    ['own'],
    'the hosts ask sources of your own themselves, and with relay: true or a bundle nothing; take one of the two',
    '自有来源由主机自行访问，而使用 relay: true 或离线包时主机不访问任何来源；二者只能取其一',
  );
}

/** What only belongs to something that is not there was probably meant otherwise. */
function ownWhole({ own }: ClusterSpec) {
  const needs = (field: keyof ClusterSpec['own'], of: keyof ClusterSpec['own']) =>
    (Array.isArray(own[field]) ? own[field].length : own[field]) && !own[of]
      ? issue(['own', field], `belongs to ${of}, which is not given`, `属于 ${of}，而该项未填写`)
      : [];
  return [...needs('registryUser', 'registry'), ...needs('proxyUser', 'proxy'), ...needs('noProxy', 'proxy')];
}

function uniqueNames({ hosts }: ClusterSpec) {
  return hosts.flatMap((host, i) => {
    if (hosts.findIndex(other => other.name === host.name) === i) return [];
    return issue(
      ['hosts', i, 'name'],
      `"${host.name}" is also the name of a host above; every host needs a name of its own`,
      `“${host.name}”与前面的主机重名；每台主机需要唯一的名称`,
    );
  });
}

function uniqueAddresses(spec: ClusterSpec) {
  const { hosts } = spec;
  const door = (i: number) => `${hosts[i]!.address} ${hosts[i]!.ssh?.port ?? spec.ssh.port ?? 22}`;
  const all = hosts.map((_, i) => i);
  return all.flatMap(i => {
    const sameDoor = all.find(other => door(other) === door(i))!;
    if (sameDoor < i) {
      return issue(
        ['hosts', i, 'address'],
        `${hosts[i]!.address} is also the address of ${hosts[sameDoor]!.name}; the same machine cannot be two nodes`,
        `${hosts[i]!.address} 也是 ${hosts[sameDoor]!.name} 的地址；同一台机器不能作为两个节点`,
      );
    }
    const inside = hosts[i]!.internalAddress;
    const sameInside = inside ? hosts.findIndex(other => other.internalAddress === inside) : i;
    if (sameInside < i) {
      return issue(
        ['hosts', i, 'internalAddress'],
        `${inside} is also the internal address of ${hosts[sameInside]!.name}`,
        `${inside} 也是 ${hosts[sameInside]!.name} 的内部地址`,
      );
    }
    return [];
  });
}

/** The names go into /etc/hosts of every node. */
function noLocalhost({ hosts }: ClusterSpec) {
  return hosts.flatMap((host, i) =>
    host.name === 'localhost' || host.name.startsWith('localhost.')
      ? issue(
          ['hosts', i, 'name'],
          `"${host.name}" means every machine itself and cannot be the name of a node`,
          `“${host.name}”表示本机，不能作为节点名称`,
        )
      : [],
  );
}

function someControlPlane({ hosts }: ClusterSpec) {
  if (hosts.some(isControlPlane)) return [];
  return issue(
    ['hosts'],
    `no host has the role control-plane; give it to one of them: roles: [control-plane]`,
    `没有主机具有 control-plane 角色；请为其中一台添加：roles: [control-plane]`,
  );
}

/** Nodes know each other by IPv4 addresses: kubeadm and kubelet take no names here, and the networks are IPv4. */
function addressesOfNodes({ hosts }: ClusterSpec) {
  return hosts.flatMap((host, i) =>
    host.internalAddress || ipaddr.IPv4.isValid(host.address)
      ? []
      : issue(
          ['hosts', i, 'address'],
          `"${host.address}" is not an IPv4 address; that is fine for logging in, but say also by which one the nodes know this host: internalAddress: 192.168.1.7`,
          `“${host.address}”不是 IPv4 地址；可用于登录，但还需写明节点之间使用的地址：internalAddress: 192.168.1.7`,
        ),
  );
}

const fields = ['pods', 'services'] as const;

function networkForms({ network }: ClusterSpec) {
  return fields.flatMap(field => {
    const path = ['network', field];
    const given = network[field];
    if (reserved.some(range => overlap(range, given))) {
      return issue(
        path,
        `${given} holds addresses that are reserved; take a private network`,
        `${given} 含有保留地址；请使用私有网段`,
      );
    }
    if (given === canonical(given)) return [];
    return issue(
      path,
      `${given} has bits of a host in it; the network is ${canonical(given)}`,
      `${given} 含有主机位；对应的网段是 ${canonical(given)}`,
    );
  });
}

function networkSizes({ network, hosts }: ClusterSpec) {
  const pods = prefixLength(network.pods);
  const services = prefixLength(network.services);
  const room = 2 ** (NODE_PREFIX - pods);
  return [
    ...(pods > NODE_PREFIX || room < hosts.length
      ? issue(
          ['network', 'pods'],
          `${network.pods} is too small: each node takes a /${NODE_PREFIX} of it, and there are ${hosts.length} hosts`,
          `${network.pods} 太小：每个节点占用一个 /${NODE_PREFIX}，而主机有 ${hosts.length} 台`,
        )
      : []),
    ...(pods < 8
      ? issue(
          ['network', 'pods'],
          `${network.pods} is too large; kubeadm takes a /8 at most`,
          `${network.pods} 太大；kubeadm 最多接受 /8`,
        )
      : []),
    ...(services > 28
      ? issue(
          ['network', 'services'],
          `${network.services} is too small; a /28 is the least`,
          `${network.services} 太小；至少需要 /28`,
        )
      : []),
    ...(services < 12
      ? issue(
          ['network', 'services'],
          `${network.services} is too large; kubeadm takes a /12 at most`,
          `${network.services} 太大；kubeadm 最多接受 /12`,
        )
      : []),
  ];
}

function networksApart({ network, hosts, endpoint }: ClusterSpec) {
  const found: SpecIssue[] = [];
  if (overlap(network.pods, network.services)) {
    found.push(
      ...issue(
        ['network', 'services'],
        `${network.services} overlaps the pods' network ${network.pods}`,
        `${network.services} 与 Pod 网段 ${network.pods} 重叠`,
      ),
    );
  }
  for (const field of fields) {
    for (const host of hosts) {
      for (const address of new Set([host.address, host.internalAddress ?? host.address])) {
        if (!overlap(network[field], address)) continue;
        found.push(
          ...issue(
            ['network', field],
            `${network[field]} contains ${address}, the address of ${host.name}, which would be cut off`,
            `${network[field]} 包含 ${host.name} 的地址 ${address}，该主机将无法访问`,
          ),
        );
      }
    }
    const front = endpoint?.split(':')[0];
    if (front && overlap(network[field], front)) {
      found.push(
        ...issue(
          ['network', field],
          `${network[field]} contains the endpoint ${front}`,
          `${network[field]} 包含接入点 ${front}`,
        ),
      );
    }
  }
  return found;
}

function knownVersion(spec: ClusterSpec) {
  if (minor(spec) >= OLDEST_MINOR) return [];
  return issue(
    ['kubernetes'],
    `${spec.kubernetes} is too old; v1.${OLDEST_MINOR} is the oldest that can be installed`,
    `${spec.kubernetes} 太旧；可安装的最旧版本是 v1.${OLDEST_MINOR}`,
  );
}

function proxyMode(spec: ClusterSpec) {
  const path = ['network', 'proxy'];
  if (spec.network.proxy === 'ipvs' && minor(spec) > 34) {
    return issue(
      path,
      `ipvs is deprecated since v1.35 and is offered up to v1.34 only; for ${spec.kubernetes} take iptables or nftables`,
      `ipvs 自 v1.35 起已弃用，仅支持到 v1.34；${spec.kubernetes} 请使用 iptables 或 nftables`,
    );
  }
  if (spec.network.proxy === 'nftables' && minor(spec) < 31) {
    return issue(
      path,
      `nftables needs Kubernetes v1.31 or newer; for ${spec.kubernetes} take iptables`,
      `nftables 需要 Kubernetes v1.31 或更新版本；${spec.kubernetes} 请使用 iptables`,
    );
  }
  return [];
}

/** Before v1.30 a kubelet that accepts swap lets pods use all of it. */
function swapKept(spec: ClusterSpec) {
  if (spec.swap !== 'keep' || minor(spec) >= 30) return [];
  return issue(
    ['swap'],
    `keep needs Kubernetes v1.30 or newer: before, pods could use the swap without a limit; for ${spec.kubernetes} take off`,
    `keep 需要 Kubernetes v1.30 或更新版本：更早的版本中 Pod 可无限使用交换空间；${spec.kubernetes} 请使用 off`,
  );
}

function endpointForm({ endpoint }: ClusterSpec) {
  if (!endpoint) return [];
  const [host = '', port = ''] = endpoint.split(':');
  const isPort = Number(port) >= 1 && Number(port) <= 65535;
  const isHost = /^[\d.]+$/.test(host) ? ipaddr.IPv4.isValidFourPartDecimal(host) : !/^[-.]|[-.]$|\.\./.test(host);
  if (isPort && isHost && host !== 'localhost' && !overlap('127.0.0.0/8', host)) return [];
  return issue(
    ['endpoint'],
    `"${endpoint}" is not the address and port at which all nodes reach the API server, such as k8s-api.example.com:6443`,
    `“${endpoint}”不是所有节点可访问 API Server 的地址和端口，例如 k8s-api.example.com:6443`,
  );
}
