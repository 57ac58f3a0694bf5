import { execFileSync } from 'node:child_process';
import { insideOf } from './lab.js';

/** A host that reaches nothing but its neighbours and this machine, and is reached by ssh; until it is made anew. */
export function cutOff(name: string): void {
  for (const chain of ['OUTPUT', 'FORWARD'])
    for (const rule of [
      ['-o', 'host0', '!', '-d', '10.0.0.0/8'],
      ['-d', '10.77.1.0/24'],
    ])
      execFileSync('nsenter', ['-t', insideOf(name), '-n', 'iptables', '-I', chain, ...rule, '-j', 'DROP']);
}
