import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addressOf, describeLab, fresh, onHost } from './lab.js';
import { newHome, program, writeCluster } from './program.js';
import { snapshot } from './snapshot.js';
import { inTerminal } from './tmux.js';
import { labHosts } from './where.js';

const [plane, worker] = labHosts as [string, string];

/** From the first screen to the question whether to install; the hosts' keys may be new. */
async function walkToInstall({ see, answer, press }: ReturnType<typeof inTerminal>, areKeysNew: boolean) {
  press('Enter');
  if (areKeysNew) await answer(60, 'not known here yet', 'a', '2 given · 2 ready');
  await see(60, '2 given · 2 ready');
  press('Enter');
  await see(60, 'Where will each host get things from?', 'enter accept');
  press('Enter');
  await see(10, 'Every default works.');
  press('Enter');
  await see(60, 'cgroup v1');
  press('Enter');
  await see(60, ' to do, ', ' so already');
  press('Enter');
  await answer(30, 'Install now?', 'y', '2 hosts are being changed');
}

describeLab('a guided install whose plugs are pulled', () => {
  let home: string;
  let before: Record<string, string>;
  const open: ReturnType<typeof inTerminal>[] = [];
  const terminal = () => {
    const one = inTerminal(home);
    open.push(one);
    return one;
  };
  beforeAll(() => {
    fresh(plane, worker);
    home = newHome();
    before = snapshot(worker);
  });
  afterAll(() => {
    for (const one of open) one.close();
  });

  it('the terminal closed: the first screen of the next one says where it was', async () => {
    const first = terminal();
    await first.see(20, 'New cluster', 'Demo');
    first.press('Enter');
    await first.see(10, 'Which servers shall become the cluster?');
    first.press(`${addressOf(plane)} ${addressOf(worker)}`, 'Enter');
    await first.see(10, '2 given · 0 ready');
    await walkToInstall(first, true);
    await first.see(120, '●', 'kubelet, kubeadm and kubectl');
    first.close();
    await vi.waitFor(() => expect(spawnSync('pgrep', ['-f', `HOME=${home} `]).status).toBe(1), { timeout: 60_000 });

    const { stdout } = await program(home, ['sessions']);
    expect(stdout).toMatch(/^k8s +(stopped|cut short, or still running): .*(packages|images|prepare) +2 /m);
  });

  it('a step failed: the fix is applied by its key, and the cluster comes up', async () => {
    const second = terminal();
    await second.see(20, 'Resume k8s', '2 hosts');
    second.press('Down', 'Down', 'Enter');
    await second.see(10, '2 given');
    await walkToInstall(second, false);
    // Somebody else's service, after preflight looked.
    onHost(worker, 'systemd-run -q --unit=squatter python3 -m http.server 10250');
    await second.see(300, 'Port 10250 is in use', 'port 10250 is taken by', 'end process');
    second.press('1');
    await second.see(10, 'Run this as root on', 'kill ');
    await second.answer(60, 'Run this as root on', 'y', '2 hosts are being changed');
    await second.see(300, 'is ready', 'kubectl --context k8s');
    expect(onHost(worker, 'systemctl is-active squatter || true')).not.toBe('active');
  });

  it('one host leaves: it is what it was, and the cluster lives on', async () => {
    const file = writeCluster(
      home,
      `name: k8s\nkubernetes: v1.37.2\nhosts:\n  - {name: n1, address: ${addressOf(plane)}, roles: [control-plane]}\n  - {name: n2, address: ${addressOf(worker)}}\n`,
    );
    const kubectl = (words: string) => onHost(plane, `kubectl --kubeconfig /etc/kubernetes/admin.conf ${words}`);
    kubectl('taint node n1 node-role.kubernetes.io/control-plane-');
    kubectl('create deployment work --image=registry.k8s.io/pause:3.10.2 --replicas=2');
    const reset = await program(home, ['reset', '-f', file, '--host', 'n2', '--confirm', 'n2']);
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(reset.stdout).toContain('n2 is drained and taken out of the cluster first');
    expect(kubectl("get nodes --no-headers | awk '{print $1, $2}'")).toBe('n1 Ready');
    expect(kubectl("get pods -l app=work -o jsonpath='{.items[*].spec.nodeName}'").split(' ')).toEqual(['n1', 'n1']);
    expect(snapshot(worker)).toEqual(before);
  });
});
