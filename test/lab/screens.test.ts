import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeLab, fresh, key, lab, onHost } from './lab.js';
import { bin, newHome } from './program.js';

const socket = join(mkdtempSync(join(tmpdir(), 'k8s-tui-tmux-')), 'socket');
const tmux = (...args: string[]) => execFileSync('tmux', ['-S', socket, ...args], { encoding: 'utf8' });
const screen = () => tmux('capture-pane', '-p', '-t', 'screens');
const press = (...keys: string[]) => tmux('send-keys', '-t', 'screens', ...keys);
/** Waits until the screen shows all of it. */
const see = (seconds: number, ...texts: string[]) =>
  vi.waitFor(
    () => {
      const shown = screen();
      for (const text of texts) expect(shown).toContain(text);
      return shown;
    },
    { timeout: seconds * 1000, interval: 200 },
  );

/** Answers a question, which takes no answer in the first moment that it is shown, until the screen shows the text. */
const answer = (seconds: number, question: string, answerKey: string, text: string) =>
  vi.waitFor(
    () => {
      const shown = screen();
      if (shown.includes(question)) press(answerKey);
      expect(shown).toContain(text);
    },
    { timeout: seconds * 1000, interval: 400 },
  );

describeLab('the guided screens, in a real terminal, by keys alone', () => {
  let home: string;
  beforeAll(() => {
    lab('up', '3');
    fresh('n1', 'n2', 'n3');
    home = newHome();
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    copyFileSync(key(), join(home, '.ssh/id_ed25519'));
    const command = `env -i PATH="$PATH" HOME=${home} TERM=tmux-256color LANG=C.UTF-8 ${process.execPath} ${bin}; echo "ended with $?"; cat`;
    tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'screens', '-x', '80', '-y', '24', command);
  });
  afterAll(() => {
    spawnSync('tmux', ['-S', socket, 'kill-server']);
  });

  it('from three addresses to a cluster', async () => {
    await see(20, 'New cluster', 'Demo');
    press('Enter');
    await see(10, 'Which servers shall become the cluster?');
    press('10.77.0.11-13', 'Enter');
    await see(10, '3 given · 0 ready', 'control plane');
    press('Enter');
    // Every key is shown before any is trusted.
    await see(30, 'These 3 hosts show keys that are not known here yet', 'SHA256:');
    await answer(60, 'not known here yet', 'a', '3 given · 3 ready');
    press('Enter');
    await see(60, 'Where will each host get things from?', 'Every host reaches all that it needs there.');
    press('Enter');
    await see(10, 'Every default works.');
    press('Enter');
    await see(60, 'cgroup v1');
    press('Enter');
    await see(60, 'nothing has been changed yet', 'kernel modules', '#!/bin/sh');
    expect(onHost('n1', 'ls /var/lib/k8s-tui 2>/dev/null | wc -l')).toBe('0');
    press('Enter');
    await see(10, 'Install now? 3 hosts will be changed');
    await answer(60, 'Install now?', 'y', '3 hosts are being changed');
    await see(420, 'kubectl --context k8s');
    expect(onHost('n1', "kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes --no-headers | awk '{print $1, $2}'")).toBe(
      'n1 Ready\nn2 Ready\nn3 Ready',
    );
    expect(existsSync(join(home, '.kube/config'))).toBe(true);
    press('q');
    await see(20, 'ended with 0');
    // What is left on the primary screen tells how it went.
    expect(screen()).toContain('k8s');
  });
});
