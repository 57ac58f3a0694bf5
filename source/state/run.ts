import type { ProblemDetails } from '../engine/errors.js';
import type { EngineEvent } from '../engine/events.js';
import { type PhaseId, phaseIds } from '../engine/plan/phases.js';
import { servedBy } from '../engine/sources/stand-in.js';
import type { Text } from '../engine/text.js';

export type CellState = 'pending' | 'waiting' | 'running' | 'done' | 'same' | 'failed' | 'stopped' | 'skipped';

/** One phase on one host. */
export interface Cell {
  state: CellState;
  /** Tasks in all, and how many have ended. */
  tasks: number;
  tasksEnded: number;
  /** Steps in all, and how many have ended. */
  steps: number;
  ended: number;
  changed: number;
  /** The step at work, and since when. */
  step: { id: string; title: Text; since: number } | null;
  waitsFor: Text | null;
  startedAt: number | null;
  ms: number | null;
}

export interface Lane {
  cells: Partial<Record<PhaseId, Cell>>;
  /** Why the line to the host is gone, while it is gone. */
  lost: string | null;
  /** When the host last said anything. */
  heardAt: number | null;
}

/** What the screens know of a run: a fold over its events. */
export interface RunView {
  state: 'idle' | 'running' | 'done' | 'same' | 'failed' | 'stopped';
  startedAt: number | null;
  ms: number | null;
  hosts: string[];
  lanes: Record<string, Lane>;
  problems: ProblemDetails[];
  notes: Text[];
  /** What came from a stand-in, since the source that was chosen failed. */
  standIns: { host: string; text: Text }[];
  /** What state each host was left in. */
  left: { host: string; state: Text }[];
  /** When each phase began on its first host and ended on its last. */
  spans: Partial<Record<PhaseId, { from: number; to: number }>>;
}

export const noRun: RunView = {
  state: 'idle',
  startedAt: null,
  ms: null,
  hosts: [],
  lanes: {},
  problems: [],
  notes: [],
  standIns: [],
  left: [],
  spans: {},
};

const freshCell = (tasks: number, steps: number): Cell => ({
  state: 'pending',
  tasks,
  tasksEnded: 0,
  steps,
  ended: 0,
  changed: 0,
  step: null,
  waitsFor: null,
  startedAt: null,
  ms: null,
});

export function reduceRun(run: RunView, event: EngineEvent): RunView {
  switch (event.type) {
    case 'run-started': {
      const lanes: RunView['lanes'] = {};
      for (const host of event.hosts) lanes[host] = { cells: {}, lost: null, heardAt: null };
      for (const task of event.tasks) {
        const lane = lanes[task.host];
        const { tasks = 0, steps = 0 } = lane?.cells[task.phase] ?? {};
        if (lane) lane.cells[task.phase] = freshCell(tasks + 1, steps + task.steps.length);
      }
      return { ...noRun, state: 'running', startedAt: event.at, hosts: event.hosts, lanes };
    }
    case 'task-started':
      return withSpan(
        onCell(run, event, () => ({ state: 'running', startedAt: event.at, waitsFor: null })),
        event.phase,
        event.at,
      );
    case 'task-waiting':
      return onCell(run, event, () => ({ state: 'waiting', waitsFor: event.for }));
    case 'step-started':
      return onCell(run, event, () => ({
        state: 'running',
        step: { id: event.step, title: event.title, since: event.at },
        waitsFor: null,
      }));
    case 'step-waiting':
      return onCell(run, event, () => ({ waitsFor: { en: event.for, zh: event.for } }));
    case 'source-changed':
      return { ...run, standIns: [...run.standIns, { host: event.host, text: servedBy(event) }] };
    case 'step-output':
      return onLane(run, event.host, () => ({ heardAt: event.at }));
    case 'step-finished':
      return onCell(run, event, cell => ({
        ended: Math.min(cell.steps, cell.ended + 1),
        changed: cell.changed + (event.result === 'changed' ? 1 : 0),
        step: event.result === 'failed' ? cell.step : null,
        waitsFor: null,
      }));
    case 'task-finished':
      return withSpan(
        onCell(run, event, cell => endTask(cell, event)),
        event.result === 'skipped' ? null : event.phase,
        event.at,
      );
    case 'problem':
      return { ...run, problems: [...run.problems, event.problem] };
    case 'host-lost':
      return onLane(run, event.host, () => ({ lost: event.reason }));
    case 'host-back':
      return onLane(run, event.host, () => ({ lost: null, heardAt: event.at }));
    case 'note':
      return { ...run, notes: [...run.notes, event.text] };
    case 'run-finished':
      return { ...run, state: event.result, ms: event.ms, left: event.hosts };
  }
}

/** A phase has ended on a host when its last task has; a failure stands at once. */
function endTask(cell: Cell, { result, ms }: Extract<EngineEvent, { type: 'task-finished' }>): Partial<Cell> {
  const tasksEnded = cell.tasksEnded + 1;
  const ended = { tasksEnded, ms: (cell.ms ?? 0) + ms, waitsFor: null };
  if (cell.state === 'failed' || result === 'failed') return { ...ended, state: 'failed' };
  if (tasksEnded < cell.tasks && (result === 'done' || result === 'same')) return { ...ended, state: 'pending', step: null };
  const state = cell.changed > 0 && result === 'same' ? 'done' : result;
  return { ...ended, state, step: null };
}

function onLane(run: RunView, host: string, change: (lane: Lane) => Partial<Lane>): RunView {
  const lane = run.lanes[host];
  return lane ? { ...run, lanes: { ...run.lanes, [host]: { ...lane, ...change(lane) } } } : run;
}

function onCell(
  run: RunView,
  { host, phase, at }: { host: string; phase: PhaseId; at: number },
  change: (cell: Cell) => Partial<Cell>,
): RunView {
  return onLane(run, host, lane => {
    const cell = lane.cells[phase] ?? freshCell(1, 0);
    return { heardAt: at, cells: { ...lane.cells, [phase]: { ...cell, ...change(cell) } } };
  });
}

function withSpan(run: RunView, phase: PhaseId | null, at: number): RunView {
  if (!phase) return run;
  const span = run.spans[phase];
  return { ...run, spans: { ...run.spans, [phase]: { from: span?.from ?? at, to: at } } };
}

/** The cell that says best what a host is doing: the one at work, else the one that waits, else the last that ended. */
export function presentCell(lane: Lane): { phase: PhaseId; cell: Cell } | null {
  const cells = phaseIds.flatMap(phase => (lane.cells[phase] ? [{ phase, cell: lane.cells[phase] }] : []));
  return (
    cells.find(({ cell }) => cell.state === 'failed') ??
    cells.find(({ cell }) => cell.state === 'running') ??
    cells.find(({ cell }) => cell.state === 'waiting') ??
    cells.findLast(({ cell }) => cell.state !== 'pending') ??
    null
  );
}

/** What a host is doing now: some phases run beside each other. */
export const runningCells = (lane: Lane): Cell[] =>
  phaseIds.flatMap(phase => (lane.cells[phase]?.state === 'running' ? [lane.cells[phase]] : []));

/** Hosts on which a step changed something, or failed and may have. */
export const changedHosts = (run: RunView): string[] =>
  run.hosts.filter(host =>
    Object.values(run.lanes[host]?.cells ?? {}).some(
      cell => cell.changed > 0 || (cell.state === 'failed' && cell.step !== null),
    ),
  );
