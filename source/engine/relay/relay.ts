import { randomBytes } from 'node:crypto';
import { makeAuthority } from '../certificate.js';
import type { Facts } from '../facts/facts.js';
import type { Plan } from '../plan/plan.js';
import type { Listener, Remote } from '../remote.js';
import type { ClusterSpec } from '../spec/schema.js';
import { fetchAhead } from './ahead.js';
import { type Contents, Line } from './contents.js';
import { closeOn, environmentOf, exportsOf, openOn } from './host.js';
import { makeProxy } from './proxy.js';
import { sitesOf } from './sites.js';
import { Store } from './store.js';

export interface RelayOptions {
  contents: Contents;
  store: Store;
  spec: Pick<ClusterSpec, 'mirror' | 'own'>;
}

export interface RelayProgress {
  /** Bytes that came from the sources, and that went to the hosts. */
  drawn: number;
  served: number;
  downloads: { url: string; received: number }[];
}

/** The way out of hosts that reach nothing but us: over their SSH connections, through this machine. */
export interface Relay {
  /** The hosts, to be asked what they reach by the relay. */
  remotes: Record<string, Remote>;
  /** Begins to fetch what the hosts of a plan will ask for. */
  ahead(plan: Plan): void;
  progress(): RelayProgress;
  /** Nothing of it stays on the hosts. */
  close(): Promise<void>;
}

/** @throws Problem step, lost, sudo: a host does not let it be */
export async function openRelay(
  remotes: Record<string, Remote>,
  facts: Record<string, Facts>,
  { contents, store, spec }: RelayOptions,
): Promise<Relay> {
  const sites = sitesOf();
  const authority = makeAuthority('the relay of k8s-tui', [...sites]);
  let served = 0;
  const listeners: Listener[] = [];
  const through: Record<string, Remote> = {};

  const open = async (remote: Remote) => {
    const password = randomBytes(16).toString('hex');
    const onServed = (bytes: number) => {
      served += bytes;
    };
    const take = makeProxy(remote.name, { contents, store, authority, sites, password, onServed });
    const tell = (port: number) =>
      openOn(remote, { port, password, certificate: authority.certificate, spec, facts: facts[remote.name]! });
    const listener = await remote.listen(take, tell);
    listeners.push(listener);
    through[remote.name] = by(remote, () => environmentOf(listener.port, password));
  };
  const close = async () => {
    contents.close();
    await Promise.all([...listeners.map(listener => listener.close()), ...Object.values(remotes).map(closeOn)]);
  };

  try {
    await Promise.all(Object.values(remotes).map(open));
  } catch (error) {
    await close();
    throw error;
  }
  const ahead = (plan: Plan) => {
    if (contents instanceof Line) void fetchAhead(plan, contents, store);
  };
  return { remotes: through, ahead, progress: () => ({ ...contents.progress(), served }), close };
}

/** The relay over this machine's own line. @throws as `openRelay` */
export async function openLineRelay(
  spec: Pick<ClusterSpec, 'mirror' | 'own'>,
  remotes: Record<string, Remote>,
  facts: Record<string, Facts>,
): Promise<Relay> {
  const store = await Store.open();
  return openRelay(remotes, facts, { contents: new Line(store), store, spec });
}

/** A host whose scripts find the way out in their environment. */
const by = (remote: Remote, environment: () => Record<string, string>): Remote =>
  Object.create(remote, {
    run: {
      value: (...[script, options]: Parameters<Remote['run']>) => remote.run(`${exportsOf(environment())}\n${script}`, options),
    },
  }) as Remote;
