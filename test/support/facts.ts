import { readFileSync } from 'node:fs';
import type { Facts } from '../../source/engine/facts/facts.js';
import { parseFacts } from '../../source/engine/facts/parse.js';

const recorded = readFileSync(new URL('../engine/facts/recorded/debian-12-fresh.txt', import.meta.url), 'utf8');

/** A good Debian 12 machine with nothing of Kubernetes on it, changed as told. */
export function machine(n: number, change: Partial<Facts> = {}): Facts {
  const facts = parseFacts(recorded, { askedAtMs: 1_795_386_000_000, access: 'root' });
  return {
    ...facts,
    hostname: `n${n}`,
    virtualization: 'kvm',
    cgroup: 2,
    conntrackWritable: true,
    kernel: '6.1.0-40-amd64',
    interfaces: [{ name: 'eth0', mac: `52:54:00:00:00:0${n}`, addresses: [`192.168.1.${n}/24`] }],
    routes: [
      { to: 'default', via: '192.168.1.254', device: 'eth0' },
      { to: '192.168.1.0/24', via: null, device: 'eth0' },
    ],
    nameservers: ['192.168.1.254'],
    identity: { productUuid: `4c4c4544-0000-0000-0000-00000000000${n}`, machineId: `${n}`.repeat(32), bootId: `boot-${n}` },
    time: { epochMs: 1_795_386_000_000, askedAtMs: 1_795_386_000_000, synchronized: true, service: 'systemd-timesyncd' },
    ...change,
  };
}
