import type { Plan } from '../engine/plan/plan.js';
import type { Relay } from '../engine/relay/relay.js';
import type { Remote } from '../engine/remote.js';
import type { Connections } from './connections.js';
import type { Core } from './core.js';
import { factsOf } from './state.js';

/** The relay of a walk: open from when it is first needed until nothing more is to be fetched. */
export function createRelay({ deps, getState }: Core, connections: Connections) {
  let open: { relay: Relay; hosts: string } | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const close = async () => {
    const before = open;
    open = null;
    await before?.relay.close();
  };

  const fetching = async (): Promise<Record<string, Remote>> => {
    const { spec } = getState();
    const { remotes } = connections;
    const hosts = `${spec.mirror} ${Object.keys(remotes).sort().join(' ')}`;
    if (open?.hosts !== hosts || !spec.relay) await close();
    if (!spec.relay) return remotes;
    open ??= { relay: await deps.engine.openRelay(spec, remotes, factsOf(getState())), hosts };
    return open.relay.remotes;
  };

  /** One after the other, whoever asks. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };

  return {
    /** The hosts by the way that fetches things: through the relay where it was asked for. @throws Problem */
    fetching: () => inTurn(fetching),
    /** Has what the hosts of a plan will ask for fetched before they do. */
    ahead: (plan: Plan) => open?.relay.ahead(plan),
    close: () => inTurn(close),
  };
}

export type RelayOfWalk = ReturnType<typeof createRelay>;
