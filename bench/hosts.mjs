// 500 simulated hosts scanned, listed and asked for their facts on a screen of 120x40, with a key pressed all the while.
// Usage: node bench/hosts.mjs [HOSTS=500]. Linux: the hosts listen on 127.77.x.x.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './build.mjs';

const program = await bundle(join(import.meta.dirname, 'screens.ts'), join(import.meta.dirname, 'fleet.ts'));
const home = mkdtempSync(join(tmpdir(), 'k8s-tui-bench-home-'));
const { status } = spawnSync(process.execPath, [program, process.argv[2] ?? '500'], {
  env: { PATH: process.env.PATH, HOME: home },
  stdio: 'inherit',
});
rmSync(home, { recursive: true });
process.exit(status ?? 1);
