// The lab that the benches on real hosts need.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const labFolder = join(import.meta.dirname, '../../shared/lab');

/** @returns what `lab ARGS` printed */
export const lab = (...args) =>
  execFileSync(join(labFolder, 'lab'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
