import type { DemoFleet } from '../../source/demo/index.js';
import { Clock } from '../../source/demo/machine/clock.js';
import { Machine, root } from '../../source/demo/machine/machine.js';
import { sink, TextSource } from '../../source/demo/machine/streams.js';
import { programsOfDebian } from '../../source/demo/programs/index.js';
import { Shell } from '../../source/demo/shell/shell.js';
import { Internet, type SiteFault } from '../../source/demo/world/internet.js';
import { World } from '../../source/demo/world/world.js';

/** A fresh machine that nobody else uses, in a world where waiting takes no time. */
export async function freshMachine(faults: SiteFault[] = []): Promise<Machine> {
  const world = new World(new Clock(Number.POSITIVE_INFINITY), new Internet(faults));
  const machine = new Machine(world, 'n1', '10.0.0.11');
  await machine.install(programsOfDebian(), { cpus: 2, memoryMiB: 4096, diskGiB: 40 }, ['ops']);
  world.machines.set('n1', machine);
  await machine.fs.mkdir('/work');
  return machine;
}

/** Runs a command to its end. A fault of the simulation itself is thrown. */
export async function runOn(
  argv: string[],
  { machine, input = '', user = root }: { machine?: Machine; input?: string; user?: typeof root } = {},
) {
  const on = machine ?? (await freshMachine());
  const process = on.launch(argv, user, { PATH: '/usr/sbin:/usr/bin' });
  process.cwd = '/work';
  const said = { out: '', err: '' };
  process.fds.set(0, new TextSource(input));
  for (const [fd, name] of [
    [1, 'out'],
    [2, 'err'],
  ] as const) {
    process.fds.set(
      fd,
      sink(text => {
        said[name] += text;
      }),
    );
  }
  const code = await process.start(() => new Shell(process).program(argv, {}, true));
  if (on.faults.length) throw on.faults[0];
  return { ...said, code };
}

/** A script on a machine; what it says, both streams. */
export const script = async (machine: Machine, text: string): Promise<string> => {
  const { out, err } = await runOn(['sh', '-c', text], { machine });
  return out + err;
};

/** Everything of a host that an install may change, by name. */
export async function stateOf(fleet: DemoFleet, name: string): Promise<Record<string, string>> {
  const { fs, machine } = await fleet.host(name);
  const all: Record<string, string> = {};
  // What apt knows of Debian, where sockets lie and what a machine counts is not put back on a real host either.
  for (const path of fs
    .getAllPaths()
    .filter(
      path =>
        !/^\/(run(?!\/(calico|netns\/))|tmp|proc\/(uptime|loadavg|meminfo|stat|sys\/kernel\/random\/boot_id)|var\/lib\/apt\/lists\/deb\.)/.test(
          path,
        ),
    )) {
    const { mode, isSymbolicLink, isFile } = await fs.lstat(path);
    all[path] =
      `${mode.toString(8)} ${fs.ownerOf(path)} ${isSymbolicLink ? await fs.readlink(path) : isFile ? await fs.bytes(path) : ''}`;
  }
  for (const [name, entry] of machine.packages.installed) all[`package ${name}`] = JSON.stringify(entry);
  for (const unit of await machine.units.files())
    all[`unit ${unit}`] = `${await machine.units.enablement(unit)} ${machine.units.active(unit)}`;
  return {
    ...all,
    links: machine.links.map(({ name, routes }) => [name, ...routes].join(' ')).join(),
    rules: machine.firewall.replace(/\*nat\nCOMMIT\n/, ''),
  };
}
