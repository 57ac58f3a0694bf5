import { randomBytes } from 'node:crypto';
import { Problem } from '../errors.js';
import type { Facts } from '../facts/facts.js';
import type { Finding } from '../preflight/finding.js';
import type { Remote } from '../remote.js';
import { sh } from '../sh.js';
import { nodeAddress } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { openPorts } from '../steps/firewall.js';
import type { Text } from '../text.js';
import askScript from './reach-ask.sh';
import listenScript from './reach-listen.sh';

export interface Reach {
  from: string;
  to: string;
  protocol: 'tcp' | 'udp';
  port: number;
  /**
   * `refused` and `no-route` were answered, by a host or a firewall; `dropped` was not; `unknown` cannot be told: nobody could
   * listen there, or the host has no perl.
   */
  is: 'open' | 'refused' | 'dropped' | 'no-route' | 'unknown';
}

export interface ReachOptions {
  signal?: AbortSignal;
  /** Called with all that one host has found, as it is known. */
  onReach?: (found: Reach[]) => void;
}

/** The listeners end by themselves after so long, whatever becomes of this side. */
const LIFETIME_S = 20;
const READY_MS = 8000;

/**
 * Tries the ports that the cluster needs from every host to every host. On ports that nobody uses a listener of a few seconds
 * stands in, as the user who logged in; nothing is installed, written or left.
 * @param remotes of all hosts to be tried, by name
 * @throws what the signal was aborted with
 */
export async function reach(
  spec: ClusterSpec,
  remotes: Record<string, Remote>,
  { signal, onReach }: ReachOptions = {},
): Promise<Reach[]> {
  const hosts = spec.hosts.filter(host => remotes[host.name]);
  const word = randomBytes(12).toString('hex');
  const listeners = await Promise.all(hosts.map(host => listen(spec, host, remotes[host.name]!, word, signal)));
  try {
    const rows = await Promise.all(
      hosts.map(async host => {
        const others = hosts.flatMap((to, i) =>
          to === host ? [] : portsOf(spec, to).map(each => ({ ...each, to, listener: listeners[i]! })),
        );
        const found = await tryAll(host, remotes[host.name]!, others, word, signal);
        onReach?.(found);
        return found;
      }),
    );
    return rows.flat();
  } finally {
    await Promise.all(listeners.map(listener => listener.end()));
    signal?.throwIfAborted();
  }
}

interface Place {
  protocol: 'tcp' | 'udp';
  port: number;
}

/** The ports that the others have to reach on a host; of the node ports the first stands for all. */
export const portsOf = (spec: ClusterSpec, host: HostSpec): Place[] =>
  openPorts({ spec, host }).flatMap(text => {
    const [, first, last = first, protocol] = /^(\d+)(?::(\d+))?\/(tcp|udp)$/.exec(text)!;
    const ports = Number(last) - Number(first) < 10 ? Number(last) - Number(first) + 1 : 1;
    return Array.from({ length: ports }, (_, i) => ({ protocol: protocol as Place['protocol'], port: Number(first) + i }));
  });

const wordOf = ({ port, protocol }: Place) => `${port}/${protocol}`;

interface Listener {
  /** Ports on which something of the host's own listens. */
  taken: Set<string>;
  /** Ports on which nobody listens: what is said of them tells nothing. */
  silent: Set<string>;
  end(): Promise<void>;
}

async function listen(
  spec: ClusterSpec,
  host: HostSpec,
  remote: Remote,
  word: string,
  signal?: AbortSignal,
): Promise<Listener> {
  const ports = portsOf(spec, host).map(wordOf);
  const taken = new Set<string>();
  const silent = new Set<string>();
  let pid = '';
  let hear = () => {};
  const ready = new Promise<void>(resolve => {
    hear = resolve;
  });
  const running = remote
    .run(listenScript, {
      variables: { seconds: `${LIFETIME_S}`, word, address: nodeAddress(host), ports: ports.join(' ') },
      asRoot: false,
      timeout: (LIFETIME_S + 10) * 1000,
      onLine: line => {
        const [is, what = ''] = line.split(' ');
        if (is === 'taken') taken.add(what);
        if (is === 'cannot') silent.add(what);
        if (is === 'ready') {
          pid = what;
          hear();
        }
      },
    })
    .catch(ignoreProblem);
  const patience = setTimeout(hear, READY_MS);
  await Promise.race([ready, running]);
  clearTimeout(patience);
  if (!pid) for (const port of ports) silent.add(port);
  return {
    taken,
    silent,
    async end() {
      // By its word: the number may be another's by now.
      if (/^\d+$/.test(pid))
        await remote
          .run(sh`grep -q ${word} /proc/${pid}/cmdline 2>/dev/null && kill ${pid}`, { asRoot: false, timeout: 10_000 })
          .catch(ignoreProblem);
      if (!signal?.aborted) await running;
    },
  };
}

/** A host that is lost meanwhile is one of which nothing can be told; whoever works with it next says so. */
const ignoreProblem = (error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  return null;
};

async function tryAll(
  host: HostSpec,
  remote: Remote,
  others: (Place & { to: HostSpec; listener: Listener })[],
  word: string,
  signal?: AbortSignal,
): Promise<Reach[]> {
  const places = others.map(other => `${nodeAddress(other.to)}:${wordOf(other)}`);
  const ended = places.length
    ? await remote
        .run(askScript, { variables: { word, places: places.join(' ') }, asRoot: false, timeout: 60_000, signal })
        .catch(ignoreProblem)
    : null;
  const lines = (ended?.stdout ?? '').split('\n').map(line => line.split(' '));
  const said = new Map(lines.map(([place = '', is]) => [place, is]));
  return others.map((other, i) => ({
    from: host.name,
    to: other.to.name,
    protocol: other.protocol,
    port: other.port,
    is: verdict(other, other.listener, said.get(places[i]!)),
  }));
}

function verdict(place: Place, { taken, silent }: Listener, said: string | undefined): Reach['is'] {
  if (said === 'open') return 'open';
  const word = wordOf(place);
  // Whoever listens over UDP on that host need not answer a stranger.
  if (silent.has(word) || (place.protocol === 'udp' && taken.has(word))) return 'unknown';
  return said === 'refused' || said === 'dropped' || said === 'no-route' ? said : 'unknown';
}

/**
 * What is closed between the hosts, by the host that it is closed on, and which firewall it is.
 * @param rules of the hosts, see closingRules
 */
export function reachFindings(
  spec: ClusterSpec,
  facts: Record<string, Facts>,
  all: readonly Reach[],
  rules: Record<string, readonly string[]> = {},
): Finding[] {
  return spec.hosts.flatMap((host): Finding[] => {
    const closed = all.filter(each => each.to === host.name && isClosed(each));
    if (!closed.length) return [];
    const callers = new Set(all.filter(each => each.to === host.name).map(each => each.from));
    const from = [...new Set(closed.map(each => each.from))];
    const ports = [...new Set(closed.map(wordOf))].join(', ');
    const isForAll = from.length === callers.size;
    const how = [...new Set(closed.map(each => words[each.is as keyof typeof words]))];
    const what: Text = {
      en: `${ports} cannot be reached from ${from.join(', ')}: ${how.map(word => word.en).join(', ')}`,
      zh: `${from.join('、')} 无法访问端口 ${ports}：${how.map(word => word.zh).join('、')}`,
    };
    const { ufw, firewalld } = facts[host.name]?.firewall ?? {};
    const why: Text = {
      en: 'Nodes and pods could not reach each other.',
      zh: '节点与 Pod 将无法互通。',
    };
    const said = { id: 'port-not-reached', host: host.name, what, why };
    if (ufw === 'active' && spec.firewall !== 'leave')
      return [
        {
          ...said,
          level: 'note',
          why: { en: 'ufw of this host closes them.', zh: '是该主机的 ufw 关闭了这些端口。' },
          remedy: { en: 'Nothing: the install opens them.', zh: '无需处理：安装时会放行。' },
        },
      ];
    const closer = ufw === 'active' ? 'ufw' : firewalld === 'active' ? 'firewalld' : null;
    if (closer)
      return [
        {
          ...said,
          level: 'warn',
          why: { en: `${closer} of this host closes them. ${why.en}`, zh: `是该主机的 ${closer} 关闭了这些端口。${why.zh}` },
          remedy: {
            en: `Open them in ${closer}, or write firewall: disable.`,
            zh: `请在 ${closer} 中放行，或写 firewall: disable。`,
          },
        },
      ];
    const own = rules[host.name] ?? [];
    if (own.length)
      return [
        {
          ...said,
          level: 'warn',
          why: {
            en: `This host’s own firewall may close them: ${own.join(' | ')}. ${why.en}`,
            zh: `可能是该主机自身的防火墙关闭了这些端口：${own.join(' | ')}。${why.zh}`,
          },
          remedy: {
            en: 'Take the rule out, or let the addresses of the other hosts through before it.',
            zh: '请删除该规则，或在其之前放行其他主机的地址。',
          },
        },
      ];
    return [
      {
        ...said,
        level: 'warn',
        remedy: isForAll
          ? {
              en: 'Look at this host’s own rules (nft list ruleset, iptables -S) and at the cloud’s security group.',
              zh: '请查看该主机自身的规则（nft list ruleset、iptables -S）以及云平台的安全组。',
            }
          : {
              en: `Others get through, so look between: routers, security groups, and rules by source address on ${host.name}.`,
              zh: `其他主机可以访问，请检查中间的路由器、安全组，以及 ${host.name} 上按来源地址的规则。`,
            },
      },
    ];
  });
}

const isClosed = ({ is }: Reach) => is in words;
const words = {
  dropped: { en: 'dropped without an answer', zh: '被丢弃，没有应答' },
  refused: { en: 'turned away', zh: '被拒绝' },
  'no-route': { en: 'no route, or prohibited', zh: '没有路由，或被禁止' },
};
