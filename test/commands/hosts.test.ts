import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { byPassword, startHost } from '../engine/ssh/server.js';
import { onPorts, operator } from './program.js';

vi.setConfig({ testTimeout: 60_000 });

/** Every file below a folder, as one text. */
const everything = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');

describe('hosts that cannot be used are all told at once, before any is changed', () => {
  it('where nothing listens', async () => {
    const gone = await startHost();
    const { port } = gone;
    await gone.stop();
    const { write, run } = operator();
    const file = write(onPorts([port, port + 1]));
    const { code, stdout } = await run('apply', '-f', file, '--yes');
    expect(code).toBe(3);
    for (const [i, name] of ['n1', 'n2'].entries())
      expect(stdout).toContain(
        `✗ ${name}  cannot reach 127.0.0.1:${port + i}: the connection was refused: nothing listens on that port\n    where   hosts[${i}].address\n    remedy  Check that sshd runs there`,
      );
    expect(stdout).toContain('2 of 2 hosts cannot be used as they are; no host has been changed');
    expect(stdout).not.toMatch(/\n +at /);
  });

  it('where the host key is not known, naming the flag', async () => {
    const host = await startHost();
    const { write, run, home } = operator();
    const file = write(onPorts([host.port]));
    const refused = await run('plan', '-f', file);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toMatch(
      /the host key of \[127\.0\.0\.1\]:\d+ is not known \(ssh-ed25519 SHA256:.{43}\), and there is no terminal/,
    );
    expect(refused.stdout).toContain('--accept-new-host-keys');
    expect(host.commands).toEqual([]);

    const accepted = await run('status', '-f', file, '--accept-new-host-keys');
    expect(accepted.stdout).toContain(`was added to ${home}/.ssh/known_hosts`);
    expect(host.commands.length).toBeGreaterThan(0);
  });

  it('where a password is needed, naming the variable', async () => {
    const host = await startHost({ login: byPassword('open-sesame') });
    const file = (write: (text: string) => string) => write(onPorts([host.port]));
    const none = operator();
    const asked = await none.run('plan', '-f', file(none.write), '--accept-new-host-keys');
    expect(asked.code).toBe(3);
    expect(asked.stdout).toContain('✗ n1  the password of ops is needed, and there is no terminal to ask on');
    expect(asked.stdout).toContain('Set K8S_TUI_SSH_PASSWORD in the environment');

    const wrong = operator({ K8S_TUI_SSH_PASSWORD: 'swordfish-7' });
    const refused = await wrong.run('apply', '-f', file(wrong.write), '--accept-new-host-keys', '--yes');
    expect(refused.code).toBe(3);
    expect(refused.stdout).toContain('✗ n1  the password of ops in K8S_TUI_SSH_PASSWORD is wrong');
    expect(refused.stdout + refused.stderr + everything(wrong.home)).not.toContain('swordfish-7');
  });

  it('where the user may not become root', async () => {
    const host = await startHost({
      programs: {
        id: '#!/bin/sh\necho 1000\n',
        sudo: `#!/bin/sh
if [ "$1" = -n ]; then exit 1; fi
while [ "$1" != -p ]; do shift; done
printf %s "$2" >&2
read -r password
echo "ops is not in the sudoers file." >&2
exit 1
`,
      },
    });
    const { write, run } = operator({ K8S_TUI_SUDO_PASSWORD: 'swordfish-7' });
    const { code, stdout } = await run('apply', '-f', write(onPorts([host.port])), '--accept-new-host-keys', '--yes');
    expect(code).toBe(3);
    expect(stdout).toContain('✗ n1  ops cannot become root: sudo says: ops is not in the sudoers file.');
    expect(stdout).toMatch(/remedy {2}Log in as root; or, as root on that host, put the line/);
  });
});

describe('at a terminal', () => {
  it('shows the fingerprint, asks for the password without an echo, and once more after a wrong one', async () => {
    const host = await startHost({ login: byPassword('open-sesame') });
    const { write, type, home } = operator();
    const program = type('status', '-f', write(onPorts([host.port])));
    await program.saw('is not known yet. Its ssh-ed25519 key is SHA256:');
    await program.saw('Type yes to trust it: ');
    program.write('yes\r');
    await program.saw('Password of ops on n1');
    program.write('swordfish-7\r');
    await program.saw('That was not it. Password of ops on n1');
    program.write('open-sesame\r');
    await program.saw('NODE');
    await program.ended;
    expect(program.text).not.toContain('swordfish-7');
    expect(program.text).not.toContain('open-sesame');
    expect(readFileSync(join(home, '.ssh/known_hosts'), 'utf8')).toContain('ssh-ed25519');
  });

  it('takes anything but yes for a no', async () => {
    const host = await startHost();
    const { write, type } = operator();
    const program = type('status', '-f', write(onPorts([host.port])));
    await program.saw('Type yes to trust it: ');
    program.write('y\r');
    await program.saw('and it was not accepted');
    await program.ended;
    expect(host.commands).toEqual([]);
  });

  it('ends at Ctrl-C while it asks, and says that nothing was changed', async () => {
    const host = await startHost({ login: byPassword('open-sesame') });
    const { write, type } = operator();
    const program = type('apply', '-f', write(onPorts([host.port])), '--accept-new-host-keys');
    await program.saw('Password of ops on n1');
    program.write('\x03');
    await program.saw('Stopped. No host has been changed.');
    expect(await program.ended).toBe(130);
  });
});
