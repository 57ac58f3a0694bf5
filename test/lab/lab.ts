import { execFileSync } from 'node:child_process';
import { describe } from 'vitest';
import { cli, whyNot } from './where.js';

const why = whyNot();
if (why && process.env.K8S_TUI_LAB === 'required') throw new Error(`The lab is required here, but ${why}.`);
if (why) console.warn(`\n*** The tests on real hosts are SKIPPED: the lab cannot be used, for ${why}. ***\n`);

/** A suite on real hosts: skipped, loudly, where there is no lab; a failure where K8S_TUI_LAB is `required`. */
export const describeLab = describe.skipIf(why !== null);

/** Runs a command of the lab, e.g. lab('off', 'n1'). @returns what it says */
export const lab = (...words: string[]): string =>
  execFileSync(cli, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 << 20 }).trim();

/** Hosts as delivered. The lab gives a host half a minute to come up; on a machine that is busy one may need a second start. */
export function fresh(...names: string[]): void {
  try {
    lab('fresh', ...names);
  } catch (error) {
    console.warn(`The lab starts ${names.join(', ')} again: ${(error as Error).message}`);
    lab('fresh', ...names);
  }
}

/** A host as delivered that says it is Ubuntu 24.04: enough to be sent to the sources made for Ubuntu. */
export const freshUbuntu = (name: string): string =>
  execFileSync(cli, ['fresh', name], {
    encoding: 'utf8',
    env: { ...process.env, LAB_OS: 'ubuntu' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Runs a script as root on a host, beside the product. */
export const onHost = (name: string, script: string): string =>
  execFileSync(cli, ['ssh', name, '/bin/sh -s'], {
    encoding: 'utf8',
    input: script,
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  }).trim();

export const addressOf = (name: string): string => lab('ip', name);

/** The private key that opens root, ops and free on every host. */
export const key = (): string => lab('key');

/** Asks something of the outside sites, e.g. `control('/faults', '-X', 'DELETE')`. */
export const control = (path: string, ...curlOptions: string[]): string => lab('control', path, ...curlOptions);

interface Fault {
  host: string;
  mode: string;
  [option: string]: unknown;
}

/** Troubles of the outside sites; none clears them. */
export const faults = (...list: Fault[]): string => control('/faults', '-X', 'PUT', '-d', JSON.stringify(list));

/** Troubles of the outside sites that one host alone has; what others have stays. None clears them. */
export const faultsOf = (host: string, ...list: Fault[]): string => faultsAt(addressOf(host), ...list);

/** The same for whoever comes from an address. */
export function faultsAt(client: string, ...list: Fault[]): string {
  const others = (JSON.parse(control('/faults')) as Fault[]).filter(fault => fault.client !== client);
  return faults(...others, ...list.map(fault => ({ ...fault, client })));
}

/** A host's first process, seen from this machine: the way into its network from outside. */
export function insideOf(name: string): string {
  const machine = execFileSync('pgrep', ['-f', `^systemd-nspawn .*--machine=${name} `], { encoding: 'utf8' }).trim();
  return execFileSync('pgrep', ['-P', machine], { encoding: 'utf8' }).split('\n')[0]!;
}

/** A rule in a host's firewall, set from outside: a fresh host has no program for it. */
export function firewall(name: string, rule: string): void {
  execFileSync('nsenter', ['-t', insideOf(name), '-n', 'iptables', ...rule.split(' ')]);
}
