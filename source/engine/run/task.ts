import { Problem, type ProblemDetails } from '../errors.js';
import type { Emit, StepResult } from '../events.js';
import type { Task } from '../plan/plan.js';
import type { Remote } from '../remote.js';
import { parseSaid } from './protocol.js';

export interface TaskEnd {
  result: 'done' | 'same' | 'failed' | 'stopped';
  problem: ProblemDetails | null;
  /** What the script said by `say value`. */
  said: Record<string, string>;
}

/** How many of the last lines an error shows. */
const lastLines = 20;

/** Runs the script of one task as a job on its host and tells what happens step by step. Never throws for a failure over there. */
export async function runTask(
  task: Task,
  job: string,
  remote: Remote,
  variables: Record<string, string>,
  emit: Emit,
): Promise<TaskEnd> {
  const where = { task: task.id, host: task.host, phase: task.phase };
  const said: Record<string, string> = {};
  const last: string[] = [];
  let step: string | null = null;
  let begun = Date.now();
  let command: string | null = null;
  let failure: { step: string; code: number | 'verify' } | null = null;
  let changes = 0;

  const finish = (name: string, result: StepResult) => {
    emit({ type: 'step-finished', at: Date.now(), ...where, step: name, result, ms: step === name ? Date.now() - begun : 0 });
    step = null;
  };
  const onLine = (line: string) => {
    const message = parseSaid(line);
    if (!message) {
      if (last.push(line) > lastLines) last.shift();
      return emit({ type: 'step-output', at: Date.now(), ...where, step, line });
    }
    switch (message.kind) {
      case 'start':
        step = message.step;
        begun = Date.now();
        command = null;
        last.length = 0;
        return emit({
          type: 'step-started',
          at: begun,
          ...where,
          step,
          title: task.steps.find(({ id }) => id === step)!.title,
        });
      case 'run':
        command = message.text;
        last.length = 0;
        return emit({ type: 'step-output', at: Date.now(), ...where, step, line: `$ ${message.text}` });
      case 'wait':
        return emit({ type: 'step-waiting', at: Date.now(), ...where, step: step ?? '', for: message.text });
      case 'instead':
        return emit({
          type: 'source-changed',
          at: Date.now(),
          ...where,
          step: step ?? '',
          what: message.what,
          source: message.source,
        });
      case 'value':
        said[message.name] = message.value;
        return;
      case 'failed':
        failure = message;
        return finish(message.step, 'failed');
      case 'changed':
        changes += 1;
        return finish(message.step, 'changed');
      case 'same':
      case 'stopped':
        return finish(message.step, message.kind);
    }
  };

  try {
    const code = await remote.job(job, task.script, {
      variables,
      onLine,
      onLost: reason => emit({ type: 'host-lost', at: Date.now(), host: task.host, reason }),
      onBack: () => emit({ type: 'host-back', at: Date.now(), host: task.host }),
    });
    if (code === 0) return { result: changes ? 'done' : 'same', problem: null, said };
    if (code === 75) return { result: 'stopped', problem: null, said };
    return { result: 'failed', problem: stepProblem(task, failure, step, command, code, last), said };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.details.code === 'stopped') return { result: 'stopped', problem: null, said };
    return { result: 'failed', problem: { ...error.details, host: task.host, place: `${task.phase}/${step ?? ''}` }, said };
  }
}

function stepProblem(
  task: Task,
  failure: { step: string; code: number | 'verify' } | null,
  step: string | null,
  command: string | null,
  code: number | null,
  last: string[],
): ProblemDetails {
  const id = failure?.step ?? step;
  const title = task.steps.find(known => known.id === id)?.title ?? { en: task.phase, zh: task.phase };
  const details = {
    code: 'step' as const,
    host: task.host,
    place: `${task.phase}/${id ?? ''}`,
    command: {
      line: command ?? id ?? task.phase,
      exitCode: typeof failure?.code === 'number' ? failure.code : code,
      lastLines: [...last],
    },
  };
  if (!failure && code === null) {
    return {
      ...details,
      what: {
        en: `${title.en}: the script vanished without an end; it was killed, or the host restarted`,
        zh: `${title.zh}：脚本没有结束便消失；被终止或主机重启`,
      },
      remedy: { en: 'Run it again: what is done stays done.', zh: '重新运行：已完成的部分不会重做。' },
    };
  }
  if (failure?.code === 'verify') {
    return {
      ...details,
      what: { en: `${title.en}: done without an error, but still not so`, zh: `${title.zh}：执行未报错，但结果不符` },
      remedy: {
        en: 'Something else on this host undoes it. Look at the last lines, then run it again.',
        zh: '主机上有其他程序将其改回。请查看最后几行后重新运行。',
      },
    };
  }
  return {
    ...details,
    what: { en: `${title.en} failed`, zh: `${title.zh}失败` },
    remedy: {
      en: 'The last lines say why. Mend that and run it again: what is done stays done.',
      zh: '最后几行说明了原因。修复后重新运行：已完成的部分不会重做。',
    },
  };
}
