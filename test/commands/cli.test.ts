import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { operator } from './program.js';

const project = resolve(import.meta.dirname, '../..');

describe('the command line', () => {
  it('says its version', async () => {
    expect(await operator().run('--version')).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  it('explains itself, with examples and exit codes, in both languages', async () => {
    const english = await operator().run('--help');
    expect(english.code).toBe(0);
    for (const words of [
      'Usage: k8s-tui',
      'k8s-tui apply -f cluster.yaml --yes',
      'Exit codes:',
      '  130  stopped',
      'K8S_TUI_SUDO_PASSWORD',
    ])
      expect(english.stdout).toContain(words);
    const chinese = await operator({ LANG: 'zh_CN.UTF-8' }).run('--help');
    for (const words of ['用法：', 'k8s-tui apply -f cluster.yaml --yes', '退出码：', 'K8S_TUI_SUDO_PASSWORD'])
      expect(chinese.stdout).toContain(words);
    expect((await operator().run('--lang', 'zh', 'apply', '--help')).stdout).toContain('--accept-new-host-keys');
  });

  it.each([
    [['aply'], "there is no command 'aply'"],
    [['apply'], "required option '-f, --file <cluster.yaml>'"],
    [['--nonsense'], "unknown option '--nonsense'"],
    [['--lang', 'fr', 'demo'], "argument 'fr' is invalid"],
    [[], 'the guided screens need a terminal'],
    [['demo'], 'the guided screens need a terminal'],
    [['panel'], 'Without one: k8s-tui status'],
    [['status'], 'no cluster was named, and there is no '],
    [['status', 'root@10.0.0.1', '-f', 'cluster.yaml'], 'a cluster is read from one place'],
    [['status', '-f', 'cluster.yaml', '-o', 'other.yaml'], 'a cluster is read from one place'],
    [['status', '--kubeconfig', 'nowhere'], 'nowhere cannot be read'],
    [['logs', '10.0.0.256', 'kubelet'], 'is no IP address and no host name'],
  ])('refuses %j with exit code 2', async (args, words) => {
    const { code, stdout, stderr } = await operator().run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

/** The program in a folder of its own, without some of its parts. @returns what runs it and the names of those parts */
function without(gone: RegExp): { bin: string; parts: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'k8s-tui-gone-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['bin', 'dist', 'package.json']) cpSync(join(project, part), join(folder, part), { recursive: true });
  const parts = readdirSync(join(folder, 'dist/parts')).filter(name => gone.test(name));
  for (const name of parts) rmSync(join(folder, 'dist/parts', name));
  return { bin: join(folder, 'bin/k8s-tui.js'), parts };
}

it('ends with a sentence where its own files are gone, as by an update while it runs', async () => {
  const { bin, parts } = without(/^(sessions|failure)-/);
  expect(parts.length).toBeGreaterThan(1);
  const { code, stderr } = await operator({}, bin).run('sessions');
  expect(stderr).toMatch(/^✗ k8s-tui's own files were changed or removed while it ran: .*sessions-\w+\.js.*\n$/);
  expect(code).toBe(1);
});

it('loads the screens for no other command', async () => {
  const { bin, parts } = without(/^first-screen-/);
  expect(parts).toHaveLength(1);
  const { write, run } = operator({}, bin);
  const file = write(`hosts: [${host}]\n`);
  expect(await run('sessions')).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['apply', 'reset']) expect((await run(command, '-f', file)).stderr).toContain('Use --');
  for (const command of ['plan', 'preflight', 'status'])
    expect((await run(command, '-f', 'nowhere.yaml')).stderr).toContain('there is no file nowhere.yaml');
});

const host = '{name: n1, address: 10.0.0.1, roles: [control-plane]}';

describe('a file that is not right ends in a sentence with place and remedy', () => {
  it.each([
    [
      'an unknown field',
      `hosts: [${host}]\nnetwork: {pod: 10.1.0.0/16}\n`,
      'cluster.yaml:2:11: network.pod: is not a known field; did you mean pods?',
    ],
    [
      'a wrong CIDR',
      `hosts: [${host}]\nnetwork: {pods: 10.1.0.0/99}\n`,
      'cluster.yaml:2:17: network.pods: "10.1.0.0/99" is given; allowed is an IPv4 network',
    ],
    [
      'a duplicate host',
      `hosts:\n  - ${host}\n  - {name: n2, address: 10.0.0.1}\n`,
      'cluster.yaml:3:25: hosts[1].address: 10.0.0.1 is also the address of n1',
    ],
    [
      'a version that is none',
      `kubernetes: latest\nhosts: [${host}]\n`,
      'cluster.yaml:1:13: kubernetes: "latest" is given; allowed is a version such as v1.37.2',
    ],
    ['a password in the file', `hosts: [${host}]\nssh: {password: hunter2}\n`, 'passwords are not written into this file'],
    ['no YAML at all', 'hosts: {', 'cluster.yaml:1:9: this line is indented'],
    ['nothing', '', 'cluster.yaml: it is empty'],
  ])('%s', async (_what, text, words) => {
    const { write, run, home } = operator();
    const file = write(text);
    const { code, stdout, stderr } = await run('apply', '-f', file, '--yes');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toMatch(/remedy {2}Correct (this place|these \d+ places) in cluster\.yaml; no host has been changed\./);
    expect(stderr).not.toMatch(/\n +at /);
    expect(existsSync(join(home, '.local/state/k8s-tui'))).toBe(false);
  });

  it.each(['plan', 'preflight', 'doctor', 'status', 'reset'])('for %s too', async command => {
    const { write, run } = operator();
    const { code, stderr } = await run(command, '-f', write('hosts: []\n'));
    expect(code).toBe(2);
    expect(stderr).toContain('cluster.yaml:1:8: hosts: an empty list is given; allowed is at least one host');
  });

  it('also where there is none', async () => {
    const { code, stderr } = await operator().run('apply', '-f', 'nowhere.yaml', '--yes');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no file nowhere.yaml');
  });

  it('and as JSON for programs', async () => {
    const { run } = operator();
    const { code, stdout, stderr } = await run('apply', '-f', 'nowhere.yaml', '--yes', '--json');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'problem',
      problem: { code: 'spec', what: { zh: '没有文件 nowhere.yaml' } },
    });
  });
});

describe('what changes hosts asks first', () => {
  it.each([
    [['apply', '-f', 'cluster.yaml'], 'Use --yes'],
    [['reset', '-f', 'cluster.yaml'], 'Use --confirm k8s'],
    [['reset', '-f', 'cluster.yaml', '--yes'], 'Use --confirm k8s'],
    [['reset', '-f', 'cluster.yaml', '--confirm', 'other'], 'the cluster of this file is called k8s'],
    [['plan', '-f', 'cluster.yaml', '--script', 'n9'], 'Take one of n1'],
  ])('%j without a terminal', async (args, words) => {
    const { write, run } = operator();
    write(`hosts: [${host}]\n`);
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

describe('bin/k8s-tui.js', () => {
  it('is plain enough for a Node that is too old to be told so', () => {
    const text = readFileSync(join(import.meta.dirname, '../../bin/k8s-tui.js'), 'utf8');
    expect(text).not.toMatch(/^import /m);
    expect(text.indexOf('process.versions.node')).toBeLessThan(text.indexOf('import('));
  });

  it('keeps what a newer Node has compiled in the operator’s own folder', async () => {
    const { write, home, run } = operator();
    // What Node 22.8 and newer have; this one may be older.
    const tell = "require('node:module').enableCompileCache = folder => console.log(folder);";
    const { stdout } = await operator({
      NODE_OPTIONS: `--require ${join(home, write(tell, 'newer.cjs'))}`,
      XDG_CACHE_HOME: '/var/caches',
    }).run('--version');
    expect(stdout).toMatch(/^\/var\/caches\/k8s-tui\n\d+\.\d+\.\d+/);
    expect((await run('--version')).code).toBe(0);
  });
});
