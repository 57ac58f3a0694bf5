import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Remote } from '../../../source/engine/remote.js';
import { sh } from '../../../source/engine/sh.js';
import { byPassword, type Faults, problemOf, startHost, startOperator, type TestHost } from './server.js';

const open = async (faults: Faults = {}, quick = {}): Promise<{ there: TestHost; remote: Remote }> => {
  const there = await startHost(faults);
  return { there, remote: await startOperator({ acceptNewHostKeys: true }, quick).connect(there) };
};

describe('a script', () => {
  it('says what it says, and how it ended', async () => {
    const { remote } = await open();
    expect(await remote.run('echo out; echo err >&2; exit 3')).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' });
    expect(await remote.run(sh`printf %s ${"it's"}`)).toEqual({ code: 0, stdout: "it's", stderr: '' });
    expect(await remote.run('kill -9 $$')).toMatchObject({ code: null });
    expect(await remote.run('cat /nowhere 2>/dev/null')).toMatchObject({ code: 1 });
  });

  it('is free of what the login shell says', async () => {
    const { remote } = await open({ noise: 'Welcome to \x1b[31mn1\x1b[0m!\nno newline here' });
    expect(await remote.run('echo out; echo err >&2')).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' });
  });

  it('has its variables, which are on no command line and in no environment', async () => {
    const { there, remote } = await open();
    const { stdout } = await remote.run('echo "$SECRET"; env', { variables: { SECRET: "it's\na canary" } });
    expect(stdout.startsWith("it's\na canary\n")).toBe(true);
    expect(stdout.match(/canary/g)).toHaveLength(1);
    expect(there.commands).toEqual(['/bin/sh -s']);
  });

  it('runs in one language, with the system programs in reach', async () => {
    const { stdout } = await (await open()).remote.run('echo "$LC_ALL $LANG $(umask)"; echo "$PATH"');
    expect(stdout).toMatch(/^C C 0022\n.*:\/usr\/sbin:/);
  });

  it('cannot eat its own text, and ends where it ends', async () => {
    const { remote } = await open();
    expect((await remote.run('cat; echo after; # a comment')).stdout).toBe('after\n');
    expect((await remote.run("cat <<'X'\n}\nX")).stdout).toBe('}\n');
  });

  it('does nothing when it is not whole', async () => {
    const { there, remote } = await open();
    const { code, stderr } = await remote.run(`touch ${join(there.directory, 'done')}\nif`);
    expect([code, existsSync(join(there.directory, 'done'))]).toEqual([2, false]);
    expect(stderr).toContain('yntax error');
  });

  it('is heard line by line, clean', async () => {
    const { remote } = await open();
    const heard: string[] = [];
    const { stdout } = await remote.run("printf 'a\\033[31mb\\n10%%\\r100%%\\nend'; echo err >&2", {
      onLine: (line, stream) => heard.push(`${stream}: ${line}`),
    });
    expect(heard.sort()).toEqual(['stderr: err', 'stdout: 100%', 'stdout: ab', 'stdout: end']);
    expect(stdout).toBe('a\x1b[31mb\n10%\r100%\nend');
  });

  it('ends in what its listener throws, and the line stands', async () => {
    const { there, remote } = await open();
    const onLine = () => {
      throw new RangeError('ours');
    };
    await expect(remote.run('echo one; sleep 600', { onLine })).rejects.toThrow(RangeError);
    expect((await remote.run('echo two')).stdout).toBe('two\n');
    expect(there.connections).toBe(1);
  });

  it('may say a lot, of which the middle is left out', async () => {
    const { remote } = await open();
    const { stdout } = await remote.run('echo first; head -c 9000000 /dev/zero | tr "\\0" x; echo last');
    expect(stdout.length).toBeLessThan(4.1 * 1024 * 1024);
    expect(stdout).toMatch(/^first\nx+\n\[\d+ bytes left out\]\nx+last\n$/);
  });

  it('may be long', async () => {
    const { remote } = await open();
    const { stdout } = await remote.run(
      `${'# a line of sixty-four characters, which are many when repeated\n'.repeat(8000)}echo end`,
    );
    expect(stdout).toBe('end\n');
  });

  it('is ended on the host when it takes too long', async () => {
    const { there, remote } = await open();
    const left = join(there.directory, 'left');
    const problem = await problemOf(
      remote.run(`echo working; trap 'echo > ${left}; exit' TERM; sleep 600 & wait`, { timeout: 1500 }),
    );
    expect(problem).toMatchObject({ code: 'step', command: { lastLines: ['working'] } });
    expect((await remote.run(`until [ -e ${left} ]; do sleep 0.05; done; echo ended`)).stdout).toBe('ended\n');
  });

  it('may take as many times longer as the connector has patience', async () => {
    const { remote } = await open({}, { patience: 10_000 });
    expect(await remote.run('echo end', { timeout: 1 })).toMatchObject({ code: 0, stdout: 'end\n' });
  });

  it('is ended on the host when the operator stops', async () => {
    const { there, remote } = await open();
    const left = join(there.directory, 'left');
    const stop = new AbortController();
    const work = remote.run(`trap 'echo > ${left}; exit' TERM; echo ready; sleep 600 & wait`, {
      signal: stop.signal,
      onLine: () => stop.abort(),
    });
    expect(await problemOf(work)).toMatchObject({ code: 'stopped' });
    expect((await remote.run(`until [ -e ${left} ]; do sleep 0.05; done; echo ended`)).stdout).toBe('ended\n');
  });

  it('does not start when the operator has stopped', async () => {
    const { there, remote } = await open();
    expect(await problemOf(remote.run('echo never', { signal: AbortSignal.abort() }))).toMatchObject({ code: 'stopped' });
    expect(there.commands).toEqual([]);
  });
});

describe('a broken line', () => {
  it.each(['reset', 'end'] as const)('during a script is a lost host, and the script is not repeated (%s)', async how => {
    const { there, remote } = await open();
    const work = remote.run('echo started; sleep 600', { onLine: () => there.cut(how) });
    expect(await problemOf(work)).toMatchObject({ code: 'lost', host: 'n1' });
    expect(there.commands).toHaveLength(1);
  });

  it.each(['reset', 'end'] as const)('before a script is mended first (%s)', async how => {
    const { there, remote } = await open();
    there.cut(how);
    expect((await remote.run('echo back')).stdout).toBe('back\n');
    expect(there.connections).toBe(2);
  });

  it('is mended once for all who wait', async () => {
    const { there, remote } = await open();
    there.cut();
    const results = await Promise.all(['a', 'b', 'c'].map(word => remote.run(`echo ${word}`)));
    expect(results.map(({ stdout }) => stdout)).toEqual(['a\n', 'b\n', 'c\n']);
    expect(there.connections).toBe(2);
  });

  it('is mended when the host is there again', async () => {
    const { there, remote } = await open();
    const { port, faults } = there;
    await there.stop();
    const work = remote.run('echo back');
    const again = await startHost(faults, port);
    expect((await work).stdout).toBe('back\n');
    expect(again.connections).toBe(1);
  });

  it('is given up after a while', async () => {
    const { there, remote } = await open({}, { reconnect: 300 });
    await there.stop();
    expect(await problemOf(remote.run('echo never'))).toMatchObject({ code: 'lost' });
  });

  it('is not waited for when the operator stops', async () => {
    const { there, remote } = await open();
    const stop = new AbortController();
    await there.stop();
    const work = problemOf(remote.run('echo never', { signal: stop.signal }));
    stop.abort();
    expect(await work).toMatchObject({ code: 'stopped' });
  });

  it('is noticed where nothing is said any more', async () => {
    const { there, remote } = await open({}, { keepalive: 100, keepaliveCount: 2 });
    const problem = await problemOf(remote.run('echo started; sleep 600', { onLine: () => there.freeze() }));
    expect(problem.what.en).toContain('the host no longer answers');
  });

  it('without an exit code is no success', async () => {
    const { remote } = await open({ exec: channel => channel.end() });
    expect(await problemOf(remote.run('true'))).toMatchObject({ code: 'lost' });
  });

  it('does not let a host in that wants another login now, and says so', async () => {
    const { there, remote } = await open();
    there.faults.login = byPassword('new');
    there.cut();
    expect(await problemOf(remote.run('true'))).toMatchObject({ code: 'login' });
  });
});

it('uses no more channels than a host gives, and needs no new connection', async () => {
  const { there, remote } = await open({ maxSessions: 3 });
  const results = await Promise.all(Array.from({ length: 12 }, (_, i) => remote.run(`sleep 0.1; echo ${i}`)));
  expect(results.map(({ stdout }) => Number(stdout))).toEqual([...Array(12).keys()]);
  expect(there.connections).toBe(1);
});

it('takes a session that is only there to change the password for what it is', async () => {
  const said = 'WARNING: Your password has expired.\nPassword change required but no TTY available.\n';
  const there = await startHost({
    exec: channel => {
      channel.stderr.write(said);
      channel.exit(1);
      channel.end();
    },
  });
  const problem = await problemOf(startOperator({ acceptNewHostKeys: true }).connect(there, { user: 'ops' }));
  expect(problem.what.en).toBe('the password of ops has expired');
  expect(problem.remedy.en).toContain(`ssh -p ${there.port} ops@127.0.0.1`);
});

it('says what a user without a shell is told', async () => {
  const { remote } = await open({
    exec: channel => {
      channel.write('This account is currently not available.\n');
      channel.exit(1);
      channel.end();
    },
  });
  const problem = await problemOf(remote.run('true'));
  expect(problem).toMatchObject({ code: 'login' });
  expect(problem.what.en).toContain('This account is currently not available.');
});

it('is closed as soon as the goodbye is on its way: no silent host is waited for', async () => {
  const { there, remote } = await open();
  there.freeze();
  vi.useFakeTimers({ toFake: ['setTimeout'] }); // no time passes
  onTestFinished(() => void vi.useRealTimers());
  await remote.close();
  expect(await problemOf(remote.run('true'))).toMatchObject({ code: 'stopped' });
});
