import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { addressOf, control, describeLab, fresh, insideOf, key, onHost } from './lab.js';
import { newHome, program, programOnline, writeCluster } from './program.js';
import { snapshot } from './snapshot.js';
import { labHosts } from './where.js';

const hosts = [...labHosts];
const [ONE] = labHosts as [string];

const cluster = (names: string[], more = '') => `name: lab
kubernetes: v1.37.2
ssh: {user: root, identityFile: ${key()}}
${more}
hosts:
${names.map((name, i) => `  - {name: ${name}, address: ${addressOf(name)}${i ? '' : ', roles: [control-plane]'}}`).join('\n')}
`;

/** A host that reaches nothing but its neighbours, and is reached by ssh. */
function cutOff(name: string): void {
  for (const chain of ['OUTPUT', 'FORWARD'])
    for (const rule of [
      ['-o', 'host0', '!', '-d', '10.0.0.0/8'],
      ['-d', '10.77.1.0/24'],
    ])
      execFileSync('nsenter', ['-t', insideOf(name), '-n', 'iptables', '-I', chain, ...rule, '-j', 'DROP']);
}

/** What the outside sites were asked for since: the larger things, and by whom. */
function drawn(since: number): { client: string; path: string; bytes: number }[] {
  const { visits } = JSON.parse(control(`/log?since=${since}`)) as {
    visits: { client: string; path: string; bytes: number }[];
  };
  return visits.filter(({ bytes }) => bytes > 50_000);
}
const nodes = () =>
  onHost(ONE, "kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes --no-headers | awk '{print $1, $2}'");
const traces = (name: string) =>
  onHost(
    name,
    `ls -d /run/k8s-tui-relay 2>/dev/null; grep -rIl k8s-tui-relay /etc /var/lib/apt /var/lib/k8s-tui 2>/dev/null; true`,
  );

describeLab('hosts that reach nothing but ssh', () => {
  let home: string;
  beforeAll(() => {
    home = newHome();
  });
  const freshAndCutOff = (...names: string[]) => {
    fresh(...names);
    for (const name of names) cutOff(name);
  };

  it('become a cluster by the relay: every byte crosses the line once, and nothing stays behind', async () => {
    freshAndCutOff(...hosts);
    expect(onHost(ONE, 'curl -s -m 3 https://pkgs.k8s.io; echo $?')).not.toBe('0');
    const before = hosts.map(snapshot);
    writeCluster(home, cluster(hosts, 'relay: true'));
    const run = (...args: string[]) =>
      programOnline(home, [...args, '-f', join(home, 'cluster.yaml'), '--accept-new-host-keys']);
    const { next } = JSON.parse(control('/log?since=0')) as { next: number };

    const looked = await run('preflight');
    expect(looked.code, looked.stdout + looked.stderr).toBe(0);
    expect(hosts.map(snapshot), 'preflight only looks').toEqual(before);
    const ended = await run('apply', '--yes');
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(nodes()).toBe(hosts.map(name => `${name} Ready`).join('\n'));

    const asked = drawn(next);
    expect(asked.length).toBeGreaterThan(10);
    const paths = asked.map(({ path }) => path);
    expect(paths.filter((path, i) => paths.indexOf(path) !== i)).toEqual([]);
    const all = asked.reduce((sum, { bytes }) => sum + bytes, 0);
    const given = /relay closed: ([\d.]+) MB downloaded, ([\d.]+) MB given/.exec(ended.stdout)!;
    console.log(`from the sites ${(all / 1e6).toFixed(0)} MB, to the hosts ${given[2]} MB`);

    expect(hosts.map(traces)).toEqual(['', '', '']);
    const reset = await run('reset', '--confirm', 'lab');
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(hosts.map(snapshot)).toEqual(before);
  });

  it('become a cluster from a bundle where there is no line at all; a damaged one is refused before anything is touched', async () => {
    const file = writeCluster(home, cluster([ONE]));
    const bundle = join(home, 'bundle.tar');
    const packed = await programOnline(home, ['bundle', '-f', file, '-o', bundle]);
    expect(packed.code, packed.stdout + packed.stderr).toBe(0);
    expect(statSync(bundle).mode & 0o777).toBe(0o600);

    freshAndCutOff(ONE);
    const elsewhere = newHome();
    const apply = (from: string) =>
      program(elsewhere, ['apply', '--yes', '-f', file, '--bundle', from, '--accept-new-host-keys']);

    const damaged = join(elsewhere, 'damaged.tar');
    copyFileSync(bundle, damaged);
    const broken = openSync(damaged, 'r+');
    writeSync(broken, 'X', statSync(bundle).size / 2);
    closeSync(broken);
    const refused = await apply(damaged);
    expect(refused.code).toBe(2);
    expect(refused.stdout + refused.stderr).toContain('it is damaged');
    expect(onHost(ONE, 'ls /var/lib/k8s-tui 2>/dev/null | wc -l')).toBe('0');

    const ended = await apply(bundle);
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(nodes()).toBe(`${ONE} Ready`);
    expect(traces(ONE)).toBe('');
  });
});
