// Second pass on bare hosts, whole process, side by side with a raw script over OpenSSH, Ansible and pyinfra.
// Usage: node bench/converge.mjs [HOSTS=10]. Needs root, the lab, ansible-core (apt) and pyinfra (pip); peers that are missing are said.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './build.mjs';
import { lab, labFolder } from './lab.mjs';

const PAIRS = 21;
const count = process.argv[2] ?? '10';
for (const [command, how] of [
  ['ansible-playbook', 'apt-get install ansible-core'],
  ['pyinfra', 'pip install pyinfra'],
]) {
  if (spawnSync('sh', ['-c', `command -v ${command}`]).status !== 0) throw new Error(`${command} is not here: ${how}`);
}
const contender = await bundle(join(import.meta.dirname, 'prepare.ts'));
const home = mkdtempSync(join(tmpdir(), 'k8s-tui-bench-'));
const table = execFileSync(join(labFolder, 'peers/converge/compare'), [count, `node ${contender}`], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, BENCH_HOME: home },
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

// Those two are close, and a machine is not the same from minute to minute: in turn.
const hosts = Array.from({ length: Number(count) }, (_, i) => `n${i + 1}=${lab('ip', `n${i + 1}`)}`);
const env = { ...process.env, BENCH_HOME: home, SSH_KEY: lab('key'), HOSTS: hosts.join(' ') };
const seconds = (command, words) => {
  const start = process.hrtime.bigint();
  execFileSync(command, words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return Number(process.hrtime.bigint() - start) / 1e9;
};
const raw = () => seconds(join(labFolder, 'peers/converge/raw'), hosts);
raw(); // the one before was of another
const pairs = Array.from({ length: PAIRS }, () => ({ raw: raw(), own: seconds('node', [contender]) }));
console.log(
  `\n${PAIRS} pairs in turn: raw ${median(pairs.map(pair => pair.raw)).toFixed(2)} s, k8s-tui ${median(pairs.map(pair => pair.own)).toFixed(2)} s, ` +
    `median of the pairs’ ratios ${median(pairs.map(pair => pair.own / pair.raw)).toFixed(2)}`,
);
