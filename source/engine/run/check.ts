import { Problem } from '../errors.js';
import { compileScript } from '../plan/compile.js';
import type { Plan } from '../plan/plan.js';
import type { Remote } from '../remote.js';
import { parseSaid } from './protocol.js';

/**
 * Asks every host what of the plan is so already: all checks of a host in one script, one round trip. Changes nothing.
 * @returns the plan with the state of its steps
 */
export async function checkPlan(
  plan: Plan,
  remotes: Record<string, Remote>,
  options: { signal?: AbortSignal } = {},
): Promise<Plan> {
  const hosts = await Promise.all(Object.values(remotes).map(remote => checkHost(plan, remote, options.signal)));
  const byTask: Record<string, 'same' | 'needed'> = Object.assign({}, ...hosts.map(({ states }) => states));
  const tasks = plan.tasks.map(task => ({
    ...task,
    steps: task.steps.map(step => ({ ...step, state: byTask[`${task.id} ${step.id}`] ?? ('needed' as const) })),
  }));
  return { ...plan, tasks, values: Object.assign({}, ...hosts.map(({ values }) => values)) };
}

async function checkHost(plan: Plan, remote: Remote, signal?: AbortSignal) {
  const asked = plan.tasks
    .filter(task => task.host === remote.name)
    .flatMap(({ id, afterChange, steps }) =>
      steps.filter(step => !afterChange || step.proof).map(step => ({ step, key: `${id} ${step.id}` })),
    );
  const script = compileScript(
    { about: [`k8s-tui: checks of ${remote.name}`], cluster: plan.spec.name },
    asked.map(({ step }) => step),
  );
  const { code, stdout, stderr } = await remote.run(script, {
    variables: { K8S_TUI_MODE: 'check', K8S_TUI_TOKEN: 'none' },
    timeout: 60_000,
    signal,
  });
  if (code !== 0) {
    throw new Problem({
      code: 'step',
      host: remote.name,
      what: { en: 'the checks of the plan did not run to their end', zh: '计划检查未能完成' },
      remedy: { en: 'Look at the last lines; try again.', zh: '请查看最后几行输出后重试。' },
      command: { line: '/bin/sh', exitCode: code, lastLines: `${stdout}\n${stderr}`.trim().split('\n').slice(-20) },
    });
  }
  const said = stdout.split('\n').map(parseSaid);
  const verdicts = said.flatMap(message => (message?.kind === 'same' || message?.kind === 'needed' ? [message.kind] : []));
  return {
    states: Object.fromEntries(verdicts.map((verdict, i) => [asked[i]!.key, verdict])),
    values: Object.fromEntries(said.flatMap(message => (message?.kind === 'value' ? [[message.name, message.value]] : []))),
  };
}
