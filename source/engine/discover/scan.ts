import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { Problem } from '../errors.js';
import { canonical, overlap, prefixLength, rangeOf } from '../spec/networks.js';
import { Gate } from '../ssh/gate.js';
import { sanitize } from '../ssh/sanitize.js';
import type { Text } from '../text.js';
import { turn } from '../turn.js';

export interface Answer {
  address: string;
  port: number;
  /** `ssh` greets as SSH does, `other` is open and does not, `refused` is a host on which nothing listens there. */
  is: 'ssh' | 'other' | 'refused';
  /** The first line that was said, e.g. SSH-2.0-OpenSSH_9.2p1; empty where nothing was. */
  banner: string;
}

export interface ScanOptions {
  port?: number;
  signal?: AbortSignal;
  /** Called for each address as it answers. */
  onAnswer?: (answer: Answer) => void;
  /** Called after each address, with how many of how many have been asked. */
  onAsked?: (asked: number, of: number) => void;
  /** In place of TCP: the demo fleet's simulated network. */
  ask?: typeof greet;
}

export const MOST_ADDRESSES = 4096;
const AT_ONCE = 256;
const CONNECT_MS = 500;
/** An sshd that looks up the name of who calls is slow to greet. */
const BANNER_MS = 3000;
const MOST_BANNER = 255;

/**
 * Asks every address of some IPv4 networks for its SSH port: at most 4096 addresses, 256 at once, 500 ms each. Nothing but the
 * greeting is read, and nothing is sent.
 * @param networks e.g. 10.77.0.0/24
 * @returns the answers in the order of the addresses
 * @throws Problem spec for a network that cannot be scanned; what the signal was aborted with
 */
export async function scan(networks: readonly string[], options: ScanOptions = {}): Promise<Answer[]> {
  const { port = 22, signal, onAnswer, onAsked, ask = greet } = options;
  const addresses = addressesOf(networks);
  const gate = new Gate(AT_ONCE);
  let done = 0;
  if (signal) setMaxListeners(0, signal);
  const asked = addresses.map(address =>
    gate.through(async () => {
      await turn();
      signal?.throwIfAborted();
      const answer = await ask(address, port, signal);
      if (answer) onAnswer?.(answer);
      onAsked?.(++done, addresses.length);
      return answer;
    }),
  );
  try {
    return (await Promise.all(asked)).filter(answer => answer !== null);
  } finally {
    await Promise.allSettled(asked);
  }
}

/**
 * The addresses that a host may have in some networks, each once.
 * @throws Problem spec
 */
export function addressesOf(networks: readonly string[]): string[] {
  const found = new Set<string>();
  for (const network of networks) {
    const range = network.includes('/') ? rangeOf(network) : null;
    if (!range)
      throw bad(
        { en: `${network} is no IPv4 network`, zh: `${network} 不是 IPv4 网段` },
        { en: 'Write it as 192.168.1.0/24.', zh: '请写成 192.168.1.0/24 的形式。' },
      );
    if (notHosts.some(each => overlap(each, network)))
      throw bad(
        { en: `${network} is no network of hosts`, zh: `${network} 不是主机所在的网段` },
        { en: 'Name the network that the hosts are in.', zh: '请指定主机所在的网段。' },
      );
    const count = range.last - range.first + 1;
    // The first and the last are the network itself and its broadcast.
    const edge = count > 2 ? 1 : 0;
    if (found.size + count - 2 * edge > MOST_ADDRESSES)
      throw bad(
        {
          en: `${networks.join(', ')}: ${found.size + count} addresses, and at most ${MOST_ADDRESSES} are scanned`,
          zh: `${networks.join('、')} 共有 ${found.size + count} 个地址，最多扫描 ${MOST_ADDRESSES} 个`,
        },
        { en: 'Name smaller networks; a /20 is the largest.', zh: '请指定更小的网段；最大为 /20。' },
      );
    for (let value = range.first + edge; value <= range.last - edge; value++) found.add(addressOf(value));
  }
  return [...found];
}

/** This host, multicast and what lies above. */
const notHosts = ['0.0.0.0/8', '224.0.0.0/3'];
const addressOf = (value: number) => [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.');
const bad = (what: Text, remedy: Text) => new Problem({ code: 'spec', what, remedy });

/**
 * Asks one address. @returns null where nobody answers in time
 * @throws Problem unreachable where this machine cannot ask; what the signal was aborted with
 */
export function greet(address: string, port: number, signal?: AbortSignal): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    let heard = '';
    let isOpen = false;
    let timer: NodeJS.Timeout;
    let late: NodeJS.Immediate;
    /** What has arrived while this process was busy is heard first. */
    const endAfter = (ms: number) => {
      clearTimeout(timer);
      clearImmediate(late);
      timer = setTimeout(() => {
        late = setImmediate(() => end());
      }, ms);
    };
    endAfter(CONNECT_MS);
    const settle = () => {
      clearTimeout(timer);
      clearImmediate(late);
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
    };
    const end = (isRefused = false) => {
      settle();
      const banner = bannerIn(heard);
      if (isOpen) resolve({ address, port, is: banner.startsWith('SSH-') ? 'ssh' : 'other', banner });
      else resolve(isRefused ? { address, port, is: 'refused', banner: '' } : null);
    };
    const onAbort = () => {
      settle();
      reject(signal!.reason);
    };
    signal?.addEventListener('abort', onAbort);
    socket
      .once('connect', () => {
        isOpen = true;
        endAfter(BANNER_MS);
      })
      .on('data', chunk => {
        heard += chunk.toString('latin1');
        if (/^SSH-[^\n]*\n/m.test(heard) || heard.length > 4 * MOST_BANNER) end();
      })
      .on('error', error => {
        const { code = '', message } = error as NodeJS.ErrnoException;
        if (!isOpen && ours.has(code)) {
          settle();
          reject(cannotAsk(address, message));
        } else end(code === 'ECONNREFUSED');
      })
      .on('close', () => end());
  });
}

/** What is wrong on this side, so that nothing could be learned of any other address either. */
const ours = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENETUNREACH', 'ENETDOWN']);

const cannotAsk = (address: string, why: string) =>
  new Problem({
    code: 'unreachable',
    what: { en: `this machine cannot ask ${address}: ${why}`, zh: `本机无法访问 ${address}：${why}` },
    remedy: { en: "Check this machine's network or VPN, and `ulimit -n`.", zh: '请检查本机的网络或 VPN，以及 `ulimit -n`。' },
  });

/** sshd may say other lines before its greeting. */
function bannerIn(heard: string): string {
  const said = heard.split('\n');
  const line = said.find(line => line.startsWith('SSH-')) ?? said[0]!;
  return sanitize(line).slice(0, MOST_BANNER);
}

export interface OwnNetwork {
  interface: string;
  address: string;
  /** The network, or of one that is too large the /24 around the address. */
  network: string;
}

/** The networks that this machine is in, to be offered. Nothing is asked of them. */
export function ownNetworks(interfaces = networkInterfaces()): OwnNetwork[] {
  const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ family, internal, address, cidr }): OwnNetwork[] => {
      if (family !== 'IPv4' || internal || !cidr || overlap(address, '169.254.0.0/16') || isOfContainers(name)) return [];
      const length = prefixLength(cidr);
      if (length > 30) return [];
      return [{ interface: name, address, network: canonical(length < 20 ? `${address}/24` : cidr) }];
    }),
  );
  return [...new Map(found.map(each => [each.network, each])).values()];
}

const isOfContainers = (name: string) => /^(docker|br-|veth|virbr|cni|flannel|cali|vxlan|tunl|lxc|podman|kube-)/.test(name);
