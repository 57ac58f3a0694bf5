import type { Ground } from '../../source/engine/discover/ground.js';
import type { ShownKey } from '../../source/engine/discover/keys.js';
import { propose } from '../../source/engine/discover/roles.js';
import { addressesOf } from '../../source/engine/discover/scan.js';

/** A ground that nobody is on: no network is asked, nothing of the operator's is read. */
export const emptyGround = async (): Promise<Ground> => ({
  networks: () => [{ interface: 'eth0', address: '10.77.0.1', network: '10.77.0.0/24' }],
  count: networks => addressesOf(networks).length,
  networkOf: (_address, [network = '']) => network,
  scan: async () => [],
  settled: candidates => [...candidates],
  named: async () => ({ hosts: [], mistakes: [], notes: [] }),
  keysOf: async () => [],
  confirm: async shown => ({ keys: [...shown], unused: [], mistakes: [] }),
  accept: shown => [...shown],
  knownHosts: '/home/ops/.ssh/known_hosts',
  ownKeys: async () => [],
  makeKey: () => Promise.reject(new Error('there is no key here')),
  letIn: async () => [],
  propose,
});

/** A ground with thirty hosts on it, of which one shows another key than before and one the key of its neighbour. */
export const crowdedGround = async (): Promise<Ground> => ({
  ...(await emptyGround()),
  scan: async (_networks, { onAnswer, onAsked } = {}) => {
    const answers = Array.from({ length: 30 }, (_, i) => ({
      address: `10.77.0.${40 + i}`,
      port: 22,
      is: (['ssh', 'ssh', 'refused', 'ssh', 'other'] as const)[i % 5]!,
      banner: i % 5 === 4 ? 'HTTP/1.1 400 Bad Request' : 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7',
    }));
    for (const [i, answer] of answers.entries()) {
      onAnswer?.(answer);
      onAsked?.(i + 1, 254);
    }
    return answers;
  },
  keysOf: async (_spec, hosts, _connector, { onKey } = {}) =>
    hosts.map((host, i) => {
      const key = keyOf(Math.max(0, i - 1));
      const target = { host: host.name, address: host.address, port: host.ssh?.port ?? 22, user: 'root' };
      const said: ShownKey = {
        target,
        key,
        type: 'ssh-ed25519',
        fingerprint: `SHA256:${Buffer.alloc(32, i || 1)
          .toString('base64')
          .slice(0, 43)}`,
        ...(i === 2 ? { is: 'changed', place: '/home/ops/.ssh/known_hosts:14', problem: changed(host.name) } : { is: 'new' }),
      };
      onKey?.(said);
      return said;
    }),
  ownKeys: async () => [
    {
      file: '~/.ssh/id_ed25519',
      line: `ssh-ed25519 ${'A'.repeat(68)} li.wei@a-laptop-with-a-long-name.example.com`,
      type: 'ssh-ed25519',
      fingerprint: `SHA256:${'B'.repeat(43)}`,
      isEncrypted: false,
    },
  ],
});

function keyOf(n: number): Buffer {
  const [type, key] = [Buffer.from('ssh-ed25519'), Buffer.alloc(32, n)];
  const length = (of: Buffer) => Buffer.from([0, 0, 0, of.length]);
  return Buffer.concat([length(type), type, length(key), key]);
}

const changed = (host: string): ShownKey['problem'] => ({
  code: 'host-key',
  host,
  what: {
    en: '10.77.0.13 shows another host key than the one in /home/ops/.ssh/known_hosts:14',
    zh: '10.77.0.13 的主机密钥与 /home/ops/.ssh/known_hosts:14 中的不同',
  },
  remedy: { en: 'If it was installed anew: ssh-keygen -R 10.77.0.13', zh: '若已重装：ssh-keygen -R 10.77.0.13' },
});
