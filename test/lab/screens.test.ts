import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeLab, fresh, lab, onHost } from './lab.js';
import { newHome } from './program.js';
import { inTerminal } from './tmux.js';

describeLab('the guided screens, in a real terminal, by keys alone', () => {
  let home: string;
  let terminal: ReturnType<typeof inTerminal>;
  beforeAll(() => {
    lab('up', '3');
    fresh('n1', 'n2', 'n3');
    home = newHome();
    terminal = inTerminal(home);
  });
  afterAll(() => terminal.close());

  it('from three addresses to a cluster, and on to its panel', async () => {
    const { see, answer, press, screen } = terminal;
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
    press('Enter');
    await see(60, /n1 +control +● Ready/, /n2 +worker +● Ready/, /n3 +worker +● Ready/);
    press('q');
    await see(20, 'ended with 0');
    // What is left on the primary screen tells how it went.
    expect(screen()).toContain('k8s');
  });
});
