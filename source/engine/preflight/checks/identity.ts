import type { Facts } from '../../facts/facts.js';
import { nodeAddress } from '../../spec/hosts.js';
import type { ClusterSpec } from '../../spec/schema.js';
import { isContainer } from '../../steps/step.js';
import type { Text } from '../../text.js';
import { and, type Look, ofCluster, ofHost, type Said } from '../check.js';

/** Hosts that say the same, by what they say. */
function alike(look: Look, value: (facts: Facts, host: ClusterSpec['hosts'][number]) => string | null): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const host of look.spec.hosts) {
    const facts = look.fleet[host.name];
    const said = facts && value(facts, host);
    if (said) groups.set(said, [...(groups.get(said) ?? []), host.name]);
  }
  return [...groups].filter(([, names]) => names.length > 1);
}

const shared = (
  look: Look,
  level: Said['level'],
  value: Parameters<typeof alike>[1],
  say: (what: string, hosts: Text) => Omit<Said, 'level'>,
): Said[] => alike(look, value).map(([what, names]) => ({ level, ...say(what, and(names)) }));

/** Containers of one machine share its boot id, so that alone does not tell. */
const machine = ({ identity, hostname }: Facts) =>
  identity.machineId && identity.bootId ? `${identity.machineId} ${identity.bootId} ${hostname}` : null;

export const oneMachineTwice = ofCluster('same-machine', look =>
  shared(look, 'stop', machine, (_, hosts) => ({
    what: { en: `${hosts.en} are one and the same machine`, zh: `${hosts.zh} 是同一台机器` },
    why: { en: 'A machine can be one node only.', zh: '一台机器只能是一个节点。' },
    remedy: { en: 'Leave all but one of them out.', zh: '请只保留其中一个。' },
  })),
);

export const hostnames = ofCluster('hostname-duplicate', look =>
  shared(
    look,
    'warn',
    facts => facts.hostname || null,
    (name, hosts) => ({
      what: { en: `${hosts.en} all call themselves ${name}`, zh: `${hosts.zh} 的主机名都是 ${name}` },
      why: {
        en: 'The nodes get the names of the cluster file, so the cluster works; logs and prompts will not tell the hosts apart.',
        zh: '节点使用集群文件中的名称，集群可以工作；但日志和提示符无法区分主机。',
      },
      remedy: { en: 'On each host: hostnamectl set-hostname NAME', zh: '在每台主机上执行：hostnamectl set-hostname 名称' },
    }),
  ),
);

/** The interface by which the other nodes know a host. */
const nodeInterface = (facts: Facts, address: string) =>
  facts.interfaces.find(each => each.addresses.some(own => own.split('/')[0] === address));

export const macs = ofCluster('mac-duplicate', look =>
  shared(
    look,
    'stop',
    (facts, host) => nodeInterface(facts, nodeAddress(host))?.mac || null,
    (mac, hosts) => ({
      what: { en: `${hosts.en} have the same MAC address ${mac}`, zh: `${hosts.zh} 的 MAC 地址相同：${mac}` },
      why: {
        en: 'On one network their traffic goes now to the one, now to the other.',
        zh: '在同一网络中流量会随机到达其中一台。',
      },
      remedy: { en: 'Give the cloned machines MAC addresses of their own.', zh: '请为克隆的机器分配各自的 MAC 地址。' },
    }),
  ),
);

export const productUuids = ofCluster('product-uuid-duplicate', look =>
  shared(
    look,
    'warn',
    // Containers see that of the machine around them.
    facts => (isContainer(facts) ? null : facts.identity.productUuid),
    (uuid, hosts) => ({
      what: { en: `${hosts.en} have the same product_uuid ${uuid}`, zh: `${hosts.zh} 的 product_uuid 相同：${uuid}` },
      why: {
        en: 'Nodes report it as their own; storage and cloud drivers take them for one machine.',
        zh: '节点会上报该值；存储和云驱动可能把它们视为同一台机器。',
      },
      remedy: {
        en: 'Have the hypervisor give each cloned machine a UUID of its own.',
        zh: '请让虚拟化平台为每台克隆机器分配各自的 UUID。',
      },
    }),
  ),
);

export const machineIds = ofCluster('machine-id-duplicate', look =>
  shared(
    look,
    'warn',
    facts => facts.identity.machineId,
    (id, hosts) => ({
      what: { en: `${hosts.en} have the same /etc/machine-id ${id}`, zh: `${hosts.zh} 的 /etc/machine-id 相同：${id}` },
      why: {
        en: 'They may get the same address from DHCP, and tools take them for one machine.',
        zh: 'DHCP 可能给它们分配相同地址，工具也会视其为同一台机器。',
      },
      remedy: {
        en: 'On each cloned host: rm /etc/machine-id && systemd-machine-id-setup, then restart it.',
        zh: '在每台克隆主机上执行：rm /etc/machine-id && systemd-machine-id-setup，然后重启。',
      },
    }),
  ),
);

const WARN_S = 5;
const STOP_S = 30;

/** How far each host's clock is ahead of the operator's, where it said a time. */
function offsets({ spec, fleet }: Look): { host: string; seconds: number }[] {
  return spec.hosts.flatMap(({ name }) => {
    const time = fleet[name]?.time;
    return time?.epochMs ? [{ host: name, seconds: (time.epochMs - time.askedAtMs) / 1000 }] : [];
  });
}

/** Of an even number the lower one of the two in the middle: with two hosts the other shows the whole difference. */
function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}

/** The operator's own clock may be wrong: hosts are measured by each other. */
export const clocks = ofCluster('clock-skew', look => {
  const all = offsets(look);
  if (all.length < 2) return null;
  const middle = median(all.map(each => each.seconds));
  return all
    .map(({ host, seconds }) => ({ host, skew: seconds - middle }))
    .filter(({ skew }) => Math.abs(skew) > WARN_S)
    .map(({ host, skew }) => ({
      host,
      level: Math.abs(skew) > STOP_S ? ('stop' as const) : ('warn' as const),
      what: {
        en: `The clock is ${duration(skew)} ${skew > 0 ? 'ahead of' : 'behind'} the other hosts’`,
        zh: `时钟比其他主机${skew > 0 ? '快' : '慢'} ${duration(skew)}`,
      },
      why: {
        en: 'Certificates look expired or not yet valid, and joining tokens are refused.',
        zh: '证书会被视为已过期或尚未生效，加入令牌会被拒绝。',
      },
      remedy: {
        en: 'On that host: timedatectl set-ntp true; or write timeServers: [ntp.aliyun.com]',
        zh: '在该主机上执行：timedatectl set-ntp true；或写 timeServers: [ntp.aliyun.com]',
      },
    }));
});

export const operatorClock = ofCluster('clock-operator', look => {
  const all = offsets(look);
  const skew = median(all.map(each => each.seconds));
  if (!all.length || Math.abs(skew) <= 60) return null;
  return {
    level: 'warn',
    what: {
      en: `The hosts’ clocks are ${duration(skew)} ${skew > 0 ? 'ahead of' : 'behind'} the one of this machine`,
      zh: `主机时钟比本机${skew > 0 ? '快' : '慢'} ${duration(skew)}`,
    },
    why: {
      en: 'kubectl on this machine may take the new cluster’s certificates for not valid yet.',
      zh: '本机的 kubectl 可能认为新集群的证书尚未生效。',
    },
    remedy: { en: 'Set the clock of whichever is wrong.', zh: '请校正有误的一方。' },
  };
});

export const clockKept = ofHost('clock-not-kept', ({ spec, facts }) => {
  if (isContainer(facts) || spec.timeServers.length || spec.mirror === 'aliyun') return null;
  const { service, synchronized } = facts.time;
  if (service && synchronized !== false) return null;
  return {
    level: 'warn',
    what: service
      ? { en: `${service} runs, but the clock is not synchronized`, zh: `${service} 正在运行，但时钟未同步` }
      : { en: 'No time service runs', zh: '没有运行时间同步服务' },
    why: { en: 'Clocks drift apart until certificates and leader election suffer.', zh: '时钟会逐渐偏离，影响证书和选主。' },
    remedy: {
      en: 'Write timeServers: [...] and they are set; or on that host: timedatectl set-ntp true',
      zh: '写入 timeServers: [...] 即可自动设置；或在该主机上执行 timedatectl set-ntp true',
    },
  };
});

function duration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`;
}
