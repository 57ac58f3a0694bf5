import { randomBytes, randomInt } from 'node:crypto';
import { type KubeconfigPlace, saveKubeconfig } from '../cluster/kubeconfig.js';
import { Problem, type ProblemDetails } from '../errors.js';
import type { Emit } from '../events.js';
import { founder } from '../facts/founder.js';
import { variables } from '../plan/make.js';
import type { PhaseId } from '../plan/phases.js';
import { phases } from '../plan/phases.js';
import { isNeeded, type Plan, type Task } from '../plan/plan.js';
import type { Remote } from '../remote.js';
import type { Text } from '../text.js';
import type { Holder } from './holder.js';
import { lockHosts } from './lock.js';
import { runTask, type TaskEnd } from './task.js';

export interface RunOptions {
  emit: Emit;
  /** Stop at once. */
  signal?: AbortSignal;
  /** Stop after the present step of every host. */
  stop?: AbortSignal;
  /** The operator's kubeconfig; its usual place unless told, false to leave it alone. */
  kubeconfig?: string | false;
  /** Whether the hosts that somebody else is changing are taken from them; no, unless told. */
  takeOver?: (holders: Holder[]) => Promise<boolean>;
}

export interface Outcome {
  result: 'done' | 'same' | 'failed' | 'stopped';
  problems: ProblemDetails[];
  kubeconfig?: KubeconfigPlace;
  /** Milliseconds of each task. */
  timings: { task: string; host: string; phase: PhaseId; ms: number }[];
}

/** Several tasks of a host hear that its line broke, and that it is back: told is the first of each. */
function linesOnce(emit: Emit): Emit {
  const lost = new Set<string>();
  return event => {
    if (event.type === 'host-back' && !lost.delete(event.host)) return;
    if (event.type === 'host-lost') {
      if (lost.has(event.host)) return;
      lost.add(event.host);
    }
    emit(event);
  };
}

/**
 * Carries out a plan: every task as soon as the tasks that it needs are done, on all hosts at once. A task that fails
 * stops only those that need it. A plan that was checked has its finished tasks skipped. The hosts are locked meanwhile.
 * @throws Problem locked, before anything has been changed
 */
export async function run(
  plan: Pick<Plan, 'spec' | 'tasks' | 'values'> & Partial<Pick<Plan, 'facts'>>,
  remotes: Record<string, Remote>,
  options: RunOptions,
): Promise<Outcome> {
  const emit = linesOnce(options.emit);
  const now = () => Date.now();
  const begun = now();
  const isSame = (task: Task) => task.steps.every(step => step.state === 'same');
  const nothingToDo = !plan.tasks.some(isNeeded);
  const tasks = nothingToDo ? [] : plan.tasks;
  const values: Record<string, string> = {
    ...plan.values,
    token: makeToken(),
    'certificate-key': randomBytes(32).toString('hex'),
  };
  const ends = new Map<string, TaskEnd['result'] | 'skipped'>();
  const problems: ProblemDetails[] = [];
  const timings: Outcome['timings'] = [];
  const running = new Map<string, Task>();

  const hosts = [...new Set(tasks.map(task => task.host))];
  const locks = await lockHosts(
    hosts.map(host => remotes[host]!),
    {
      takeOver: options.takeOver,
      onNote: text => emit({ type: 'note', at: now(), text }),
      onLost: problem => tell(problem, null),
    },
  );
  const tell = (problem: ProblemDetails, task: string | null) => {
    problems.push(problem);
    emit({ type: 'problem', at: now(), task, problem });
  };

  emit({
    type: 'run-started',
    at: begun,
    cluster: plan.spec.name,
    hosts: plan.spec.hosts.map(host => host.name),
    tasks: tasks.map(({ id, host, phase, steps }) => ({ id, host, phase, steps: steps.map(step => step.id) })),
  });

  const stopJobs = (when: 'after-step' | 'now') => {
    // The run goes on to follow the jobs, so a host that cannot be told shows as lost there.
    for (const task of running.values()) void remotes[task.host]!.stopJob(jobOf(task), when).catch(() => {});
  };
  const onStop = () => stopJobs('after-step');
  const onAbort = () => stopJobs('now');
  options.stop?.addEventListener('abort', onStop);
  options.signal?.addEventListener('abort', onAbort);

  const isStopped = () => Boolean(options.stop?.aborted || options.signal?.aborted || locks.isLost);
  const perform = async (task: Task): Promise<TaskEnd['result'] | 'skipped'> => {
    const where = { task: task.id, host: task.host, phase: task.phase };
    const own = task.after.filter(id => hostOf(id) === task.host);
    const others = task.after.filter(id => hostOf(id) !== task.host);
    const ownResults = await Promise.all(own.map(id => ended(id)));
    const missing = others.filter(id => promises.has(id) && !ends.has(id));
    if (missing.length && !isStopped()) emit({ type: 'task-waiting', at: now(), ...where, for: waitsFor(missing, tasks) });
    const needed = [...ownResults, ...(await Promise.all(others.map(id => ended(id))))];
    if (needed.some(result => result !== 'done' && result !== 'same') || isStopped()) {
      emit({ type: 'task-finished', at: now(), ...where, result: 'skipped', ms: 0 });
      return 'skipped';
    }
    if (isSame(task)) {
      for (const step of task.steps) emit({ type: 'step-finished', at: now(), ...where, step: step.id, result: 'same', ms: 0 });
      emit({ type: 'task-finished', at: now(), ...where, result: 'same', ms: 0 });
      return 'same';
    }
    const start = now();
    running.set(task.id, task);
    emit({ type: 'task-started', at: start, ...where });
    try {
      const { problem, said, ...end } = await runTask(
        task,
        jobOf(task),
        remotes[task.host]!,
        { ...variablesOf(task, values), K8S_TUI_LOCK: locks.id },
        emit,
      );
      Object.assign(values, said);
      // A script that was ended at once fails by that alone; what else went wrong meanwhile is in the log.
      const result = options.signal?.aborted && problem?.code === 'step' ? 'stopped' : end.result;
      if (problem && result === 'failed') tell(problem, task.id);
      timings.push({ ...where, ms: now() - start });
      emit({ type: 'task-finished', at: now(), ...where, result, ms: now() - start });
      return result;
    } finally {
      running.delete(task.id);
    }
  };

  const promises = new Map<string, Promise<TaskEnd['result'] | 'skipped'>>();
  // A task that another names but that is not in the plan has nothing to do.
  const ended = (id: string) => promises.get(id) ?? Promise.resolve('same' as const);
  for (const task of tasks) {
    promises.set(
      task.id,
      perform(task).then(result => {
        ends.set(task.id, result);
        return result;
      }),
    );
  }
  await Promise.all(promises.values());
  options.stop?.removeEventListener('abort', onStop);
  options.signal?.removeEventListener('abort', onAbort);

  const results = [...ends.values()];
  // A host that stopped without being asked to was taken over.
  if (results.includes('stopped') && !isStopped()) await locks.look();
  await locks.release();
  let result: Outcome['result'] = nothingToDo ? 'same' : 'done';
  if (problems.length) result = 'failed';
  else if (results.includes('stopped') || results.includes('skipped')) result = 'stopped';

  let kubeconfig: KubeconfigPlace | undefined;
  if ((result === 'done' || result === 'same') && options.kubeconfig !== false) {
    try {
      const plane = founder(plan.spec, plan.facts ?? {});
      kubeconfig = await saveKubeconfig(plan.spec, plane, remotes[plane.name]!, options.kubeconfig);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      tell(error.details, null);
      result = 'failed';
    }
  }
  emit({
    type: 'run-finished',
    at: now(),
    result,
    ms: now() - begun,
    hosts: plan.spec.hosts.map(host => ({ host: host.name, state: stateOf(host.name, plan.tasks, nothingToDo ? null : ends) })),
  });
  return { result, problems, kubeconfig, timings };
}

const hostOf = (task: string) => task.split('/')[1]!;
const jobOf = (task: Task) => task.id.split('/')[0]!;

const variablesOf = (task: Task, values: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(variables)
      .filter(([, variable]) => task.variables.includes(variable))
      .map(([name, variable]) => [variable, values[name] ?? '']),
  );

/** Made here, so that nothing has to be read off a command's output: `[a-z0-9]{6}.[a-z0-9]{16}`. */
function makeToken(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  const some = (length: number) => Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
  return `${some(6)}.${some(16)}`;
}

/** The phases that a task needs, by host. */
function waitsFor(ids: string[], tasks: Task[]): Text {
  const names = (language: keyof Text) =>
    ids
      .map(id => tasks.find(task => task.id === id)!)
      .map(task => `${task.host} ${phases[task.phase][language]}`)
      .join(', ');
  return { en: names('en'), zh: names('zh') };
}

/** Where a host stands, in words: the phases that are done there, and the first that is not. */
function stateOf(host: string, tasks: Task[], ends: Map<string, string> | null): Text {
  const own = tasks.filter(task => task.host === host && task.phase !== 'traffic');
  const isOpen = (task: Task) => ends !== null && !['done', 'same'].includes(ends.get(task.id) ?? '');
  const open = new Set(own.filter(isOpen).map(({ phase }) => phase));
  if (!open.size) return { en: 'all done', zh: '全部完成' };
  const done = new Set(own.map(({ phase }) => phase).filter(phase => !open.has(phase)));
  const list = (some: Set<PhaseId>, language: keyof Text) => [...some].map(phase => phases[phase][language]).join(', ');
  return {
    en: `done: ${list(done, 'en') || 'nothing'}; open: ${list(open, 'en')}`,
    zh: `已完成：${list(done, 'zh') || '无'}；未完成：${list(open, 'zh')}`,
  };
}
