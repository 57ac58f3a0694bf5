import type { Program } from '../machine/machine.js';
import { Packages } from '../machine/packages.js';
import type { Process } from '../machine/process.js';
import { indexOf, NoAnswer } from '../world/internet.js';
import type { PackageEntry } from '../world/packages.js';

interface Asked {
  isQuiet: boolean;
  isSimulated: boolean;
  settings: Record<string, string>;
  /** What dpkg is told by apt. */
  forDpkg: string[];
  verb: string;
  names: string[];
}

/** Options of apt-get may stand anywhere. */
function parse(args: string[]): Asked {
  const asked: Asked = { isQuiet: false, isSimulated: false, settings: {}, forDpkg: [], verb: '', names: [] };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-o') {
      const [name, value] = args[++i]!.split(/=(.*)/s) as [string, string];
      if (name === 'Dpkg::Options::') asked.forDpkg.push(value);
      else asked.settings[name] = value;
      if (name === 'quiet') asked.isQuiet = Number(value) > 1;
    } else if (arg === '-qq') asked.isQuiet = true;
    else if (arg === '-s' || arg === '--simulate' || arg === '--dry-run') asked.isSimulated = true;
    else if (arg === '-t' || arg === '--format') i++;
    else if (arg.startsWith('-')) continue;
    else if (!asked.verb) asked.verb = arg;
    else asked.names.push(arg);
  }
  return asked;
}

const locks = ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock'];

/** Waits for dpkg's lock as long as it may. */
async function lock(process: Process, paths: string[], seconds: number): Promise<boolean> {
  const { machine } = process;
  for (let waited = 0; ; waited += 1) {
    const held = paths.find(path => !machine.locks.take(path, process));
    if (!held) return true;
    const holder = machine.locks.holder(held)!;
    const reason = `Could not get lock ${held}. It is held by process ${holder.pid} (${holder.argv[0]!.split('/').at(-1)})`;
    if (waited >= seconds) {
      await process.err(`E: ${reason}\nE: Unable to acquire the dpkg frontend lock (${held}), is another process using it?\n`);
      return false;
    }
    if (waited === 0) await process.err(`Waiting for cache lock: ${reason}...\n`);
    await process.sleep(1000);
  }
}

async function update(process: Process, { isQuiet, settings }: Asked): Promise<number> {
  const { machine, fs } = process;
  if (!(await lock(process, ['/var/lib/apt/lists/lock'], Number(settings['DPkg::Lock::Timeout'] ?? 0)))) return 100;
  const say = async (text: string) => (isQuiet ? undefined : process.out(`${text}\n`));
  let failures = 0;
  let n = 0;
  for (const source of await machine.packages.sources(settings['Dir::Etc::sourcelist'], settings['Dir::Etc::sourceparts'])) {
    n += 1;
    const site = /\/\/([^/]+)/.exec(source.url)![1]!;
    try {
      await process.sleep(machine.internet.reach(site) * 2 + 80);
      const list = `/var/lib/apt/lists/${source.list}`;
      await fs.put(`${list}InRelease`, `Origin: ${site}\n`);
      await fs.put(
        source.suite === '/' ? `${list}Packages` : `${list}main_binary-amd64_Packages`,
        indexOf(machine.packages.carriedBy(source)),
      );
      await say(`Get:${n} ${source.url} ${source.suite} InRelease`);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      failures += 1;
      await process.err(
        `${settings['APT::Update::Error-Mode'] === 'any' ? 'E' : 'W'}: Failed to fetch ${source.url}/InRelease  ${error.message}\n`,
      );
    }
  }
  machine.locks.release('/var/lib/apt/lists/lock');
  if (failures) {
    await process.err(
      `${settings['APT::Update::Error-Mode'] === 'any' ? 'E' : 'W'}: Some index files failed to download. They have been ignored, or old ones used instead.\n`,
    );
    return settings['APT::Update::Error-Mode'] === 'any' ? 100 : 0;
  }
  await say('Reading package lists...');
  return 0;
}

const kb = (bytes: number) => (bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e3)} kB`);

async function installPackages(process: Process, asked: Asked): Promise<number> {
  const { machine } = process;
  const { packages } = machine;
  const available = await packages.available(asked.settings['Dir::Etc::sourceparts']);
  let plan: PackageEntry[];
  try {
    plan = packages.plan(available, asked.names);
  } catch (error) {
    await process.err(`${(error as Error).message}\n`);
    return 100;
  }
  if (asked.isSimulated) {
    for (const { name, version, arch = 'amd64' } of plan) await process.out(`Inst ${name} (${version} [${arch}])\n`);
    for (const { name, version, arch = 'amd64' } of plan) await process.out(`Conf ${name} (${version} [${arch}])\n`);
    return 0;
  }
  if (!process.isRoot) {
    await process.err(
      'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n',
    );
    return 100;
  }
  if (!(await lock(process, locks, Number(asked.settings['DPkg::Lock::Timeout'] ?? 0)))) return 100;
  const total = plan.reduce((sum, { size }) => sum + size, 0);
  if (!asked.isQuiet)
    await process.out(
      `The following NEW packages will be installed:\n  ${plan.map(({ name }) => name).join(' ')}\nNeed to get ${kb(total)} of archives.\n`,
    );
  const parts = asked.settings['Dir::Etc::sourceparts'];
  const sources = asked.isQuiet ? [] : await packages.sources(undefined, parts);
  // Some 20 MB a second from a mirror nearby.
  for (const [i, entry] of plan.entries()) {
    await process.sleep(60 + entry.size / 20_000);
    if (!asked.isQuiet)
      await process.out(
        `Get:${i + 1} ${sources.find(source => packages.carriedBy(source).some(({ name }) => name === entry.name))?.url ?? ''} ${entry.name} ${entry.version} [${kb(entry.size)}]\n`,
      );
  }
  for (const entry of plan) {
    const before = packages.installed.get(entry.name);
    if (!before) await process.out(`Selecting previously unselected package ${entry.name}.\n`);
    await process.out(
      `Preparing to unpack .../${entry.name}_${entry.version.replace(':', '%3a')}_${entry.arch ?? 'amd64'}.deb ...\n`,
    );
    await process.out(`Unpacking ${entry.name} (${entry.version})${before ? ` over (${before.version})` : ''} ...\n`);
    await machine.fs.mkdir(unpacking, { recursive: true });
    packages.begin(entry);
    await process.sleep(100 + entry.size / 60_000);
    await packages.unpack(entry);
    await machine.fs.rm(unpacking, { recursive: true });
  }
  for (const entry of plan) {
    await process.out(`Setting up ${entry.name} (${entry.version}) ...\n`);
    for (const unit of entry.starts ?? [])
      await process.out(
        `Created symlink /etc/systemd/system/multi-user.target.wants/${unit} -> /lib/systemd/system/${unit}.\n`,
      );
    await process.sleep(120);
    await packages.configure(entry);
  }
  for (const path of locks) machine.locks.release(path);
  return 0;
}

/** Where dpkg unpacks; one that was killed leaves it to the next. */
const unpacking = '/var/lib/dpkg/tmp.ci';

async function purgePackages(process: Process, asked: Asked): Promise<number> {
  const { machine } = process;
  if (!(await lock(process, locks, Number(asked.settings['DPkg::Lock::Timeout'] ?? 0)))) return 100;
  for (const name of asked.names) {
    const present = machine.packages.installed.get(name);
    if (!present) continue;
    if (!present.isUnpacked && !asked.forDpkg.includes('--force-remove-reinstreq')) {
      await process.err(
        `dpkg: error processing package ${name} (--remove):\n package is in a very bad inconsistent state; you should\n reinstall it before attempting a removal\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n`,
      );
      return 100;
    }
    await process.out(`Removing ${name} (${present.version}) ...\n`);
    await process.sleep(150);
    await machine.packages.purge(name);
    await process.out(`Purging configuration files for ${name} (${present.version}) ...\n`);
  }
  for (const path of locks) machine.locks.release(path);
  return 0;
}

async function aptGet(process: Process, args: string[]): Promise<number> {
  const asked = parse(args);
  switch (asked.verb) {
    case 'update':
      return update(process, asked);
    case 'install':
      return installPackages(process, asked);
    case 'purge':
    case 'remove':
    case 'autoremove':
      return purgePackages(process, asked);
    case 'indextargets':
      // One format is asked for: `$(REPO_URI) $(RELEASE)`.
      for (const { url, suite } of await process.machine.packages.sources()) await process.out(`${url}/ ${suite}\n`);
      return 0;
    case 'clean':
    case 'autoclean':
      return 0;
    default:
      await process.err(`E: Invalid operation ${asked.verb}\n`);
      return 100;
  }
}

async function aptMark(process: Process, args: string[]): Promise<number> {
  const isQuiet = args.includes('-qq');
  const [verb, ...names] = args.filter(arg => !arg.startsWith('-'));
  const { installed } = process.machine.packages;
  if (verb === 'showhold') {
    for (const [name, { isHeld }] of [...installed].sort())
      if (isHeld && (!names.length || names.includes(name))) await process.out(`${name}\n`);
    return 0;
  }
  for (const name of names) {
    const entry = installed.get(name);
    if (!entry) {
      await process.err(`E: Unable to locate package ${name}\n`);
      return 100;
    }
    entry.isHeld = verb === 'hold';
    if (!isQuiet) await process.out(verb === 'hold' ? `${name} set on hold.\n` : `Canceled hold on ${name}.\n`);
  }
  return 0;
}

async function aptCache(process: Process, [verb, ...names]: string[]): Promise<number> {
  const available = await process.machine.packages.available();
  for (const name of names) {
    const candidate = Packages.pick(available, name);
    const present = process.machine.packages.installed.get(name);
    if (!candidate && !present) continue;
    if (verb === 'policy')
      await process.out(
        `${name}:\n  Installed: ${present?.version ?? '(none)'}\n  Candidate: ${candidate?.version ?? present?.version}\n`,
      );
    if (verb === 'madison')
      for (const entry of available.filter(each => each.name === name).reverse())
        await process.out(` ${name} | ${entry.version} | source\n`);
  }
  return 0;
}

/** Name and version, a tab between them. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's way to name a field
const usualFormat = '${Package}\\t${Version}\\n';

async function dpkgQuery(process: Process, args: string[]): Promise<number> {
  const at = args.findIndex(arg => arg === '-f' || arg.startsWith('--showformat'));
  const format = at < 0 ? usualFormat : args[at]!.startsWith('--') ? args[at]!.slice('--showformat='.length) : args[at + 1]!;
  const names = args.filter((arg, i) => !arg.startsWith('-') && (at < 0 || i !== at + 1));
  const { installed } = process.machine.packages;
  let status = 0;
  for (const name of names.length ? names : [...installed.keys()].sort()) {
    const entry = installed.get(name);
    if (!entry) {
      await process.err(`dpkg-query: no packages found matching ${name}\n`);
      status = 1;
      continue;
    }
    const state = entry.isConfigured ? 'installed' : entry.isUnpacked ? 'half-configured' : 'half-installed';
    const values: Record<string, string> = {
      Package: name,
      'binary:Package': name,
      Version: entry.version,
      Architecture: 'amd64',
      'db:Status-Status': state,
      'db:Status-Want': entry.isHeld ? 'hold' : 'install',
      'db:Status-Eflag': entry.isUnpacked ? 'ok' : 'reinstreq',
      'db:Status-Abbrev': `${entry.isHeld ? 'h' : 'i'}i `,
      Status: `${entry.isHeld ? 'hold' : 'install'} ${entry.isUnpacked ? 'ok' : 'reinstreq'} ${state}`,
    };
    await process.out(
      format
        .replace(/\$\{([^};]+)(?:;-?\d+)?\}/g, (_, field: string) => values[field] ?? '')
        .replaceAll('\\n', '\n')
        .replaceAll('\\t', '\t'),
    );
  }
  return status;
}

async function dpkg(process: Process, args: string[]): Promise<number> {
  const { packages } = process.machine;
  const { installed } = packages;
  if (args[0] === '--print-architecture') await process.out('amd64\n');
  else if (args[0] === '--configure') await packages.configureAll();
  else if (args[0] === '--audit')
    for (const [name, { isConfigured }] of installed) isConfigured || (await process.out(` ${name}\n`));
  else if (args[0] === '-l')
    for (const [name, { version, isHeld }] of installed)
      await process.out(`${isHeld ? 'h' : 'i'}i  ${name} ${version} amd64\n`);
  else if (args[0] === '--get-selections')
    for (const [name, { isHeld }] of [...installed].sort()) await process.out(`${name}\t${isHeld ? 'hold' : 'install'}\n`);
  return 0;
}

export const packagePrograms: Record<string, Program> = {
  'apt-get': aptGet,
  apt: aptGet,
  'apt-mark': aptMark,
  'apt-cache': aptCache,
  'apt-config': () => 0,
  'dpkg-query': dpkgQuery,
  dpkg,
};
