import type { Level, NodeRow } from '../../engine/panel/rows.js';
import type { Language } from '../../engine/text.js';

/** What the nodes can be sorted by; `given` is the order of cluster.yaml. */
export const orders = ['given', 'state', 'name', 'cpu', 'memory', 'disk', 'pods', 'age'] as const;
export type Order = (typeof orders)[number];

const gravity: Record<Level, number> = { broken: 0, unknown: 1, attention: 2, ok: 3 };
const share = ({ memory }: NodeRow) => (memory?.totalMiB ? memory.usedMiB / memory.totalMiB : -1);

/** The greater comes first, but names and states: those as they are read. */
const compare: Record<Exclude<Order, 'given'>, (a: NodeRow, b: NodeRow) => number> = {
  state: (a, b) => gravity[a.level] - gravity[b.level],
  name: (a, b) => a.host.localeCompare(b.host, 'en', { numeric: true }),
  cpu: (a, b) => (b.cpu?.percent ?? -1) - (a.cpu?.percent ?? -1),
  memory: (a, b) => share(b) - share(a),
  disk: (a, b) => (b.disk?.usedPercent ?? -1) - (a.disk?.usedPercent ?? -1),
  pods: (a, b) => (b.pods ?? -1) - (a.pods ?? -1),
  age: (a, b) => (b.ageSeconds ?? -1) - (a.ageSeconds ?? -1),
};

export interface Selection {
  /** Words that a row has to hold: in its name, address, role, state or notes. */
  filter: string;
  order: Order;
  reversed: boolean;
}

/** The rows that are shown, in the order in which they are. Equal ones keep the order of cluster.yaml. */
export function shownRows(rows: readonly NodeRow[], { filter, order, reversed }: Selection, language: Language): NodeRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (row: NodeRow) =>
    [row.host, row.address, row.role, row.state[language], row.version, ...row.notes.map(note => note.text[language])]
      .join(' ')
      .toLowerCase();
  const shown = words.length ? rows.filter(row => words.every(word => text(row).includes(word))) : [...rows];
  if (order !== 'given') shown.sort(compare[order]);
  return reversed ? shown.reverse() : shown;
}
