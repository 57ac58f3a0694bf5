import { spawn, spawnSync } from 'node:child_process';
import type { Remote, RunOptions, RunResult, Script } from '../../source/engine/remote.js';

/** Whether a program is here; says so on the terminal where it is not, so that nobody takes a skipped test for a passed one. */
export function has(command: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  if (!found) console.warn(`\n!! ${command} is not installed: the tests that need it are skipped\n`);
  return found;
}

/** What shellcheck has to say of a script for /bin/sh. */
export function shellcheck(script: string): string {
  return spawnSync('shellcheck', ['--shell=sh', '--color=never', '-'], { input: script, encoding: 'utf8' }).stdout;
}

/** Runs a script on this machine, as a host would: the script on standard input of a shell. */
export function runHere(
  script: Script,
  { onLine, signal }: RunOptions = {},
  shell: string[] = ['sh'],
  env = process.env,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(shell[0]!, shell.slice(1), { env, signal });
    const result: RunResult = { code: null, stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      let rest = '';
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        result[stream] += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) onLine?.(line, stream);
      });
    }
    child.on('error', reject);
    child.on('close', code => resolve({ ...result, code }));
    child.stdin.end(String(script));
  });
}

/** This machine as a host. */
export const thisMachine = (name = 'here'): Remote => ({
  name,
  user: 'me',
  access: 'none',
  run: (script, options) => runHere(script, options),
  job: () => Promise.reject(new Error('no jobs here')),
  stopJob: () => Promise.resolve(),
  listen: () => Promise.reject(new Error('nothing is relayed here')),
  terminal: () => Promise.reject(new Error('nobody types here')),
  close: () => Promise.resolve(),
});
