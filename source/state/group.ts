import type { Reach } from '../engine/discover/reach.js';
import type { Ready } from '../engine/discover/roles.js';
import type { HostSpec } from '../engine/spec/schema.js';
import type { Connections } from './connections.js';
import type { Core } from './core.js';
import { problemOf } from './faults.js';
import { isKey, placeOfHost } from './found.js';
import { isControlPlane, withPlanes } from './spec.js';
import { type AppState, readyHosts } from './state.js';

/** The chosen hosts as a group: roles and addresses that are proposed, doubles, and whether they reach each other. */
export function createGroup(
  { deps, getState, setState, notify, now, t }: Core,
  connections: Connections,
  setHosts: (hosts: readonly HostSpec[]) => void,
) {
  let trying = new AbortController();
  const patch = (change: (before: AppState['discovery']) => Partial<AppState['discovery']>) =>
    setState(({ discovery }) => ({ discovery: { ...discovery, ...change(discovery) } }));

  return {
    /**
     * Once all chosen hosts are ready: the strongest become control planes unless somebody has said otherwise, a host
     * with several addresses gets the one that all share, a machine that is there twice is taken once.
     */
    async propose() {
      const { spec, hosts, discovery, language } = getState();
      if (spec.hosts.length === 0 || readyHosts(getState()).length < spec.hosts.length) return;
      const named = new Map(discovery.list.map(({ place, candidate }) => [place, candidate.role]));
      const ready = spec.hosts.map((host): Ready => {
        const { name, address, ssh, internalAddress } = host;
        const key = discovery.keys[placeOfHost(host)];
        const hostKey = key && isKey(key) ? key.fingerprint : null;
        const role = named.get(placeOfHost(host));
        return { name, address, ...ssh, internalAddress, role, from: '', facts: hosts[name]!.facts!, hostKey };
      });
      const { hosts: proposed, findings, notes, isPublic } = (await connections.ground()).propose(ready);
      const once = spec.hosts.filter(host => proposed.some(({ name }) => name === host.name));
      const addressed = once.map(host => {
        const inside = proposed.find(({ name }) => name === host.name)!.internalAddress;
        return inside && !host.internalAddress ? { ...host, internalAddress: inside } : host;
      });
      const strongest = proposed.filter(({ roles }) => roles?.includes('control-plane')).map(({ name }) => name);
      const next = discovery.isRoleChosen ? addressed : withPlanes(addressed, strongest);
      const isAgreed = discovery.advice.isAgreed && isPublic.every(name => discovery.advice.isPublic.includes(name));
      patch(() => ({ advice: { findings, notes: notes.map(note => note[language]), isPublic, isAgreed } }));
      if (JSON.stringify(next) === JSON.stringify(spec.hosts)) return;
      const planesOf = (hosts: readonly HostSpec[]) => hosts.filter(isControlPlane).map(({ name }) => name);
      const chosen = planesOf(next);
      if (chosen.join() !== planesOf(spec.hosts).join()) notify(t.discovery.strongest(chosen), 'plain');
      setHosts(next);
    },

    /** Public addresses between the nodes were agreed to. */
    agree: () => patch(({ advice }) => ({ advice: { ...advice, isAgreed: true } })),
    roleChosen: () => patch(() => ({ isRoleChosen: true })),

    /** Tries every port that the cluster needs from every ready host to every other; nothing is changed. */
    async reach() {
      trying.abort();
      trying = new AbortController();
      const { signal } = trying;
      const { spec, hosts } = getState();
      const names = readyHosts(getState());
      const startedAt = now();
      const set = (change: Partial<AppState['discovery']['reach']>) => {
        if (!signal.aborted) patch(({ reach }) => ({ reach: { ...reach, ...change } }));
      };
      set({ state: 'busy', startedAt, ms: 0, found: [], findings: [] });
      try {
        const remotes = Object.fromEntries(names.map(name => [name, connections.remotes[name]!]));
        const facts = Object.fromEntries(names.map(name => [name, hosts[name]!.facts!]));
        const { found, findings } = await deps.engine.reach(spec, remotes, facts, {
          signal,
          onReach: more => set({ found: [...getState().discovery.reach.found, ...more] }),
        });
        set({ state: 'done', ms: now() - startedAt, found, findings });
      } catch (error) {
        set({ state: 'none' });
        if (!signal.aborted) notify(problemOf(error).what[getState().language], 'bad');
      }
    },
    stop: () => trying.abort(),
  };
}

export type Group = ReturnType<typeof createGroup>;

/** How one host reaches another: the worst of its ports, and how many are not open. Null where nothing is known. */
export function cellOf(found: readonly Reach[], from: string, to: string): { is: Reach['is']; closed: Reach[] } | null {
  const all = found.filter(each => each.from === from && each.to === to);
  if (!all.length) return null;
  const worst = badness.find(is => all.some(each => each.is === is))!;
  return { is: worst, closed: all.filter(({ is }) => is !== 'open') };
}

const badness = ['dropped', 'no-route', 'refused', 'unknown', 'open'] as const satisfies readonly Reach['is'][];
