import { parse } from '../ssh/known-hosts.js';
import { type HostsRead, isAddress, Pile } from './candidate.js';

export const looksLikeKnownHosts = (text: string): boolean => /^(@\S+\s+)?\S+\s+(ssh-|ecdsa-|sk-)\S+\s+AAAA/m.test(text);

/** The hosts that a known_hosts file names; names that are hashed cannot be read back. */
export function readKnownHosts(text: string, file: string): HostsRead {
  const pile = new Pile(file);
  const seen = new Set<string>();
  const all = parse(text, file);
  for (const { patterns, marker, line } of all) {
    if (marker !== null || patterns.startsWith('|')) continue;
    for (const pattern of patterns.split(',')) {
      const [, address = pattern, port] = /^\[(.+)\]:(\d+)$/.exec(pattern) ?? [];
      if (!isAddress(address) || seen.has(pattern)) continue;
      seen.add(pattern);
      pile.add(line, pattern, { address, port: port === undefined ? undefined : Number(port) });
    }
  }
  const hashed = all.filter(({ patterns }) => patterns.startsWith('|'));
  if (hashed.length)
    pile.wrong(
      hashed[0]!.line,
      '|1|…',
      {
        en: `${hashed.length} lines have hashed names, which cannot be read back`,
        zh: `${hashed.length} 行的主机名已哈希，无法还原`,
      },
      { en: 'Name those hosts, or scan their network.', zh: '请直接指定这些主机，或扫描其网段。' },
    );
  return pile;
}
