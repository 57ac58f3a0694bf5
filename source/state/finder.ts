import type { Field } from '../components/field.js';
import type { Candidate, Mistake } from '../engine/discover/candidate.js';
import type { Ground } from '../engine/discover/ground.js';
import { placeOf } from '../engine/discover/place.js';
import type { Answer } from '../engine/discover/scan.js';
import type { HostSpec } from '../engine/spec/schema.js';
import type { Core } from './core.js';
import { messageOf, problemOf } from './faults.js';
import { type Found, foundOfHost, type HostRow, mayBeChosen, placeOfHost, remembered, rowsOf, shownRows } from './found.js';
import type { AppState } from './state.js';

interface Parts {
  ground: () => Promise<Ground>;
  /** Puts hosts into the cluster in place of those that are there. */
  setHosts: (hosts: readonly HostSpec[]) => void;
  /** Candidates as hosts, with names that are free. */
  asHosts: (found: readonly Candidate[], present: readonly HostSpec[]) => Promise<HostSpec[]>;
}

/** The screen need not be drawn for each of a thousand answers. */
const DRAW_MS = 100;

/** Finds hosts: by a scan that was asked for, in ~/.ssh, by what is typed. Chosen ones are those of the spec. */
export function createFinder({ getState, setState, notify, now, t }: Core, { ground, setHosts, asHosts }: Parts) {
  let scanning = new AbortController();

  const patch = (change: (before: AppState['discovery']) => Partial<AppState['discovery']>) =>
    setState(({ discovery }) => ({ discovery: { ...discovery, ...change(discovery) } }));
  const patchScan = (change: Partial<AppState['ui']['discovery']['scan']>) =>
    setState(({ ui }) => ({ ui: { ...ui, discovery: { ...ui.discovery, scan: { ...ui.discovery.scan, ...change } } } }));
  const remember = (more: readonly Found[]) => patch(({ list }) => ({ list: remembered(list, more) }));

  let loaded: Ground | null = null;
  /** Says at once what a scan of these networks would be; asks nothing. */
  const judge = (input: Field) => {
    try {
      patchScan({ input, count: networksIn(input.text).length ? loaded!.count(networksIn(input.text)) : 0, error: null });
    } catch (error) {
      patchScan({ input, count: 0, error: problemOf(error) });
    }
  };

  return {
    remember: (hosts: readonly HostSpec[]) => remember(hosts.map(foundOfHost)),
    /** An edited host keeps its row. */
    replace: (before: HostSpec, after: HostSpec) =>
      patch(({ list }) => ({
        list: list.map(each => (each.place === placeOfHost(before) ? foundOfHost(after) : each)),
      })),
    forget: (place: string) => patch(({ list }) => ({ list: list.filter(each => each.place !== place) })),

    /** The form that asks which networks; nothing is sent before it is answered. */
    async openScan(text = '') {
      loaded = await ground();
      const own = loaded.networks();
      const first = text || (own[0]?.network ?? '');
      patchScan({ own });
      judge({ text: first, cursor: first.length });
      setState({ overlay: 'scan' });
    },
    typeNetworks: judge,
    /** The next of the networks that this machine is in. */
    nextNetwork() {
      const { own, input } = getState().ui.discovery.scan;
      const next = own[(own.findIndex(({ network }) => network === input.text) + 1) % Math.max(1, own.length)];
      if (next) judge({ text: next.network, cursor: next.network.length });
    },

    /** Asks the networks that stand in the form, and those alone. */
    async scan() {
      const { input, error, count } = getState().ui.discovery.scan;
      if (error || count === 0 || !loaded) return;
      const networks = networksIn(input.text);
      scanning.abort();
      scanning = new AbortController();
      const { signal } = scanning;
      setState({ overlay: null });
      patch(() => ({ scan: { state: 'busy', networks, asked: 0, of: count } }));
      let [asked, drawnAt] = [0, 0];
      let waiting: Answer[] = [];
      const draw = (state: AppState['discovery']['scan']['state']) => {
        const more = loaded!
          .settled(waiting.map(answer => candidateOf(answer, loaded!.networkOf(answer.address, networks))))
          .map(
            (candidate, i): Found => ({ place: placeOf(candidate), candidate, is: waiting[i]!.is, banner: waiting[i]!.banner }),
          );
        waiting = [];
        drawnAt = now();
        patch(({ list, scan }) => ({ list: remembered(list, more), scan: { ...scan, state, asked } }));
      };
      try {
        await loaded.scan(networks, {
          signal,
          onAnswer: answer => void waiting.push(answer),
          onAsked: n => {
            asked = n;
            if (now() - drawnAt >= DRAW_MS && !signal.aborted) draw('busy');
          },
        });
        draw('done');
      } catch (error) {
        // Another scan has begun where this one was aborted for it.
        if (scanning.signal === signal) draw('stopped');
        if (!signal.aborted) notify(problemOf(error).what[getState().language], 'bad');
      }
    },
    stopScan: () => scanning.abort(),

    /** What ~/.ssh/config and known_hosts name. */
    async readNamed() {
      try {
        const { hosts, mistakes, notes } = await (await ground()).named();
        const before = rowsOf(getState()).length;
        remember(hosts.map(candidate => ({ place: placeOf(candidate), candidate, is: 'named', banner: '' })));
        const fresh = rowsOf(getState()).length - before;
        const { language } = getState();
        const first: Mistake | undefined = mistakes[0];
        const aside = first ? first.what[language] : notes[0]?.[language];
        notify(t.discovery.named(hosts.length, fresh, aside), hosts.length ? 'good' : 'plain');
      } catch (error) {
        notify(messageOf(error), 'bad');
      }
    },

    /** Space: into the cluster, or out of it again; the row stays where it is. */
    async choose(row: HostRow) {
      const { spec } = getState();
      if (row.host) {
        remember([foundOfHost(row.host)]);
        return setHosts(spec.hosts.filter(host => host !== row.host));
      }
      if (!mayBeChosen(row)) return notify(t.discovery.noSsh(row.address), 'bad');
      setHosts([...spec.hosts, ...(await asHosts([row.found!.candidate], spec.hosts))]);
    },

    /** All that are shown and can be logged in to; where they all are chosen already, none of them. */
    async chooseAll() {
      const state = getState();
      const rows = shownRows(state).filter(mayBeChosen);
      const open = rows.filter(({ host }) => !host);
      if (open.length) {
        const candidates = open.map(({ found }) => found!.candidate);
        return setHosts([...state.spec.hosts, ...(await asHosts(candidates, state.spec.hosts))]);
      }
      const out = new Set(rows.map(({ place }) => place));
      setHosts(state.spec.hosts.filter(host => !out.has(placeOfHost(host))));
    },

    stop: () => scanning.abort(),
  };
}

export type Finder = ReturnType<typeof createFinder>;

export const networksIn = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

const candidateOf = ({ address, port }: Answer, from: string): Candidate => ({
  address,
  ...(port !== 22 && { port }),
  from,
});
