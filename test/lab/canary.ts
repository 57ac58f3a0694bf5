import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { onHost } from './lab.js';

/** Command lines of all processes of this machine, the lab's hosts included, as long as some work goes on. */
export async function commandLinesDuring<T>(work: Promise<T>): Promise<{ result: T; lines: Set<string> }> {
  const lines = new Set<string>();
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
      try {
        lines.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
      } catch {} // it has ended
      await turn();
    }
  }
  return { result: await over, lines };
}

/** Files that hold a text: in the operator's home, and anywhere on some hosts. */
export const filesWith = (text: string, home: string, hosts: readonly string[]): string[] =>
  [
    spawnSync('grep', ['-rlF', text, home], { encoding: 'utf8' }).stdout,
    ...hosts.map(name =>
      onHost(name, `grep -rslF '${text}' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev --exclude-dir=usr; true`),
    ),
  ].flatMap(found => found.split('\n').filter(Boolean));

/** How often a host's sshd wrote some words. */
export const logged = (name: string, words: string) =>
  Number(onHost(name, `journalctl -u ssh -u 'ssh@*' -t sshd --no-pager | grep -cF '${words}' || true`));

/** All that is kept of ssh on a host. */
export const sshFiles = (name: string) =>
  onHost(name, String.raw`find /root/.ssh /home/*/.ssh /etc/ssh -type f -printf '%p %m %u ' -exec sha256sum {} \;`).split('\n');
