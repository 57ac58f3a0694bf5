import { isHealthy, isSettled } from '../engine/panel/conditions.js';
import { emptyPanel, fold, type PanelState } from '../engine/panel/state.js';
import { watchCluster } from '../engine/panel/watch.js';
import { watchTimings } from '../engine/ssh/timings.js';
import type { Text } from '../engine/text.js';
import type { View } from '../views/view.js';
import { makeAsk } from './ask.js';
import { type ClusterOptions, openCluster } from './cluster.js';
import { type ExitCode, exit } from './exit.js';
import type { Session } from './session.js';

/** What hosts and cluster say of themselves; a host that cannot be reached is part of the answer. */
export async function status(
  session: Session,
  { watch = false, ...options }: ClusterOptions & { watch?: boolean },
): Promise<ExitCode> {
  const view = session.view();
  const last = await watched(session, view, options, watch);
  return isHealthy(last) ? exit.ok : exit.failed;
}

/** Between two tables, ms. */
const EVERY = 2000;

/** Shows the state once all have answered or failed; with `watch` again and again, whenever it has changed, until it is stopped. */
async function watched(session: Session, view: View, options: ClusterOptions, watch: boolean): Promise<PanelState> {
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  const opened = await openCluster(session, options, { timings: watchTimings, note });
  const { spec } = opened;
  const connector = opened.connector(makeAsk(session.terminal, session.language), note);
  const enough = new AbortController();
  const signal = AbortSignal.any([session.stop, enough.signal]);
  let state = emptyPanel(spec, Date.now());
  let shown = 0;
  try {
    const { ended } = watchCluster(
      spec,
      connector,
      events => {
        state = fold(state, ...events);
        if (!isSettled(state)) return;
        if (!watch) enough.abort();
        else if (state.at - shown >= EVERY) {
          shown = state.at;
          view.status(state);
        }
      },
      signal,
      opened.readAgain,
    );
    await ended;
  } finally {
    await connector.close();
  }
  if (!watch) {
    session.stop.throwIfAborted();
    view.status(state);
  }
  return state;
}
