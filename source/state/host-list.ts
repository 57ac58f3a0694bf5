import { isIP, isIPv4 } from 'node:net';
import { type Candidate, isName, type Mistake, placeOf } from '../engine/discover/candidate.js';
import { readHosts } from '../engine/discover/import.js';
import { clusterSpec, type HostSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';

export type HostListProblem = Omit<Mistake, 'remedy'>;

export interface HostList {
  hosts: HostSpec[];
  problems: HostListProblem[];
  /** Addresses that were given before, or that the cluster has already. */
  duplicates: string[];
}

/** Reads what people type or paste, see readHosts. Hosts without a name get the next of n1, n2 ... */
export function parseHostList(text: string, present: readonly HostSpec[] = []): HostList {
  const { hosts, mistakes } = readHosts(text, '');
  const list = asHosts(hosts, present);
  return { ...list, problems: [...mistakes, ...list.problems] };
}

/** Hosts that were named somewhere as hosts of the cluster, each place once. */
export function asHosts(found: readonly Candidate[], present: readonly HostSpec[]): HostList {
  const hosts: HostSpec[] = [];
  const problems: HostListProblem[] = [];
  const duplicates: string[] = [];
  const names = new Set(present.map(host => host.name));
  const places = new Set(present.map(({ address, ssh }) => placeOf({ address, port: ssh?.port })));

  for (const candidate of found) {
    const { name, address, user, port, identityFile, jump, role, internalAddress } = candidate;
    if (places.has(placeOf(candidate))) {
      duplicates.push(address);
      continue;
    }
    if (name && names.has(name)) {
      problems.push({
        line: Number(candidate.from.split(':').at(-1)),
        entry: `${name}=${address}`,
        what: { en: `another host is called ${name}`, zh: `已有名为 ${name} 的主机` },
      });
      continue;
    }
    const ssh = given({ user, port, identityFile, jump });
    const host: HostSpec = {
      name: name ?? nextName(address, names),
      address,
      ...given({ internalAddress, roles: role && [role], ssh: Object.keys(ssh).length ? ssh : undefined }),
    };
    names.add(host.name);
    places.add(placeOf(candidate));
    hosts.push(host);
  }
  return { hosts, problems, duplicates };
}

const given = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

function nextName(address: string, taken: ReadonlySet<string>): string {
  const label = isIP(address) ? '' : address.split('.')[0]!.toLowerCase();
  if (isName(label) && !taken.has(label)) return label;
  for (let n = 1; ; n++) if (!taken.has(`n${n}`)) return `n${n}`;
}

/** A host as it would be typed: what `e` puts into the field. */
export function formatHost({ name, address, ssh }: HostSpec): string {
  const place = isIPv4(address) || !isIP(address) || !ssh?.port ? address : `[${address}]`;
  return `${name}=${ssh?.user ? `${ssh.user}@` : ''}${place}${ssh?.port ? `:${ssh.port}` : ''}`;
}

/** What a jump host that was typed makes of a host's login; empty text: none of its own. */
export function sshFor(text: string): { jump: string | undefined } | Text {
  const jump = text.trim() || undefined;
  const { jump: field } = clusterSpec.shape.ssh.unwrap().shape;
  return field.safeParse(jump).success
    ? { jump }
    : {
        en: `"${text}" is no host to go through: write it as user@host:port`,
        zh: `“${text}” 不是可用的跳板机：请写成 user@host:port`,
      };
}
