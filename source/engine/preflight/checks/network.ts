import type { Facts } from '../../facts/facts.js';
import { nodeAddress } from '../../spec/hosts.js';
import { freeNetwork, overlap, prefixLength } from '../../spec/networks.js';
import { type LookAtHost, ofHost, type Said } from '../check.js';

/** Interfaces that a pod network or kube-proxy makes. */
const ofPods =
  /^(cni0|flannel\.\d+|flannel-.*|cali[0-9a-f].*|vxlan\.calico|vxlan-v6\.calico|tunl0|kube-ipvs0|nodelocaldns|veth.*)$/;

/** Every network that a host is in or knows a way to, and the name servers that it asks. */
function networksOf({ interfaces, routes, nameservers }: Facts): { network: string; what: string; zh: string }[] {
  return [
    ...interfaces
      .filter(each => !ofPods.test(each.name))
      .flatMap(each =>
        each.addresses.map(address => ({ network: address, what: `an address of ${each.name}`, zh: `${each.name} 的地址` })),
      ),
    ...routes
      .filter(route => route.to !== 'default' && !ofPods.test(route.device) && route.device !== '')
      .map(route => ({ network: route.to, what: `a route by ${route.device}`, zh: `经 ${route.device} 的路由` })),
    ...routes.flatMap(({ via, device }) =>
      via && !ofPods.test(device) ? [{ network: via, what: 'a gateway', zh: '网关' }] : [],
    ),
    ...nameservers.map(network => ({ network, what: 'a name server', zh: 'DNS 服务器' })),
  ];
}

export const overlaps = ofHost('network-overlap', ({ spec, fleet, facts, isOurs }) =>
  (['pods', 'services'] as const).flatMap(field => {
    const wanted = spec.network[field];
    // Calico's way to the pods of other nodes is a route by the host's own interface.
    const isOwn = (network: string) =>
      isOurs && field === 'pods' && ['control-plane', 'worker'].includes(facts.cluster.state) && contains(wanted, network);
    const hit = networksOf(facts).filter(({ network }) => overlap(wanted, network) && !isOwn(network));
    if (!hit.length) return [];
    const other = spec.network[field === 'pods' ? 'services' : 'pods'];
    const taken = [other, ...Object.values(fleet).flatMap(each => networksOf(each).map(({ network }) => network))];
    const free = freeNetwork(wanted, taken);
    const shown = [...new Map(hit.map(each => [each.network, each])).values()].slice(0, 3);
    return [
      {
        level: 'stop' as const,
        what: {
          en: `network.${field} ${wanted} overlaps ${shown.map(({ network, what }) => `${network}, ${what}`).join('; ')}`,
          zh: `network.${field} ${wanted} 与 ${shown.map(({ network, zh }) => `${network}（${zh}）`).join('、')} 重叠`,
        },
        why: {
          en: 'What is meant for that network would go to pods, and the host may be cut off. kubeadm does not notice.',
          zh: '发往该网络的流量会进入 Pod 网络，主机可能失联。kubeadm 不会发现此问题。',
        },
        remedy: free
          ? {
              en: `Write network.${field}: ${free}, which no host uses.`,
              zh: `请写 network.${field}: ${free}，没有主机使用它。`,
            }
          : { en: `Choose another network for network.${field}.`, zh: `请为 network.${field} 选择其他网段。` },
      },
    ];
  }),
);

/** All of a network is within another. */
const contains = (whole: string, part: string) => overlap(whole, part) && prefixLength(part) > prefixLength(whole);

export const addressIsHere = ofHost('address-not-here', ({ host, facts }) => {
  const wanted = nodeAddress(host);
  const own = facts.interfaces
    .filter(each => each.name !== 'lo' && !ofPods.test(each.name))
    .flatMap(each => each.addresses.map(address => address.split('/')[0]!));
  if (!own.length || own.includes(wanted)) return null;
  const candidates = own.filter(address => !address.includes(':'));
  return {
    level: 'stop',
    what: { en: `${wanted} is on no interface of this host`, zh: `${wanted} 不在该主机的任何网卡上` },
    why: {
      en: 'Behind a NAT that address cannot be listened on: etcd and kubelet would not start.',
      zh: '该地址位于 NAT 之后，无法监听：etcd 与 kubelet 将无法启动。',
    },
    remedy: {
      en: `Write the address by which the other nodes reach it: internalAddress: ${candidates.join(' or ') || '...'}; and the public one among certificateNames.`,
      zh: `请写明其他节点访问它的地址：internalAddress: ${candidates.join(' 或 ') || '...'}；并将公网地址写入 certificateNames。`,
    },
  };
});

export const nameservers = ofHost(
  'dns-missing',
  ({ facts }) =>
    !facts.nameservers.length && {
      level: 'warn',
      what: { en: 'No name server is set', zh: '未设置 DNS 服务器' },
      why: {
        en: 'The sources’ names are not found; and CoreDNS has nobody to ask.',
        zh: '无法解析来源的域名；CoreDNS 也没有上游。',
      },
      remedy: {
        en: 'Set one in /etc/resolv.conf or in the network’s configuration.',
        zh: '请在 /etc/resolv.conf 或网络配置中设置。',
      },
    },
);

/** What listens where the parts of a cluster will. */
function portsOf({
  spec,
  isControlPlane,
}: Pick<LookAtHost, 'spec' | 'isControlPlane'>): { protocol: 'tcp' | 'udp'; port: number; of: string }[] {
  const tcp = (port: number, of: string) => ({ protocol: 'tcp' as const, port, of });
  return [
    tcp(10250, 'kubelet'),
    tcp(10248, 'kubelet'),
    tcp(10256, 'kube-proxy'),
    tcp(10249, 'kube-proxy'),
    { protocol: 'udp', port: spec.network.cni === 'flannel' ? 8472 : 4789, of: spec.network.cni },
    ...(isControlPlane
      ? [
          tcp(6443, 'kube-apiserver'),
          tcp(2379, 'etcd'),
          tcp(2380, 'etcd'),
          tcp(2381, 'etcd'),
          tcp(10257, 'kube-controller-manager'),
          tcp(10259, 'kube-scheduler'),
        ]
      : []),
  ];
}

export const installers: Record<string, RegExp> = {
  k3s: /^k3s/,
  RKE2: /^rke2/,
  k0s: /^k0s/,
  MicroK8s: /^(kubelite|k8s-dqlite|microk8s)/,
};

export const ports = ofHost('port-in-use', look => {
  const { facts, isOurs } = look;
  // A cluster's own ports, or another installer's, are told of elsewhere.
  if (isOurs || facts.cluster.state !== 'none') return null;
  const foreign = Object.values(installers);
  return portsOf(look).flatMap(({ protocol, port, of }): Said[] => {
    const user = facts.listening.find(each => each.protocol === protocol && each.port === port);
    if (!user || foreign.some(each => each.test(user.process ?? ''))) return [];
    const who =
      user.process ?? (protocol === 'udp' && port >= 4789 ? 'the kernel (a VXLAN interface)' : 'a process that is not known');
    const whoZh = user.process ?? (protocol === 'udp' && port >= 4789 ? '内核（VXLAN 接口）' : '未知进程');
    return [
      {
        level: 'stop',
        what: {
          en: `Port ${port}/${protocol}, which ${of} needs, is taken by ${who}`,
          zh: `${of} 需要的端口 ${port}/${protocol} 已被${whoZh}占用`,
        },
        why: { en: `${of} would not start.`, zh: `${of} 将无法启动。` },
        remedy: { en: `Stop what uses it: ss -lntup | grep :${port}`, zh: `请停止占用者：ss -lntup | grep :${port}` },
      },
    ];
  });
});

export const firewall = ofHost('firewall-active', ({ spec, facts }) => {
  const { ufw, firewalld } = facts.firewall;
  const found: Said[] = [];
  if (firewalld === 'active' && spec.firewall === 'open') {
    found.push({
      level: 'stop',
      what: {
        en: 'firewalld is active; its ports are not opened by this program, only those of ufw',
        zh: 'firewalld 处于启用状态；本程序只会放行 ufw 的端口，不会放行 firewalld 的端口',
      },
      why: { en: 'Nodes and pods could not reach each other.', zh: '节点与 Pod 将无法互通。' },
      remedy: {
        en: 'Write firewall: disable, or open the ports yourself and write firewall: leave.',
        zh: '请写 firewall: disable；或自行放行端口并写 firewall: leave。',
      },
    });
  }
  const active = [ufw === 'active' && 'ufw', firewalld === 'active' && 'firewalld'].filter(Boolean).join(', ');
  if (active && spec.firewall === 'leave') {
    found.push({
      level: 'warn',
      what: { en: `${active} is active and is left alone, as asked for`, zh: `${active} 处于启用状态，按要求不作改动` },
      why: {
        en: 'If it drops what nodes and pods say to each other, the cluster does not come up.',
        zh: '若它丢弃节点和 Pod 之间的通信，集群将无法启动。',
      },
      remedy: {
        en: `Open 6443, 10250, 2379-2380/tcp and ${spec.network.cni === 'flannel' ? 8472 : 4789}/udp between the nodes, and let ${spec.network.pods} and ${spec.network.services} be forwarded.`,
        zh: `请在节点间放行 6443、10250、2379-2380/tcp 与 ${spec.network.cni === 'flannel' ? 8472 : 4789}/udp，并允许转发 ${spec.network.pods} 和 ${spec.network.services}。`,
      },
    });
  }
  if (ufw === 'active' && spec.firewall === 'open') {
    found.push({
      level: 'note',
      what: { en: 'ufw is active; the ports of the cluster will be opened', zh: 'ufw 处于启用状态；将放行集群所需端口' },
      why: {
        en: 'It would drop what nodes and pods say to each other. Undo closes them again.',
        zh: '否则它会丢弃节点和 Pod 之间的通信。撤销时会恢复。',
      },
      remedy: {
        en: 'Nothing; or write firewall: disable or firewall: leave.',
        zh: '无需处理；或写 firewall: disable 或 firewall: leave。',
      },
    });
  }
  return found;
});

export const proxies = ofHost('proxy-incomplete', ({ spec, facts }) => {
  const { http_proxy, https_proxy, all_proxy, no_proxy = '' } = facts.proxies;
  if (!http_proxy && !https_proxy && !all_proxy) return null;
  const excepted = no_proxy.split(/[\s,]+/).filter(Boolean);
  const addresses = spec.hosts.map(nodeAddress);
  const isExcepted = (wanted: string) =>
    excepted.includes('*') ||
    excepted.some(
      entry => entry === wanted || entry === wanted.replace(/^\./, '') || (entry.includes('/') && overlap(entry, wanted)),
    );
  const missing = [...addresses, spec.network.pods, spec.network.services, '.svc', '.cluster.local'].filter(
    wanted => !isExcepted(wanted),
  );
  if (!missing.length) return null;
  return {
    level: 'warn',
    what: {
      en: `A proxy is set, and NO_PROXY lacks ${missing.join(', ')}`,
      zh: `已设置代理，而 NO_PROXY 缺少 ${missing.join('、')}`,
    },
    why: {
      en: 'What nodes and pods say to each other would go to the proxy, which knows none of them.',
      zh: '节点和 Pod 之间的通信会发往代理，而代理无法到达它们。',
    },
    remedy: {
      en: `In /etc/environment: NO_PROXY=${[...new Set([...excepted, ...missing])].join(',')}`,
      zh: `在 /etc/environment 中写入：NO_PROXY=${[...new Set([...excepted, ...missing])].join(',')}`,
    },
  };
});
