import { createHash, randomUUID } from 'node:crypto';
import { programs } from '../programs/index.js';
import { sh } from '../shell/sh.js';
import type { Cluster, Pod } from '../world/cluster.js';
import type { World } from '../world/world.js';
import { type Hardware, installDebian, restart } from './debian.js';
import { MachineFs } from './fs.js';
import { Locks } from './locks.js';
import { Packages } from './packages.js';
import { type Credentials, Process, type Session } from './process.js';
import { Descriptors, devices, type OpenFile, PlainFile } from './streams.js';
import { Units } from './units.js';

/** A command of the machine; what it returns is its exit status. */
export type Program = (process: Process, args: string[]) => Promise<number> | number;

export const root: Credentials = { uid: 0, user: 'root', home: '/root' };

/** How the file of a program starts that is no script. */
export const binaryMark = '\x7fELF';

const imageList = '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db';

export interface Link {
  name: string;
  mac: string;
  addresses: string[];
  routes: string[];
}

/** A machine: its files, its processes, its services, its clock and its plug. */
export class Machine {
  readonly fs = new MachineFs();
  readonly processes = new Map<number, Process>();
  readonly locks = new Locks();
  readonly units = new Units(this);
  readonly packages = new Packages(this);
  readonly links: Link[] = [];
  /** What iptables-save says. */
  firewall = '';
  /** What `nft list ruleset` says. */
  ruleset = '';
  /** Ports on which somebody listens for a few seconds, to see who gets through: 6443/tcp. */
  readonly standIns = new Set<string>();
  /** The cluster that it is a node of. */
  cluster: Cluster | null = null;
  /** containerd's configuration as the running containerd has read it. */
  runtimeConfiguration = '';
  hardware: Hardware = { cpus: 2, memoryMiB: 4096, diskGiB: 40 };
  readonly machineId: string;
  readonly productUuid: string;
  bootId = randomUUID() as string;
  /** Epoch ms; it has run for a while when it is first seen. */
  startedAt = Date.now() - 311_000;
  isUp = true;
  /** How its users other than root become root, and the password that they and sudo know. */
  sudo: 'free' | 'password' | 'none' = 'free';
  password: string | null = null;
  /** Milliseconds by which the machine's clock is wrong. */
  clockSkew = 0;
  /** Told when the power goes or comes back. */
  onPower: (isUp: boolean) => void = () => {};
  /** Asked before a program runs; a status means that it fails instead, with some words. */
  interfere: (argv: string[]) => { status: number; says: string } | null = () => null;
  /** Errors of the simulation itself. */
  readonly faults: Error[] = [];
  private nextPid = 700;
  private nextSession = 1;
  private steps = 0;

  constructor(
    readonly world: World,
    readonly name: string,
    readonly address: string,
  ) {
    const digest = createHash('md5').update(`${name} ${address}`).digest('hex');
    this.machineId = digest;
    this.productUuid = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    this.units.behaviours['containerd.service'] = {
      start: async () => {
        if (!(await this.fs.exists('/usr/bin/containerd')) && !(await this.fs.exists('/usr/local/bin/containerd')))
          throw new Error('containerd.service: Failed to locate executable');
        this.runtimeConfiguration = (await this.fs.text('/etc/containerd/config.toml')) ?? '';
        await this.fs.put('/run/containerd/containerd.sock', '', 0o660);
        await this.fs.mkdir(imageList.slice(0, imageList.lastIndexOf('/')), { recursive: true });
        return undefined;
      },
      stop: () => this.fs.remove('/run/containerd/containerd.sock'),
    };
    this.units.behaviours['kubelet.service'] = {
      start: async () => ((await this.fs.exists('/var/lib/kubelet/config.yaml')) ? undefined : 'activating'),
    };
    this.units.behaviours['systemd-timesyncd.service'] = {
      start: () => this.fs.put('/run/systemd/timesync/synchronized', '').then(() => undefined),
    };
  }

  /** Names of the images that containerd has; they go with its folder. */
  async images(): Promise<string[]> {
    return ((await this.fs.text(imageList)) ?? '').split('\n').filter(Boolean);
  }
  async addImage(name: string): Promise<void> {
    const images = await this.images();
    if (!images.includes(name)) await this.fs.put(imageList, [...images, name, ''].join('\n'), 0o600);
  }

  async removeImage(name: string): Promise<void> {
    const images = (await this.images()).filter(image => image !== name);
    await this.fs.put(imageList, [...images, ''].join('\n'), 0o600);
  }

  get clock() {
    return this.world.clock;
  }
  get internet() {
    return this.world.internet;
  }
  get uptimeSeconds(): number {
    return (Date.now() - this.startedAt) / 1000;
  }
  get containerdVersion(): string {
    return /\d+\.\d+\.\d+/.exec(
      (this.packages.installed.get('containerd.io') ?? this.packages.installed.get('containerd'))?.version ?? '2.3.7',
    )![0];
  }

  /** A fresh Debian 12 on it, started. */
  async install(programs: string[], hardware: Hardware, users: string[] = []): Promise<void> {
    await installDebian(this, programs, hardware, users);
  }

  // ── Power ──

  /** The plug is pulled: nothing is flushed, what is only in memory is gone. */
  powerOff(): void {
    if (!this.isUp) return;
    this.isUp = false;
    for (const process of this.processes.values()) process.kill(9);
    this.units.clear();
    this.onPower(false);
  }
  /** Who switches on a machine that is starting waits for the same start. */
  powerOn(): Promise<void> {
    if (this.isUp) return Promise.resolve();
    this.starting ??= this.start().finally(() => {
      this.starting = null;
    });
    return this.starting;
  }
  private starting: Promise<void> | null = null;
  /** It has started, and its API server and etcd are still to. */
  isControlPlaneLate = false;
  private async start(): Promise<void> {
    this.bootId = randomUUID();
    this.startedAt = Date.now();
    await restart(this);
    this.isUp = true;
    await this.units.boot();
    await this.cluster?.restarted(this);
    this.onPower(true);
  }
  reboot(): void {
    this.powerOff();
    this.clock.later(12_000, () => void this.powerOn());
  }

  // ── Kubernetes ──

  pods(): Pod[] {
    return this.cluster
      ? [...this.cluster.pods.values()].filter(pod => this.cluster!.nodes.get(pod.node)?.machine === this)
      : [];
  }

  /** What the network's daemon set leaves on a node when it starts. */
  async joinNetwork(kind: 'flannel' | 'calico', podNetwork: string): Promise<void> {
    const isFlannel = kind === 'flannel';
    await this.fs.put(
      isFlannel ? '/etc/cni/net.d/10-flannel.conflist' : '/etc/cni/net.d/10-calico.conflist',
      `{"name": "${kind}"}\n`,
    );
    if (isFlannel) await this.fs.put('/run/flannel/subnet.env', `FLANNEL_SUBNET=${podNetwork}\n`);
    else await this.leaveCalicoTraces(podNetwork);
    const link = isFlannel ? 'flannel.1' : 'vxlan.calico';
    if (!this.links.some(each => each.name === link))
      this.links.push({
        name: link,
        mac: '5a:11:22:33:44:55',
        addresses: [podNetwork.replace(/\.0\/24$/, '.0/32')],
        routes: [],
      });
    if (isFlannel && !this.links.some(each => each.name === 'cni0'))
      this.links.push({
        name: 'cni0',
        mac: '5a:66:77:88:99:aa',
        addresses: [podNetwork.replace(/\.0\/24$/, '.1/24')],
        routes: [podNetwork],
      });
  }

  /** Routes, a lock, and the network of a pod, which its plugin cannot take down once the API is gone. */
  private async leaveCalicoTraces(podNetwork: string): Promise<void> {
    await this.fs.put('/run/calico/ipam.lock', '');
    await this.fs.put('/run/netns/cni-50055c1b', '');
    const { routes } = this.links[1]!;
    const own = `blackhole ${podNetwork} proto 80`;
    if (!routes.includes(own)) routes.push(own);
  }

  /** What listens here, beside sshd. */
  listening(): (readonly ['tcp' | 'udp', string, number, string | null])[] {
    if (!this.cluster || this.units.active('kubelet.service') !== 'active') return [];
    const own = [
      ['tcp', '*', 10250, 'kubelet'],
      ['tcp', '127.0.0.1', 10248, 'kubelet'],
      ['tcp', '*', 10256, 'kube-proxy'],
    ] as const;
    const plane = [
      ['tcp', '*', 6443, 'kube-apiserver'],
      ['tcp', this.address, 2379, 'etcd'],
      ['tcp', this.address, 2380, 'etcd'],
      ['tcp', '127.0.0.1', 10257, 'kube-controller'],
      ['tcp', '127.0.0.1', 10259, 'kube-scheduler'],
    ] as const;
    return this.cluster.etcd.members.some(({ machine }) => machine === this) ? [...own, ...plane] : [...own];
  }

  /** Whether somebody from outside is heard on a port. @param place 6443/tcp */
  listensOn(place: string): boolean {
    const own = this.listening().some(([protocol, at, port]) => `${port}/${protocol}` === place && at !== '127.0.0.1');
    return own || place === '22/tcp' || this.standIns.has(place);
  }

  /** What the rules do to those who come in on a port; null: they let them in. @param place 6443/tcp */
  turnsAway(place: string): 'dropped' | 'refused' | null {
    const [port, protocol] = place.split('/');
    const verdict = new RegExp(`${protocol} dport ${port} (drop|reject)`).exec(this.ruleset)?.[1];
    return verdict === 'drop' ? 'dropped' : verdict === 'reject' ? 'refused' : null;
  }

  /** What journalctl shows of a unit. */
  async journal(unit: string): Promise<string> {
    if (unit === 'kubelet.service' && this.units.active(unit) === 'activating')
      return `kubelet[812]: E ${new Date().toISOString()} run.go:72] "command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml"\n`;
    return `systemd[1]: ${this.units.active(unit) === 'active' ? 'Started' : 'Stopped'} ${unit || 'system'}.\n`;
  }

  // ── Processes ──

  addProcess(make: (pid: number) => Process): Process {
    const process = make(this.nextPid++);
    this.processes.set(process.pid, process);
    return process;
  }
  removeProcess(process: Process) {
    this.processes.delete(process.pid);
  }
  group(id: number): Process[] {
    return [...this.processes.values()].filter(process => process.group === id);
  }
  /** The processes of a systemd unit. */
  ofUnit(unit: string): Process[] {
    return [...this.processes.values()].filter(process => process.session.unit === unit);
  }

  /** A process of its own, as the login service or systemd start one. */
  launch(argv: string[], credentials: Credentials, env: Record<string, string> = {}, unit: string | null = null): Process {
    const session: Session = { id: this.nextSession++, begunAt: Date.now(), lag: 0, unit };
    const all = { HOME: credentials.home, USER: credentials.user, LOGNAME: credentials.user, SHELL: '/bin/sh', ...env };
    return this.addProcess(
      pid =>
        new Process(
          this,
          pid,
          null,
          argv,
          new Descriptors(),
          all,
          unit ? '/' : credentials.home,
          0o022,
          credentials,
          session,
          pid,
        ),
    );
  }

  /** Counts the commands of all shells; true now and then, when others ought to have a turn. */
  tick(): boolean {
    return ++this.steps % 50 === 0;
  }

  // ── Programs ──

  /** The path of a command; 127 where there is none, 126 where it cannot be run. */
  async find(name: string, path: string, process: Process): Promise<string | 126 | 127> {
    if (name.includes('/'))
      return (await this.isProgram(process.path(name)))
        ? process.path(name)
        : (await this.fs.exists(process.path(name)))
          ? 126
          : 127;
    if (!name) return 127;
    for (const folder of path.split(':')) {
      const file = `${folder || process.cwd}/${name}`;
      if (await this.isProgram(file)) return file;
    }
    return 127;
  }
  private async isProgram(path: string): Promise<boolean> {
    if (!(await this.fs.exists(path))) return false;
    const { isFile, mode } = await this.fs.stat(path);
    return isFile && (mode & 0o111) !== 0;
  }

  /** Runs the program behind a path in a process. */
  async run(path: string, process: Process): Promise<number> {
    const real = await this.fs.realpath(path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const program = programs[name] ?? programs[real.slice(real.lastIndexOf('/') + 1)];
    const interference = this.interfere([name, ...process.argv.slice(1)]);
    if (interference) {
      if (interference.says) await process.err(`${interference.says}\n`);
      return interference.status;
    }
    if (program) return program(process, process.argv.slice(1));
    if ((await this.fs.bytes(real)).startsWith(binaryMark)) {
      await process.err(`sh: 1: ${name}: Exec format error\n`);
      return 126;
    }
    process.argv = ['sh', ...process.argv];
    return sh(process);
  }

  // ── Files ──

  mayOpen(process: Process, path: string, how: 'read' | 'write'): boolean {
    if (process.isRoot || path.startsWith(`${process.credentials.home}/`) || /^\/(tmp|dev|proc\/self)\//.test(path))
      return true;
    return (
      how === 'read' && !/^\/(root|var\/lib\/(k8s-tui|kubelet|etcd)|etc\/(shadow|sudoers|kubernetes\/.*(conf|key)))/.test(path)
    );
  }

  /** Opens a file for a redirection. @throws Error with the shell's words */
  async open(process: Process, text: string, operator: '<' | '>' | '>>' | '>|' | '<>', isCareful: boolean): Promise<OpenFile> {
    const path = process.path(text);
    const fd = /^\/(?:dev\/fd|proc\/self\/fd)\/(\d+)$|^\/dev\/std(in|out|err)$/.exec(path);
    const device = fd ? process.fds.get(fd[1] ? Number(fd[1]) : { in: 0, out: 1, err: 2 }[fd[2]!]!) : devices[path]?.();
    if (device) return device;
    const verb = operator === '<' ? 'open' : 'create';
    const fail = (reason: string): never => {
      throw new Error(`cannot ${verb} ${text}: ${reason}`);
    };
    const exists = await this.fs.exists(path);
    if (operator === '<') {
      if (!exists) fail('No such file');
      if (!this.mayOpen(process, path, 'read')) fail('Permission denied');
      return new PlainFile(this.fs, path, 'read');
    }
    if (await this.fs.isFolder(path)) fail('Is a directory');
    if (!(await this.fs.isFolder(parent(path)))) fail('Directory nonexistent');
    if (!this.mayOpen(process, path, 'write')) fail('Permission denied');
    if (exists && isCareful && operator === '>') fail('File exists');
    if (exists && operator === '>>') return new PlainFile(this.fs, path, 'write');
    await this.fs.writeFile(path, '');
    if (!exists) await this.fs.chmod(path, 0o666 & ~process.umask);
    return new PlainFile(this.fs, path, 'write');
  }
}

const parent = (path: string) => path.slice(0, path.lastIndexOf('/')) || '/';
