import { blank, bold, dim, type Line } from '../../components/line.js';
import { type Column, table } from '../../components/table.js';
import { wrap } from '../../components/text.js';
import type { NodeCondition } from '../../engine/panel/api-report.js';
import { type Component, componentsOf } from '../../engine/panel/components.js';
import type { Certificate } from '../../engine/panel/report.js';
import { allRows, hostOf, nodeTabs } from '../../state/panel/state.js';
import { actKeys, hostKeys, listKeys } from './keys.js';
import { tabs, withWords } from './parts.js';
import { brief, levelled, marked, type PanelScreen, type PanelView } from './view.js';

/** One host: its components, what the cluster says of it, its certificates and files. */
export const node: PanelScreen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const { tab } = state.ui.node;
    const row = allRows(state).find(({ host }) => host === state.host)!;
    const head: Line = [
      ' ',
      bold(row.host),
      '  ',
      marked(row.level, row.state[state.language]),
      dim(`  ${[row.address, t.panel.roles[row.role], row.version].filter(Boolean).join(' · ')}`),
    ];
    return [head, tabs(nodeTabs, tab, t.panel.nodeTabs), blank, ...pages[tab](view, columns, height - 3)];
  },

  copied: view => {
    const { state } = view;
    const { tab, row } = state.ui.node;
    if (tab === 'files' || tab === 'certificates') return pathAt(view) ?? null;
    if (tab === 'conditions') return conditionsOf(view)[row]?.message ?? null;
    const component = componentsOf(hostOf(state))[row];
    return component
      ? [component.title, component.state.en, component.image, ...component.ports].filter(Boolean).join('  ')
      : null;
  },

  keys: view => {
    const { app, state, t } = view;
    const { tab, row } = state.ui.node;
    const count = {
      components: componentsOf(hostOf(state)),
      conditions: conditionsOf(view),
      certificates: certificatesOf(view),
      files: filesOf(view),
    };
    const turn = (by: number) => {
      const next = nodeTabs[(nodeTabs.indexOf(tab) + by + nodeTabs.length) % nodeTabs.length]!;
      app.patchUi('node', { tab: next, row: 0 });
      if (next === 'files') void app.listFiles();
    };
    return [
      ...(tab === 'components'
        ? [{ keys: ['enter', 'l'], does: t.panel.keys.logs, run: () => openLog(view) }]
        : tab === 'files' || tab === 'certificates'
          ? [{ keys: ['enter'], does: t.panel.keys.read, run: () => openFile(view) }]
          : []),
      ...hostKeys(view),
      { keys: ['tab', 'right'], shown: 'tab', does: t.panel.keys.tab, run: () => turn(1) },
      { keys: ['shift-tab', 'left'], does: t.panel.keys.tabBack, quiet: true, run: () => turn(-1) },
      ...listKeys(t, count[tab].length, row, next => app.patchUi('node', { row: Math.max(0, next) })),
      ...actKeys(view),
      { keys: ['esc'], does: t.keys.back, run: () => app.back() },
    ];
  },
};

const conditionsOf = ({ state }: PanelView): NodeCondition[] =>
  allRows(state).find(({ host }) => host === state.host)?.conditions ?? [];
const certificatesOf = ({ state }: PanelView): Certificate[] =>
  [...(hostOf(state).report?.certificates ?? [])].sort((a, b) => a.endsAt - b.endsAt);
const filesOf = ({ state }: PanelView): string[] => (state.files?.host === state.host && state.files.paths) || [];

const pathAt = (view: PanelView): string | undefined => {
  const { tab, row } = view.state.ui.node;
  return tab === 'files' ? filesOf(view)[row] : certificatesOf(view)[row]?.path;
};

function openLog({ app, state, t }: PanelView) {
  const component = componentsOf(hostOf(state))[state.ui.node.row];
  if (component?.log) app.read({ kind: 'log', host: state.host, of: component.log.kind, name: component.log.name });
  else if (component?.id === 'pods') app.open('cluster');
  else if (component) app.notify(`${component.title}: ${component.state[state.language] || t.panel.nothingYet}`);
}

function openFile(view: PanelView) {
  const path = pathAt(view);
  if (path) view.app.read({ kind: 'file', host: view.state.host, path });
}

type PageLines = (view: PanelView, columns: number, height: number) => Line[];

const components: PageLines = (view, columns, height) => {
  const { state, t } = view;
  const { language } = state;
  const rows = componentsOf(hostOf(state));
  const chosen = Math.min(state.ui.node.row, rows.length - 1);
  const titles = t.panel.columns;
  const shown: Column<Component>[] = [
    { title: titles.component, min: 10, max: 19, cell: row => row.title },
    {
      title: titles.state,
      min: 12,
      max: 34,
      cell: row =>
        row.level === 'ok' && !row.log && row.id !== 'pods' ? dim(row.state[language]) : marked(row.level, row.state[language]),
    },
    { title: titles.restarts, rank: 1, align: 'right', cell: row => (row.restarts === null ? dim('-') : String(row.restarts)) },
    { title: titles.ports, rank: 2, min: 8, max: columns < 100 ? 15 : 36, cell: row => dim(row.ports.join(' ')) },
    { title: titles.image, min: 10, grows: true, cell: row => dim(row.image?.split('/').at(-1) ?? '') },
  ];
  const said = rows[chosen]!;
  const about = [
    ...wrap(said.about[language], columns - 4),
    ...(said.level === 'ok' ? [] : wrap(said.state[language], columns - 4)),
    ...(said.image ? [[said.image, ...said.ports].join('  ')] : []),
  ].slice(0, Math.max(1, height - rows.length - 3));
  const room = height - about.length - 1;
  return [
    ...table(shown, rows, { room: columns - 1, height: room, chosen }),
    [dim('─'.repeat(columns))],
    ...about.map((line): Line => [' ', line]),
  ];
};

const inWords = ({ reason, message }: NodeCondition) => `${reason}: ${message}`;

const conditions: PageLines = (view, columns, height) => {
  const { state, t } = view;
  const rows = conditionsOf(view);
  const titles = t.panel.columns;
  if (!rows.length) return [[' ', dim(t.panel.noApi)]];
  return withWords<NodeCondition>(
    [
      { title: titles.condition, min: 14, cell: row => row.type },
      {
        title: titles.state,
        min: 9,
        cell: row =>
          marked(
            row.status === 'Unknown' ? 'broken' : (row.status === 'True') === (row.type === 'Ready') ? 'ok' : 'broken',
            row.status,
          ),
      },
      { title: titles.since, min: 6, align: 'right', cell: row => brief((state.panel.at - row.since) / 1000, state.language) },
      { title: titles.reason, min: 10, grows: true, cell: inWords },
    ],
    rows,
    inWords,
    { row: state.ui.node.row, room: columns, height },
  );
};

const certificates: PageLines = (view, columns, height) => {
  const { state, t } = view;
  const rows = certificatesOf(view);
  const titles = t.panel.columns;
  if (!rows.length) return [[' ', dim(t.panel.nothingYet)]];
  const days = (row: Certificate) => Math.floor((row.endsAt - state.panel.at) / 86_400_000);
  return table<Certificate>(
    [
      {
        title: titles.ends,
        min: 8,
        align: 'right',
        cell: row => levelled(days(row) < 0 ? 'broken' : days(row) < 30 ? 'attention' : 'ok', t.panel.days(days(row))),
      },
      { title: titles.date, rank: 1, min: 10, cell: row => new Date(row.endsAt).toISOString().slice(0, 10) },
      { title: titles.file, min: 10, grows: true, cut: 'middle', cell: row => row.path },
      { title: '', rank: 2, min: 9, cell: row => (row.isAuthority ? dim(t.panel.authority) : '') },
    ],
    rows,
    { room: columns - 1, height, chosen: state.ui.node.row },
  );
};

const files: PageLines = (view, columns, height) => {
  const { state, t } = view;
  const rows = filesOf(view);
  if (!rows.length) return [[' ', dim(state.files?.paths === null ? t.panel.waiting : t.panel.nothingYet)]];
  return table<string>([{ title: t.panel.columns.file, min: 10, grows: true, cut: 'middle', cell: row => row }], rows, {
    room: columns - 1,
    height,
    chosen: state.ui.node.row,
  });
};

const pages: Record<(typeof nodeTabs)[number], PageLines> = { components, conditions, certificates, files };
