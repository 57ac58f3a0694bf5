import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Problem, type ProblemDetails } from '../../source/engine/errors.js';
import type { Ask } from '../../source/engine/fleet.js';
import type { JobOptions } from '../../source/engine/remote.js';
import { clusterSpec } from '../../source/engine/spec/schema.js';
import { type SshOptions, sshConnector } from '../../source/engine/ssh/connector.js';
import { timings } from '../../source/engine/ssh/timings.js';
import { PasswordTries } from '../../source/engine/ssh/tries.js';
import { addressOf, describeLab, fresh, key, lab, onHost } from './lab.js';
import { isShared, labHosts } from './where.js';

const NAME = isShared ? labHosts[0]! : 'n4';

const nobody: Ask = { hostKey: async () => true, secret: async () => null };
const answering = (answer: string) => {
  const asked: string[] = [];
  const secret: Ask['secret'] = async ({ kind, attempt }) => {
    asked.push(`${kind} ${attempt}`);
    return answer;
  };
  return { asked, ask: { ...nobody, secret } };
};

function us(options: Partial<SshOptions> = {}, quick = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'operator-'));
  const knownHostsFile = join(directory, 'known_hosts');
  const connector = sshConnector(
    // Each test is a session of its own: what one gets wrong does not keep the next one out.
    { ask: nobody, acceptNewHostKeys: true, knownHostsFile, tries: new PasswordTries(), ...options },
    { ...timings, ...quick },
  );
  onTestFinished(async () => {
    await connector.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const connect = (ssh: object = {}, name = NAME) => {
    const spec = clusterSpec.parse({ hosts: [{ name, address: addressOf(name), ssh: { identityFile: key(), ...ssh } }] });
    return connector.connect(spec, spec.hosts[0]!);
  };
  return { connect, connector, knownHostsFile, directory };
}

const problemOf = (work: Promise<unknown>): Promise<ProblemDetails> =>
  work.then(
    () => Promise.reject(new Error('it ended without a problem')),
    error => (error instanceof Problem ? error.details : Promise.reject(error)),
  );
const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}`);
/** Says 1 to `count` in some three seconds. */
const counting = (count: number) =>
  `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo $i; [ $((i % 10)) -ne 0 ] || sleep 0.1; done`;

function killSessions(user: string) {
  try {
    onHost(NAME, `pkill -9 -f '^sshd: ${user}@notty'`);
  } catch {} // root's are killed with the one that carries this
}

describeLab('a real host', () => {
  beforeAll(() => {
    fresh(NAME);
  });
  afterAll(() => {
    onHost(NAME, 'rm -rf /run/k8s-tui');
  });

  it('is entered as root by a key', async () => {
    const remote = await us().connect();
    expect(remote.access).toBe('root');
    expect(await remote.run('id -un; exit 3')).toEqual({ code: 3, stdout: 'root\n', stderr: '' });
  });

  it('is entered as ops, whose sudo asks for a password', async () => {
    const { ask, asked } = answering('ops-password');
    const remote = await us({ ask }).connect({ user: 'ops' });
    expect([remote.access, asked]).toEqual(['sudo-with-password', ['sudo 1']]);
    expect(await remote.run('id -un; echo err >&2; cat; exit 3', { variables: { A: 'b' } })).toEqual({
      code: 3,
      stdout: 'root\n',
      stderr: 'err\n',
    });
    expect((await remote.run('id -un', { asRoot: false })).stdout).toBe('ops\n');
    const lines: string[] = [];
    expect(await remote.job('prepare', 'id -un; echo $HOME; exit 4', { onLine: line => lines.push(line) })).toBe(4);
    expect([lines, asked.length]).toEqual([['root', '/root'], 1]);
  });

  it('takes a wrong password of sudo for what it is, twice', async () => {
    const { ask, asked } = answering('wrong');
    const remote = await us({ ask }).connect({ user: 'ops' });
    expect([remote.access, asked]).toEqual(['none', ['sudo 1', 'sudo 2']]);
    expect((await problemOf(remote.run('true'))).what.en).toContain('sudo did not accept the password');
    expect(onHost(NAME, 'journalctl -q -t sudo -o cat --since -30s | grep -c "incorrect password attempt" || true')).toBe('2');
  });

  it('is entered as free, whose sudo asks nothing', async () => {
    const remote = await us().connect({ user: 'free' });
    expect(remote.access).toBe('sudo');
    expect((await remote.run('id -un')).stdout).toBe('root\n');
    expect(await remote.job('prepare', '[ "$(id -u)" = 0 ]', { onLine: () => {} })).toBe(0);
  });

  it('is entered by a password as nobody2, who cannot become root', async () => {
    const { ask, asked } = answering('nobody-password');
    const remote = await us({ ask }).connect({ user: 'nobody2', identityFile: undefined });
    expect([remote.access, asked]).toEqual(['none', ['password 1']]);
    expect((await remote.run('id -un', { asRoot: false })).stdout).toBe('nobody2\n');
    const problem = await problemOf(remote.run('id -un'));
    expect(problem).toMatchObject({ code: 'sudo', host: NAME });
    expect(problem.what.en).toContain('nobody2 is not in the sudoers file');
  });

  it('is not entered by a wrong password, tried twice', async () => {
    const { ask, asked } = answering('wrong');
    const problem = await problemOf(us({ ask }).connect({ user: 'nobody2', identityFile: undefined }));
    expect([problem.code, asked]).toEqual(['login', ['password 1', 'password 2']]);
  });

  it('is entered by a key of the ssh-agent, and by an encrypted one', async () => {
    const { directory, connect } = us();
    const socket = join(directory, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void agent.kill());
    await once(agent.stdout, 'data');
    execFileSync('ssh-add', ['-q', key()], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    process.env.SSH_AUTH_SOCK = socket;
    onTestFinished(() => void delete process.env.SSH_AUTH_SOCK);
    expect((await connect({ identityFile: undefined })).access).toBe('root');
    delete process.env.SSH_AUTH_SOCK;

    const locked = join(directory, 'locked');
    execFileSync('cp', [key(), locked]);
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'sesame', '-f', locked], { stdio: 'ignore' });
    const { ask, asked } = answering('sesame');
    expect((await us({ ask }).connect({ identityFile: locked })).access).toBe('root');
    expect(asked).toEqual(['passphrase 1']);
  });

  it("shares known_hosts with OpenSSH, in ssh's format and hashed", async () => {
    const { connect, knownHostsFile } = us();
    await connect();
    const options = ['-i', key(), '-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${knownHostsFile}`];
    expect(execFileSync('ssh', [...options, `root@${addressOf(NAME)}`, 'hostname'], { encoding: 'utf8' })).toBe(`${NAME}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', knownHostsFile], { stdio: 'ignore' });
    expect(readFileSync(knownHostsFile, 'utf8')).toMatch(/^\|1\|/);
    const asking = { ...nobody, hostKey: async () => Promise.reject(new Error('asked')) };
    expect((await us({ ask: asking, acceptNewHostKeys: false, knownHostsFile }).connect()).access).toBe('root');
  });

  it('stops us when its key has changed', async () => {
    const { connect, connector, knownHostsFile } = us();
    await connect();
    onHost(NAME, 'cd /etc/ssh; mkdir /root/old; mv ssh_host_* /root/old; ssh-keygen -q -A; systemctl restart ssh');
    onTestFinished(() => void onHost(NAME, 'mv -f /root/old/ssh_host_* /etc/ssh/; rmdir /root/old; systemctl restart ssh'));
    await connector.close();
    const problem = await problemOf(us({ knownHostsFile }).connect());
    expect(problem.what.en).toMatch(/has changed: it shows SHA256:\S+, but \S+known_hosts:1 says SHA256:/);
  });

  it('lets forty in at once through one sshd', async () => {
    const { connect } = us();
    const remotes = await Promise.all(Array.from({ length: 40 }, () => connect()));
    expect(await Promise.all(remotes.map(async remote => (await remote.run('echo in')).stdout))).toEqual(
      Array(40).fill('in\n'),
    );
  });

  it('runs twenty scripts at once over one connection', async () => {
    const remote = await us().connect();
    const results = await Promise.all(numbers(20).map(word => remote.run(`sleep 0.2; echo ${word}`)));
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(numbers(20));
  });

  it('may have a noisy .bashrc', async () => {
    onHost(NAME, 'cp /root/.bashrc /root/.bashrc.old 2>/dev/null; echo "echo noise; echo noise >&2" > /root/.bashrc');
    onTestFinished(() => void onHost(NAME, 'mv -f /root/.bashrc.old /root/.bashrc || rm /root/.bashrc'));
    const remote = await us().connect();
    expect(await remote.run('echo out; echo err >&2')).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' });
    const lines: string[] = [];
    await remote.job('prepare', 'echo out', { onLine: line => lines.push(line) });
    expect(lines).toEqual(['out']);
  });

  it('may have any login shell that talks, in any language, and sudo with a password behind it', async () => {
    onHost(
      NAME,
      `apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq tcsh fish >/dev/null
       usermod -s /bin/tcsh ops; echo 'echo noise; setenv LC_ALL ja_JP.UTF-8' > /home/ops/.cshrc
       usermod -s /usr/bin/fish free; mkdir -p /home/free/.config/fish; chown -R free: /home/free/.config
       echo 'echo noise; set -gx LC_ALL tr_TR.UTF-8' > /home/free/.config/fish/config.fish`,
    );
    onTestFinished(
      () =>
        void onHost(NAME, 'usermod -s /bin/bash ops; usermod -s /bin/bash free; rm /home/ops/.cshrc; rm -r /home/free/.config'),
    );
    const { ask } = answering('ops-password');
    for (const user of ['ops', 'free']) {
      const remote = await us({ ask }).connect({ user });
      const said = await remote.run('echo "$LC_ALL $(id -un)"; printf "%s\\n" "it\'s"; exit 3', { variables: { A: 'b' } });
      expect(said, user).toEqual({ code: 3, stdout: "C root\nit's\n", stderr: '' });
      const lines: string[] = [];
      expect(await remote.job('prepare', 'echo $LC_ALL; exit 4', { onLine: line => lines.push(line) })).toBe(4);
      expect(lines, user).toEqual(['C']);
    }
  });

  it('whose password has to be changed says so, by a key too', async () => {
    onHost(NAME, 'chage -d 0 ops');
    onTestFinished(() => void onHost(NAME, 'chage -d 2026-01-01 ops'));
    const problem = await problemOf(us().connect({ user: 'ops' }));
    expect(problem.what.en).toBe('the password of ops has expired');
    expect(problem.remedy.en).toContain(`ssh ops@${addressOf(NAME)}`);
  });

  it('says so to a user without a shell', async () => {
    onHost(NAME, 'usermod -s /usr/sbin/nologin free');
    onTestFinished(() => void onHost(NAME, 'usermod -s /bin/bash free'));
    const problem = await problemOf(us().connect({ user: 'free' }));
    expect(problem).toMatchObject({ code: 'login' });
    expect(problem.what.en).toContain('This account is currently not available.');
  });
});

describeLab('a job on a real host', () => {
  const noLine = { onLine: () => {} };

  it('is a unit of systemd, and costs little more than a script', async () => {
    const remote = await us().connect();
    const seen: string[] = [];
    await remote.job('prepare', 'systemctl show -p Description --value k8s-tui-prepare; cat /proc/$$/cgroup', {
      onLine: line => seen.push(line),
    });
    expect(seen[0]).toBe('k8s-tui prepare');
    expect(seen.join()).toContain('k8s-tui-prepare.service');
    const median = async (work: () => Promise<unknown>) => {
      const times: number[] = [];
      for (let i = 0; i < 9; i++) {
        const start = performance.now();
        await work();
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[4]!;
    };
    const run = await median(() => remote.run('true'));
    const job = await median(() => remote.job('prepare', 'true', noLine));
    console.log(`a script: ${run.toFixed(1)} ms, a job: ${job.toFixed(1)} ms`);
    expect(job - run).toBeLessThan(500); // 60 ms on a machine that does nothing else
  });

  it.each(['root', 'ops'])('outlives the sshd that serves us: no line is lost, none comes twice (%s)', async user => {
    const { ask } = answering('ops-password');
    const remote = await us({ ask }).connect({ user });
    const heard: string[] = [];
    let cuts = 0;
    const options: JobOptions = {
      onLine: line => {
        heard.push(line);
        if (['50', '120', '121'].includes(line)) {
          cuts++;
          killSessions(user);
        }
      },
      onLost: () => heard.push('lost'),
      onBack: () => heard.push('back'),
    };
    expect(await remote.job('prepare', `${counting(300)}; exit 5`, options)).toBe(5);
    expect(heard.filter(line => /^\d/.test(line))).toEqual(numbers(300));
    expect(heard.filter(line => line === 'lost').length).toBeGreaterThanOrEqual(1);
    expect(heard.filter(line => line === 'back').length).toBe(heard.filter(line => line === 'lost').length);
    expect(cuts).toBe(3);
  });

  it('outlives a network that goes silent', async () => {
    const remote = await us({}, { keepalive: 500, keepaliveCount: 2, tcp: 2000, pauses: [0, 500] }).connect();
    const lines: string[] = [];
    const options: JobOptions = {
      onLine: line => {
        lines.push(line);
        if (line === '50') lab('cut', NAME);
      },
      onLost: reason => {
        expect(reason).toBe('the host no longer answers');
        lab('mend', NAME);
      },
    };
    onTestFinished(() => void lab('mend', NAME));
    expect(await remote.job('prepare', counting(200), options)).toBe(0);
    expect(lines).toEqual(numbers(200));
  });

  it('has no code when the power was cut, and the next one runs', async () => {
    const remote = await us({}, { keepalive: 500, keepaliveCount: 2, tcp: 2000, pauses: [0, 500] }).connect();
    let isBack = false;
    const code = await remote.job('prepare', 'echo started; sleep 600', {
      onLine: () => lab('off', NAME),
      onLost: () => lab('on', NAME),
      onBack: () => {
        isBack = true;
      },
    });
    expect([code, isBack]).toEqual([null, true]);
    expect(await remote.job('prepare', 'exit 3', noLine)).toBe(3);
  });

  it('that a dead operator left is followed to its end before the next one', async () => {
    const first = us();
    const remote = await first.connect();
    const left = remote.job('prepare', `${counting(100)}; exit 5`, {
      onLine: line => {
        if (line === '20') void first.connector.close();
      },
    });
    await expect(left).rejects.toThrow(Problem);
    const lines: string[] = [];
    const second = await us().connect();
    expect(await second.job('prepare', 'echo mine; exit 6', { onLine: line => lines.push(line) })).toBe(6);
    expect(lines).toEqual([...numbers(100), 'mine']);
  });

  it.each(['kill -9 $$', 'kill -TERM $$'])('that is killed has no code (%s)', async script => {
    const remote = await us().connect();
    expect(await remote.job('prepare', `echo one; ${script}`, noLine)).toBe(null);
  });

  it('ends now with all that it started when it is told to', async () => {
    const remote = await us().connect();
    const code = await remote.job('prepare', 'setsid sleep 4711 & echo one; wait', {
      onLine: () => void remote.stopJob('prepare', 'now'),
    });
    expect(code).toBe(null);
    expect(onHost(NAME, 'pgrep -f "sleep 471[1]" || echo none')).toBe('none');
    expect(onHost(NAME, 'systemctl list-units --all --plain --no-legend "k8s-tui-*"')).toBe('');
  });

  it('is stopped by its signal', async () => {
    const remote = await us().connect();
    const stop = new AbortController();
    const work = remote.job('prepare', 'echo one; sleep 4712', { signal: stop.signal, onLine: () => stop.abort() });
    expect(await problemOf(work)).toMatchObject({ code: 'stopped' });
    expect(onHost(NAME, 'pgrep -f "sleep 471[2]" || echo none')).toBe('none');
  });

  it('leaves no secret where others could look', async () => {
    const { ask } = answering('ops-password');
    const remote = await us({ ask }).connect({ user: 'ops' });
    // The brackets: what looks for it does not find itself.
    const look = () =>
      onHost(
        NAME,
        `for word in canary-471[1] ops-passwor[d]; do
           for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/cmdline; tr '\\0' '\\n' < $p/environ; done 2>/dev/null | grep "$word"
           ps auxwwe | grep "$word"
           grep -rs "$word" /run /tmp /var/tmp /var/log /root /home /etc --exclude-dir=journal
           journalctl -q -a -o json --no-pager | grep "$word"
         done | head -5`,
      );
    let during = '';
    const options: JobOptions = {
      variables: { SECRET: 'canary-4711' },
      onLine: () => {
        during += look();
      },
    };
    expect(await remote.job('prepare', '[ "$SECRET" ] && echo ready; sleep 1', options)).toBe(0);
    let running = '';
    await remote.run('echo ready; sleep 3; : "$SECRET"', { variables: options.variables, onLine: () => (running += look()) });
    expect([during, running, look()]).toEqual(['', '', '']);

    let planted = '';
    await remote.run('echo ready; sh -c "sleep 3; :" canary-4711', { onLine: () => (planted += look()) });
    expect(planted).toContain('canary-4711');
  });
});
