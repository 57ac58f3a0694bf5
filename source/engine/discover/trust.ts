import { Problem } from '../errors.js';
import type { KnownHosts } from '../ssh/known-hosts.js';
import { judged, type ShownKey } from './keys.js';

/**
 * Trusts new host keys: one, or all after they were read. They are written to known_hosts together; keys that are changed,
 * revoked or not the expected ones are passed over.
 * @returns the keys as they are now, in the order given
 * @throws Problem host-key where known_hosts cannot be written
 */
export function acceptKeys(shown: readonly ShownKey[], known: KnownHosts): ShownKey[] {
  const fresh = shown.filter(({ is }) => is === 'new');
  try {
    if (fresh.length) known.addAll(fresh.map(({ target: { address, port }, key }) => ({ host: address, port, key })));
  } catch (error) {
    throw unwritable(known.file, (error as Error).message);
  }
  return shown.map(each => (fresh.includes(each) ? judged(each.target, each.key, known) : each));
}

const unwritable = (file: string, why: string) =>
  new Problem({
    code: 'host-key',
    what: {
      en: `${file} cannot be written, so no host key was trusted: ${why}`,
      zh: `无法写入 ${file}，因此没有信任任何主机密钥：${why}`,
    },
    remedy: { en: 'Make the folder writable.', zh: '请使该目录可写。' },
  });
