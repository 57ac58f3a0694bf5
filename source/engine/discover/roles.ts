import ipaddr from 'ipaddr.js';
import type { Facts } from '../facts/facts.js';
import { type Look, lookAt } from '../preflight/check.js';
import { evenPlanes } from '../preflight/checks/control-planes.js';
import * as identity from '../preflight/checks/identity.js';
import type { Finding } from '../preflight/finding.js';
import { canonical, overlap, prefixLength } from '../spec/networks.js';
import { type ClusterSpecInput, clusterSpec, type HostSpec } from '../spec/schema.js';
import type { Text } from '../text.js';
import { type Candidate, isName, nodeName } from './candidate.js';
import { findTwins, machineOf, sameMachine, sharedKey } from './twins.js';

/** A host that was looked into. */
export interface Ready extends Candidate {
  facts: Facts;
  /** SHA256:... of its host key; null where it was not seen by itself. */
  hostKey: string | null;
}

export interface Proposal {
  hosts: NonNullable<ClusterSpecInput['hosts']>;
  findings: Finding[];
  notes: Text[];
  /** Hosts whose nodes would be known by a public address; nobody has agreed to it yet. */
  isPublic: string[];
}

/** From so many hosts on, three control planes are worth it. */
const MANY = 6;
const SEVERAL = 3;

/**
 * A cluster of the hosts that were found: names, roles (the strongest become control planes), the address by which the nodes know
 * each other, and what is doubtful about them as a group. A host that is there twice is taken once. Pure.
 */
export function propose(all: readonly Ready[]): Proposal {
  const notes: Text[] = [];
  const hosts = onceEach(all, notes);
  const names = namesOf(hosts);
  const planes = controlPlanesOf(hosts, notes);
  const network = sharedNetwork(hosts);
  const proposed = hosts.map((host, i): HostSpec => {
    const { address, user, port, identityFile, jump } = host;
    const inside = host.internalAddress ?? nodeAddressOf(host, network);
    const ssh = Object.fromEntries(
      Object.entries({ user, port, identityFile, jump }).filter(([, value]) => value !== undefined),
    );
    return {
      name: names[i]!,
      address,
      roles: [planes.includes(host) ? 'control-plane' : 'worker'],
      ...(inside !== undefined && inside !== address && { internalAddress: inside }),
      ...(Object.keys(ssh).length > 0 && { ssh }),
    };
  });
  const findings = proposed.length ? findingsOf(proposed, hosts) : [];
  const isPublic = proposed
    .filter(({ address, internalAddress }) => isPublicAddress(internalAddress ?? address))
    .map(({ name }) => name);
  return { hosts: proposed, findings, notes, isPublic };
}

function onceEach(all: readonly Ready[], notes: Text[]): Ready[] {
  const seen = new Map<string, Ready>();
  return all.filter(host => {
    const machine = machineOf(host.facts);
    const first = machine === null ? undefined : seen.get(machine);
    if (!first) {
      if (machine !== null) seen.set(machine, host);
      return true;
    }
    notes.push(sameMachine(host.address, first.address));
    return false;
  });
}

function namesOf(hosts: readonly Ready[]): string[] {
  const taken = new Set<string>();
  const free = (name: string | undefined) => (name && isName(name) && !taken.has(name) ? name : undefined);
  return hosts.map(({ name, facts }) => {
    const hostname = nodeName(facts.hostname);
    let chosen = free(name) ?? free(hostname === 'localhost' ? undefined : hostname);
    for (let n = 1; chosen === undefined; n++) chosen = free(`n${n}`);
    taken.add(chosen);
    return chosen;
  });
}

function controlPlanesOf(hosts: readonly Ready[], notes: Text[]): Ready[] {
  const named = hosts.filter(host => host.role === 'control-plane');
  if (named.length > 1 && named.length % 2 === 0) notes.push(evenPlanes(named.length));
  if (named.length) return named;
  const free = hosts.filter(host => host.role === undefined);
  const isMany = hosts.length >= MANY && free.length >= SEVERAL;
  const chosen = [...(free.length ? free : hosts)].sort(byStrength).slice(0, isMany ? SEVERAL : 1);
  if (isMany)
    notes.push({
      en: `with ${hosts.length} hosts three control planes are proposed (${chosen.map(({ address }) => address).join(', ')}): the cluster goes on when one of them fails`,
      zh: `${hosts.length} 台主机建议设三个控制平面（${chosen.map(({ address }) => address).join('、')}）：其中一台失效时集群仍可运行`,
    });
  return chosen;
}

function byStrength({ facts: a }: Ready, { facts: b }: Ready): number {
  const disk = (facts: Facts) => facts.disks.find(({ path }) => path === '/var/lib/etcd')?.freeMiB ?? 0;
  // Machines that differ by what their firmware keeps for itself are equal.
  const memory = (facts: Facts) => Math.round(facts.memoryMiB / 512);
  return b.cpus - a.cpus || memory(b) - memory(a) || Math.round((disk(b) - disk(a)) / 10_240);
}

const withoutLength = (address: string) => address.split('/')[0]!;
const isPublicAddress = (address: string) =>
  ipaddr.IPv4.isValidFourPartDecimal(address) && ipaddr.IPv4.parse(address).range() === 'unicast';

/** The addresses of a host, each with the networks that it is in: by its prefix, or by a route of its device. */
function addressesOf({ interfaces, routes }: Facts): { address: string; networks: string[] }[] {
  return interfaces
    .filter(({ name }) => name !== 'lo')
    .flatMap(({ name, addresses }) =>
      addresses
        .filter(address => !address.includes(':'))
        .map(address => ({
          address: withoutLength(address),
          networks: [
            ...(prefixLength(address) < 31 ? [canonical(address)] : []),
            ...routes
              .filter(
                ({ to, device }) =>
                  device === name && to.includes('/') && prefixLength(to) < 31 && overlap(to, withoutLength(address)),
              )
              .map(({ to }) => canonical(to)),
          ],
        })),
    );
}

/**
 * The network that all hosts are in, each by an address of its own: a bridge of containers has the same one everywhere. Private
 * ones first, then the one by which the hosts were reached.
 */
export function sharedNetwork(hosts: readonly Ready[]): string | null {
  const [first] = hosts;
  if (!first) return null;
  const all = hosts.map(host => addressesOf(host.facts));
  const shared = [...new Set(all[0]!.flatMap(({ networks }) => networks))].filter(network => {
    const own = all.map(addresses => addresses.find(({ networks }) => networks.includes(network))?.address);
    return own.every(address => address !== undefined) && new Set(own).size === hosts.length;
  });
  const rank = (network: string) =>
    Number(isPublicAddress(withoutLength(network))) * 2 + Number(!hosts.every(({ address }) => overlap(network, address)));
  return shared.sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

function nodeAddressOf({ address, facts }: Ready, network: string | null): string | undefined {
  const own = addressesOf(facts);
  const inShared = own.find(({ networks }) => network !== null && networks.includes(network))?.address;
  if (inShared !== undefined) return inShared;
  if (own.some(each => each.address === address)) return address;
  // Reached by a name, or behind a NAT: the address of its way out.
  const out = facts.routes.find(({ to }) => to === 'default')?.device;
  const there = facts.interfaces.find(({ name }) => name === out)?.addresses.find(each => !each.includes(':'));
  return there && withoutLength(there);
}

const doubles = [identity.macs, identity.hostnames, identity.productUuids, identity.machineIds, identity.clocks];

function findingsOf(proposed: HostSpec[], hosts: readonly Ready[]): Finding[] {
  const spec = clusterSpec.parse({ hosts: proposed });
  const facts = Object.fromEntries(hosts.map((host, i) => [proposed[i]!.name, host.facts]));
  const look: Look = lookAt(spec, facts, []);
  return [...doubles.flatMap(check => check.find(look)), ...sharedKeys(proposed, hosts)];
}

function sharedKeys(proposed: HostSpec[], hosts: readonly Ready[]): Finding[] {
  const shown = hosts.map(({ hostKey, facts }, i) => ({ fingerprint: hostKey, facts, name: proposed[i]!.name }));
  return findTwins(shown).map(({ fingerprint, hosts }) =>
    sharedKey(
      hosts.map(({ name }) => name),
      fingerprint,
    ),
  );
}
