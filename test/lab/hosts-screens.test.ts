import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandLinesDuring, filesWith, logged, sshFiles } from './canary.js';
import { addressOf, describeLab, firewall, fresh, key, onHost } from './lab.js';
import { newHome } from './program.js';
import { snapshot } from './snapshot.js';
import { inTerminal } from './tmux.js';
import { labHosts } from './where.js';

const [ONE, ...LOCKED] = labHosts as [string, string, string];
const INNER = LOCKED.at(-1)!;
/** What must be found nowhere. */
const CANARY = 'canary-Zk3-88';

describeLab('the Hosts screens, in a real terminal, by keys alone', () => {
  let home: string;
  let screens: ReturnType<typeof inTerminal>;
  beforeAll(() => {
    fresh(...labHosts);
    // Two hosts that only a password opens, for sudo as well; the first use of sudo leaves an empty file by itself.
    for (const name of LOCKED)
      onHost(
        name,
        `rm /home/ops/.ssh/authorized_keys; echo 'ops:${CANARY}' | chpasswd
         install -o ops -m 644 /dev/null /home/ops/.sudo_as_admin_successful`,
      );
    home = newHome();
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    writeFileSync(
      join(home, '.ssh/config'),
      `Host ${addressOf(ONE)}\n  User root\n  IdentityFile ${key()}\nHost *\n  User ops\n`,
    );
    screens = inTerminal(home);
  });
  afterAll(() => screens.close());

  it('from a scan to hosts that are ready; the password opens the way for a key, and is nowhere after', async () => {
    await find();
    await trust();
    const before = LOCKED.map(name => ({ all: snapshot(name), ssh: sshFiles(name) }));
    const { lines } = await commandLinesDuring(enter());
    await judge();
    await behind();
    await leave();

    expect([...lines].some(line => line.includes('sudo -k -S'))).toBe(true);
    expect([...lines].filter(line => line.includes(CANARY))).toEqual([]);
    expect(seen.join('\n')).not.toContain(CANARY);
    expect(filesWith(CANARY, home, labHosts)).toEqual([]);
    const line = readFileSync(join(home, '.ssh/id_ed25519.pub'), 'utf8').trim();
    for (const [i, name] of LOCKED.entries()) {
      expect(snapshot(name)).toEqual(before[i]!.all);
      const changed = sshFiles(name).filter(entry => !before[i]!.ssh.includes(entry));
      expect(changed).toEqual([expect.stringMatching(/^\/home\/ops\/\.ssh\/authorized_keys 600 ops /)]);
      expect(onHost(name, 'cat /home/ops/.ssh/authorized_keys')).toBe(line);
      // Once by the password; by the key to try it, and from then on; the last one also from another host.
      expect(logged(name, 'Accepted password for ops')).toBe(1);
      expect(logged(name, 'Accepted publickey for ops')).toBe(name === INNER ? 3 : 2);
      expect(logged(name, `Accepted publickey for ops from ${addressOf(ONE)}`)).toBe(name === INNER ? 1 : 0);
      expect(logged(name, 'Failed password')).toBe(0);
    }
  });

  /** What stood on the screen at each stop. */
  const seen: string[] = [];
  const stop = async (...wanted: Parameters<typeof screens.see>) => {
    const shown = await screens.see(...wanted);
    seen.push(shown);
    return shown;
  };

  /** A scan of three networks of one address each; those that this machine is in are offered and not asked. */
  async function find() {
    const { press } = screens;
    await stop(60, 'New cluster', 'Demo');
    press('Enter');
    await stop(10, 'Which servers shall become the cluster?');
    press('C-n');
    await stop(20, 'Scan which networks?', '10.77.0.0/24');
    press('C-u');
    press(labHosts.map(name => `${addressOf(name)}/32`).join(' '));
    await stop(10, '3 addresses, port 22');
    press('Enter');
    await stop(20, '3 found · 0 chosen', /OpenSSH 9\.\d/);
    press('/');
    press(addressOf(LOCKED[0]!));
    await stop(10, '1 of 3 shown');
    press('Enter');
    press('Space');
    await stop(10, '3 found · 1 chosen');
    press('Escape');
    press('a');
    await stop(10, '3 given · 0 ready');
  }

  /** The keys are accepted once they are on the screen, as each host's own console says them. */
  async function trust() {
    const { press } = screens;
    press('t');
    const shown = await stop(30, 'Host keys', '0 known · 3 new');
    for (const name of labHosts)
      expect(shown).toContain(onHost(name, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2"));
    press('v');
    await stop(10, '[ED25519 256]', '[SHA256]');
    press('v');
    press('A');
    await stop(10, '3 known · 0 new');
    expect(readFileSync(join(home, '.ssh/known_hosts'), 'utf8').trim().split('\n')).toHaveLength(3);
    press('Escape');
    await stop(10, '3 given · 0 ready');
  }

  /** One by its key, two by one password; then a key is made and let in, and sudo asks once for both. */
  async function enter() {
    const { press, paste } = screens;
    press('Enter');
    await stop(60, 'One password of ops for 2 hosts', 'more than two wrong');
    paste(CANARY);
    await stop(10, '••••••••');
    press('Enter');
    await stop(60, '3 given · 3 ready', '✓ password');
    press('i');
    await stop(20, 'Install your key on 2 hosts?', 'You have no key yet');
    press('y');
    await stop(60, 'sudo password of ops');
    paste(CANARY);
    press('Enter');
    await stop(60, '3 given · 3 ready', '✓ sudo, password');
  }

  /** One host is closed to this machine from now on; its way leads through another. */
  async function behind() {
    const { press } = screens;
    const onlyFromWithin = `INPUT ! -s ${addressOf(ONE)} -p tcp --dport 22 -j DROP`;
    firewall(INNER, `-I ${onlyFromWithin}`);
    try {
      press('o');
      press('o');
      await stop(10, 'sorted by address');
      press('G');
      press('J');
      await stop(10, 'Jump host');
      press(`root@${addressOf(ONE)}`);
      press('Enter');
      await stop(10, '3 given · 2 ready');
      press('Enter');
      await stop(30, '3 given · 3 ready', `It is reached through root@${addressOf(ONE)}.`);
    } finally {
      firewall(INNER, `-D ${onlyFromWithin}`);
    }
  }

  /** Who reaches whom, who becomes what. */
  async function judge() {
    const { press } = screens;
    press('m');
    await stop(60, 'Every host reaches every other', 'measured in');
    press('Escape');
    const shown = await stop(10, '3 given · 3 ready');
    expect(shown.match(/^.*◉.*control plane/gm)).toHaveLength(1);
  }

  async function leave() {
    const { press, answer } = screens;
    await answer(20, '3 given', 'q', 'Leave k8s-tui?');
    press('y');
    await stop(20, 'ended with 0');
  }
});
