// 500 embedded hosts, scanned, listed and probed on a screen of 120x40. Usage: node bench/hosts.mjs [HOSTS=500].
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bundle } from './build.mjs';

const program = await bundle(join(import.meta.dirname, 'screens.ts'));
const { status } = spawnSync(process.execPath, ['--expose-gc', program, process.argv[2] ?? '500'], { stdio: 'inherit' });
process.exit(status ?? 1);
