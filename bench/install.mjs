// The same three fresh hosts by the expert's shell script and by `k8s-tui apply`, in turn, several pairs; prints the ratio.
// Usage: node bench/install.mjs [PAIRS=3] [MIRROR=upstream]. Needs root and the lab; nothing else should be running.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lab, labFolder } from './lab.mjs';

const pairs = Number(process.argv[2] ?? 3);
const mirror = process.argv[3] ?? 'upstream';
const root = join(import.meta.dirname, '..');

lab('up', '3');
const key = lab('key');
const hosts = ['n1', 'n2', 'n3'];
const addresses = hosts.map(host => lab('ip', host));
const contenders = {
  'by hand': () =>
    execFileSync(join(labFolder, 'peers/by-hand'), [mirror, 'v1.37.2', ...addresses], {
      env: { ...process.env, SSH_KEY: key },
      stdio: 'ignore',
    }),
  'k8s-tui': () => {
    const home = mkdtempSync(join(tmpdir(), 'k8s-tui-bench-'));
    writeFileSync(
      join(home, 'cluster.yaml'),
      JSON.stringify({
        name: 'lab',
        kubernetes: 'v1.37.2',
        mirror,
        ssh: { user: 'root', identityFile: key },
        hosts: hosts.map((name, i) => ({ name, address: addresses[i], ...(i ? {} : { roles: ['control-plane'] }) })),
      }),
    );
    const args = [join(root, 'bin/k8s-tui.js'), 'apply', '--yes', '--accept-new-host-keys', '-f', join(home, 'cluster.yaml')];
    const output = execFileSync(process.execPath, args, { env: { PATH: process.env.PATH, HOME: home }, encoding: 'utf8' });
    if (process.env.VERBOSE) process.stdout.write(output);
  },
};
const times = { 'by hand': [], 'k8s-tui': [] };
for (let pair = 1; pair <= pairs; pair += 1) {
  for (const [name, work] of Object.entries(contenders)) {
    lab('fresh', ...hosts);
    const begun = performance.now();
    work();
    times[name].push((performance.now() - begun) / 1000);
    console.log(`${pair}  ${name.padEnd(8)} ${times[name].at(-1).toFixed(1)} s`);
  }
}
const ratios = times['k8s-tui'].map((time, i) => time / times['by hand'][i]).sort((a, b) => a - b);
console.log(
  `k8s-tui / by hand, from three fresh hosts to a cluster (ours with its preflight and its traffic checks): median ${ratios[Math.floor(pairs / 2)].toFixed(2)} of ${ratios.map(ratio => ratio.toFixed(2)).join(' ')}`,
);
