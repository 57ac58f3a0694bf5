// Second pass on bare hosts, whole process, side by side with a raw script over OpenSSH, Ansible and pyinfra.
// Usage: node bench/converge.mjs [HOSTS=10]. Needs root, the lab, ansible-core (apt) and pyinfra (pip); peers that are missing are said.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './build.mjs';

const count = process.argv[2] ?? '10';
const lab = join(import.meta.dirname, '../../shared/lab');
for (const [command, how] of [
  ['ansible-playbook', 'apt-get install ansible-core'],
  ['pyinfra', 'pip install pyinfra'],
]) {
  if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0) throw new Error(`${command} is not here: ${how}`);
}
const contender = await bundle(join(import.meta.dirname, 'prepare.ts'));
const table = execFileSync(join(lab, 'peers/converge/compare'), [count, `node ${contender}`], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, BENCH_HOME: mkdtempSync(join(tmpdir(), 'k8s-tui-bench-')) },
});
process.stdout.write(table);
const rows = table
  .trim()
  .split('\n')
  .slice(1)
  .map(line => line.trim().split(/\s+/));
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const times = Object.fromEntries(
  rows.map(([name, , ...noop]) => [name === 'node' ? 'k8s-tui' : name, median(noop.map(Number))]),
);
const own = times['k8s-tui'];
console.log(`\nno-op pass, ${count} hosts, median of 3:`);
for (const [name, time] of Object.entries(times))
  console.log(
    `  ${name.padEnd(16)} ${time.toFixed(2)} s   k8s-tui takes ${(own / time).toFixed(2)} of it, is ${(time / own).toFixed(1)}x as fast`,
  );
