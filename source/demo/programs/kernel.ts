import { loadModule, swapsOff, swapsOn, unloadModule } from '../machine/debian.js';
import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { say } from '../shell/builtins.js';
import { options } from './basic.js';

async function modprobe(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'C');
  const { fs } = process;
  for (const name of has.a !== undefined || has.r !== undefined ? rest : rest.slice(0, 1)) {
    const module = name.replaceAll('-', '_');
    const known =
      ((await fs.text('/lib/modules/6.1.0-40-amd64/modules.dep')) ?? '').includes(`/${module}.ko`) ||
      (await fs.exists(`/sys/module/${module}`));
    if (!known) {
      await process.err(`modprobe: FATAL: Module ${name} not found in directory /lib/modules/6.1.0-40-amd64\n`);
      return 1;
    }
    if (has.n !== undefined) continue;
    if (!process.isRoot) {
      await process.err(`modprobe: ERROR: could not insert '${name}': Operation not permitted\n`);
      return 1;
    }
    await process.sleep(40);
    if (has.r !== undefined) await unloadModule(fs, module);
    else await loadModule(fs, module);
  }
  return 0;
}

async function lsmod(process: Process): Promise<number> {
  await process.out('Module                  Size  Used by\n');
  for (const name of (await process.fs.readdir('/sys/module')).sort()) await process.out(`${name.padEnd(23)} 16384  0\n`);
  return 0;
}

const pathOf = (key: string) => `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`;

async function sysctl(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, '', ['load']);
  const { fs } = process;
  let status = 0;
  const set = async (key: string, value: string) => {
    const path = pathOf(key);
    if (!(await fs.exists(path))) {
      await process.err(`sysctl: cannot stat ${path}: No such file or directory\n`);
      status = 1;
      return;
    }
    if (!process.isRoot) {
      await process.err(`sysctl: permission denied on key "${key}"\n`);
      status = 1;
      return;
    }
    await fs.writeFile(path, `${value}\n`);
    if (has.q === undefined) await process.out(`${key} = ${value}\n`);
  };
  const readIn = async (file: string) => {
    for (const line of ((await fs.text(file)) ?? '').split('\n')) {
      const [, key, value] = /^\s*-?([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (key) await set(key, value!);
    }
  };
  if (has.system !== undefined) {
    const files = (await fs.readdir('/etc/sysctl.d')).filter(name => name.endsWith('.conf')).sort();
    for (const file of [...files.map(name => `/etc/sysctl.d/${name}`), '/etc/sysctl.conf']) {
      if (has.q === undefined) await process.out(`* Applying ${file} ...\n`);
      await readIn(file);
    }
    return status;
  }
  if (has.p !== undefined || has.load !== undefined) {
    for (const file of rest.length ? rest : ['/etc/sysctl.conf']) await readIn(process.path(file));
    return status;
  }
  for (const word of rest) {
    if (word.includes('=')) {
      const [key, value] = word.split(/\s*=\s*(.*)/s) as [string, string];
      await set(key, value);
      continue;
    }
    const value = await fs.text(pathOf(word));
    if (value === null) {
      await process.err(`sysctl: cannot stat ${pathOf(word)}: No such file or directory\n`);
      status = 1;
    } else await process.out(has.n !== undefined ? value : `${word} = ${value}`);
  }
  return status;
}

const swap =
  (isOn: boolean): Program =>
  async process => {
    if (!process.isRoot) {
      await process.err(`${isOn ? 'swapon' : 'swapoff'}: Not superuser.\n`);
      return 1;
    }
    await process.sleep(80);
    await process.fs.put('/proc/swaps', isOn ? swapsOn : swapsOff);
    return 0;
  };

async function uname(process: Process, args: string[]): Promise<number> {
  const values: Record<string, string> = {
    s: 'Linux',
    n: process.machine.name,
    r: '6.1.0-40-amd64',
    v: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1 (2025-09-20)',
    m: 'x86_64',
    o: 'GNU/Linux',
  };
  const wanted = args.includes('-a') ? Object.keys(values) : [...(args.join('').replaceAll('-', '') || 's')];
  await process.out(`${wanted.map(letter => values[letter] ?? '').join(' ')}\n`);
  return 0;
}

async function df(process: Process, args: string[]): Promise<number> {
  const { has, rest } = options(args, 'tx');
  const { diskGiB } = process.machine.hardware;
  const isInodes = has.i !== undefined || has.Pi !== undefined;
  const total = isInodes ? diskGiB * 65_536 : diskGiB * 1_048_576;
  const used = isInodes ? 48_210 : Math.round(1_620_000 + (await process.machine.images()).length * 110_000);
  await process.out(
    `Filesystem     ${isInodes ? 'Inodes' : '1024-blocks'} ${isInodes ? 'IUsed IFree IUse%' : 'Used Available Capacity'} Mounted on\n`,
  );
  for (const _ of rest.length ? rest : ['/'])
    await process.out(`/dev/vda1 ${total} ${used} ${total - used} ${Math.round((used / total) * 100)}% /\n`);
  return 0;
}

export const kernel: Record<string, Program> = {
  modprobe,
  lsmod,
  sysctl,
  swapon: swap(true),
  swapoff: swap(false),
  uname,
  df,
  hostname: async process => say(process, `${process.machine.name}\n`),
  nproc: async process => say(process, `${process.machine.hardware.cpus}\n`),
  mount: async process => say(process, await process.fs.bytes('/proc/mounts')),
  umount: () => 0,
  free: async process => say(process, `               total\nMem: ${process.machine.hardware.memoryMiB}\n`),
  getent: async (process, [database, key]) => {
    const file = { passwd: '/etc/passwd', group: '/etc/group', hosts: '/etc/hosts' }[database ?? ''];
    const lines = ((file && (await process.fs.text(file))) ?? '').split('\n').filter(Boolean);
    const found =
      database === 'hosts'
        ? lines.filter(line =>
            line
              .split(/\s+/)
              .slice(1)
              .includes(key ?? ''),
          )
        : lines.filter(line => !key || line.split(':')[0] === key);
    for (const line of found) await process.out(`${line}\n`);
    return found.length ? 0 : 2;
  },
};
