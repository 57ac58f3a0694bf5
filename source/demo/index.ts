import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { Ground } from '../engine/discover/ground.js';
import type { Ask, Connector } from '../engine/fleet.js';
import { type ClusterSpec, clusterSpec } from '../engine/spec/schema.js';
import { sshConnector } from '../engine/ssh/connector.js';
import type { Dial } from '../engine/ssh/dial.js';
import { newKeyPair } from '../engine/ssh/keys.js';
import { KnownHosts } from '../engine/ssh/known-hosts.js';
import { type Timings, timings as usual, watchTimings } from '../engine/ssh/timings.js';
import { PasswordTries } from '../engine/ssh/tries.js';
import { demoGround } from './ground.js';
import { Clock } from './machine/clock.js';
import type { MachineFs } from './machine/fs.js';
import { Machine } from './machine/machine.js';
import { programsOfDebian } from './programs/index.js';
import { type Logins, Sshd } from './sshd.js';
import { demoKeys, Internet, type SiteFault } from './world/internet.js';
import { World } from './world/world.js';

export type { Logins } from './sshd.js';
export type { SiteFault } from './world/internet.js';

export interface DemoOptions {
  /** 3 unless told; the first is the control plane. */
  hosts?: number;
  /** Simulated seconds in a real one; Infinity: waiting takes no time. */
  speed?: number;
  /** What is wrong with the sites outside. */
  faults?: SiteFault[];
  /** For tests of broken lines: the connector's patience. */
  timings?: Timings;
}

export interface Failure {
  /** The exit status; 1 unless told. */
  status?: number;
  /** What the command says on its standard error. */
  says?: string;
  /** How often it fails; once unless told. */
  times?: number;
}

/** One host of the demo, for tests of what may happen to it. */
export interface DemoHost {
  readonly name: string;
  readonly fs: MachineFs;
  readonly machine: Machine;
  /** Who its ssh server lets in, and by what; may be changed. */
  readonly logins: Logins;
  /** Breaks its connections now; new ones can be made at once. */
  drop(): void;
  /** Its network goes silent, without a reset, until `mend`. */
  cut(): void;
  mend(): void;
  reboot(): void;
  powerOff(): void;
  powerOn(): Promise<void>;
  /** The next command that begins with these words (`kubeadm init`, `apt-get`) fails. */
  failNext(command: string, failure?: Failure): void;
}

export interface DemoFleet {
  readonly spec: ClusterSpec;
  readonly world: World;
  /** Reaches the hosts over ssh, in memory. Everything the engine does with it is a simulation. @param onlyKey see SshOptions */
  connector(ask: Ask, onlyKey?: string): Connector;
  /** The same for who watches: time goes by as it does outside from now on, and a silent host is given up in seconds. */
  watcher(ask: Ask): Connector;
  /** In place of TCP, for a look at host keys. */
  readonly dial: Dial;
  /** Stands for the operator's ~/.ssh: known_hosts, and a place for a new key. Gone with the fleet. */
  readonly folder: string;
  readonly known: KnownHosts;
  /** Where its hosts are looked for: a simulated network, its own known_hosts and keys. */
  ground(): Promise<Ground>;
  /** A host by name; it is set up when it is first asked for. */
  host(name: string): Promise<DemoHost>;
  /** Ends whatever still runs in it. */
  close(): void;
}

/** The names of users that the demo's hosts know beside root. */
const ops = 'ops';

/** Hosts that exist in this process alone: ssh servers over an in-memory shell. No port is opened and nothing of the operator's is read or written. */
export function demoFleet({ hosts = 3, speed = 3, faults = [], timings = usual }: DemoOptions = {}): DemoFleet {
  const clock = new Clock(speed);
  const world = new World(clock, new Internet(faults));
  const spec = specOf(hosts);
  const keys = new Map(spec.hosts.map(host => [host.address, newKeyPair().private]));
  const built = new Map<string, Promise<{ host: DemoHost; sshd: Sshd }>>();
  const programs = programsOfDebian();

  const build = async (name: string) => {
    const { address } = spec.hosts.find(host => host.name === name)!;
    const machine = new Machine(world, name, address);
    const isFirst = name === spec.hosts[0]!.name;
    const logins: Logins = { users: [ops], by: 'open' };
    await machine.install(
      programs,
      isFirst ? { cpus: 4, memoryMiB: 8192, diskGiB: 60 } : { cpus: 2, memoryMiB: 4096, diskGiB: 40 },
      logins.users,
    );
    world.machines.set(name, machine);
    const sshd = new Sshd(machine, logins, keys.get(address)!);
    machine.onPower = isUp => {
      if (!isUp) sshd.drop();
    };
    return { host: handle(machine, sshd, logins), sshd };
  };
  const of = (name: string) => {
    const known = built.get(name) ?? build(name);
    built.set(name, known);
    return known;
  };

  const dial = async (address: string, port: number) => {
    const host = spec.hosts.find(each => each.address === address);
    if (!host) throw Object.assign(new Error(`connect EHOSTUNREACH ${address}:${port}`), { code: 'EHOSTUNREACH' });
    if (port !== 22) throw Object.assign(new Error(`connect ECONNREFUSED ${address}:${port}`), { code: 'ECONNREFUSED' });
    return (await of(host.name)).sshd.connect();
  };

  const folder = mkdtempSync(join(tmpdir(), 'k8s-tui-demo-'));
  const forget = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', forget);
  const known = new KnownHosts(join(folder, 'known_hosts'));
  // All but the last are known already: what it is to be asked can be seen once.
  known.addAll(
    spec.hosts.slice(0, -1).map(({ address }) => ({ host: address, port: 22, key: publicKeyOf(keys.get(address)!) })),
  );
  const tries = new PasswordTries();

  // All hosts share this machine's processor: on a busy one each takes longer, and where waiting takes no time that is all there is.
  const patient = { ...timings, patience: clock.isInstant ? Number.POSITIVE_INFINITY : 4 };
  const connector = (ask: Ask, onlyKey?: string, own = patient) =>
    sshConnector({ ask, onlyKey, dial, knownHostsFile: known.file, tries, simulation: true }, own);

  const fleet: Omit<DemoFleet, 'ground'> = {
    spec,
    world,
    dial,
    folder,
    known,
    connector,
    watcher: ask => {
      clock.speed = 1;
      return connector(ask, undefined, watchTimings);
    },
    host: async name => (await of(name)).host,
    close: () => {
      clock.stop();
      forget();
      process.removeListener('exit', forget);
    },
  };
  return { ...fleet, ground: async () => demoGround(fleet, speed) };
}

function specOf(count: number): ClusterSpec {
  const hosts = Array.from({ length: count }, (_, i) => ({
    name: `n${i + 1}`,
    address: `10.0.${Math.floor(i / 200)}.${11 + (i % 200)}`,
    ...(i === 0 && { roles: ['control-plane' as const] }),
    // One of them shows how root is reached by sudo.
    ...(i === 1 && { ssh: { user: ops } }),
  }));
  return clusterSpec.parse({
    name: 'demo',
    trustedKeys: [demoKeys.kubernetes.fingerprint, demoKeys.docker.fingerprint],
    hosts,
  });
}

function publicKeyOf(hostKey: string): Buffer {
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  return (Array.isArray(key) ? key[0]! : key).getPublicSSH();
}

function handle(machine: Machine, sshd: Sshd, logins: Logins): DemoHost {
  const planned: { words: string[]; failure: Failure; left: number }[] = [];
  machine.interfere = argv => {
    const hit = planned.find(({ words }) => words.every((word, i) => argv[i] === word));
    if (!hit) return null;
    hit.left -= 1;
    if (hit.left <= 0) planned.splice(planned.indexOf(hit), 1);
    return { status: hit.failure.status ?? 1, says: hit.failure.says ?? '' };
  };
  return {
    name: machine.name,
    fs: machine.fs,
    machine,
    logins,
    drop: () => sshd.drop(),
    cut: () => sshd.cut(),
    mend: () => sshd.mend(),
    reboot: () => machine.reboot(),
    powerOff: () => machine.powerOff(),
    powerOn: () => machine.powerOn(),
    failNext: (command, failure = {}) => void planned.push({ words: command.split(' '), failure, left: failure.times ?? 1 }),
  };
}
