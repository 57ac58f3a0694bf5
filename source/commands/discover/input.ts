import { readFile } from 'node:fs/promises';
import type { HostsRead, Mistake } from '../../engine/discover/candidate.js';
import { type ExpectedRead, readExpected } from '../../engine/discover/expected.js';
import { readHosts } from '../../engine/discover/import.js';
import { looksLikeKnownHosts, readKnownHosts } from '../../engine/discover/known.js';
import { ownNetworks } from '../../engine/discover/scan.js';
import { hostsOfSshConfig, looksLikeSshConfig } from '../../engine/discover/ssh-config.js';
import { Problem, type ProblemDetails } from '../../engine/errors.js';
import type { Text } from '../../engine/text.js';

/** The hosts that were named as arguments and in a file of whatever kind. @throws Problem spec where the file cannot be read */
export async function readAll(words: string[], from: string | undefined, note: (text: Text) => void): Promise<HostsRead> {
  const all: HostsRead[] = words.length ? [readHosts(words.join('\n'), 'arguments')] : [];
  if (from !== undefined) {
    const text = await readText(from, {
      en: 'Name a file of hosts: --from inventory.ini',
      zh: '请指定主机文件：--from inventory.ini',
    });
    if (looksLikeKnownHosts(text)) all.push(readKnownHosts(text, from));
    else if (looksLikeSshConfig(text)) {
      const found = hostsOfSshConfig(from);
      found.notes.forEach(note);
      all.push(found);
    } else all.push(readHosts(text, from));
  }
  return { hosts: all.flatMap(({ hosts }) => hosts), mistakes: all.flatMap(({ mistakes }) => mistakes) };
}

/** @throws Problem spec where the file cannot be read */
export async function readExpectedFile(file: string): Promise<ExpectedRead> {
  const remedy: Text = {
    en: 'Name a file of fingerprints: --expect keys.txt; on a host: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
    zh: '请指定指纹文件：--expect keys.txt；在主机上执行：ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
  };
  return readExpected(await readText(file, remedy), file);
}

async function readText(file: string, remedy: Text): Promise<string> {
  return await readFile(file, 'utf8').catch(({ message }: Error) => {
    throw new Problem({
      code: 'spec',
      what: { en: `${file} cannot be read: ${message}`, zh: `无法读取 ${file}：${message}` },
      remedy,
    });
  });
}

export const asProblem = ({ line, entry, what, remedy }: Mistake): ProblemDetails => ({
  code: 'spec',
  what: { en: `line ${line}, ${entry}: ${what.en}`, zh: `第 ${line} 行，${entry}：${what.zh}` },
  remedy,
});

export function nothingNamed(): Problem {
  const own = ownNetworks().map(each => `k8s-tui discover ${each.network} (${each.interface})`);
  const example = own.length ? own.join(', ') : 'k8s-tui discover 192.168.1.0/24';
  return new Problem({
    code: 'spec',
    what: {
      en: 'nothing was named to look at, and nothing is scanned without being named',
      zh: '没有指定目标；未经指定不会扫描任何网络',
    },
    remedy: {
      en: `Name a network, hosts or a file: ${example}, k8s-tui discover 10.0.0.11-13, k8s-tui discover --from inventory.ini`,
      zh: `请指定网段、主机或文件：${example}，k8s-tui discover 10.0.0.11-13，k8s-tui discover --from inventory.ini`,
    },
  });
}
