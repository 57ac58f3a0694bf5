import type { OwnKey } from '../engine/discover/own-key.js';
import type { HostSpec } from '../engine/spec/schema.js';
import type { Connections } from './connections.js';
import type { Core } from './core.js';
import { problemOf } from './faults.js';
import type { Questions } from './questions.js';
import { loginOf } from './spec.js';
import type { AppState } from './state.js';

/** What would be done to let a key in; shown before it is. */
export interface KeyOffer {
  /** Names of the hosts that were entered by a password. */
  hosts: string[];
  /** Null where the operator has none: one would be made. */
  key: OwnKey | null;
  state: 'asking' | 'busy';
  /** Hosts that are done, or were in the way. */
  done: number;
}

/** Hosts that only a password opens: the operator's key is let in there, so that nobody is asked again. */
export const byPassword = ({ spec, hosts }: AppState): HostSpec[] =>
  spec.hosts.filter(({ name }) => hosts[name]?.state === 'ready' && hosts[name]?.byPassword);

export function createEntry({ getState, setState, notify, t }: Core, connections: Connections, questions: Questions) {
  let entering = new AbortController();
  const patch = (change: Partial<KeyOffer>) =>
    setState(({ keyOffer }) => ({ keyOffer: keyOffer && { ...keyOffer, ...change } }));

  return {
    async openKey() {
      try {
        const [key = null] = await (await connections.ground()).ownKeys();
        const hosts = byPassword(getState()).map(({ name }) => name);
        if (hosts.length) setState({ overlay: 'key', keyOffer: { hosts, key, state: 'asking', done: 0 } });
      } catch (error) {
        notify(problemOf(error).what[getState().language], 'bad');
      }
    },

    /**
     * Makes a key where there is none, adds it to authorized_keys and tries it alone. The hosts that it opens are entered by it
     * from then on, and what was typed for them is forgotten. @param isNew although there is one
     */
    async install(isNew = false) {
      const { keyOffer: offer, spec, language } = getState();
      if (!offer || offer.state === 'busy') return;
      entering = new AbortController();
      const { signal } = entering;
      patch({ state: 'busy' });
      try {
        const ground = await connections.ground();
        const key = isNew || !offer.key ? await ground.makeKey() : offer.key;
        patch({ key });
        const entered = spec.hosts
          .filter(({ name }) => offer.hosts.includes(name) && connections.remotes[name])
          .map(host => ({ host, remote: connections.remotes[host.name]! }));
        let done = 0;
        const said = await ground.letIn(spec, entered, key, {
          ask: questions.ask,
          signal,
          onHost: () => patch({ done: ++done }),
        });
        const failed = said.filter(each => each.is === 'failed');
        const isIn = new Set(said.filter(({ is }) => is !== 'failed').map(({ host }) => host));
        setState(state => ({
          spec: { ...state.spec, hosts: state.spec.hosts.map(host => (isIn.has(host.name) ? withKey(host, key.file) : host)) },
        }));
        questions.forget('password');
        setState({ overlay: null, keyOffer: null });
        await connections.connectAnew([...isIn]);
        const [first] = failed;
        if (first?.is === 'failed') notify(`${first.host}: ${first.problem.what[language]}`, 'bad');
        else notify(t.discovery.installed(isIn.size, key.file), 'good');
      } catch (error) {
        if (!signal.aborted) notify(problemOf(error).what[language], 'bad');
        setState({ overlay: null, keyOffer: null });
      }
    },

    userOf: (host: HostSpec) => loginOf(getState().spec, host).user,
    stop: () => entering.abort(),
  };
}

export type Entry = ReturnType<typeof createEntry>;

const withKey = (host: HostSpec, identityFile: string): HostSpec => ({ ...host, ssh: { ...host.ssh, identityFile } });
