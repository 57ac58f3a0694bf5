import type { Binding } from '../../components/keys.js';
import type { Catalogue } from '../../i18n/index.js';
import type { ActId } from '../../state/panel/source.js';
import { allRows } from '../../state/panel/state.js';
import { moving } from '../screen.js';
import type { PanelView } from './view.js';

/** Arrows move; k is the kubelet's log here, so j does not move either. */
export const listKeys = (t: Catalogue, length: number, row: number, set: (row: number) => void): Binding[] =>
  moving(t, length, row, set).map(binding => ({
    ...binding,
    keys: binding.keys.filter(key => key !== 'j' && key !== 'k'),
    quiet: true,
  }));

/** What can be read of the chosen host. */
export function hostKeys({ app, state, t, terminal }: PanelView): Binding[] {
  const { host } = state;
  return [
    {
      keys: ['k'],
      does: t.panel.keys.kubeletLog,
      run: () => app.read({ kind: 'log', host, of: 'unit', name: 'kubelet' }),
    },
    { keys: ['s'], does: t.panel.keys.shell, run: () => void app.shell(terminal) },
    { keys: ['x'], does: t.panel.keys.describe, quiet: true, run: () => app.read({ kind: 'describe', host }) },
    { keys: ['v'], does: t.panel.keys.drift, quiet: true, run: () => app.read({ kind: 'drift', host }) },
  ];
}

/** What can be done to the chosen host: each shows its commands first. */
export function actKeys({ app, state, t }: PanelView): Binding[] {
  const row = allRows(state).find(({ host }) => host === state.host);
  const act = (key: string, id: ActId, quiet = false): Binding => ({
    keys: [key],
    does: quiet ? t.panel.acts[id] : t.panel.actKeys[id as 'drain'],
    quiet,
    run: () => app.ask(id),
  });
  return [
    act('c', row?.cordoned ? 'uncordon' : 'cordon'),
    act('d', 'drain'),
    act('K', 'restart-kubelet', true),
    act('C', 'restart-runtime', true),
  ];
}
