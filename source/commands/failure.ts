import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Problem, type ProblemCode } from '../engine/errors.js';
import type { Language } from '../engine/text.js';
import { problemCard } from '../views/card.js';
import { jsonView } from '../views/json.js';
import { presentLog } from '../views/log.js';
import { stateFolder } from '../views/state-folder.js';
import { type ExitCode, exit } from './exit.js';

/** What a problem means for whoever started the command. */
export const exitOf = (code: ProblemCode): ExitCode => exits[code];

const exits: Record<ProblemCode, ExitCode> = {
  spec: exit.usage,
  unreachable: exit.unfit,
  'host-key': exit.unfit,
  login: exit.unfit,
  sudo: exit.unfit,
  preflight: exit.unfit,
  step: exit.failed,
  lost: exit.failed,
  locked: exit.unfit,
  stopped: exit.stopped,
  internal: exit.failed,
};

export interface Listener {
  language: Language;
  json: boolean;
  /** The operator has asked to stop. */
  isStopped: boolean;
  /** A line for people. */
  write: (line: string) => void;
  /** A line for programs. */
  print: (line: string) => void;
}

/**
 * Tells whatever ended a command: a problem as its card, a stop as such, and a fault of ours in one sentence, with its stack in
 * the log.
 */
export function tellFailure(error: unknown, { language, json, isStopped, write, print }: Listener): ExitCode {
  if (isStopped && (isAbort(error) || (error instanceof Problem && error.details.code === 'stopped'))) {
    write({ en: 'Stopped. No host has been changed.', zh: '已停止。没有更改任何主机。' }[language]);
    return exit.stopped;
  }
  if (error instanceof Problem) {
    presentLog()?.write(problemCard(error.details, 'en').join('\n'));
    if (json) jsonView(print).event({ at: Date.now(), type: 'problem', task: null, problem: error.details });
    else problemCard(error.details, language, presentLog()?.path).forEach(write);
    return exitOf(error.details.code);
  }
  const path = keepFault(error);
  const message = error instanceof Error ? error.message : String(error);
  const where = path && { en: ` The details lie in ${path};`, zh: `详情见 ${path}；` };
  write(
    {
      en: `✗ This is a fault of k8s-tui itself: ${message}.${where ? where.en : ' The details could not be written anywhere;'} the same command can be run again.`,
      zh: `✗ 这是 k8s-tui 自身的错误：${message}。${where ? where.zh : '详情无处可写；'}可以再次执行同一命令。`,
    }[language],
  );
  return exit.failed;
}

const isAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError';

/** @returns where it was written to; null where nothing can be written, e.g. on a full disk */
function keepFault(error: unknown): string | null {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const log = presentLog();
  if (log) {
    log.write(text);
    return log.path;
  }
  const path = join(stateFolder(), 'faults.log');
  try {
    mkdirSync(stateFolder(), { recursive: true, mode: 0o700 });
    appendFileSync(path, `${new Date().toISOString()}  ${text}\n`, { mode: 0o600 });
    return path;
  } catch {
    return null;
  }
}
