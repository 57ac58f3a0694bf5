import { isHealthy, isSettled } from '../engine/panel/conditions.js';
import { emptyPanel, fold, type PanelState } from '../engine/panel/state.js';
import { watchCluster, watchTimings } from '../engine/panel/watch.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { View } from '../views/view.js';
import { makeAsk } from './ask.js';
import { type ExitCode, exit } from './exit.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/** What hosts and cluster say of themselves; a host that cannot be reached is part of the answer. */
export async function status(session: Session, file: string, { watch = false } = {}): Promise<ExitCode> {
  const spec = await readSpecFile(file);
  const view = session.view();
  const last = await watched(session, view, spec, watch);
  return isHealthy(last) ? exit.ok : exit.failed;
}

/** Between two tables, ms. */
const EVERY = 2000;

/** Shows the state once all have answered or failed; with `watch` again and again, whenever it has changed, until it is stopped. */
async function watched(session: Session, view: View, spec: ClusterSpec, watch: boolean): Promise<PanelState> {
  const ask = makeAsk(session.terminal, session.language);
  const connector = session.connector(ask, text => view.event({ at: Date.now(), type: 'note', text }), watchTimings);
  const enough = new AbortController();
  const signal = AbortSignal.any([session.stop, enough.signal]);
  let state = emptyPanel(spec, Date.now());
  let shown = 0;
  try {
    const { ended } = watchCluster(
      spec,
      connector,
      event => {
        state = fold(state, event);
        if (!isSettled(state)) return;
        if (!watch) enough.abort();
        else if (state.at - shown >= EVERY) {
          shown = state.at;
          view.status(state);
        }
      },
      signal,
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
