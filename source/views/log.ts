import { closeSync, fdatasyncSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineEvent } from '../engine/events.js';
import { servedBy } from '../engine/sources/stand-in.js';
import { findingCard, problemCard } from './card.js';
import { stateFolder } from './state-folder.js';
import { statusTable } from './status.js';
import type { View } from './view.js';

export interface RunLog extends View {
  path: string;
  /** A line of text, e.g. the stack of a fault of ours. */
  write(text: string): void;
  close(): void;
}

/**
 * The whole of a run as text, in a file of its own that only the operator can read: `<state folder>/<cluster>/run-<n>.log`.
 * Written at once, line by line, so that it is there after a crash of the program; and where it counts, after one of the machine.
 * @param onTrouble told once where no more can be written, e.g. on a full disk; it is tried again with every line
 * @throws the file system's error where it cannot be made
 */
export function openRunLog(
  cluster: string,
  { now = Date.now, onTrouble = () => {} }: { now?: () => number; onTrouble?: (why: string) => void } = {},
): RunLog {
  const folder = join(stateFolder(), cluster);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { path, file } = nextFile(folder);
  let isInTrouble = false;
  const lines = (at: number, texts: string[], counts = false) => {
    const time = new Date(at).toISOString();
    try {
      writeSync(file, texts.map(text => `${time}  ${text}\n`).join(''));
      if (counts) fdatasyncSync(file);
    } catch (error) {
      if (isInTrouble) return;
      isInTrouble = true;
      onTrouble((error as Error).message);
    }
  };
  const write = (text: string) => lines(now(), text.split('\n'));
  const log: RunLog = {
    path,
    write,
    event: event => lines(event.at, textOf(event), counting.has(event.type)),
    tick: () => {},
    findings: findings =>
      lines(
        now(),
        findings.flatMap(finding => findingCard(finding, 'en')),
      ),
    plan: plan =>
      lines(
        now(),
        plan.tasks.map(
          ({ id, steps }) => `plan ${id}: ${steps.map(step => (step.state === 'same' ? '' : '+') + step.id).join(' ')}`,
        ),
      ),
    status: status => lines(now(), statusTable(status, 'en')),
    close: () => {
      present = null;
      closeSync(file);
    },
  };
  present = log;
  return log;
}

/** Where a host stands. */
const counting = new Set<EngineEvent['type']>(['run-started', 'task-finished', 'problem', 'run-finished']);

/** The log that is open now: a fault of ours is written there, wherever it comes up. */
let present: RunLog | null = null;
export const presentLog = (): RunLog | null => present;

function nextFile(folder: string): { path: string; file: number } {
  const numbers = readdirSync(folder).map(name => Number(/^run-(\d+)\.log$/.exec(name)?.[1] ?? 0));
  for (let n = Math.max(0, ...numbers) + 1; ; n++) {
    const path = join(folder, `run-${n}.log`);
    try {
      return { path, file: openSync(path, 'wx', 0o600) };
    } catch (error) {
      // Another run took this number at the same moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function textOf(event: EngineEvent): string[] {
  switch (event.type) {
    case 'run-started':
      return [
        `run of ${event.cluster} on ${event.hosts.join(', ')}`,
        ...event.tasks.map(task => `task ${task.id}: ${task.steps.join(' ')}`),
      ];
    case 'task-started':
      return [`${event.task}  started`];
    case 'task-waiting':
      return [`${event.task}  waits for ${event.for.en}`];
    case 'task-finished':
      return [`${event.task}  ${event.result} in ${event.ms} ms`];
    case 'step-started':
      return [`${event.task}  ${event.step}: ${event.title.en}`];
    case 'step-output':
      return [`${event.task}  ${event.step ?? '-'} | ${event.line}`];
    case 'step-waiting':
      return [`${event.task}  ${event.step} waits: ${event.for}`];
    case 'source-changed':
      return [`${event.task}  ${servedBy(event).en}`];
    case 'step-finished':
      return [`${event.task}  ${event.step} ${event.result} in ${event.ms} ms`];
    case 'problem':
      return problemCard(event.problem, 'en');
    case 'host-lost':
      return [`${event.host}  line lost: ${event.reason}`];
    case 'host-back':
      return [`${event.host}  line is back`];
    case 'note':
      return [event.text.en];
    case 'run-finished':
      return [`run ${event.result} in ${event.ms} ms`, ...event.hosts.map(({ host, state }) => `${host}: ${state.en}`)];
  }
}
