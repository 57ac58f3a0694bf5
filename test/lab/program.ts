import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lab } from './lab.js';

export const bin = join(import.meta.dirname, '../../bin/k8s-tui.js');

/** A home folder of its own, so that no test sees another's known_hosts, kubeconfig or sessions, or the developer's. */
export const newHome = (): string => mkdtempSync(join(tmpdir(), 'k8s-tui-home-'));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The program as its user runs it: the built bin, in a process and a home of its own. */
export const program = (home: string, args: string[], environment: Record<string, string> = {}): Promise<Ended> =>
  ended(process.execPath, [bin, ...args], home, environment);

/**
 * The program where the operator's machine reaches the lab's sites, as hosts do: with their name server and their authority.
 * Nothing else of this machine sees that name server.
 */
export function programOnline(home: string, args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  const nameServer = join(home, 'resolv.conf');
  writeFileSync(nameServer, 'nameserver 10.77.1.53\n');
  const inside = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  const words = ['-m', 'sh', '-c', inside, nameServer, process.execPath, bin, ...args];
  return ended('unshare', words, home, { NODE_EXTRA_CA_CERTS: lab('ca'), ...environment });
}

function ended(command: string, args: string[], home: string, environment: Record<string, string>): Promise<Ended> {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = (stream: NodeJS.ReadableStream) => {
    let text = '';
    stream.setEncoding('utf8').on('data', chunk => {
      text += chunk;
    });
    return () => text;
  };
  const [stdout, stderr] = [read(child.stdout), read(child.stderr)];
  return new Promise(resolve => child.on('close', code => resolve({ code, stdout: stdout(), stderr: stderr() })));
}

/** A cluster.yaml in a home folder. */
export function writeCluster(home: string, text: string): string {
  const file = join(home, 'cluster.yaml');
  writeFileSync(file, text);
  return file;
}
