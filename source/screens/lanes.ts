import { width } from '../components/text.js';
import { type PhaseId, phaseIds } from '../engine/plan/phases.js';
import type { RunView } from '../state/run.js';

export interface LaneLayout {
  /** Phases that any host has, in order. */
  phases: PhaseId[];
  /** Columns of a host's name and of one phase. */
  name: number;
  cell: number;
  /** Where it stands what a host is doing: beside its phases, below them, or only over the log. */
  messages: 'beside' | 'below' | 'none';
  /** Hosts that are shown at once. */
  rows: number;
  /** Lines that all of this takes, with the head. */
  height: number;
}

const MESSAGE = 30;
const LOG = 6;

/** How lanes are drawn in the room that there is: the log keeps its lines, the lanes take what is left. */
export function laneLayout(run: RunView, columns: number, height: number): LaneLayout {
  const used = phaseIds.filter(phase => run.hosts.some(host => run.lanes[host]?.cells[phase]));
  const phases = used.length > 0 ? used : phaseIds.filter(phase => phase !== 'reset');
  const name = Math.min(columns >= 120 ? 18 : 8, Math.max(4, ...run.hosts.map(width)));
  const room = columns - name - 8;
  const wide = Math.floor((room - MESSAGE) / phases.length);
  const cell = wide >= 8 ? Math.min(wide, 13) : Math.max(2, Math.min(10, Math.floor(room / phases.length)));
  const most = Math.max(1, height - LOG - 3);
  const hosts = Math.max(1, run.hosts.length);
  const messages = wide >= 8 ? 'beside' : hosts * 2 <= most ? 'below' : 'none';
  const rows = Math.min(hosts, messages === 'below' ? Math.floor(most / 2) : most);
  return { phases, name, cell, messages, rows, height: 1 + rows * (messages === 'below' ? 2 : 1) };
}
