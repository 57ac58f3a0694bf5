import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noRun, reduceRun } from '../../source/state/run.js';
import { type SavedSession, savedSessions, sessionOf, sessionState } from '../../source/state/sessions.js';
import { bundled } from '../harness/bundled.js';
import { savedSession, threeHosts } from '../harness/walk.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'k8s-tui-sessions-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
  vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, 'k8s-tui', name, 'session.json');
const session = (name: string, savedAt: number, change: Partial<SavedSession> = {}): SavedSession => {
  const { name: _, ...rest } = savedSession({ spec: { ...threeHosts, name }, savedAt, ...change });
  return rest;
};
const listed = async () => (await savedSessions().list()).map(({ name, savedAt }) => [name, savedAt]);

describe('saved sessions', () => {
  it('are a file each that only the operator can read, newest first, one for each cluster', async () => {
    const sessions = savedSessions();
    expect(await sessions.list()).toEqual([]);
    await sessions.save(session('lab', 1));
    await sessions.save(session('prod-eu', 2));
    await sessions.save(session('lab', 3));
    expect(await listed()).toEqual([
      ['lab', 3],
      ['prod-eu', 2],
    ]);
    expect(statSync(at('lab')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'k8s-tui', 'lab')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'k8s-tui', 'lab')), 'nothing is left of how it was written').toEqual(['session.json']);
  });

  it('are nobody’s reason to hear a Ctrl-C twice', async () => {
    const ears = () => ['SIGINT', 'SIGTERM', 'SIGHUP'].map(signal => process.listenerCount(signal));
    const before = ears();
    await savedSessions().save(session('lab', 1));
    await savedSessions().list();
    expect(ears()).toEqual(before);
  });

  it('of two clusters that are called the same are two', async () => {
    const elsewhere = { ...threeHosts, hosts: threeHosts.hosts.map(host => ({ ...host, address: `192.168.${host.address}` })) };
    await savedSessions().save(session('lab', 1));
    await savedSessions().save({ ...session('lab', 2), spec: elsewhere });
    await savedSessions().save(session('lab', 3));
    expect(await listed()).toEqual([
      ['lab', 3],
      ['lab-2', 2],
    ]);
    expect((await savedSessions().find(elsewhere))?.name).toBe('lab-2');
  });

  it('that cannot be read are set aside whole, with a word; the others are there', async () => {
    await savedSessions().save(session('lab', 1));
    await savedSessions().save(session('prod', 2));
    for (const [broken, why] of [
      ['{"spec": {"na', 'JSON'],
      ['', 'JSON'],
      ['{"version": 2, "spec": {"name": "lab", "hosts": []}}', 'spec.hosts'],
      ['[]', 'spec'],
      ['null', 'spec'],
      ['{"version": 0}', 'version'],
      ['{"version": "2"}', 'version'],
    ]) {
      writeFileSync(at('lab'), broken!);
      const notes: string[] = [];
      expect((await savedSessions().list(({ en }) => notes.push(en))).map(({ name }) => name)).toEqual(['prod']);
      expect(notes).toEqual([expect.stringContaining(why!)]);
      const aside = /set aside as (\S+?)\. /.exec(notes[0]!)![1]!;
      expect(readFileSync(aside, 'utf8')).toBe(broken);
    }
    await savedSessions().save(session('lab', 5));
    expect(await listed()).toEqual([
      ['lab', 5],
      ['prod', 2],
    ]);
  });

  it('that cannot be read say so by no byte of theirs, and stay where they are while nobody is told', async () => {
    await savedSessions().save(session('lab', 1));
    writeFileSync(at('lab'), '\x1b]0;owned\x07 \x9b31m');
    expect(await listed()).toEqual([]);
    expect(existsSync(at('lab'))).toBe(true);
    const notes: string[] = [];
    await savedSessions().list(({ en, zh }) => notes.push(en, zh));
    expect(notes.join()).toContain('it is no JSON');
    expect(notes.join()).not.toMatch(/\p{Cc}/u);
  });

  it('a folder in the place of the file is set aside with all that is in it', async () => {
    mkdirSync(at('lab'), { recursive: true });
    writeFileSync(join(at('lab'), 'x'), '');
    const notes: string[] = [];
    expect(await savedSessions().list(({ en }) => notes.push(en))).toEqual([]);
    expect(readdirSync(/set aside as (\S+?)\. /.exec(notes[0]!)![1]!)).toEqual(['x']);
    await savedSessions().save(session('lab', 1));
    expect(await listed()).toEqual([['lab', 1]]);
  });

  it('a file in the place of the folder of all is said', async () => {
    writeFileSync(join(folder, 'k8s-tui'), '');
    const notes: string[] = [];
    expect(await savedSessions().list(({ en }) => notes.push(en))).toEqual([]);
    expect(notes).toEqual([`the saved sessions cannot be read (it is no folder): ${join(folder, 'k8s-tui')}`]);
  });

  // Root may read everything: a process of nobody's has to meet it.
  it.skipIf(process.getuid?.() !== 0)('that are somebody else’s are left alone; the others are there', async () => {
    await savedSessions().save(session('lab', 1));
    await savedSessions().save(session('prod', 2));
    await chmod(folder, 0o755);
    for (const path of ['', 'prod', 'prod/session.json']) await chown(join(folder, 'k8s-tui', path), 65534, 65534);
    const out = join(folder, 'list.mjs');
    await bundled(
      `import { savedSessions } from './source/state/sessions.ts';
      const notes = [];
      const found = await savedSessions().list(({ en }) => notes.push(en));
      console.log(JSON.stringify([found.map(({ name }) => name), notes]));`,
      out,
    );
    const env = { PATH: process.env.PATH, HOME: folder, XDG_STATE_HOME: folder };
    const said = execFileSync(process.execPath, [out], { uid: 65534, gid: 65534, env, cwd: folder, encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual([
      ['prod'],
      [`the session lab cannot be read (you may not read it (EACCES)); it was left alone: ${at('lab')}`],
    ]);
    expect(existsSync(at('lab'))).toBe(true);
  });

  it('of a newer program are left alone, and not written over', async () => {
    mkdirSync(join(folder, 'k8s-tui', 'lab'), { recursive: true });
    writeFileSync(at('lab'), '{"version": 99, "what": "nobody knows yet"}');
    const notes: string[] = [];
    expect(await savedSessions().list(({ en }) => notes.push(en))).toEqual([]);
    expect(notes).toEqual(['the session lab was written by a newer k8s-tui and is left alone']);
    await savedSessions().save(session('lab', 1));
    expect(readFileSync(at('lab'), 'utf8')).toContain('nobody knows yet');
    expect(await listed()).toEqual([['lab-2', 1]]);
  });

  it('of the version before, all in one file, become one each; what they did not know has its default', async () => {
    mkdirSync(join(folder, 'config', 'k8s-tui'), { recursive: true });
    const file = join(folder, 'config', 'k8s-tui', 'sessions.json');
    const { trustedKeys, ...spec } = threeHosts;
    const old = { spec, screen: 'install', result: 'failed', changed: ['n1'], ms: null, savedAt: 7 };
    writeFileSync(file, JSON.stringify({ sessions: { lab: old, prod: { ...old, spec: { ...spec, name: 'prod' } } } }));
    const [one] = await savedSessions().list();
    expect(one).toMatchObject({ version: 2, hosts: [], log: null, changed: ['n1'], spec: { trustedKeys: [] } });
    expect((await listed()).map(([name]) => name).sort()).toEqual(['lab', 'prod']);
    expect(readdirSync(join(folder, 'config', 'k8s-tui'))).toEqual(['sessions.json.moved']);
  });

  it('are removed with their logs, and with nothing else', async () => {
    await savedSessions().save(session('lab', 1));
    const own = join(folder, 'k8s-tui', 'lab');
    writeFileSync(join(own, 'run-1.log'), '');
    writeFileSync(join(own, 'somebody.txt'), '');
    await savedSessions().remove('lab');
    expect(readdirSync(own)).toEqual(['somebody.txt']);
    await savedSessions().save(session('lab', 2));
    await rm(join(own, 'somebody.txt'));
    await savedSessions().remove('lab');
    expect(existsSync(own)).toBe(false);
  });

  it('that cannot be written are an error, not a loss', async () => {
    await savedSessions().save(session('lab', 1));
    writeFileSync(join(folder, 'k8s-tui', 'prod'), 'in the way');
    await expect(savedSessions().save(session('prod', 2))).rejects.toThrow();
    expect(await listed()).toEqual([['lab', 1]]);
  });
});

describe('the state of a session in words', () => {
  const run = [
    {
      type: 'run-started',
      at: 0,
      cluster: 'lab',
      hosts: ['n1', 'n2', 'n3'],
      tasks: ['n1', 'n2', 'n3'].map(host => ({ id: `prepare/${host}`, host, phase: 'prepare', steps: ['swap'] })),
    },
    ...['n1', 'n2', 'n3'].map(host => ({ type: 'task-started', at: 1, task: `prepare/${host}`, host, phase: 'prepare' })),
    { type: 'task-finished', at: 2, task: 'prepare/n1', host: 'n1', phase: 'prepare', result: 'done', ms: 1 },
  ].reduce((view, event) => reduceRun(view, event as Parameters<typeof reduceRun>[1]), noRun);

  it('says which hosts were in the midst of what', () => {
    const cut = sessionOf({ spec: threeHosts, run, logFile: null }, 'install', 9);
    expect(sessionState(cut)).toEqual({
      en: 'cut short, or still running: n2, n3 at prepare',
      zh: '中断或仍在运行：n2、n3 处于准备',
    });
    expect(sessionState({ ...cut, result: 'done' }).en).toBe('installed');
    expect(sessionState({ ...cut, hosts: [] }).en).toBe('cut short, or still running');
  });
});
