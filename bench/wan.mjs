// A narrow line: the same fresh hosts by the expert's shell script and by `k8s-tui apply` with the relay, at 20 Mbit/s; then what
// crosses the line for 1, 3 (and 8) hosts. Prints times, bytes and their ratios.
// Usage: node bench/wan.mjs [BYTES_PER_SECOND=2500000] [HOSTS=1,3]. Needs root and the lab; nothing else should be running.
// With a rate of 0 the line is left as it is: for one that was made narrow by other means.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lab, labFolder } from './lab.mjs';

const rate = Number(process.argv[2] ?? 2_500_000);
const counts = (process.argv[3] ?? '1,3').split(',').map(Number);
const root = join(import.meta.dirname, '..');
const setRate = bytesPerSecond => lab('control', '/rate', '-X', 'PUT', '-d', JSON.stringify({ bytesPerSecond }));
const most = Math.max(3, ...counts);
lab('up', String(most));
const all = Array.from({ length: most }, (_, i) => `n${i + 1}`);
const address = Object.fromEntries(all.map(host => [host, lab('ip', host)]));
const key = lab('key');
const operator = `${address.n1.split('.').slice(0, 3).join('.')}.1`;

/** Bytes that went to these hosts, or to the operator's machine for them. */
const crossed = hosts => {
  const { clients } = JSON.parse(lab('control', '/bytes'));
  return [operator, ...hosts.map(host => address[host])].reduce((sum, client) => sum + (clients[client] ?? 0), 0);
};

const contenders = {
  'by hand': hosts =>
    execFileSync(join(labFolder, 'peers/by-hand'), ['upstream', 'v1.37.2', ...hosts.map(host => address[host])], {
      env: { ...process.env, SSH_KEY: key },
      stdio: 'ignore',
    }),
  'k8s-tui': hosts => {
    const home = mkdtempSync(join(tmpdir(), 'k8s-tui-bench-'));
    const file = join(home, 'cluster.yaml');
    writeFileSync(
      file,
      JSON.stringify({
        name: 'lab',
        kubernetes: 'v1.37.2',
        relay: true,
        ssh: { user: 'root', identityFile: key },
        hosts: hosts.map((name, i) => ({ name, address: address[name], ...(i ? {} : { roles: ['control-plane'] }) })),
      }),
    );
    // The operator sees the lab's sites by their name server and their authority, and starts with an empty cache.
    const nameServer = join(home, 'resolv.conf');
    writeFileSync(nameServer, 'nameserver 10.77.1.53\n');
    const command = [process.execPath, join(root, 'bin/k8s-tui.js'), 'apply', '--yes', '--accept-new-host-keys', '-f', file];
    const inside = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const output = execFileSync('unshare', ['-m', 'sh', '-c', inside, nameServer, ...command], {
      env: { PATH: process.env.PATH, HOME: home, NODE_EXTRA_CA_CERTS: lab('ca') },
      encoding: 'utf8',
    });
    if (process.env.VERBOSE) process.stdout.write(output);
  },
};

function measure(name, hosts) {
  lab('fresh', ...hosts);
  const before = crossed(hosts);
  if (rate) setRate(rate);
  const begun = performance.now();
  try {
    contenders[name](hosts);
  } finally {
    if (rate) setRate(null);
  }
  const seconds = (performance.now() - begun) / 1000;
  const bytes = crossed(hosts) - before;
  console.log(`${name.padEnd(8)} ${hosts.length} hosts  ${seconds.toFixed(1)} s  ${(bytes / 1e6).toFixed(1)} MB over the line`);
  return { seconds, bytes };
}

const three = all.slice(0, 3);
const hand = measure('by hand', three);
const ours = Object.fromEntries([...new Set([3, ...counts])].map(count => [count, measure('k8s-tui', all.slice(0, count))]));
console.log(
  `k8s-tui / by hand, three hosts over a narrow line: ${(ours[3].seconds / hand.seconds).toFixed(2)} of the time, ${(ours[3].bytes / hand.bytes).toFixed(2)} of the bytes`,
);
const [few, many] = [Math.min(...Object.keys(ours)), Math.max(...Object.keys(ours))];
if (many > few) {
  const growth = ((ours[many].bytes / ours[few].bytes) ** (1 / (many - few)) - 1) * 100;
  console.log(`bytes from ${few} to ${many} hosts: ${growth.toFixed(2)} % more for each further host`);
}
