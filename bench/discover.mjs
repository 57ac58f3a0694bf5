// From a scan of a network to the facts of its hosts, once their keys are trusted: the whole process, read only. Prints the median.
// Usage: node bench/discover.mjs [RUNS=5] [NETWORK=10.77.0.0/27]. Needs the lab with its hosts up (lab up 10 bare); nothing else should be running.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lab } from './lab.mjs';

const runs = Number(process.argv[2] ?? 5);
const network = process.argv[3] ?? '10.77.0.0/27';
const root = join(import.meta.dirname, '..');
const key = lab('key');
const home = mkdtempSync(join(tmpdir(), 'k8s-tui-bench-'));
mkdirSync(join(home, '.ssh'), { mode: 0o700 });
writeFileSync(join(home, '.ssh/config'), `Host *\n  User root\n  IdentityFile ${key}\n`);

function discover(...more) {
  const begun = performance.now();
  const text = execFileSync(process.execPath, [join(root, 'bin/k8s-tui.js'), 'discover', network, '--json', ...more], {
    env: { PATH: process.env.PATH, HOME: home },
    encoding: 'utf8',
  });
  const lines = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
  return {
    seconds: (performance.now() - begun) / 1000,
    asked: lines.filter(({ type }) => type === 'answer').length,
    read: lines.filter(({ type, os }) => type === 'host' && os).length,
  };
}

console.log(`first look, keys recorded: ${discover('--accept-new-host-keys').seconds.toFixed(2)} s`);
const times = [];
let [asked, read] = [0, 0];
for (let run = 1; run <= runs; run += 1) {
  const looked = discover();
  ({ asked, read } = looked);
  times.push(looked.seconds);
  console.log(`${run}  ${looked.seconds.toFixed(2)} s`);
}
times.sort((a, b) => a - b);
console.log(
  `from scan to facts, ${network}: ${asked} answered, ${read} hosts read, median ${times[Math.floor(runs / 2)].toFixed(2)} s of ${runs}`,
);
