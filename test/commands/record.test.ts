import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recordRun, withWholePaths } from '../../source/commands/record.js';
import type { EngineEvent } from '../../source/engine/events.js';
import { savedSessions } from '../../source/state/sessions.js';
import { threeHosts } from '../harness/walk.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8s-tui-record-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
  vi.stubEnv('XDG_CONFIG_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const where = { task: 'prepare/n1', host: 'n1', phase: 'prepare' as const };
const events: EngineEvent[] = [
  { type: 'run-started', at: 1, cluster: 'lab', hosts: ['n1'], tasks: [{ id: where.task, ...where, steps: ['swap'] }] },
  { type: 'task-started', at: 2, ...where },
  { type: 'step-started', at: 3, ...where, step: 'swap', title: { en: 'swap', zh: 'swap' } },
  { type: 'step-finished', at: 4, ...where, step: 'swap', result: 'changed', ms: 1 },
  { type: 'task-finished', at: 5, ...where, result: 'done', ms: 3 },
];

it('keeps where every host is, as it goes', async () => {
  const record = recordRun(savedSessions(), { spec: threeHosts, before: null, log: '/log' }, () => {});
  for (const event of events) record.event(event);
  await record.saved();
  const [kept] = await savedSessions().list();
  expect(kept).toMatchObject({ name: 'lab', result: 'running', changed: ['n1'], log: '/log' });
  expect(kept!.hosts).toEqual([{ host: 'n1', phase: 'prepare', state: 'done', step: null }]);
});

it('says once that it cannot write, and goes on', async () => {
  mkdirSync(join(folder, 'k8s-tui'));
  writeFileSync(join(folder, 'k8s-tui', 'lab'), 'in the way');
  const notes: string[] = [];
  const record = recordRun(savedSessions(), { spec: threeHosts, before: null, log: null }, ({ en }) => notes.push(en));
  for (const event of events) {
    record.event(event);
    await record.saved();
  }
  expect(notes).toEqual([expect.stringMatching(/^this run cannot be saved as a session \(E/)]);
});

it('keeps paths that mean the same from everywhere', () => {
  const spec = { ...threeHosts, ssh: { identityFile: 'keys/id' } };
  expect(withWholePaths(spec).ssh.identityFile).toBe(join(process.cwd(), 'keys/id'));
  expect(withWholePaths(threeHosts)).toEqual(threeHosts);
});
