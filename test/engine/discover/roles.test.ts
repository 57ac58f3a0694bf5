import { describe, expect, it } from 'vitest';
import { propose, type Ready, sharedNetwork } from '../../../source/engine/discover/roles.js';
import type { Facts } from '../../../source/engine/facts/facts.js';
import { machine } from '../../support/facts.js';

const ready = (n: number, change: Partial<Facts> = {}, more: Partial<Ready> = {}): Ready => ({
  address: `192.168.1.${n}`,
  from: 'test',
  hostKey: `SHA256:${n}`,
  facts: machine(n, change),
  ...more,
});
const eth = (n: number, ...addresses: string[]) => ({ interfaces: [{ name: 'eth0', mac: `52:54:00:00:00:0${n}`, addresses }] });

describe('roles', () => {
  it('the strongest becomes control plane', () => {
    const { hosts, notes } = propose([ready(1), ready(2, { cpus: 16 }), ready(3)]);
    expect(hosts.map(({ name, roles }) => [name, roles])).toEqual([
      ['n1', ['worker']],
      ['n2', ['control-plane']],
      ['n3', ['worker']],
    ]);
    expect(notes).toEqual([]);
  });
  it('of equals the first', () => expect(propose([ready(2), ready(1)]).hosts[0]!.roles).toEqual(['control-plane']));
  it('what was told stands, however strong others are', () => {
    const { hosts } = propose([
      ready(1, { cpus: 64 }),
      ready(2, {}, { role: 'control-plane' }),
      ready(3, { cpus: 16 }, { role: 'control-plane' }),
    ]);
    expect(hosts.map(({ roles }) => roles![0])).toEqual(['worker', 'control-plane', 'control-plane']);
  });
  it.each([
    [1, false],
    [2, true],
    [3, false],
    [4, true],
  ])('of %i control planes it explains that an even number is no safer: %s', (count, isSaid) => {
    const { hosts, notes } = propose(Array.from({ length: count }, (_, i) => ready(i + 1, {}, { role: 'control-plane' })));
    expect(hosts.every(({ roles }) => roles![0] === 'control-plane')).toBe(true);
    expect(notes.map(({ en }) => en)).toEqual(
      isSaid ? [`${count} control planes are no safer than ${count - 1}: more than half of them have to be up`] : [],
    );
  });
  const planes = (hosts: Ready[]) =>
    propose(hosts)
      .hosts.filter(({ roles }) => roles![0] === 'control-plane')
      .map(({ name }) => name);
  it('from six hosts on the three strongest do, and it says why', () => {
    const six = [1, 2, 3, 4, 5, 6].map(n => ready(n, { cpus: n }));
    expect(planes(six)).toEqual(['n4', 'n5', 'n6']);
    expect(propose(six).notes[0]!.en).toContain('three control planes are proposed (192.168.1.6, 192.168.1.5, 192.168.1.4)');
    expect(planes(six.slice(1))).toEqual(['n6']);
  });
  it('of six of which all but one were named as workers that one does', () => {
    expect(planes([1, 2, 3, 4, 5, 6].map(n => ready(n, {}, n === 3 ? {} : { role: 'worker' })))).toEqual(['n3']);
  });
});

describe('names', () => {
  it('are those told, else of the hosts, else counted', () => {
    const all = [
      ready(1, { hostname: 'localhost' }),
      ready(2, { hostname: 'Node_B' }),
      ready(3, { hostname: 'x' }, { name: 'db' }),
      ready(4, { hostname: 'node-b' }),
    ];
    expect(propose(all).hosts.map(({ name }) => name)).toEqual(['n1', 'node-b', 'db', 'n2']);
  });
});

describe('the address of a node', () => {
  const inside = (all: Ready[]) => propose(all).hosts.map(({ internalAddress }) => internalAddress);
  it('is the one that was used where all are in that network', () => {
    expect(inside([ready(1), ready(2)])).toEqual([undefined, undefined]);
  });
  it('is the one on the private network shared by all, not the public one', () => {
    const all = [1, 2].map(n =>
      ready(n, eth(n, `8.8.4.${n}/24`, `10.0.0.${n}/16`, '172.17.0.1/16'), { address: `8.8.4.${n}` }),
    );
    expect(sharedNetwork(all)).toBe('10.0.0.0/16');
    expect(inside(all)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(propose(all).isPublic).toEqual([]);
  });
  it('may be known by a route only', () => {
    const all = [1, 2].map(n =>
      ready(n, {
        ...eth(n, `10.0.0.${n}/32`),
        routes: [{ to: '10.0.0.0/16', via: '10.0.0.254', device: 'eth0' }],
      }),
    );
    expect(sharedNetwork(all)).toBe('10.0.0.0/16');
  });
  it('is said to be public where there is no other', () => {
    const all = [1, 2].map(n => ready(n, eth(n, `8.8.4.${n}/24`), { address: `8.8.4.${n}` }));
    expect(propose(all).isPublic).toEqual(['n1', 'n2']);
  });
  it('is the way out behind a NAT', () => {
    const all = [ready(1, {}, { address: '203.0.113.1' }), ready(2, eth(2, '10.9.9.2/24'), { address: 'two.example' })];
    expect(inside(all)).toEqual(['192.168.1.1', '10.9.9.2']);
  });
});

describe('the same twice', () => {
  it('one machine under two addresses is taken once', () => {
    const { hosts, notes } = propose([ready(1), ready(1, {}, { address: '192.168.1.9' }), ready(2)]);
    expect(hosts.map(({ address }) => address)).toEqual(['192.168.1.1', '192.168.1.2']);
    expect(notes[0]!.en).toBe('192.168.1.9 is the same machine as 192.168.1.1; it is taken once');
  });
  it('clones are named by everything that they have in common', () => {
    const clone = ready(2, { hostname: 'n1' }, { hostKey: 'SHA256:1' });
    clone.facts.identity = { ...machine(1).identity, bootId: 'another' };
    const { hosts, findings } = propose([ready(1), clone]);
    expect(hosts).toHaveLength(2);
    expect(findings.map(({ id }) => id).sort()).toEqual([
      'host-key-duplicate',
      'hostname-duplicate',
      'machine-id-duplicate',
      'product-uuid-duplicate',
    ]);
  });
});
