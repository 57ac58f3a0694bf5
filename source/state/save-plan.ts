import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { phaseIds } from '../engine/plan/phases.js';
import type { Plan } from '../engine/plan/plan.js';

/** Writes every script of a plan, in the order of the phases, and the cluster.yaml that makes it again. @returns the folder */
export async function savePlan(plan: Plan, yaml: string, into = process.cwd()): Promise<string> {
  const folder = resolve(into, `${plan.spec.name}-plan`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'cluster.yaml'), yaml, { mode: 0o600 });
  for (const task of plan.tasks) {
    const file = `${phaseIds.indexOf(task.phase) + 1}-${task.phase}-${task.host}.sh`;
    await writeFile(join(folder, file), task.script, { mode: 0o600 });
  }
  return folder;
}
