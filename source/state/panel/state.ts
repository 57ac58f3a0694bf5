import type { Field } from '../../components/field.js';
import type { ProblemDetails } from '../../engine/errors.js';
import type { Act } from '../../engine/panel/acts.js';
import { type NodeRow, nodeRows } from '../../engine/panel/rows.js';
import { emptyPanel, type PanelState } from '../../engine/panel/state.js';
import type { ClusterSpec } from '../../engine/spec/schema.js';
import type { Language } from '../../engine/text.js';
import { memo } from '../memo.js';
import type { Question } from '../questions.js';
import { type Order, shownRows } from './order.js';
import type { Range, Source } from './source.js';

export type Page = 'nodes' | 'node' | 'cluster' | 'reader';
export const nodeTabs = ['components', 'conditions', 'certificates', 'files'] as const;
export type NodeTab = (typeof nodeTabs)[number];
export const clusterTabs = ['health', 'pods', 'events', 'etcd'] as const;
export type ClusterTab = (typeof clusterTabs)[number];

/** What is read: a log, a file, what an act says. Its lines are in the app's ring: the state counts their versions. */
export interface ReaderView {
  /** null: what an act says. */
  source: Source | null;
  title: string;
  /** The same by hand. */
  command: string | null;
  state: 'reading' | 'following' | 'ended' | 'failed';
  problem: ProblemDetails | null;
  range: Range;
  follow: boolean;
  /** The line that the eye is on, by its number; null: the last one. */
  at: number | null;
  wrap: boolean;
  search: Field | null;
  wanted: string;
  version: number;
}

export interface PanelAppState {
  language: Language;
  simulation: boolean;
  spec: ClusterSpec;
  panel: PanelState;
  /** The way to the page that is shown, which is the last. */
  pages: Page[];
  /** The host that is chosen. */
  host: string;
  overlay: 'help' | 'quit' | 'act' | 'palette' | null;
  /** What is to be confirmed. */
  act: (Act & { host: string }) | null;
  /** An act is being done. */
  acting: boolean;
  /** What a drain has said so far. */
  draining: readonly string[] | null;
  /** What there is to read on a host; null while it is being asked. */
  files: { host: string; paths: string[] | null } | null;
  reader: ReaderView | null;
  /** The host whose shell has the terminal. */
  away: string | null;
  questions: Question[];
  notice: { level: 'good' | 'bad' | 'plain'; text: string } | null;
  ui: {
    nodes: { filter: string; typing: Field | null; order: Order; reversed: boolean };
    node: { tab: NodeTab; row: number };
    cluster: { tab: ClusterTab; row: number };
    palette: { field: Field; row: number };
    question: { row: number; length: number; shown: boolean; forAll: boolean };
    help: { scroll: number };
  };
}

export const firstPanelState = (spec: ClusterSpec, language: Language, simulation: boolean, now: number): PanelAppState => ({
  language,
  simulation,
  spec,
  panel: emptyPanel(spec, now),
  pages: ['nodes'],
  host: spec.hosts[0]!.name,
  overlay: null,
  act: null,
  acting: false,
  draining: null,
  files: null,
  reader: null,
  away: null,
  questions: [],
  notice: null,
  ui: {
    nodes: { filter: '', typing: null, order: 'given', reversed: false },
    node: { tab: 'components', row: 0 },
    cluster: { tab: 'health', row: 0 },
    palette: { field: { text: '', cursor: 0 }, row: 0 },
    question: { row: 0, length: 0, shown: false, forAll: true },
    help: { scroll: 0 },
  },
});

export const pageOf = ({ pages }: PanelAppState): Page => pages.at(-1)!;
export const hostOf = ({ panel, host }: PanelAppState) => panel.hosts.find(({ name }) => name === host)!;

/** All nodes as rows. */
export const allRows = ({ panel }: PanelAppState): NodeRow[] => nodeRows(panel);
/** Those that are shown: filtered and sorted. */
export function rowsShown(state: PanelAppState): NodeRow[] {
  const { typing, filter, order, reversed } = state.ui.nodes;
  return shown(allRows(state), typing?.text ?? filter, order, reversed, state.language);
}
const shown = memo((rows: NodeRow[], filter: string, order: Order, reversed: boolean, language: Language) =>
  shownRows(rows, { filter, order, reversed }, language),
);
