import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addressOf, describeLab, fresh, key, onHost } from './lab.js';
import { newHome, program } from './program.js';
import { inTerminal } from './tmux.js';
import { cli, labHosts } from './where.js';

const byHand = join(cli, '../peers/by-hand');

describeLab('a cluster that was made by hand', () => {
  const [plane = '', worker = ''] = labHosts;
  const home = newHome();
  const accept = '--accept-new-host-keys';
  let panel: ReturnType<typeof inTerminal> | undefined;

  beforeAll(() => {
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    copyFileSync(key(), join(home, '.ssh/id_ed25519'));
    // K8S_TUI_LAB_KEEP: the cluster stands already, from a run before.
    if (process.env.K8S_TUI_LAB_KEEP) return;
    fresh(plane, worker);
    const words = ['upstream', 'v1.37.2', addressOf(plane), addressOf(worker)];
    execFileSync(byHand, words, { env: { ...process.env, SSH_KEY: key() }, stdio: ['ignore', 'pipe', 'inherit'] });
  });
  afterAll(() => panel?.close());

  it('is read from its control plane and from a kubeconfig, and stays as it is', async () => {
    const config = join(home, 'admin.conf');
    writeFileSync(config, onHost(plane, 'cat /etc/kubernetes/admin.conf'), { mode: 0o600 });
    for (const where of [[`root@${addressOf(plane)}`], ['--kubeconfig', config]]) {
      // by-hand ends when its nodes are Ready: the last of its pods may still be on their way.
      const { code, stdout } = await vi.waitFor(
        async () => {
          const ended = await program(home, ['status', ...where, accept]);
          expect(ended.stdout, ended.stdout + ended.stderr).toContain('✓ healthy');
          return ended;
        },
        { timeout: 90_000, interval: 1000 },
      );
      for (const host of [plane, worker]) expect(stdout).toMatch(new RegExp(`^${host} .* Ready `, 'm'));
      expect(code).toBe(0);
    }
    const log = await program(home, ['logs', worker, 'kube-proxy', '--kubeconfig', config, '--lines', '3']);
    expect(log.stdout.trim().split('\n')).toHaveLength(3);
    const other = await program(home, ['status', `root@${addressOf(worker)}`]);
    expect(other).toMatchObject({ code: 3, stderr: expect.stringMatching(/belongs to the cluster of https:\/\/.*:6443/) });
    expect(onHost(plane, 'ls -d /var/lib/k8s-tui /run/k8s-tui 2>/dev/null | wc -l')).toBe('0');
  });

  it('has a panel, from which its nodes are cordoned, drained and mended by keys', async () => {
    panel = inTerminal(home, 'panel', `root@${addressOf(plane)}`, accept);
    const row = (host: string, state: string) => new RegExp(`${host} +\\w+ +. ${state}`);
    const { see, press, answer } = panel;
    const back = async () => {
      press('Escape');
      await see(10, 'enter open');
    };
    await see(40, row(plane, 'Ready'), row(worker, 'Ready'), '● api-server', '● etcd');
    press('Down', 'c');
    await see(10, `cordon ${worker}`, '$ kubectl --kubeconfig /etc/kubernetes/admin.conf cordon');
    await answer(20, 'No new pods are put on it', 'y', `node/${worker} cordoned`);
    await back();
    await see(20, row(worker, 'cordoned'));
    press('d');
    await answer(20, 'disruption budgets', 'y', `node/${worker} drained`);
    await back();
    press('K');
    await answer(20, 'Containers go on running meanwhile', 'y', '1 line  end');
    await back();
    press('c');
    await answer(20, 'Pods may be put on it again', 'y', `node/${worker} uncordoned`);
    await back();
    await see(20, row(worker, 'Ready'));
    press('x');
    await see(20, `describe node ${worker}`, 'Name:');
    await back();
    press('s');
    await see(10, `Shell on ${worker}`);
    press('echo "this is $(hostname)"', 'Enter');
    await see(10, `this is ${worker}`);
    press('exit', 'Enter');
    await see(10, `The shell on ${worker} ended`);
    press('q');
    await see(10, 'ended with 0');
  });
});
