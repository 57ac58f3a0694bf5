import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { commandLinesDuring, filesWith, logged, sshFiles } from './canary.js';
import { addressOf, describeLab, fresh, key, onHost } from './lab.js';
import { type Ended, newHome, program } from './program.js';
import { snapshot } from './snapshot.js';
import { labHosts } from './where.js';

const [, ONE, TWO] = labHosts as [string, string, string];
/** What must be found nowhere. */
const CANARY = 'canary-Qx7-42';

/** An operator with a home folder of their own, without a key unless one is named. */
function operator({ identity, known = '' }: { identity?: string; known?: string } = {}) {
  const home = newHome();
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  if (identity) writeFileSync(join(home, '.ssh/config'), `Host *\n  IdentityFile ${identity}\n`);
  if (known) writeFileSync(join(home, '.ssh/known_hosts'), known, { mode: 0o600 });
  const read = (ended: Ended) => {
    const lines = ended.stdout
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line));
    return { ...ended, lines, hosts: lines.filter(({ type }) => type === 'host'), all: ended.stdout + ended.stderr };
  };
  const discover = async (args: string[], environment: Record<string, string> = {}) =>
    read(await program(home, ['discover', '--json', ...args], environment));
  return { home, discover };
}

/** The host's own word on its keys, as an operator gets it at its console. */
const printed = (name: string) => onHost(name, 'cat /etc/ssh/ssh_host_*.pub | ssh-keygen -lf -');

describeLab('getting in', () => {
  let [one, two] = ['', ''];
  beforeAll(() => {
    fresh(ONE, TWO);
    [one, two] = [addressOf(ONE), addressOf(TWO)];
    // The first use of sudo leaves an empty file by itself.
    for (const name of [ONE, TWO])
      onHost(name, `echo 'ops:${CANARY}' | chpasswd; install -o ops -m 644 /dev/null /home/ops/.sudo_as_admin_successful`);
  });

  it('with one password: a new key is let in, tried alone, and nothing else is changed; the password is nowhere', async () => {
    const before = [ONE, TWO].map(name => ({ all: snapshot(name), ssh: sshFiles(name) }));
    const { home, discover } = operator();
    const hosts = [`ops@${one}`, `ops@${two}`];
    const passwords = { K8S_TUI_SSH_PASSWORD: CANARY, K8S_TUI_SUDO_PASSWORD: CANARY };
    const running = discover([...hosts, '--accept-new-host-keys', '--new-key', '--yes'], passwords);
    const { result, lines } = await commandLinesDuring(running);
    const { code, all } = result;
    expect(code, all).toBe(0);
    expect(result.lines.filter(({ type }) => type === 'key').map(({ host, is }) => [host, is])).toEqual(
      expect.arrayContaining([
        [one, 'added'],
        [two, 'added'],
      ]),
    );
    const identityFile = '~/.ssh/id_ed25519';
    expect(result.hosts).toMatchObject(
      [one, two].map(address => ({ address, identityFile, access: 'sudo-with-password', os: expect.any(String) })),
    );

    const line = readFileSync(join(home, '.ssh/id_ed25519.pub'), 'utf8').trim();
    expect(statSync(join(home, '.ssh/id_ed25519')).mode & 0o777).toBe(0o600);
    expect(
      spawnSync('ssh-keygen', ['-yf', join(home, '.ssh/id_ed25519')], { encoding: 'utf8' })
        .stdout.split(' ')
        .slice(0, 2),
    ).toEqual(line.split(' ').slice(0, 2));
    for (const [i, name] of [ONE, TWO].entries()) {
      expect(snapshot(name)).toEqual(before[i]!.all);
      const changed = sshFiles(name).filter(entry => !before[i]!.ssh.includes(entry));
      expect(changed).toEqual([expect.stringMatching(/^\/home\/ops\/\.ssh\/authorized_keys 644 ops /)]);
      const keys = onHost(name, 'cat /home/ops/.ssh/authorized_keys').split('\n');
      expect(keys).toEqual([readFileSync(`${key()}.pub`, 'utf8').trim(), line]);
      expect(logged(name, 'Accepted password for ops')).toBe(1);
    }

    // It is in nobody's file, log, event or command line.
    expect([...lines].some(each => each.includes('sudo -k -S'))).toBe(true);
    expect([...lines].filter(each => each.includes(CANARY))).toEqual([]);
    expect(all).not.toContain(CANARY);
    expect(filesWith(CANARY, home, [ONE, TWO])).toEqual([]);

    // Again, without any password: the key is enough, and nothing is added twice.
    const again = await discover([...hosts, '--new-key', '--yes']);
    expect(again.hosts.map(({ access }) => access)).toEqual(['none', 'none']);
    expect(again.hosts[0].problem).toMatchObject({ code: 'sudo', passwordsLeft: 2 });
    expect(again.lines.filter(({ type }) => type === 'key')).toEqual([]);
  });

  it('not with a wrong password or key: each is said, and a password is told once', async () => {
    const wrong = operator();
    const tried = logged(ONE, 'Failed password for nobody2');
    const said = await wrong.discover([`nobody2@${one}`, '--accept-new-host-keys', '--new-key', '--yes'], {
      K8S_TUI_SSH_PASSWORD: 'not-it',
    });
    expect(said.code).toBe(3);
    expect(said.hosts).toMatchObject([{ problem: { code: 'login', passwordsLeft: 1 } }]);
    expect(said.hosts[0].problem.what.en).toContain('password (wrong)');
    expect(logged(ONE, 'Failed password for nobody2') - tried).toBe(1);
    expect(said.all).not.toContain('not-it');

    const stranger = operator({ identity: join(wrong.home, '.ssh/id_ed25519') });
    const refused = await stranger.discover([`root@${one}`, '--accept-new-host-keys']);
    expect(refused.hosts[0].problem).toMatchObject({ code: 'login' });
    expect(refused.hosts[0].problem.what.en).toContain(`tried: ${join(wrong.home, '.ssh/id_ed25519')}`);
  });

  it('without root: the line in sudoers that would help is said, and does', async () => {
    const { discover } = operator({ identity: key() });
    const passwords = { K8S_TUI_SSH_PASSWORD: 'nobody-password', K8S_TUI_SUDO_PASSWORD: 'nobody-password' };
    const look = () => discover([`nobody2@${one}`, '--accept-new-host-keys'], passwords);
    const { problem, access } = (await look()).hosts[0];
    expect([access, problem.code]).toEqual(['none', 'sudo']);
    const [, line, file] = /put the line "(.+)" into (\S+) and check it/.exec(problem.remedy.en)!;
    onHost(ONE, `echo '${line}' > ${file} && chmod 440 ${file} && visudo -cf ${file}`);
    try {
      expect((await look()).hosts[0].access).toBe('sudo');
    } finally {
      onHost(ONE, `rm ${file}`);
    }
  });
});

describeLab('trusting hosts', () => {
  let [one, two] = ['', ''];
  beforeEach(() => {
    [one, two] = [addressOf(ONE), addressOf(TWO)];
  });

  it('by fingerprints from their consoles; another one is a stop', async () => {
    const { home, discover } = operator({ identity: key() });
    const file = join(home, 'keys.txt');
    const rsa = /SHA256:\S+(?=.*\(RSA\))/.exec(printed(ONE))![0];
    writeFileSync(file, `${one} ${rsa}\n${two} ${rsa}\n`);
    const logins = logged(TWO, 'Accepted publickey for root');
    const { hosts } = await discover([`root@${one}`, `root@${two}`, '--expect', file]);
    expect(hosts.toSorted((a, b) => a.address.localeCompare(b.address))).toMatchObject([
      { address: one, access: 'root', key: { type: 'ssh-rsa', fingerprint: rsa, trusted: true } },
      { address: two, key: { is: 'unexpected', trusted: false }, problem: { code: 'host-key' } },
    ]);
    expect(readFileSync(join(home, '.ssh/known_hosts'), 'utf8')).toMatch(new RegExp(`^${one} ssh-rsa \\S+\\n$`));
    // Not even where everything new is accepted.
    const again = await discover([`root@${two}`, '--expect', file, '--accept-new-host-keys']);
    expect(again.hosts[0].key.is).toBe('unexpected');
    // The lab itself comes in as root to count, once each time.
    expect(logged(TWO, 'Accepted publickey for root') - logins).toBe(1);

    writeFileSync(file, printed(TWO));
    expect((await discover([`root@${two}`, '--expect', file])).hosts[0]).toMatchObject({ access: 'root' });
  });

  it('not where the key has changed, until the old one is taken out as the remedy says', async () => {
    const other = onHost(TWO, 'cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub');
    const { home, discover } = operator({ identity: key(), known: `# mine\n${one} ${other}\n` });
    const changed = await discover([`root@${one}`, '--accept-new-host-keys']);
    expect(changed.hosts[0]).toMatchObject({
      key: { is: 'changed', place: `${home}/.ssh/known_hosts:2` },
      problem: { code: 'host-key' },
    });
    const remedy = /ssh-keygen -f .*$/.exec(changed.hosts[0].problem.remedy.en)![0];
    expect(spawnSync('sh', ['-c', remedy]).status).toBe(0);
    const after = await discover([`root@${one}`, '--accept-new-host-keys']);
    expect(after.hosts[0]).toMatchObject({ key: { is: 'new' }, access: 'root' });
  });

  it('sees one host under two addresses, and two hosts with one key', async () => {
    const second = one.replace(/\.(\d+)$/, (_, last) => `.${Number(last) + 100}`);
    const keep = 'cp -p /etc/ssh/ssh_host_ed25519_key* /root/ && mv /root/ssh_host_ed25519_key /root/kept';
    onHost(ONE, `ip address add ${second}/16 dev host0`);
    const cloned = onHost(ONE, 'cat /etc/ssh/ssh_host_ed25519_key');
    onHost(TWO, `${keep}; cat > /etc/ssh/ssh_host_ed25519_key <<'END'\n${cloned}\nEND\nsystemctl restart ssh`);
    try {
      const { home, discover } = operator({ identity: key() });
      const file = join(home, 'c.yaml');
      const { lines, code, all } = await discover([
        `root@${one}`,
        `root@${second}`,
        `root@${two}`,
        '--accept-new-host-keys',
        '-o',
        file,
      ]);
      expect(code, all).toBe(0);
      expect(readFileSync(file, 'utf8').match(/address: /g)).toHaveLength(2);
      expect(all).toContain(`${second} is the same machine as ${one}; it is taken once`);
      const findings = lines.filter(({ type }) => type === 'finding').map(({ id }) => id);
      expect(findings).toEqual(expect.arrayContaining(['host-key-duplicate', 'machine-id-duplicate']));
    } finally {
      onHost(TWO, 'mv /root/kept /etc/ssh/ssh_host_ed25519_key; rm /root/ssh_host_ed25519_key.pub; systemctl restart ssh');
      onHost(ONE, `ip address del ${second}/16 dev host0`);
    }
  });
});
