import ipaddr from 'ipaddr.js';

/** IPv4 addresses and networks as ranges of numbers. A lone address is a network of one. */
interface Range {
  first: number;
  last: number;
}

const toNumber = (address: ipaddr.IPv4) => address.octets.reduce((sum, octet) => sum * 256 + octet, 0);
const toAddress = (value: number) => [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.');

/** null for what is not IPv4. */
export function rangeOf(network: string): Range | null {
  const [address = '', length = '32', ...rest] = network.split('/');
  if (rest.length || !ipaddr.IPv4.isValidFourPartDecimal(address) || !/^\d+$/.test(length) || Number(length) > 32) return null;
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(toNumber(ipaddr.IPv4.parse(address)) / size) * size;
  return { first, last: first + size - 1 };
}

/** Whether two networks or addresses share one; never true for what is not IPv4. */
export function overlap(a: string, b: string): boolean {
  const [one, other] = [rangeOf(a), rangeOf(b)];
  return !!one && !!other && one.first <= other.last && other.first <= one.last;
}

/** 16 of 10.244.0.0/16. */
export const prefixLength = (network: string): number => Number(network.split('/')[1] ?? 32);

/** The network without the bits of a host in it: 10.244.0.0/16 for 10.244.1.0/16. */
export const canonical = (network: string): string => `${toAddress(rangeOf(network)!.first)}/${prefixLength(network)}`;

/** Addresses that are never anyone's network: this host, link local, multicast and what lies above. */
export const reserved = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3'];

const private_ = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

/** A private network of the same size that touches none of those taken; null where there is none left. */
export function freeNetwork(like: string, taken: readonly string[]): string | null {
  const length = prefixLength(like);
  const size = 2 ** (32 - length);
  // From the one that was wanted upwards, so that the proposal looks familiar.
  for (const pool of [like, ...private_]) {
    const home = private_.find(network => overlap(network, pool)) ?? pool;
    const range = rangeOf(home);
    if (!range || range.last - range.first + 1 < size) continue;
    const start = pool === like ? rangeOf(like)!.first : range.first;
    for (let first = start; first + size - 1 <= range.last; first += size) {
      const candidate = `${toAddress(first)}/${length}`;
      if (!taken.some(network => network !== '0.0.0.0/0' && overlap(network, candidate))) return candidate;
    }
  }
  return null;
}
