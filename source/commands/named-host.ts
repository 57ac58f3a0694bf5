import { readHosts } from '../engine/discover/import.js';
import { readSshConfig, withSettings } from '../engine/discover/ssh-config.js';
import { Problem } from '../engine/errors.js';
import { type ClusterSpec, clusterSpec } from '../engine/spec/schema.js';

/**
 * Hosts alone, as `discover` takes them: of a cluster that nobody has written down. The first is taken for a control plane.
 * @param words `root@10.0.0.11-13`
 * @throws Problem spec where one is no host
 */
export function specOfWords(words: string[]): ClusterSpec {
  const { hosts, mistakes } = readHosts(words.join('\n'), 'arguments');
  const [mistake] = mistakes;
  if (mistake) {
    throw new Problem({
      code: 'spec',
      what: { en: `${mistake.entry}: ${mistake.what.en}`, zh: `${mistake.entry}：${mistake.what.zh}` },
      remedy: mistake.remedy,
    });
  }
  const config = readSshConfig();
  return clusterSpec.parse({
    hosts: hosts.map((host, i) => {
      const { name, address, user, port, identityFile, jump } = withSettings(host, config);
      const ssh = present({ user, port, identityFile, jump });
      return { name: name ?? address.toLowerCase(), address, ssh, ...(i === 0 && { roles: ['control-plane'] }) };
    }),
  });
}

/** Without what is undefined. */
export const present = <T extends object>(settings: T): T =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as T;
