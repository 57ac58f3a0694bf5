import type { Facts } from '../../facts/facts.js';
import { founder } from '../../facts/founder.js';
import { compareVersions } from '../../sources/versions.js';
import { type LookAtHost, ofHost } from '../check.js';
import { installers } from './network.js';

const reset = (name: string) => ({
  en: `If nobody needs it: k8s-tui reset (where this program made it), or on ${name} as root: kubeadm reset -f`,
  zh: `若无人需要：k8s-tui reset（由本程序建立时），或在 ${name} 上以 root 执行：kubeadm reset -f`,
});

/** A plain user sees the cluster but not whose it is. */
const canSee = (facts: Facts) => facts.access !== 'none';

export const ledgerOfOthers = ofHost(
  'host-of-other-cluster',
  ({ spec, host, facts, isOurs }) =>
    facts.ledger !== null &&
    !isOurs && {
      level: 'stop',
      what: {
        en: `k8s-tui has made this host a part of the cluster ${facts.ledger}, not of ${spec.name}`,
        zh: `k8s-tui 已将此主机加入集群 ${facts.ledger}，而不是 ${spec.name}`,
      },
      why: {
        en: 'A host can be in one cluster only, and its ledger knows how to undo that one.',
        zh: '一台主机只能属于一个集群，其账本记录了如何撤销该集群。',
      },
      remedy: {
        en: `Write name: ${facts.ledger} if it is the same cluster; else k8s-tui reset with the file of ${facts.ledger}, or leave ${host.name} out.`,
        zh: `若为同一集群，请写 name: ${facts.ledger}；否则用 ${facts.ledger} 的文件执行 k8s-tui reset，或去掉 ${host.name}。`,
      },
    },
);

export const clusterOfOthers = ofHost('cluster-foreign', ({ host, facts, isOurs }) => {
  const { state, server } = facts.cluster;
  if (isOurs || facts.ledger !== null || !canSee(facts) || (state !== 'control-plane' && state !== 'worker')) return null;
  const role = state === 'worker' ? { en: 'a worker', zh: '工作节点' } : { en: 'the control plane', zh: '控制平面' };
  return {
    level: 'stop',
    what: {
      en: `This host is ${role.en} of a cluster that k8s-tui did not make${server ? ` (${server})` : ''}`,
      zh: `此主机是其他集群的${role.zh}，该集群不是由 k8s-tui 建立${server ? `（${server}）` : ''}`,
    },
    why: { en: 'A second cluster on it would destroy the first.', zh: '在其上再建集群会毁掉原有集群。' },
    remedy: reset(host.name),
  };
});

export const partialOfOthers = ofHost('cluster-partial', ({ host, facts, isOurs }) => {
  if (facts.cluster.state !== 'partial' || !canSee(facts) || (facts.ledger !== null && !isOurs)) return null;
  if (isOurs) {
    return {
      level: 'note',
      what: { en: 'An earlier install has not ended here; it will be continued', zh: '此前的安装未完成；将继续进行' },
      why: { en: 'Steps that are done are not done again.', zh: '已完成的步骤不会重复执行。' },
      remedy: { en: 'Nothing.', zh: '无需处理。' },
    };
  }
  return {
    level: 'stop',
    what: { en: 'kubeadm was at work here and did not come to its end', zh: 'kubeadm 曾在此运行但未完成' },
    why: { en: 'Its files make the next init or join fail.', zh: '其遗留文件会使下一次 init 或 join 失败。' },
    remedy: reset(host.name),
  };
});

export const roleKept = ofHost('role-changed', ({ host, facts, isOurs, isControlPlane }) => {
  const { state } = facts.cluster;
  if (!isOurs || (state !== 'control-plane' && state !== 'worker') || (state === 'control-plane') === isControlPlane)
    return null;
  return {
    level: 'stop',
    what:
      state === 'worker'
        ? { en: 'This host is a worker, and shall now be a control plane', zh: '此主机是工作节点，现要求成为控制平面' }
        : { en: 'This host is a control plane, and shall now be a worker', zh: '此主机是控制平面，现要求成为工作节点' },
    why: { en: 'A node does not change its role by itself.', zh: '节点无法自行改变角色。' },
    remedy: {
      en: `Give it its role back in the file; or take it out first (k8s-tui reset --host ${host.name}), and apply lets it join anew.`,
      zh: `请在文件中恢复其角色；或先将其移出（k8s-tui reset --host ${host.name}），再由 apply 重新加入。`,
    },
  };
});

/** What kubeadm and the network plugin take once and for all when the cluster is made. */
export const madeOtherwise = ofHost('cannot-be-changed', ({ spec, fleet, host, facts, isOurs }) => {
  const { made } = facts.cluster;
  if (!isOurs || !made || host !== founder(spec, fleet)) return null;
  const { pods, services, cni } = spec.network;
  const wishes: [place: string, is: string | null, wanted: string][] = [
    ['network.pods', made.pods, pods],
    ['network.services', made.services, services],
    ['network.cni', made.cni, cni.replace('-operator', '')],
  ];
  return wishes
    .filter(([, is, wanted]) => is !== null && is !== wanted)
    .map(([place, is, wanted]) => ({
      level: 'stop' as const,
      what: {
        en: `${place} is ${is} in this cluster; wanted is ${wanted}`,
        zh: `此集群的 ${place} 为 ${is}；要求为 ${wanted}`,
      },
      why: {
        en: 'Every node, certificate and pod was made with it: it cannot be changed in place.',
        zh: '所有节点、证书和 Pod 均据此建立，无法就地更改。',
      },
      remedy: {
        en: `Write ${place}: ${is}; or k8s-tui reset, which ends the cluster, and install it anew.`,
        zh: `请写 ${place}: ${is}；或执行 k8s-tui reset（集群将被清除）后重新安装。`,
      },
    }));
});

/** A node's authority is the control plane's: the one of an earlier cluster was made by an earlier init. */
export const sameAuthority = ofHost('cluster-outlived', ({ spec, fleet, host, facts, isOurs, isControlPlane }) => {
  const first = founder(spec, fleet);
  if (!isOurs || host === first || facts.cluster.state !== (isControlPlane ? 'control-plane' : 'worker')) return null;
  const made = fleet[first.name]?.cluster;
  if (!made || made.state === 'partial') return null;
  if (made.state === 'control-plane' && (!made.caHash || !facts.cluster.caHash || made.caHash === facts.cluster.caHash))
    return null;
  return {
    level: 'stop',
    what: isControlPlane
      ? {
          en: `This control plane and ${first.name} belong to different clusters`,
          zh: `此控制平面与 ${first.name} 属于不同集群`,
        }
      : { en: 'This worker belongs to a control plane that is no more', zh: '此工作节点所属的控制平面已不存在' },
    why: {
      en: 'Its certificates are of another authority than the control plane’s.',
      zh: '其证书由另一机构签发，与当前控制平面不同。',
    },
    remedy: reset(host.name),
  };
});

/** What a host runs is moved by an upgrade, which is a thing of its own. */
export const versionSkew = ofHost('version-skew', ({ facts, isOurs, minor, version }) => {
  const running = facts.cluster.version;
  if (!isOurs || !running || (facts.cluster.state !== 'control-plane' && facts.cluster.state !== 'worker')) return null;
  if (version ? compareVersions(running, version) === 0 : Number(running.split('.')[1]) === minor) return null;
  const wanted = version ?? `v1.${minor}`;
  return {
    level: 'stop',
    what: {
      en: `This host runs Kubernetes ${running}; wanted is ${wanted}`,
      zh: `此主机运行 Kubernetes ${running}；需要 ${wanted}`,
    },
    why: {
      en: 'Another version of a running cluster is an upgrade, one host after the other; this does not do it.',
      zh: '变更运行中集群的版本属于升级，需逐台进行；此操作不会升级。',
    },
    remedy: { en: `Write kubernetes: ${running}.`, zh: `请写 kubernetes: ${running}。` },
  };
});

const runs = ({ facts }: LookAtHost, process: RegExp) => facts.listening.some(each => process.test(each.process ?? ''));

export const otherInstallers = ofHost('other-installer', look =>
  Object.entries(installers).flatMap(([name, process]) => {
    const command = name.toLowerCase();
    if (runs(look, process)) {
      return {
        level: 'stop' as const,
        what: { en: `${name} runs here`, zh: `此处运行着 ${name}` },
        why: { en: 'It is a Kubernetes of its own and has the same ports.', zh: '它本身就是一套 Kubernetes，并占用相同端口。' },
        remedy: { en: `Take it out by its own means, or take another host.`, zh: `请用其自带方式卸载，或使用其他主机。` },
      };
    }
    if (!look.facts.commands.includes(command)) return [];
    return {
      level: 'warn' as const,
      what: { en: `${name} is installed, though nothing of it listens`, zh: `已安装 ${name}，但未见其监听端口` },
      why: { en: 'Started beside the new cluster it takes its ports.', zh: '若与新集群同时启动，会占用其端口。' },
      remedy: { en: 'Take it out by its own means.', zh: '请用其自带方式卸载。' },
    };
  }),
);

const podLinks = /^(cni0|flannel\.\d+|vxlan\.calico|tunl0|kube-ipvs0|cali[0-9a-f]+)$/;

export const leftovers = ofHost('cluster-leftovers', ({ facts, isOurs, isControlPlane, host }) => {
  if (isOurs || facts.cluster.state !== 'none') return null;
  const links = facts.interfaces.map(each => each.name).filter(name => podLinks.test(name));
  const found = [...facts.cluster.leftovers, ...links];
  if (!found.length) return null;
  const blocks = isControlPlane && facts.cluster.leftovers.includes('/var/lib/etcd');
  return {
    level: blocks ? 'stop' : 'warn',
    what: { en: `Left behind by an earlier cluster: ${found.join(', ')}`, zh: `早先集群的遗留：${found.join('、')}` },
    why: blocks
      ? {
          en: 'kubeadm does not start a control plane on the data of another etcd.',
          zh: 'kubeadm 不会在已有 etcd 数据上建立控制平面。',
        }
      : { en: 'Old networks and files get in the way of the new ones.', zh: '旧的网络和文件会妨碍新集群。' },
    remedy: {
      en: `If nobody needs it, on ${host.name} as root: kubeadm reset -f; then remove what remains of these, or restart the host.`,
      zh: `若无人需要，在 ${host.name} 上以 root 执行：kubeadm reset -f；再删除剩余内容，或重启主机。`,
    },
  };
});
