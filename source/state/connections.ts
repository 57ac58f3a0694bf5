import { setMaxListeners } from 'node:events';
import type { Facts } from '../engine/facts/facts.js';
import type { Ask, Connector } from '../engine/fleet.js';
import type { Remote } from '../engine/remote.js';
import { withLogins } from '../engine/sources/logins.js';
import type { HostSpec } from '../engine/spec/schema.js';
import type { Core, Demo } from './core.js';
import { problemOf } from './faults.js';
import type { Questions } from './questions.js';
import type { HostView } from './state.js';

/** The open connections of a walk, and what the hosts said when they were asked about themselves. */
export function createConnections({ deps, getState, setState }: Core, questions: Questions) {
  /** Places of login where a password was given: no key opens them. */
  const passwords = new Set<string>();
  const ask: Ask = {
    hostKey: questions.ask.hostKey,
    async secret(question) {
      const secret = await questions.ask.secret(question);
      if (secret !== null && question.kind === 'password') passwords.add(question.host);
      return secret;
    },
  };
  let make = deps.connector;
  let watcher = deps.watcher ?? deps.connector;
  let connector = withLogins(make(ask), ask);
  let { ground } = deps;
  let remotes: Record<string, Remote> = {};
  /** Ended when the hosts are to be reached in another way. */
  let connecting = patient();
  setState({ simulation: connector.simulation });

  const letGo = (remote: Remote | undefined) => void remote?.close().catch(() => undefined);

  return {
    get remotes() {
      return remotes;
    },
    get connector() {
      return connector;
    },
    /** A password of a registry or a proxy was wrong. */
    forgetLogins: () => connector.forgetLogins(),
    /** Where hosts are looked for. */
    ground: () => ground(),
    /** The panel's way to the hosts: the demo's, where that was chosen. What was typed to get in is not asked for again. */
    get watcher(): (ask: Ask) => Connector {
      const make = watcher;
      return next =>
        make({
          hostKey: next.hostKey,
          secret: async question => (question.attempt === 1 && questions.told(question)) || next.secret(question),
        });
    },

    /** Reads hosts, all at once: those that are named, else those of which nothing is known yet. */
    async connect(names?: readonly string[]) {
      const { spec, hosts } = getState();
      const isOpen = ({ name }: HostSpec) => hosts[name]?.state !== 'ready' && hosts[name]?.state !== 'asking';
      const wanted = spec.hosts.filter(host => (names ? names.includes(host.name) : isOpen(host)));
      if (wanted.length === 0) return;
      const { signal } = connecting;
      /** The host may have been taken out or changed while it was being asked. */
      const isWanted = (name: string) =>
        !signal.aborted && sameLogin(byName(wanted, name), byName(getState().spec.hosts, name));
      const know = (name: string, view: HostView) => {
        if (isWanted(name)) setState(state => ({ hosts: { ...state.hosts, [name]: view } }));
      };
      for (const { name } of wanted) passwords.delete(name);
      setState(state => ({
        hosts: { ...state.hosts, ...Object.fromEntries(wanted.map(({ name }) => [name, { state: 'asking' as const }])) },
      }));
      const ready = (name: string, facts: Facts) =>
        know(name, { state: 'ready', facts, ...(passwords.has(name) && { byPassword: true }) });
      try {
        const fleet = await deps.engine.gather({ ...spec, hosts: wanted }, connector, {
          signal,
          onHost: (name, said) => ('code' in said ? know(name, { state: 'failed', problem: said }) : ready(name, said)),
        });
        for (const [name, remote] of Object.entries(fleet.remotes)) {
          const stale = isWanted(name) ? remotes[name] : remote;
          if (isWanted(name)) remotes[name] = remote;
          if (stale !== remotes[name]) letGo(stale);
        }
        for (const [name, facts] of Object.entries(fleet.facts))
          if (getState().hosts[name]?.facts !== facts) ready(name, facts);
        for (const problem of fleet.problems) if (problem.host) know(problem.host, { state: 'failed', problem });
      } catch (error) {
        const problem = problemOf(error);
        for (const { name } of wanted)
          if (getState().hosts[name]?.state === 'asking') know(name, { state: 'failed', problem: { ...problem, host: name } });
      }
    },

    /** Enters hosts anew, as their logins say now: the lines by which they were entered before are closed, with what opened them. */
    async connectAnew(names: readonly string[]) {
      for (const name of names) {
        letGo(remotes[name]);
        delete remotes[name];
      }
      await this.connect(names);
    },

    /** Lets go of every host that is not among these, or is to be reached in another way. */
    keepOnly(hosts: readonly HostSpec[]) {
      const { spec, hosts: known } = getState();
      const kept = new Set(hosts.filter(host => sameLogin(host, byName(spec.hosts, host.name))).map(host => host.name));
      for (const [name, remote] of Object.entries(remotes)) {
        if (kept.has(name)) continue;
        delete remotes[name];
        letGo(remote);
      }
      setState({ hosts: Object.fromEntries(Object.entries(known).filter(([name]) => kept.has(name))) });
    },

    /** The way into all hosts has changed: none of them is known any more. */
    startOver() {
      connecting.abort();
      connecting = patient();
      for (const remote of Object.values(remotes)) letGo(remote);
      remotes = {};
      setState({ hosts: {} });
    },

    async switchTo(demo: Demo) {
      await connector.close();
      make = demo.connector;
      watcher = demo.watcher ?? demo.connector;
      connector = withLogins(make(ask), ask);
      ground = demo.ground;
      setState({ simulation: connector.simulation });
    },

    async close() {
      connecting.abort();
      await Promise.allSettled(Object.values(remotes).map(remote => remote.close()));
      await connector.close();
    },
  };
}

export type Connections = ReturnType<typeof createConnections>;

/** Every host that is being entered waits for it. */
function patient(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

const byName = (hosts: readonly HostSpec[], name: string) => hosts.find(host => host.name === name);

const sameLogin = (a: HostSpec | undefined, b: HostSpec | undefined) =>
  a !== undefined && b !== undefined && a.address === b.address && JSON.stringify(a.ssh ?? {}) === JSON.stringify(b.ssh ?? {});
