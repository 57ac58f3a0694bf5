import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { fingerprint } from '../../source/engine/ssh/known-hosts.js';
import { byPassword, newKey, startHost } from '../engine/ssh/server.js';
import { operator } from './program.js';

vi.setConfig({ testTimeout: 60_000 });

/** One who logs in as ops with a key, by ~/.ssh/config. */
function withConfig(environment: Record<string, string> = {}) {
  const program = operator(environment);
  mkdirSync(join(program.home, '.ssh'), { mode: 0o700 });
  program.write(`Host *\n  User ops\n  IdentityFile ${join(program.home, 'id')}\n`, '.ssh/config');
  const lines = async (...args: string[]) => {
    const { stdout, code } = await program.run('discover', '--json', ...args);
    const all = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    return { code, all, hosts: all.filter(({ type }) => type === 'host') };
  };
  return { ...program, lines };
}

describe('discover', () => {
  it('scans nothing that was not named', async () => {
    const { code, stdout, stderr } = await operator().run('discover');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('nothing is scanned without being named');
  });

  it('looks at hosts of which the key is known, and only shows the key of others', async () => {
    const host = await startHost();
    const { run, lines } = withConfig();
    const place = `127.0.0.1:${host.port}`;
    const shy = await run('discover', place);
    expect(shy.code).toBe(3);
    expect(shy.stdout).toMatch(/^ADDRESS +SSH +HOST KEY +ACCESS +OS/);
    expect(shy.stdout).toMatch(new RegExp(`${place} .* new SHA256:`));
    expect(shy.stderr).toContain('--accept-new-host-keys');
    expect(host.logins).toEqual([]);

    const { code, hosts } = await lines(place, '--accept-new-host-keys');
    expect(code).toBe(0);
    expect(hosts).toMatchObject([
      {
        address: '127.0.0.1',
        port: host.port,
        user: 'ops',
        banner: expect.stringMatching(/^SSH-2\.0-/),
        key: { is: 'new', trusted: true, fingerprint: expect.stringMatching(/^SHA256:/) },
        os: expect.any(String),
        cpus: expect.any(Number),
      },
    ]);
    const again = await lines(place);
    expect(again.hosts[0].key).toMatchObject({ is: 'known', place: expect.stringMatching(/known_hosts:1$/) });
  });

  it('blocks a changed key with the way out', async () => {
    const host = await startHost();
    const { run } = withConfig();
    const place = `127.0.0.1:${host.port}`;
    await run('discover', place, '--accept-new-host-keys');
    host.faults.hostKeys = [newKey().private];
    host.logins.length = 0;
    const { code, stdout, stderr } = await run('discover', place, '--accept-new-host-keys');
    expect(code).toBe(3);
    expect(stdout).toContain('CHANGED');
    expect(stderr).toMatch(/remedy .*ssh-keygen -f .* -R/);
    expect(host.logins).toEqual([]);
  });

  it('tells the password of the environment to a host that was named, and shows it nowhere', async () => {
    const heard: string[] = [];
    const host = await startHost({
      login: context => {
        if (context.method === 'password') heard.push(context.password);
        byPassword('open-sesame')(context);
      },
    });
    const { run } = withConfig({ K8S_TUI_SSH_PASSWORD: 'open-sesame' });
    const named = await run('discover', `127.0.0.1:${host.port}`, '--accept-new-host-keys');
    expect(heard).toEqual(['open-sesame']);
    expect(named.stdout + named.stderr).not.toContain('open-sesame');
  });

  it('says what is wrong in a file, and goes on with the rest', async () => {
    const host = await startHost();
    const { write, lines } = withConfig();
    const file = write(`n1=127.0.0.1:${host.port}\n10.0.0.9-3\n`, 'hosts.txt');
    const { all, hosts, code } = await lines('--from', file, '--accept-new-host-keys');
    expect(code).toBe(0);
    expect(hosts).toMatchObject([{ name: 'n1', from: 'hosts.txt:1' }]);
    expect(all.find(({ type }) => type === 'problem').problem.what.en).toContain(
      'line 2, 10.0.0.9-3: the range 9-3 runs backwards',
    );
    expect((await lines('--from', 'none.txt')).code).toBe(2);
  });

  it('never overwrites a file that is there', async () => {
    const host = await startHost();
    const { write, run, home } = withConfig();
    write('mine: true\n');
    const { code, stderr } = await run('discover', `127.0.0.1:${host.port}`, '-o', 'cluster.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('use --yes to overwrite');
    expect(readFileSync(join(home, 'cluster.yaml'), 'utf8')).toBe('mine: true\n');
    expect(host.connections).toBe(0);
  });

  it('writes a cluster.yaml of what is ready, for its owner only', async () => {
    const host = await startHost({ programs: { id: '#!/bin/sh\necho 0\n' } });
    const { run, home } = withConfig();
    const { code, stderr } = await run(
      'discover',
      `cp=127.0.0.1:${host.port}`,
      '-o',
      'c.yaml',
      '--yes',
      '--accept-new-host-keys',
    );
    const file = join(home, 'c.yaml');
    expect(stderr).toContain('c.yaml was written with 1 host');
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(
      new RegExp(`name: cp, address: 127.0.0.1, roles: \\[control-plane\\].*user: ops, port: ${host.port}`),
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('where only a password works', () => {
  /** Takes the password, and keys that stand in its authorized_keys. */
  const guarded = async (programs: Record<string, string> = {}) => {
    const host = await startHost({
      programs,
      login: context => {
        if (context.method === 'password' && context.password === 'open-sesame') return context.accept();
        if (context.method !== 'publickey') return context.reject(['publickey', 'password']);
        const isLetIn = authorized().includes(context.key.data.toString('base64'));
        return isLetIn ? context.accept() : context.reject(['publickey', 'password']);
      },
    });
    const file = join(host.directory, '.ssh/authorized_keys');
    const authorized = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    return { host, authorized };
  };

  it('says what a key would change, and lets it in on a yes alone', async () => {
    const { host, authorized } = await guarded();
    const { home, type } = operator();
    const line = () => readFileSync(join(home, '.ssh/id_ed25519.pub'), 'utf8');
    const ask = async (...args: string[]) => {
      const there = type('discover', `ops@127.0.0.1:${host.port}`, '--accept-new-host-keys', ...args);
      await there.saw('Password of ops on 127.0.0.1');
      there.write('open-sesame\r');
      await there.saw('Nothing has been changed yet');
      return there;
    };

    const no = await ask('--new-key');
    expect(no.text).toContain('one line is added to ~ops/.ssh/authorized_keys: ssh-ed25519 AAAA');
    no.write('no\r');
    await no.ended;
    expect(authorized()).toBe('');

    const yes = await ask('--install-key');
    yes.write('yes\r');
    expect(await yes.ended).toBe(0);
    expect(authorized()).toBe(line());
    expect(no.text + yes.text).not.toContain('open-sesame');
  });

  it('stopped while a key is let in, it says of which host nothing is known', async () => {
    const { host, authorized } = await guarded({ restorecon: '#!/bin/sh\nexec sleep 60\n' });
    const { type } = operator({ K8S_TUI_SSH_PASSWORD: 'open-sesame' });
    const there = type('discover', `ops@127.0.0.1:${host.port}`, '--accept-new-host-keys', '--new-key', '--yes');
    await vi.waitFor(() => expect(authorized()).not.toBe(''), 20_000);
    there.write('\x03');
    await there.saw('Ctrl-C again stops now');
    there.write('\x03');
    expect(await there.ended).toBe(130);
    expect(there.text).toContain(
      `The key was added on no host; nothing else was changed. On 127.0.0.1:${host.port} it may have been`,
    );
  });

  it('has no key to install where there is none', async () => {
    const { host } = await guarded();
    const { run } = operator({ K8S_TUI_SSH_PASSWORD: 'open-sesame' });
    const { code, stderr } = await run(
      'discover',
      `ops@127.0.0.1:${host.port}`,
      '--accept-new-host-keys',
      '--install-key',
      '--yes',
    );
    expect(code).toBe(3);
    expect(stderr).toContain('there is no key to install');
    expect(stderr).toContain('--new-key');
  });
});

it('trusts what is expected and stops at what is not', async () => {
  const [right, wrong] = await Promise.all([startHost(), startHost()]);
  const { write, lines } = withConfig();
  const print = fingerprint(right.fingerprints[0]!);
  const file = write([right, wrong].map(({ port }) => `[127.0.0.1]:${port} ${print}`).join('\n'), 'keys.txt');
  const places = [right, wrong].map(({ port }) => `127.0.0.1:${port}`);
  const { hosts, all } = await lines(...places, '--expect', file, '--accept-new-host-keys');
  expect(hosts.find(({ port }) => port === right.port)).toMatchObject({ os: expect.any(String), key: { trusted: true } });
  expect(hosts.find(({ port }) => port === wrong.port)).toMatchObject({
    key: { is: 'unexpected', trusted: false },
    problem: { what: { en: expect.stringContaining('keys.txt:2') } },
  });
  expect(wrong.logins).toEqual([]);
  expect(all.find(({ type }) => type === 'note').text.en).toContain('1 host key is as expected');
});
