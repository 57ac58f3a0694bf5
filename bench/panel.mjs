// What the panel costs. Usage: node bench/panel.mjs [HOSTS=200] for simulated hosts in a process of their own: frames, idle CPU,
// bytes; node bench/panel.mjs cluster.yaml for real ones: bytes and the host's CPU for a tick.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundle } from './build.mjs';

const [panel, hosts] = await Promise.all(['panel.ts', 'panel-hosts.ts'].map(name => bundle(join(import.meta.dirname, name))));
const recordings = join(import.meta.dirname, '../test/engine/panel/recorded');
const { status } = spawnSync(process.execPath, [...process.execArgv, panel, process.argv[2] ?? '200', hosts, recordings], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
