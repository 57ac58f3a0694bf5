import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cli, isShared, whyNot } from './where.js';

const home = process.env.LAB ?? '/var/lib/k8s-lab';
const lab = (...words: string[]) => execFileSync(cli, words, { stdio: ['ignore', 'ignore', 'inherit'] });

/**
 * The lab is up with three fresh hosts and nothing amiss before the first test. What an earlier run left, however it
 * ended, is taken down first: a host that was half made would stay so. On a new machine the lab builds itself, which
 * takes minutes.
 */
export default function setup(): void {
  if (whyNot() || isShared) return;
  begin();
  try {
    lab('up', '3');
  } catch {
    console.error('The lab did not come up; it is built again from nothing.');
    begin();
    for (const part of ['base', 'artifacts', 'sites']) rmSync(join(home, part), { recursive: true, force: true });
    lab('up', '3');
  }
  lab('control', '/faults', '-X', 'DELETE');
  lab('control', '/rate', '-X', 'PUT', '-d', '{"bytesPerSecond":null}');
}

function begin(): void {
  forgetTheDead();
  lab('down');
}

/** `lab down` kills by the process numbers it wrote down. After a restart of the machine they are somebody else's. */
function forgetTheDead(): void {
  const written = [
    ...namesIn(join(home, 'hosts')).map(host => ({ file: join(home, 'hosts', host, 'pid'), program: 'nspawn' })),
    { file: join(home, 'internet.pid'), program: 'internet.mjs' },
    { file: join(home, 'dnsmasq.pid'), program: 'dnsmasq' },
  ];
  for (const { file, program } of written) {
    const pid = textOf(file).trim();
    if (pid && !textOf(`/proc/${pid}/cmdline`).includes(program)) rmSync(file);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
