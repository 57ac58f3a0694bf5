import { sized, width } from '../components/text.js';
import { healthConditions, isHealthy } from '../engine/panel/conditions.js';
import { type Level, type NodeRow, nodeRows } from '../engine/panel/rows.js';
import type { PanelState } from '../engine/panel/state.js';
import { type Language, span, type Text } from '../engine/text.js';

/** Nodes as a table, what is the matter with each, and the conditions that the cluster does not meet. */
export function statusTable(state: PanelState, language: Language): string[] {
  const t = (text: Text) => text[language];
  const nodes = nodeRows(state);
  const rows = [words.columns.map(t), ...nodes.map(node => cells(node, t))];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => width(row[column]!))));
  const notes = nodes.flatMap(({ host, notes }) => notes.map(({ level, text }) => `${marks[level]} ${host}: ${t(text)}`));
  const conditions = healthConditions(state)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, title, text }) => `${marks[level]} ${t(title)}: ${t(text)}`);
  return [
    ...rows.map(row =>
      row
        .map((cell, column) => sized(cell, widths[column]!))
        .join('  ')
        .trimEnd(),
    ),
    ...notes,
    ...conditions,
    t(isHealthy(state) ? words.healthy : words.unhealthy),
  ];
}

/** The same for programs. */
export const statusObject = (state: PanelState) => ({
  cluster: state.cluster,
  healthy: isHealthy(state),
  nodes: nodeRows(state),
  conditions: healthConditions(state),
  etcd: state.api?.etcd ?? null,
});

function cells(node: NodeRow, t: (text: Text) => string): string[] {
  const { memory, disk, cpu } = node;
  const orDash = (value: string | number | null | undefined) => (value === null || value === undefined ? '-' : String(value));
  return [
    node.host,
    t(words.roles[node.role]),
    t(node.state),
    orDash(node.version),
    orDash(cpu && `${cpu.percent}%`),
    orDash(memory && `${gib(memory.usedMiB)}/${gib(memory.totalMiB)}G`),
    orDash(disk && `${disk.usedPercent}%`),
    orDash(node.pods),
    orDash(node.certificateDays === null ? null : `${node.certificateDays}d`),
    orDash(node.uptimeSeconds === null ? null : t(span(node.uptimeSeconds)).replace(' ', '')),
  ];
}

const gib = (mib: number) => (mib / 1024).toFixed(1);
const marks: Record<Level, string> = { ok: '✓', attention: '!', broken: '✗', unknown: '?' };

const words = {
  columns: [
    { en: 'NODE', zh: '节点' },
    { en: 'ROLE', zh: '角色' },
    { en: 'STATE', zh: '状态' },
    { en: 'VERSION', zh: '版本' },
    { en: 'CPU', zh: 'CPU' },
    { en: 'MEMORY', zh: '内存' },
    { en: 'DISK', zh: '磁盘' },
    { en: 'PODS', zh: 'Pod' },
    { en: 'CERTS', zh: '证书' },
    { en: 'UP', zh: '运行' },
  ] as Text[],
  roles: {
    'control-plane': { en: 'control plane', zh: '控制平面' },
    worker: { en: 'worker', zh: '工作节点' },
  } satisfies Record<NodeRow['role'], Text>,
  healthy: { en: '✓ healthy', zh: '✓ 健康' },
  unhealthy: { en: '✗ not healthy', zh: '✗ 不健康' },
};
