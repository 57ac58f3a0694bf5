import { fieldLine, fieldOf } from '../../components/field.js';
import type { Binding } from '../../components/keys.js';
import { beside, blank, block, bold, cyan, dim, ends, green, type Line } from '../../components/line.js';
import { table } from '../../components/table.js';
import { byPassword } from '../../state/entry.js';
import { rowsOf, shownRows, sorts } from '../../state/found.js';
import { readyHosts } from '../../state/state.js';
import { moving, type View } from '../screen.js';
import { aboutCurrent } from './about.js';
import { inputLines, inputOf } from './add.js';
import { factLines } from './facts.js';
import { columnsOf, currentRow } from './row.js';

/** From this width on, what is known of the chosen host stands beside the list. */
const WIDE = 120;
const SIDE = 52;

/** All hosts in one table, chosen or not. */
export function listed(view: View): Line[] {
  const { state, columns, height } = view;
  const rows = shownRows(state);
  const side = columns >= WIDE;
  const left = side ? columns - SIDE : columns;
  const below = inputOf(view) ? inputLines(view) : aboutCurrent({ ...view, columns: left }, side);
  const room = Math.max(3, Math.min(rows.length + 1, height - 4 - Math.max(3, Math.min(below.length, 6))));
  const chosen = Math.min(state.ui.hosts.row, rows.length - 1);
  const list = table(columnsOf(view), rows, { room: left - 2, height: room, chosen });
  const body = [...list, blank, ...below];
  const wide = side ? beside(block(body, height - 2), factLines(view, SIDE - 3), left, columns) : body;
  return [title(view, rows.length), filterLine(view), ...wide];
}

function title({ state, t, columns }: View, shown: number): Line {
  const { scan } = state.discovery;
  const all = rowsOf(state).length;
  const chosen = state.spec.hosts.length;
  const ready = readyHosts(state).length;
  const asking = state.spec.hosts.filter(({ name }) => state.hosts[name]?.state === 'asking').length;
  const count = all === chosen ? t.hosts.count(chosen, ready) : t.discovery.count(all, chosen, ready);
  const narrowed = shown < all ? [dim(`  ${t.discovery.filtered(shown, all)}`)] : [];
  const right =
    scan.state === 'busy'
      ? [cyan(t.discovery.asked(scan.asked, scan.of)), ' ']
      : asking
        ? [cyan(t.hosts.waiting(asking)), ' ']
        : chosen > 0 && ready === chosen
          ? [green(`✓ ${t.hosts.allReady}`), ' ']
          : scan.state === 'done'
            ? [dim(t.discovery.scanEnded(scan.networks)), ' ']
            : scan.state === 'stopped'
              ? [dim(t.discovery.scanStopped(scan.asked, scan.of)), ' ']
              : [];
  return ends([' ', bold(t.hosts.title), `  ${count}`, ...narrowed], right, columns);
}

function filterLine({ state, t, columns }: View): Line {
  const { filter, isFiltering, sort } = state.ui.discovery;
  if (isFiltering) return [' ', cyan('/ '), ...fieldLine(filter ?? fieldOf(''), columns - 6)];
  const said = [
    filter?.text ? `${t.discovery.filter}: ${filter.text}` : '',
    sort === 'found' ? '' : t.discovery.sortedBy(t.discovery.sorts[sort]),
  ].filter(Boolean);
  return said.length ? [' ', dim(said.join(' · '))] : blank;
}

export function listedKeys(view: View): Binding[] {
  const { app, state, t } = view;
  const words = t.discovery.keys;
  const rows = shownRows(state);
  const row = currentRow(view);
  const host = row?.host;
  const { discovery } = state.ui;
  const patch = (change: Partial<typeof discovery>) => app.patchUi('discovery', change);
  if (discovery.isFiltering)
    return [
      { keys: ['enter'], does: words.keep, run: () => patch({ isFiltering: false }) },
      { keys: ['esc'], does: words.clear, run: () => patch({ isFiltering: false, filter: null }) },
    ];
  const ready = readyHosts(state).length;
  const isScanning = state.discovery.scan.state === 'busy';
  return [
    ...onward(view),
    ...(row ? [{ keys: ['space'], does: words.choose, run: () => void app.finder.choose(row) }] : []),
    ...(byPassword(state).length ? [{ keys: ['i'], does: words.installKey, run: () => void app.entry.openKey() }] : []),
    ...(host
      ? [
          {
            keys: ['r'],
            does: t.keys.role,
            run: () => app.turnRole(host.name),
          },
        ]
      : []),
    { keys: ['p', '+'], shown: 'p', does: words.add, run: () => app.patchUi('hosts', { input: fieldOf(''), editing: null }) },
    isScanning
      ? { keys: ['esc', 'c'], shown: 'esc', does: words.stopScan, run: () => app.finder.stopScan() }
      : { keys: ['c'], does: words.scan, run: () => void app.finder.openScan() },
    {
      keys: ['t'],
      does: words.trust,
      run: () => {
        patch({ pane: 'keys' });
        void app.trust.read();
      },
    },
    { keys: ['a'], does: words.chooseAll, run: () => void app.finder.chooseAll() },
    { keys: ['s'], does: words.named, run: () => void app.finder.readNamed() },
    { keys: ['/'], does: words.filter, run: () => patch({ isFiltering: true, filter: discovery.filter ?? fieldOf('') }) },
    ...(ready > 1
      ? [
          {
            keys: ['m'],
            does: words.reach,
            run: () => {
              patch({ pane: 'reach' });
              void app.group.reach();
            },
          },
        ]
      : []),
    {
      keys: ['o'],
      does: words.sort,
      run: () => patch({ sort: sorts[(sorts.indexOf(discovery.sort) + 1) % sorts.length]! }),
    },
    ...(host
      ? [
          { keys: ['e'], does: t.keys.edit, run: () => void app.editHost(host) },
          {
            keys: ['J'],
            does: words.jump,
            run: () => {
              patch({ jump: fieldOf(host.ssh?.jump ?? '') });
              app.set({ overlay: 'jump' });
            },
          },
          { keys: ['x', 'delete'], does: t.keys.remove, run: () => app.removeHost(host.name) },
        ]
      : row
        ? [{ keys: ['x', 'delete'], does: t.keys.remove, run: () => app.finder.forget(row.place) }]
        : []),
    { keys: ['u'], does: t.keys.access, run: () => app.openAccess() },
    ...moving(t, rows.length, state.ui.hosts.row, next => app.patchUi('hosts', { row: next })),
    ...(isScanning
      ? []
      : discovery.filter?.text
        ? [{ keys: ['esc'], does: words.clear, run: () => patch({ filter: null }) }]
        : [{ keys: ['esc'], does: t.keys.back, run: () => app.step(-1) }]),
  ];
}

/** Enter: into the hosts, then on. */
function onward(view: View): Binding[] {
  const { app, state, t } = view;
  const all = state.spec.hosts;
  const row = currentRow(view);
  if (all.length === 0)
    return row ? [{ keys: ['enter'], does: t.discovery.keys.choose, run: () => void app.finder.choose(row) }] : [];
  if (readyHosts(state).length === all.length) {
    const { isPublic, isAgreed } = state.discovery.advice;
    const mustAsk = isPublic.length > 0 && !isAgreed;
    return [{ keys: ['enter'], does: t.keys.goOn, run: () => (mustAsk ? app.set({ overlay: 'public' }) : app.step(1)) }];
  }
  if (all.some(({ name }) => state.hosts[name]?.state === 'asking')) return [];
  const failed = all.some(({ name }) => state.hosts[name]?.state === 'failed');
  return [{ keys: ['enter'], does: failed ? t.keys.connectAgain : t.keys.connect, run: () => void app.connect() }];
}
