import { readFileSync } from 'node:fs';
import type { Facts } from '../../../source/engine/facts/facts.js';
import { parseFacts } from '../../../source/engine/facts/parse.js';

const recorded = readFileSync(new URL('recorded/debian-12-fresh.txt', import.meta.url), 'utf8');

/** The facts of a machine of its own, fresh, as Debian 12 installs it; `changes` go on top. */
export function freshFacts(changes: Partial<Facts> = {}): Facts {
  return {
    ...parseFacts(recorded, { askedAtMs: 0, access: 'root' }),
    virtualization: 'kvm',
    cgroup: 2,
    conntrackWritable: true,
    cloudInit: null,
    selinux: null,
    firewall: { ufw: null, firewalld: null },
    packages: {},
    held: [],
    containerd: { version: null, active: false, ours: false },
    kubelet: { version: null, active: false },
    cluster: { state: 'none', server: null, caHash: null, version: null, leftovers: [] },
    ledger: null,
    ...changes,
  };
}
