import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { apply } from '../../source/commands/apply.js';
import { resume } from '../../source/commands/resume.js';
import { listSessions, removeSession } from '../../source/commands/sessions.js';
import { type DemoFleet, demoFleet } from '../../source/demo/index.js';
import { Problem } from '../../source/engine/errors.js';
import { writeSpec } from '../../source/engine/spec/write.js';
import { bundled } from '../harness/bundled.js';
import { ownFolder, sessionWith } from './session.js';

let folder: string;
let fleet: DemoFleet;
let file: string;
beforeEach(() => {
  folder = ownFolder();
  fleet = demoFleet({ hosts: 2, speed: Number.POSITIVE_INFINITY });
  file = join(folder, 'cluster.yaml');
  writeFileSync(file, writeSpec(fleet.spec));
});
afterEach(() => fleet.close());

/** Whoever is at the keyboard: a password is asked for and given where a host wants one. */
function somebody(answers: string[] = []) {
  const lines: string[] = [];
  const session = sessionWith({
    yes: answers.length === 0,
    print: line => void lines.push(line),
    connector: () => fleet.connector({ hostKey: async () => true, secret: async () => 'canary-4711' }),
    terminal: answers.length ? { line: async () => answers.shift() ?? null, secret: async () => null } : null,
  });
  return { session, text: () => lines.join('\n') };
}

const everything = () =>
  readdirSync(join(folder, 'state'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

it('apply sets a session aside that cannot be read, says where it lies, and goes on', async () => {
  const first = somebody();
  expect(await apply(first.session, file)).toBe(0);
  const path = join(folder, 'state/k8s-tui', fleet.spec.name, 'session.json');
  writeFileSync(path, '{"spec": {"na');
  const second = somebody();
  expect(await apply(second.session, file)).toBe(0);
  const aside = /set aside as (\S+?)\. /.exec(second.text())![1]!;
  expect(readFileSync(aside, 'utf8')).toBe('{"spec": {"na');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ result: 'same' });
});

it('a run that fails is a session that says where; resume goes on from there, here and on another machine', async () => {
  const n2 = await fleet.host('n2');
  Object.assign(n2.logins, { by: 'password' });
  n2.machine.password = 'canary-4711';
  n2.machine.sudo = 'password';
  (await fleet.host('n1')).failNext('kubeadm init');
  expect(await apply(somebody().session, file)).toBe(1);

  const listed = somebody();
  await listSessions(listed.session);
  expect(listed.text()).toMatch(/^demo {2}failed: n1 at control plane {2}2 {6}just now$/m);
  expect(everything(), 'no secret is kept').not.toContain('canary');

  // Another machine: nothing of the first one's but the file.
  const carried = join(folder, 'carried.json');
  writeFileSync(carried, readFileSync(join(folder, 'state/k8s-tui/demo/session.json')));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'other'));
  expect(await resume(somebody().session, carried)).toBe(0);
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));

  const again = somebody();
  expect(await resume(again.session, 'demo'), again.text()).toBe(0);
  expect(again.text()).toContain('nothing was changed');
  await expect(resume(somebody().session), 'all are done').rejects.toThrow(Problem);
  await expect(resume(somebody().session, 'nobody')).rejects.toThrow('there is no session called nobody');

  // What differs is said; what a cluster takes only once stops before anything is changed.
  writeFileSync(file, writeSpec({ ...fleet.spec, network: { ...fleet.spec.network, pods: '10.9.0.0/16' } }));
  const changed = somebody();
  expect(await apply(changed.session, file)).toBe(3);
  expect(changed.text()).toContain('since the last run, network.pods: was 10.244.0.0/16, is now 10.9.0.0/16');
  expect(changed.text()).toMatch(/✗ n1 {2}network\.pods is 10\.244\.0\.0\/16 in this cluster; wanted is 10\.9\.0\.0\/16/);
  expect(changed.text()).toContain('no host has been changed');

  const kept = somebody(['no']);
  expect(await removeSession(kept.session, 'demo')).toBe(130);
  expect(await removeSession(somebody(['demo']).session, 'demo')).toBe(0);
  expect(readdirSync(join(folder, 'state/k8s-tui'))).toEqual([]);
});

it('a disk without room for the log is told once, and the log goes on where it can', async () => {
  // A process that may not write more than a few blocks into one file meets what a full disk does.
  const script = `
    process.env.XDG_STATE_HOME = ${JSON.stringify(join(folder, 'full'))};
    const troubles = [];
    const log = openRunLog('lab', { onTrouble: why => troubles.push(why) });
    for (let i = 0; i < 200; i++) log.write('x'.repeat(200));
    console.log(JSON.stringify(troubles));`;
  const out = join(folder, 'log.mjs');
  await bundled(`import { openRunLog } from './source/views/log.ts';${script}`, out);
  const child = spawn('sh', ['-c', `ulimit -f 8; exec "$0" "$1"`, process.execPath, out], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', chunk => (text += chunk));
  const code = await new Promise(resolve => child.on('close', resolve));
  expect(code).toBe(0);
  expect(JSON.parse(text)).toEqual([expect.stringContaining('EFBIG')]);
});
