import { join } from 'node:path';
import { type Ground, groundOf } from '../engine/discover/ground.js';
import type { Answer } from '../engine/discover/scan.js';
import type { DemoFleet } from './index.js';

/** The network that the demo's hosts are in: it is in this process, and no other is ever asked. */
export function demoGround(fleet: Omit<DemoFleet, 'ground'>, speed: number): Ground {
  const key = join(fleet.folder, 'id_ed25519');
  const last = Math.max(0, ...fleet.spec.hosts.map(({ address }) => Number(address.split('.')[2])));
  const isGateway = (address: string) => address === '10.0.0.1';

  const ask = async (address: string, port: number, signal?: AbortSignal): Promise<Answer | null> => {
    const host = fleet.spec.hosts.find(each => each.address === address);
    await pause((host ? 40 + (Number(address.split('.')[3]) % 50) * 20 : 1500) / speed, signal);
    if (host) return { address, port, is: 'ssh', banner: 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7' };
    return isGateway(address) ? { address, port, is: 'refused', banner: '' } : null;
  };

  return groundOf({
    networks: () => [{ interface: 'demo0', address: '10.0.0.2', network: last < 1 ? '10.0.0.0/24' : '10.0.0.0/22' }],
    known: fleet.known,
    sshConfig: join(fleet.folder, 'config'),
    open: ({ ask, onlyKey }) => fleet.connector(ask, onlyKey),
    dial: fleet.dial,
    ask,
    keyFiles: [key],
    newKeyFiles: [key],
  });
}

/** @throws what the signal was aborted with */
const pause = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
