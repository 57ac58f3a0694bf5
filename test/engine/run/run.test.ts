import { describe, expect, it } from 'vitest';
import { Problem } from '../../../source/engine/errors.js';
import type { EngineEvent } from '../../../source/engine/events.js';
import type { JobOptions, Remote } from '../../../source/engine/remote.js';
import { run } from '../../../source/engine/run/run.js';
import { planOf } from '../plan/case.js';

interface Started {
  host: string;
  job: string;
  variables: Record<string, string>;
}

/** Hosts that say of every step what a script would say; `odd` answers for some jobs otherwise. */
function hosts(odd: Record<string, (options: JobOptions) => Promise<number | null> | number | null> = {}) {
  const started: Started[] = [];
  const stopped: string[] = [];
  const host = (name: string): Remote => ({
    name,
    user: 'root',
    access: 'root',
    run: async () => ({ code: 0, stdout: 'taken', stderr: '' }),
    async job(id, script, options) {
      const { K8S_TUI_LOCK: lock, ...variables } = options.variables!;
      expect(lock).toMatch(/^[0-9a-f]{16}$/);
      started.push({ host: name, job: id, variables });
      const answer = odd[`${id}/${name}`];
      if (answer) return answer(options);
      for (const [, step] of String(script).matchAll(/^step (\S+)$/gm)) {
        options.onLine(`##k8s-tui start ${step}`);
        if (step === 'cluster_identity') options.onLine('##k8s-tui value ca abc');
        options.onLine(`##k8s-tui changed ${step}`);
      }
      return 0;
    },
    stopJob: async (id, when) => void stopped.push(`${id}/${name} ${when}`),
    listen: async () => Promise.reject(new Error('nothing is relayed here')),
    terminal: () => Promise.reject(new Error('nobody types here')),
    close: async () => {},
  });
  return { started, stopped, remotes: { n1: host('n1'), n2: host('n2') } };
}

async function go(
  remotes: Record<string, Remote>,
  plan = planOf(),
  options: { stop?: AbortSignal; signal?: AbortSignal } = {},
) {
  const events: EngineEvent[] = [];
  const outcome = await run(plan, remotes, { emit: event => events.push(event), kubeconfig: false, ...options });
  const results = Object.fromEntries(
    events.flatMap(event => (event.type === 'task-finished' ? [[event.task, event.result]] : [])),
  );
  return { outcome, events, results };
}

describe('a run', () => {
  it('does everything once, each task after what it needs', async () => {
    const { started, remotes } = hosts();
    const { outcome, results } = await go(remotes);
    expect(outcome.result).toBe('done');
    expect(new Set(Object.values(results))).toEqual(new Set(['done']));
    const order = started.map(({ job, host }) => `${job}/${host}`);
    for (const task of planOf().tasks)
      for (const needed of task.after) expect(order.indexOf(needed)).toBeLessThan(order.indexOf(task.id));
    expect(order).toHaveLength(planOf().tasks.length);
  });

  it('hands the token and the CA hash to those who need them, and to nobody else', async () => {
    const { started, remotes } = hosts();
    const { events } = await go(remotes);
    const variables = Object.fromEntries(started.map(({ job, host, variables }) => [`${job}/${host}`, variables]));
    const token = variables['control-plane/n1']!.K8S_TUI_TOKEN!;
    expect(token).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(variables['join/n2']).toEqual({ K8S_TUI_TOKEN: token, K8S_TUI_CA: 'abc' });
    expect(variables['prepare/n2']).toEqual({});
    expect(JSON.stringify(events)).not.toContain(token);
  });

  it('a host that fails stops only those who need it, and the error says what, where and why', async () => {
    const { remotes } = hosts({
      'images/n2': options => {
        options.onLine('##k8s-tui start images');
        options.onLine('##k8s-tui run crictl pull registry.k8s.io/pause:3.10.2');
        options.onLine('dial tcp: i/o timeout');
        options.onLine('##k8s-tui failed images 1');
        return 1;
      },
    });
    const { outcome, results } = await go(remotes);
    expect(outcome.result).toBe('failed');
    expect(outcome.problems).toMatchObject([
      {
        code: 'step',
        host: 'n2',
        place: 'images/images',
        command: { line: 'crictl pull registry.k8s.io/pause:3.10.2', exitCode: 1, lastLines: ['dial tcp: i/o timeout'] },
      },
    ]);
    expect(results).toMatchObject({
      'images/n2': 'failed',
      'packages/n2': 'done',
      'join/n2': 'skipped',
      'network/n1': 'done',
      'verify/n1': 'skipped',
      'traffic/n2': 'skipped',
    });
    expect(outcome).not.toHaveProperty('kubeconfig.path');
  });

  it('a job that vanished is no success', async () => {
    const { remotes } = hosts({ 'packages/n1': () => null });
    const { outcome, results } = await go(remotes);
    expect(results['packages/n1']).toBe('failed');
    expect(outcome.problems[0]!.what.en).toContain('vanished');
  });

  it('stops after the present steps, and starts nothing more', async () => {
    const stop = new AbortController();
    const { started, stopped, remotes } = hosts({
      'prepare/n1': async options => {
        options.onLine('##k8s-tui start kernel_modules');
        stop.abort();
        options.onLine('##k8s-tui changed kernel_modules');
        options.onLine('##k8s-tui stopped sysctl');
        return 75;
      },
    });
    const { outcome, events } = await go(remotes, planOf(), { stop: stop.signal });
    expect(outcome.result).toBe('stopped');
    expect(stopped).toContain('prepare/n1 after-step');
    expect(started.map(({ job }) => job)).not.toContain('control-plane');
    const end = events.at(-1);
    expect(end).toMatchObject({ type: 'run-finished', result: 'stopped' });
    expect(end?.type === 'run-finished' && end.hosts.find(({ host }) => host === 'n1')!.state.en).toMatch(
      /^done: nothing; open: prepare/,
    );
  });

  it('was stopped at once: a script that is ended by that has not failed; a host that is lost meanwhile has', async () => {
    const now = new AbortController();
    const { stopped, remotes } = hosts({
      'prepare/n1': () => new Promise(resolve => now.signal.addEventListener('abort', () => resolve(null))),
      'prepare/n2': async () => {
        now.abort();
        throw new Problem({ code: 'lost', what: { en: 'gone', zh: '' }, remedy: { en: '', zh: '' } });
      },
    });
    const { outcome, results } = await go(remotes, planOf(), { signal: now.signal });
    expect(stopped).toContain('prepare/n1 now');
    expect(results).toMatchObject({ 'prepare/n1': 'stopped', 'prepare/n2': 'failed' });
    expect(outcome.problems.map(({ code, host }) => `${code} ${host}`)).toEqual(['lost n2']);
  });

  it('has nothing to do where everything is so already, not even a look at the traffic', async () => {
    const { started, remotes } = hosts();
    const plan = planOf();
    const checked = {
      ...plan,
      tasks: plan.tasks.map(task => ({ ...task, steps: task.steps.map(step => ({ ...step, state: 'same' as const })) })),
    };
    const { outcome } = await go(remotes, checked);
    expect(outcome.result).toBe('same');
    expect(started).toEqual([]);
  });

  it('runs what is left of a checked plan, with what the checks said', async () => {
    const { started, remotes } = hosts();
    const plan = planOf();
    const left = (id: string) => ['join/n2', 'verify/n1'].includes(id);
    const checked = {
      ...plan,
      values: { ca: 'from-the-checks' },
      tasks: plan.tasks.map(task => ({
        ...task,
        steps: task.steps.map(step => ({
          ...step,
          state: left(task.id) || task.afterChange ? ('needed' as const) : ('same' as const),
        })),
      })),
    };
    const { outcome } = await go(remotes, checked);
    expect(outcome.result).toBe('done');
    expect(started.map(({ job, host }) => `${job}/${host}`)).toEqual([
      'join/n2',
      'verify/n1',
      'traffic/n1',
      'traffic/n2',
      'traffic-end/n1',
    ]);
    expect(started[0]!.variables.K8S_TUI_CA).toBe('from-the-checks');
  });
});
