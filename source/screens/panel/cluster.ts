import { blank, bold, dim, type Line, red } from '../../components/line.js';
import { table } from '../../components/table.js';
import type { ApiEvent, ApiPod, EtcdReport } from '../../engine/panel/api-report.js';
import { type HealthCondition, healthConditions, latePods } from '../../engine/panel/conditions.js';
import { freshApi } from '../../engine/panel/state.js';
import { clusterTabs } from '../../state/panel/state.js';
import { listKeys } from './keys.js';
import { tabs, withWords } from './parts.js';
import { brief, levelled, marked, type PanelScreen, type PanelView, timeOfDay } from './view.js';

/** The cluster as a whole. */
export const cluster: PanelScreen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const { tab } = state.ui.cluster;
    return [tabs(clusterTabs, tab, t.panel.clusterTabs), blank, ...pages[tab](view, columns, height - 2)];
  },

  copied: view => {
    const { tab, row } = view.state.ui.cluster;
    const { language } = view.state;
    if (tab === 'health') {
      const found = healthConditions(view.state.panel)[row];
      return found ? `${found.title[language]}: ${found.text[language]}` : null;
    }
    if (tab === 'pods') {
      const pod = late(view)[row];
      return pod ? `${pod.namespace}/${pod.name} ${pod.status} ${pod.message ?? ''}`.trim() : null;
    }
    const event = tab === 'events' ? eventsOf(view)[row] : undefined;
    return event ? `${event.kind} ${event.name} ${event.reason} ${event.message}` : null;
  },

  keys: view => {
    const { app, state, t } = view;
    const { tab, row } = state.ui.cluster;
    const length = {
      health: healthConditions(state.panel).length,
      pods: late(view).length,
      events: eventsOf(view).length,
      etcd: 0,
    }[tab];
    const turn = (by: number) =>
      app.patchUi('cluster', {
        tab: clusterTabs[(clusterTabs.indexOf(tab) + by + clusterTabs.length) % clusterTabs.length]!,
        row: 0,
      });
    const pod = tab === 'pods' ? late(view)[row] : undefined;
    return [
      ...(pod
        ? [
            {
              keys: ['enter', 'x'],
              does: t.panel.keys.describe,
              run: () => app.read({ kind: 'describe', host: state.panel.api!.host, pod }),
            },
          ]
        : []),
      { keys: ['tab', 'right'], shown: 'tab', does: t.panel.keys.tab, run: () => turn(1) },
      { keys: ['shift-tab', 'left'], does: t.panel.keys.tabBack, quiet: true, run: () => turn(-1) },
      ...listKeys(t, length, row, next => app.patchUi('cluster', { row: Math.max(0, next) })).map((binding, i) => ({
        ...binding,
        quiet: i > 0,
      })),
      { keys: ['esc'], does: t.keys.back, run: () => app.back() },
    ];
  },
};

function late({ state }: PanelView): ApiPod[] {
  const report = freshApi(state.panel);
  return report ? latePods(report) : [];
}
const eventsOf = ({ state }: PanelView): ApiEvent[] => state.panel.api?.events ?? [];

type PageLines = (view: PanelView, columns: number, height: number) => Line[];

const health: PageLines = ({ state, t }, room, height) =>
  withWords<HealthCondition>(
    [
      { title: t.panel.columns.condition, min: 12, max: 24, cell: row => row.title[state.language] },
      { title: t.panel.columns.state, min: 10, grows: true, cell: row => marked(row.level, row.text[state.language]) },
    ],
    healthConditions(state.panel),
    row => row.text[state.language],
    { row: state.ui.cluster.row, room, height },
  );

const pods: PageLines = (view, room, height) => {
  const { state, t } = view;
  if (!freshApi(state.panel)) return [[' ', red(t.panel.noApi)]];
  const rows = late(view);
  if (!rows.length) return [[' ', marked('ok', t.panel.allPodsRun)]];
  const titles = t.panel.columns;
  return withWords<ApiPod>(
    [
      { title: titles.pod, min: 16, max: 46, cut: 'middle', cell: row => `${row.namespace}/${row.name}` },
      { title: titles.state, min: 10, max: 22, cell: row => levelled('broken', row.status) },
      { title: titles.restarts, rank: 3, align: 'right', cell: row => String(row.restarts) },
      { title: titles.node, rank: 2, min: 4, max: 14, cell: row => row.node ?? dim('-') },
      {
        title: titles.age,
        rank: 1,
        min: 4,
        align: 'right',
        cell: row => brief((state.panel.at - row.createdAt) / 1000, state.language),
      },
      { title: titles.reason, min: 10, grows: true, cell: row => row.message ?? '' },
    ],
    rows,
    row => `${row.namespace}/${row.name}: ${row.status}${row.message ? `: ${row.message}` : ''}`,
    { row: state.ui.cluster.row, room, height },
  );
};

const events: PageLines = (view, room, height) => {
  const { state, t } = view;
  const rows = eventsOf(view);
  if (!rows.length) return [[' ', dim(state.panel.api ? t.panel.noEvents : t.panel.noApi)]];
  const titles = t.panel.columns;
  return withWords<ApiEvent>(
    [
      { title: titles.time, min: 8, max: 8, cell: row => dim(timeOfDay(row.at)) },
      { title: titles.of, min: 12, max: 34, cut: 'middle', cell: row => `${row.kind.toLowerCase()} ${row.name}` },
      {
        title: titles.event,
        min: 10,
        max: 24,
        cell: row => (row.type === 'Warning' ? levelled('attention', row.reason) : row.reason),
      },
      { title: titles.reason, min: 24, grows: true, cell: row => row.message },
    ],
    rows,
    row => `${row.kind.toLowerCase()} ${row.name}: ${row.message}${row.count > 1 ? ` (×${row.count})` : ''}`,
    { row: state.ui.cluster.row, room, height },
  );
};

const mb = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;

const etcd: PageLines = ({ state, t }, room, height) => {
  const report = state.panel.api?.etcd;
  if (!report) return [[' ', dim(t.panel.noEtcd)]];
  const titles = t.panel.columns;
  const role = (member: EtcdReport['members'][number]) =>
    member.isLeader ? t.panel.leader : member.isLearner ? t.panel.learner : t.panel.member;
  return [
    [
      ' ',
      bold(`etcd ${report.version}`),
      `  ${t.panel.size(mb(report.sizeBytes), report.quotaBytes === null ? null : mb(report.quotaBytes))}`,
    ],
    ...(report.alarms.length ? [[' ', red(`✗ ${t.panel.alarms}: ${report.alarms.join(', ')}`)] as Line] : []),
    blank,
    ...table(
      [
        { title: titles.member, min: 8, cell: row => row.name },
        { title: titles.role, min: 8, cell: row => role(row) },
        { title: titles.address, min: 10, grows: true, cell: row => row.peerUrls.join(' ') },
      ],
      report.members,
      { room: room - 1, height: height - 3, chosen: -1 },
    ),
  ];
};

const pages: Record<(typeof clusterTabs)[number], PageLines> = { health, pods, events, etcd };
