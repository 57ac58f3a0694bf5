import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawn as spawnPty } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { userKey } from '../engine/ssh/server.js';

const built = resolve(import.meta.dirname, '../../bin/k8s-tui.js');

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** An operator's machine: a home folder, a key, a cluster.yaml, and the program as it was built. Gone when the test is over. */
export function operator(environment: Record<string, string> = {}, bin = built) {
  const home = mkdtempSync(join(tmpdir(), 'k8s-tui-home-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, 'id'), userKey.private, { mode: 0o600 });
  const env = {
    PATH: process.env.PATH!,
    HOME: home,
    LANG: 'C.UTF-8',
    ...environment,
  };
  return {
    home,
    /** @returns the file's name */
    write: (text: string, name = 'cluster.yaml') => {
      writeFileSync(join(home, name), text);
      return name;
    },
    /** Runs it in a pipeline. */
    run: (...args: string[]) =>
      new Promise<Ended>(resolve => {
        const child = spawn(process.execPath, [bin, ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
        onTestFinished(() => void child.kill('SIGKILL'));
        let [stdout, stderr] = ['', ''];
        child.stdout.on('data', chunk => (stdout += chunk));
        child.stderr.on('data', chunk => (stderr += chunk));
        child.on('close', code => resolve({ code: code ?? -1, stdout, stderr }));
      }),
    /** Runs it at a terminal. */
    type: (...args: string[]) => {
      const terminal = spawnPty(process.execPath, [bin, ...args], { cwd: home, env, cols: 200, rows: 40 });
      let text = '';
      let seen = 0;
      const listeners = new Set<() => void>();
      terminal.onData(data => {
        text += data;
        for (const listener of listeners) listener();
      });
      const ended = new Promise<number>(resolve => terminal.onExit(({ exitCode }) => resolve(exitCode)));
      return {
        get text() {
          return text;
        },
        ended,
        write: (keys: string) => terminal.write(keys),
        /** Until it has said this, after what was seen last. */
        saw: (words: string) => {
          const from = seen;
          return new Promise<void>(resolve => {
            const look = () => {
              const at = text.indexOf(words, from);
              if (at < 0) return;
              seen = at + words.length;
              listeners.delete(look);
              resolve();
            };
            listeners.add(look);
            look();
          });
        },
      };
    },
  };
}

/** A cluster.yaml of hosts on this machine. */
export const onPorts = (ports: number[], more = '') => `name: lab
kubernetes: v1.37.2
ssh: {user: ops, identityFile: id${more}}
hosts:
${ports
  .map(
    (port, i) =>
      `  - {name: n${i + 1}, address: 127.0.0.1, internalAddress: 10.1.1.${i + 1}, roles: [${i ? 'worker' : 'control-plane'}], ssh: {port: ${port}}}`,
  )
  .join('\n')}
`;
