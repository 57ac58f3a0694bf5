import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { phaseIds } from '../../source/engine/plan/phases.js';
import { addressOf, describeLab, fresh, key, onHost } from './lab.js';
import { bin, newHome, program, writeCluster } from './program.js';
import { snapshot } from './snapshot.js';
import { labHosts } from './where.js';

const first = labHosts[0]!;
const cluster = () => `name: resume
kubernetes: v1.37.2
ssh: {identityFile: ${key()}}
hosts:
${labHosts.map((name, i) => `  - {name: ${name}, address: ${addressOf(name)}${i ? '' : ', roles: [control-plane]'}}`).join('\n')}
`;

/**
 * Runs the program and kills it, -9, at the first step of a phase, or of a later one where a host has gone on by itself meanwhile.
 * @returns the phase; null where it came to its end
 */
async function killAt(home: string, from: number, command: string[]) {
  const begun = Date.now();
  const child = spawn(process.execPath, [bin, ...command, '--yes', '--json', '--accept-new-host-keys'], {
    env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let goesOnAfter: number | null = null;
  let phase: string | null = null;
  for await (const chunk of child.stdout) {
    const lines = (text + chunk).split('\n');
    text = lines.pop()!;
    const events = lines.map(line => JSON.parse(line));
    if (events.some(({ type }) => type === 'run-started')) goesOnAfter = Date.now() - begun;
    phase = events.find(event => event.type === 'step-started' && phaseIds.indexOf(event.phase) >= from)?.phase ?? null;
    if (phase === null) continue;
    child.kill('SIGKILL');
    break;
  }
  return { phase, goesOnAfter };
}

describeLab('an install that is killed, -9, in every phase', () => {
  it('goes on each time, ends verified, and leaves no trace when it is undone', async () => {
    fresh(...labHosts);
    const before = labHosts.map(snapshot);
    const home = newHome();
    const file = writeCluster(home, cluster());
    const killed: string[] = [];
    for (let from = 0; ; ) {
      const { phase, goesOnAfter } = await killAt(home, from, killed.length ? ['resume'] : ['apply', '-f', file]);
      console.log(
        `${killed.length ? 'resumed' : 'begun'} after ${goesOnAfter} ms; ${phase ? `killed in ${phase}` : 'came to its end'}`,
      );
      if (phase === null) break;
      killed.push(phase);
      from = phaseIds.indexOf(phase as (typeof phaseIds)[number]) + 1;
      const { stdout } = await program(home, ['sessions', '--json']);
      expect(JSON.parse(stdout), 'no session is lost').toMatchObject({ name: 'resume', result: 'running' });
    }
    // A short phase may be over before anybody can look.
    expect(killed.length).toBeGreaterThanOrEqual(labHosts.length > 1 ? 5 : 4);
    expect(new Set(killed)).toContain('control-plane');

    const again = await program(home, ['resume', 'resume', '--yes', '--accept-new-host-keys']);
    expect(again.stdout).toContain('nothing was changed');
    const nodes = onHost(first, 'kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes --no-headers');
    expect(nodes.split('\n').map(line => line.split(/\s+/).slice(0, 2).join(' '))).toEqual(
      labHosts.map(name => `${name} Ready`),
    );
    for (const host of labHosts) {
      expect(
        onHost(
          host,
          'ls /run/k8s-tui/lock 2>/dev/null; systemctl list-units --plain --no-legend "k8s-tui-*" | grep -v check; true',
        ),
      ).toBe('');
      expect(onHost(host, 'grep -c "^tried " /var/lib/k8s-tui/ledger || true')).toBe(host === first ? '1' : '0');
    }

    const reset = await program(home, [
      'reset',
      '-f',
      join(home, 'cluster.yaml'),
      '--confirm',
      'resume',
      '--accept-new-host-keys',
    ]);
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(labHosts.map(snapshot)).toEqual(before);
  });
});
