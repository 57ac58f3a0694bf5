import { Problem } from '../engine/errors.js';
import type { Fleet } from '../engine/fleet.js';
import type { Plan } from '../engine/plan/plan.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import { type ExitCode, exit } from './exit.js';
import { withFleet } from './fleet.js';
import { prepare } from './prepare.js';
import { withRelay } from './relay.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/** Shows what apply would do; with a host's name, the scripts for that host and nothing else on standard output. */
export async function plan(session: Session, file: string, scriptOf?: string): Promise<ExitCode> {
  const spec = await readSpecFile(file);
  if (scriptOf) knowsHost(spec, scriptOf);
  const view = session.view({ aside: Boolean(scriptOf) });
  const show = async (fleet: Fleet) => {
    const plan = await prepare(session, view, spec, fleet);
    if (!plan) return exit.unfit;
    if (scriptOf) session.print(scriptsOf(plan, scriptOf));
    else view.plan(plan);
    return exit.ok;
  };
  return withFleet(session, view, spec, fleet => withRelay(view, spec, fleet, show));
}

/** The scripts of one host, one after the other, as one that ends with the first that fails. It may come in by a pipe: no part reads it. */
export function scriptsOf(plan: Plan, host: string): string {
  const parts = plan.tasks
    .filter(task => task.host === host)
    .map(({ id, variables, script }) => {
      const needs = variables.map(name => `: "\${${name}:?is needed from here on; k8s-tui apply sets it}"\n`).join('');
      return `# ${id}\n(\n${needs}${script.trimEnd()}\n) < /dev/null || exit`;
    });
  return ['#!/bin/sh', ...parts].join('\n\n');
}

function knowsHost(spec: ClusterSpec, name: string) {
  if (spec.hosts.some(host => host.name === name)) return;
  const names = spec.hosts.map(host => host.name).join(', ');
  throw new Problem({
    code: 'spec',
    what: { en: `--script ${name}: there is no such host`, zh: `--script ${name}：没有这台主机` },
    remedy: { en: `Take one of ${names}.`, zh: `请使用以下之一：${names}。` },
  });
}
