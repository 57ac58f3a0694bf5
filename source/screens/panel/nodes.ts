import { fieldLine, fieldOf } from '../../components/field.js';
import { blank, bold, dim, ends, type Line, lineWidth, yellow } from '../../components/line.js';
import { sparkline } from '../../components/spark.js';
import { type Column, table } from '../../components/table.js';
import { cut, wrap } from '../../components/text.js';
import { componentsOf } from '../../engine/panel/components.js';
import { type NodeRow, unwatched } from '../../engine/panel/rows.js';
import type { Language } from '../../engine/text.js';
import type { Catalogue } from '../../i18n/index.js';
import { memo } from '../../state/memo.js';
import { orders } from '../../state/panel/order.js';
import { allRows, hostOf, rowsShown } from '../../state/panel/state.js';
import { actKeys, hostKeys, listKeys } from './keys.js';
import { brief, gib, levelled, marked, type PanelScreen, type PanelView, timeOfDay } from './view.js';

/** Every host as a row, and below it what there is to say of the chosen one. */
export const nodes: PanelScreen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const rows = rowsShown(state);
    const detail = height >= 12 ? details(view, Math.max(6, Math.min(16, height - rows.length - 3))) : [];
    const room = height - detail.length - 1;
    const chosen = rows.findIndex(({ host }) => host === state.host);
    return [
      selection(view, rows.length),
      ...(rows.length
        ? table(columnsOf(t, columns, state.language), rows, { room: columns - 1, height: room, chosen })
        : nothing(t.panel.none, room)),
      ...detail,
    ];
  },

  field: ({ app, state }) => {
    const { typing } = state.ui.nodes;
    return typing && { field: typing, change: next => app.patchUi('nodes', { typing: next }) };
  },

  copied: ({ state }) => {
    const row = rowsShown(state).find(({ host }) => host === state.host);
    if (!row) return null;
    return [
      row.host,
      row.address,
      row.role,
      row.state[state.language],
      row.version,
      ...row.notes.map(n => n.text[state.language]),
    ]
      .filter(Boolean)
      .join('  ');
  },

  keys: view => {
    const { app, state, t } = view;
    const { nodes } = state.ui;
    const rows = rowsShown(state);
    const row = rows.findIndex(({ host }) => host === state.host);
    if (nodes.typing)
      return [
        {
          keys: ['enter'],
          does: t.keys.accept,
          run: () => app.patchUi('nodes', { filter: nodes.typing!.text.trim(), typing: null }),
        },
        { keys: ['esc'], does: t.panel.keys.clear, run: () => app.patchUi('nodes', { filter: '', typing: null }) },
      ];
    return [
      { keys: ['enter', 'l'], does: t.panel.keys.open, run: () => app.open('node') },
      ...hostKeys(view),
      { keys: ['tab'], does: t.panel.keys.cluster, run: () => app.open('cluster') },
      ...actKeys(view),
      ...listKeys(t, rows.length, row, next => rows[next] && app.choose(rows[next].host)),
      { keys: ['/'], does: t.panel.keys.filter, run: () => app.patchUi('nodes', { typing: fieldOf(nodes.filter) }) },
      {
        keys: ['o'],
        does: t.panel.keys.order,
        quiet: true,
        run: () => app.patchUi('nodes', { order: orders[(orders.indexOf(nodes.order) + 1) % orders.length]! }),
      },
      { keys: ['O'], does: t.panel.keys.reverse, quiet: true, run: () => app.patchUi('nodes', { reversed: !nodes.reversed }) },
      ...(nodes.filter ? [{ keys: ['esc'], does: t.panel.keys.clear, run: () => app.patchUi('nodes', { filter: '' }) }] : []),
    ];
  },
};

const nothing = (text: string, height: number): Line[] => [
  blank,
  [' ', dim(text)],
  ...Array.from({ length: Math.max(0, height - 2) }, () => blank),
];

/** How many are shown, and in which order; the filter while it is typed. */
function selection({ state, t, columns }: PanelView, shown: number): Line {
  const { typing, filter, order, reversed } = state.ui.nodes;
  const all = state.panel.hosts.length;
  const left: Line = typing
    ? [' ', bold(t.panel.filter), ' ', ...fieldLine(typing, Math.max(10, columns - 40))]
    : [' ', bold(t.panel.nodes(all)), filter ? dim(`  / ${filter}`) : ''];
  const right = [
    filter || typing ? t.panel.shown(shown, all) : '',
    order !== 'given' || reversed ? t.panel.sorted(t.panel.orders[order], reversed) : '',
  ];
  const others = unwatched(state.panel);
  const missing = others.length ? [yellow(cut(t.panel.unwatched(others), Math.floor(columns / 2))), ' '] : [];
  return ends(left, [...missing, dim(right.filter(Boolean).join(' · ')), ' '], columns);
}

/** Those of the highest rank go first where the screen is narrow. */
const columnsOf = memo((t: Catalogue, columns: number, language: Language): Column<NodeRow>[] => {
  const bars = columns < 100 ? 4 : 10;
  const titles = t.panel.columns;
  const dash = dim('-');
  const percent = (value: number, attention: number) =>
    levelled(value >= attention + 5 ? 'broken' : value >= attention ? 'attention' : 'ok', `${value}%`);
  return [
    { title: titles.node, min: 6, max: columns < 70 ? 12 : columns < 100 ? 20 : 30, cut: 'middle', cell: row => row.host },
    { title: titles.role, rank: 5, min: 7, max: 7, cell: row => dim(t.panel.roles[row.role]) },
    { title: titles.state, min: 8, max: 16, cell: row => marked(row.level, row.state[language]) },
    { title: titles.version, rank: 6, min: 8, max: 12, cell: row => row.version ?? dash },
    {
      title: titles.cpu,
      rank: 2,
      min: bars + 5,
      max: bars + 5,
      cell: row => (row.cpu ? `${sparkline(row.cpu.history, bars)} ${String(row.cpu.percent).padStart(3)}%` : dash),
    },
    {
      title: titles.memory,
      rank: 3,
      min: 8,
      max: 8,
      align: 'right',
      cell: row => (row.memory ? `${gib(row.memory.usedMiB)}/${gib(row.memory.totalMiB)}G` : dash),
    },
    {
      title: titles.disk,
      rank: 1,
      min: 4,
      max: 4,
      align: 'right',
      cell: row => (row.disk ? percent(row.disk.usedPercent, 85) : dash),
    },
    { title: titles.load, rank: 8, min: 5, max: 5, align: 'right', cell: row => row.load?.toFixed(1) ?? dash },
    { title: titles.pods, rank: 4, min: 4, max: 4, align: 'right', cell: row => (row.pods === null ? dash : String(row.pods)) },
    {
      title: titles.skew,
      rank: 10,
      min: 6,
      max: 6,
      align: 'right',
      cell: row => (row.clockSkewMs === null ? dash : `${(row.clockSkewMs / 1000).toFixed(1)}s`),
    },
    {
      title: titles.certs,
      rank: 9,
      min: 6,
      max: 6,
      align: 'right',
      cell: row =>
        row.certificateDays === null
          ? dash
          : levelled(
              row.certificateDays < 0 ? 'broken' : row.certificateDays < 30 ? 'attention' : 'ok',
              `${row.certificateDays}d`,
            ),
    },
    {
      title: titles.up,
      rank: 11,
      min: 6,
      max: 6,
      align: 'right',
      cell: row => (row.uptimeSeconds === null ? dash : brief(row.uptimeSeconds, language)),
    },
    {
      title: titles.age,
      rank: 7,
      min: 6,
      max: 6,
      align: 'right',
      cell: row => (row.ageSeconds === null ? dash : brief(row.ageSeconds, language)),
    },
    {
      title: titles.note,
      min: columns < 100 ? 10 : 32,
      grows: true,
      cell: row => {
        const [note] = row.notes;
        if (note) return levelled(note.level, note.text[language]);
        return row.lastEvent ? dim(row.lastEvent.reason) : '';
      },
    },
  ];
});

/** What there is to say of the chosen host, in `height` lines: what is wrong, its components; then the cluster's events. */
function details({ state, t, columns }: PanelView, height: number): Line[] {
  const { language } = state;
  const row = allRows(state).find(({ host }) => host === state.host)!;
  const notes = row.notes.flatMap(({ level, text }) =>
    wrap(text[language], columns - 4).map((line, i): Line => [i === 0 ? ' ' : '   ', i === 0 ? marked(level, line) : line]),
  );
  const parts = componentsOf(hostOf(state)).filter(({ image, log, level }) => image || log || level === 'broken');
  const pieces = parts.map(({ title, level, state: said, restarts }) => [
    ' ',
    marked(level, title),
    level === 'ok' ? '' : dim(` ${said[language]}`),
    restarts ? dim(` ${t.panel.restarts(restarts)}`) : '',
    ' ',
  ]);
  const components: Line[] = [];
  for (const piece of pieces) {
    const last = components.at(-1);
    if (last && lineWidth(last) + lineWidth(piece) < columns - 2) components[components.length - 1] = [...last, ...piece];
    else components.push(piece);
  }
  const events = (state.panel.api?.events ?? [])
    .slice(0, height)
    .map(
      ({ at, type, reason, name, message }): Line => [
        ' ',
        dim(timeOfDay(at)),
        ' ',
        name,
        ' ',
        type === 'Warning' ? levelled('attention', reason) : bold(reason),
        ' ',
        dim(message),
      ],
    );
  const facts = [
    row.address,
    t.panel.roles[row.role],
    row.version,
    row.uptimeSeconds === null ? null : `${t.panel.uptime} ${brief(row.uptimeSeconds, language)}`,
    row.load === null ? null : `${t.panel.columns.load.toLowerCase()} ${row.load.toFixed(1)}`,
    row.certificateDays === null ? null : t.panel.certs(row.certificateDays),
  ].filter(fact => fact !== null);
  const lines: Line[] = [
    [dim('─'.repeat(columns))],
    [' ', bold(row.host), dim(`  ${facts.join(' · ')}`)],
    ...notes.slice(0, Math.max(1, height - 5)),
    ...components,
    ...(events.length ? [[' ', bold(t.panel.events)] as Line, ...events] : []),
  ];
  return Array.from({ length: height }, (_, i) => lines[i] ?? blank);
}
