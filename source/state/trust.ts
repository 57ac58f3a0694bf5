import type { ShownKey } from '../engine/discover/keys.js';
import { placeOf } from '../engine/discover/place.js';
import type { ProblemDetails } from '../engine/errors.js';
import type { HostSpec } from '../engine/spec/schema.js';
import type { Connections } from './connections.js';
import type { Core } from './core.js';
import { problemOf } from './faults.js';
import { foundOfHost, type HostRow, isKey, mayBeChosen, placeOfHost, rowsOf, shownKeys } from './found.js';
import type { AppState } from './state.js';

interface Parts {
  /** Tries again to enter the hosts that were kept out by their keys. */
  connect: (names: readonly string[]) => Promise<void>;
  /** A candidate as a connector takes it. */
  asHost: (row: HostRow) => HostSpec;
}

/** The review of host keys: what is known, what is new, what has changed. Nothing is trusted that was not read. */
export function createTrust({ getState, setState, notify, t }: Core, connections: Connections, { connect, asHost }: Parts) {
  let asking = new AbortController();

  const patch = (change: (before: AppState['discovery']) => Partial<AppState['discovery']>) =>
    setState(({ discovery }) => ({ discovery: { ...discovery, ...change(discovery) } }));
  const patchUi = (change: Partial<AppState['ui']['discovery']['keys']>) =>
    setState(({ ui }) => ({ ui: { ...ui, discovery: { ...ui.discovery, keys: { ...ui.discovery.keys, ...change } } } }));
  const put = (keys: readonly ShownKey[]) =>
    patch(({ keys: before }) => ({ keys: { ...before, ...Object.fromEntries(keys.map(key => [placeOf(key.target), key])) } }));
  const fail = (error: unknown) => notify(problemOf(error).what[getState().language], 'bad');

  /** Hosts that were turned away because of their keys are tried again, now that these are trusted. */
  const goIn = (accepted: readonly ShownKey[]) => {
    const places = new Set(accepted.map(({ target }) => placeOf(target)));
    const { spec, hosts } = getState();
    const kept = spec.hosts.filter(host => places.has(placeOfHost(host)) && hosts[host.name]?.problem?.code === 'host-key');
    if (kept.length) void connect(kept.map(({ name }) => name));
  };

  return {
    /** Asks the hosts for their keys, without logging in: those that are chosen, else all of them. */
    async read() {
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      const state = getState();
      const rows = rowsOf(state).filter(mayBeChosen);
      const chosen = rows.filter(({ host }) => host);
      const wanted = chosen.length ? chosen : rows;
      const hosts = wanted.map(row => row.host ?? asHost(row));
      patch(() => ({ keys: {}, keysAwaited: hosts.length }));
      patchUi({ row: 0, furthest: 0, said: [], input: null });
      const placeOfTarget = new Map(hosts.map(host => [host.name, placeOfHost(host)]));
      const take = (said: ShownKey | ProblemDetails) => {
        const place = isKey(said) ? placeOf(said.target) : placeOfTarget.get(said.host ?? '');
        if (signal.aborted) return;
        patch(({ keys, keysAwaited }) => ({
          keys: place ? { ...keys, [place]: said } : keys,
          keysAwaited: keysAwaited - 1,
        }));
      };
      try {
        await (await connections.ground()).keysOf({ ...state.spec, hosts }, hosts, connections.connector, {
          signal,
          onKey: take,
        });
      } catch (error) {
        if (!signal.aborted) fail(error);
      } finally {
        if (!signal.aborted) patch(() => ({ keysAwaited: 0 }));
      }
    },

    /** Trusts keys that are new: those that were read. */
    async accept(keys: readonly ShownKey[]) {
      const fresh = keys.filter(({ is }) => is === 'new');
      if (!fresh.length) return;
      try {
        const ground = await connections.ground();
        put(ground.accept(fresh));
        notify(t.discovery.accepted(fresh.length, ground.knownHosts), 'good');
        goIn(fresh);
      } catch (error) {
        fail(error);
      }
    },

    /** Fingerprints from elsewhere: what fits is accepted, what does not is blocked. */
    async expect(text: string) {
      const { language } = getState();
      const shown = shownKeys(getState()).flatMap(({ said }) => (isKey(said) ? [said] : []));
      try {
        const ground = await connections.ground();
        const { keys, unused, mistakes } = await ground.confirm(shown, text, asking.signal);
        put(keys);
        const expected = keys.filter(key => key.expected && key.is === 'new');
        if (expected.length) {
          put(ground.accept(expected));
          goIn(expected);
        }
        const other = keys.filter(({ is }) => is === 'unexpected').length;
        patchUi({
          input: null,
          said: [
            t.discovery.expected(expected.length, other, unused.length),
            ...mistakes.slice(0, 2).map(({ line, entry, what }) => t.hosts.wrong(line, entry, what[language])),
          ],
        });
      } catch (error) {
        fail(error);
      }
    },

    stop: () => asking.abort(),
  };
}

export type Trust = ReturnType<typeof createTrust>;

/** A row that nobody chose yet, as a connector takes it. */
export const hostOfRow = ({ address, host, found }: HostRow): HostSpec => {
  if (host) return host;
  const { user, port, identityFile, jump } = found?.candidate ?? foundOfHost({ name: address, address }).candidate;
  const ssh = Object.fromEntries(Object.entries({ user, port, identityFile, jump }).filter(([, value]) => value !== undefined));
  return { name: `${address} ${port ?? 22}`, address, ssh };
};
