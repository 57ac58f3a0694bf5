import type { Program } from '../machine/machine.js';
import type { Process } from '../machine/process.js';
import { Units } from '../machine/units.js';
import { options } from './basic.js';

/** Options of systemctl may stand anywhere. */
function parse(args: string[]): { verb: string; names: string[]; has: Set<string>; properties: string[] } {
  const has = new Set<string>();
  const properties: string[] = [];
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '-p' || arg === '--property') properties.push(...args[++i]!.split(','));
    else if (/^-p.+|^--property=/.test(arg)) properties.push(...arg.replace(/^-p|^--property=/, '').split(','));
    else if (/^-[nos]$/.test(arg)) i++;
    else if (arg.startsWith('-')) has.add(arg.replace(/^--?/, ''));
    else words.push(arg);
  }
  const [verb = 'list-units', ...names] = words;
  return { verb, names, has, properties };
}

async function systemctl(process: Process, args: string[]): Promise<number> {
  const { units, fs } = process.machine;
  const { verb, names: given, has, properties } = parse(args);
  const names = given.map(Units.fullName);
  const isQuiet = has.has('q') || has.has('quiet');
  const say = async (text: string) => (isQuiet ? undefined : process.out(`${text}\n`));
  const tell = async (lines: string[]) => {
    if (!isQuiet) for (const line of lines) await process.err(`${line}\n`);
  };
  const changes = [
    'start',
    'stop',
    'restart',
    'reload',
    'enable',
    'disable',
    'mask',
    'unmask',
    'daemon-reload',
    'reset-failed',
    'kill',
  ];
  if (changes.includes(verb) && !process.isRoot) {
    await process.err(`Failed to ${verb} ${names[0] ?? ''}: Access denied\n`);
    return 1;
  }
  const eachUnit = async (act: (name: string) => Promise<string | null>): Promise<number> => {
    let status = 0;
    for (const name of names) {
      const problem = await act(name);
      if (!problem) continue;
      await process.err(`${problem}\n`);
      status = problem.includes('not found') ? 5 : 1;
    }
    return status;
  };
  const start = async (name: string) => {
    await process.sleep(name === 'containerd.service' ? 600 : 120);
    return units.start(name);
  };
  const missing = (word: string, name: string) => `Failed to ${word} unit: Unit file ${name} does not exist.`;
  switch (verb) {
    case 'is-active': {
      const states = names.map(name => units.active(name));
      for (const state of states) await say(state);
      return states.includes('active') ? 0 : 3;
    }
    case 'is-failed': {
      for (const name of names) await say(units.active(name));
      return names.some(name => units.active(name) === 'failed') ? 0 : 1;
    }
    case 'is-enabled': {
      let status = 1;
      for (const name of names) {
        const state = await units.enablement(name);
        if (state) await say(state);
        else await process.err(`Failed to get unit file state for ${name}: No such file or directory\n`);
        if (['enabled', 'static', 'alias'].includes(state ?? '')) status = 0;
      }
      return status;
    }
    case 'start':
      return eachUnit(start);
    case 'restart':
    case 'reload':
    case 'reload-or-restart':
    case 'try-restart':
      return eachUnit(async name => {
        if (verb !== 'reload') await units.stop(name);
        return start(name);
      });
    case 'stop':
      return eachUnit(async name => {
        if (!(await units.exists(name))) return `Failed to stop ${name}: Unit ${name} not loaded.`;
        await process.block(units.stop(name));
        return null;
      });
    case 'enable':
      return eachUnit(async name => {
        const lines = await units.enable(name);
        if (!lines) return missing(verb, name);
        await tell(lines);
        return has.has('now') ? start(name) : null;
      });
    case 'disable':
      return eachUnit(async name => {
        const lines = await units.disable(name);
        if (!lines) return missing(verb, name);
        await tell(lines);
        if (has.has('now')) await process.block(units.stop(name));
        return null;
      });
    case 'mask':
    case 'unmask':
      for (const name of names) {
        await tell(await units[verb](name));
        if (has.has('now')) await units.stop(name);
      }
      return 0;
    case 'daemon-reload':
    case 'daemon-reexec':
      await process.sleep(200);
      return 0;
    case 'reset-failed':
      for (const name of names) {
        if (units.active(name) === 'failed') units.forget(name);
        else if (!(await units.exists(name))) {
          await process.err(`Failed to reset failed state of unit ${name}: Unit ${name} not loaded.\n`);
          return 1;
        }
      }
      return 0;
    case 'kill':
      for (const name of names) for (const one of process.machine.ofUnit(name)) one.kill(15);
      return 0;
    case 'cat':
      return eachUnit(async name => {
        const file = await units.file(name);
        if (!file) return `No files found for ${name}.`;
        await process.out(`# ${file}\n${await fs.bytes(file)}`);
        return null;
      });
    case 'show': {
      for (const [i, name] of names.entries()) {
        if (i) await process.out('\n');
        const state = units.state(name);
        const isTransient = Boolean(state?.transient);
        const values: Record<string, string> = {
          Id: name,
          LoadState: (await units.isMasked(name)) ? 'masked' : (await units.exists(name)) ? 'loaded' : 'not-found',
          ActiveState: units.active(name),
          SubState: state?.main ? 'running' : units.active(name) === 'active' ? 'running' : 'dead',
          Result: state?.result ?? 'success',
          ExecMainStatus: String(state?.exitCode ?? 0),
          MainPID: String(state?.main?.pid ?? 0),
          UnitFileState: (isTransient ? 'transient' : await units.enablement(name)) ?? '',
          NRestarts: '0',
          StateChangeTimestampMonotonic: String(
            state ? Math.max(1, Math.round((state.since - process.machine.startedAt) * 1000)) : 0,
          ),
        };
        for (const property of properties.length ? properties : Object.keys(values))
          await process.out(has.has('value') ? `${values[property] ?? ''}\n` : `${property}=${values[property] ?? ''}\n`);
      }
      return 0;
    }
    case 'status': {
      for (const name of names)
        await process.out(
          `● ${name}\n     Loaded: ${(await units.file(name)) ?? 'not-found'}\n     Active: ${units.active(name)}\n`.replace(
            '●',
            '*',
          ),
        );
      return names.every(name => units.active(name) === 'active') ? 0 : 3;
    }
    case 'list-unit-files': {
      const patterns = given.map(each => new RegExp(`^${each.replace(/[.]/g, '\\.').replaceAll('*', '.*')}$`));
      const files = (await units.files()).filter(name => !patterns.length || patterns.some(pattern => pattern.test(name)));
      for (const name of files) {
        const state = await units.enablement(name);
        if (state) await process.out(`${name} ${state} ${state === 'enabled' || state === 'disabled' ? 'enabled' : '-'}\n`);
      }
      return files.length ? 0 : 1;
    }
    case 'list-units':
      for (const name of names.length ? units.names().filter(each => names.includes(each)) : units.names()) {
        const state = units.active(name);
        if (has.has('state=active') && state !== 'active') continue;
        await process.out(`${name} loaded ${state} running ${name}\n`);
      }
      return 0;
    case 'is-system-running':
      await say('running');
      return 0;
    case 'reboot':
    case 'poweroff':
      if (verb === 'reboot') process.machine.reboot();
      else process.machine.powerOff();
      return 0;
    default:
      await process.err(`Unknown command verb ${verb}.\n`);
      return 1;
  }
}

async function systemdRun(process: Process, args: string[]): Promise<number> {
  const argv = [...args];
  let name = `run-r${Math.random().toString(16).slice(2, 18)}.service`;
  let description = '';
  let isQuiet = false;
  let collect = false;
  let stopPost: string[] = [];
  let limit = 0;
  const output: Record<string, string> = {};
  const env: Record<string, string> = {};
  while (argv[0]?.startsWith('-')) {
    const arg = argv.shift()!;
    if (arg === '--') break;
    const [option, inline] = arg.split(/=(.*)/s) as [string, string?];
    const value = () => inline ?? argv.shift() ?? '';
    if (option === '--unit' || option === '-u') name = Units.fullName(value());
    else if (option === '--description') description = value();
    else if (option === '-q' || option === '--quiet') isQuiet = true;
    else if (option === '--collect' || option === '-G') collect = true;
    else if (option === '-E' || option === '--setenv') {
      const [key, text] = value().split(/=(.*)/s) as [string, string];
      env[key] = text;
    } else if (option === '-p' || option === '--property') {
      const [property, text = ''] = (argv.shift() ?? '').split(/=(.*)/s) as [string, string];
      if (property === 'ExecStopPost') stopPost = text.split(' ');
      if (property === 'RuntimeMaxSec') limit = Number(text);
      if (/^Standard(Output|Error)$/.test(property)) output[property] = text;
    }
  }
  if (!process.isRoot) {
    await process.err('Failed to start transient service unit: Access denied\n');
    return 1;
  }
  const refused = await process.machine.units.run(name, argv, {
    description: description || argv.join(' '),
    collect,
    stopPost,
    env,
    files: [output.StandardOutput, output.StandardError ?? output.StandardOutput],
  });
  if (refused) {
    await process.err(`${refused}\n`);
    return 1;
  }
  if (limit) process.machine.clock.limit(limit * 1000, () => void process.machine.units.stop(name));
  if (!isQuiet) await process.err(`Running as unit: ${name}\n`);
  return 0;
}

export const systemd: Record<string, Program> = {
  systemctl,
  'systemd-run': systemdRun,
  'systemd-detect-virt': async (process, args) => {
    const isContainer = args.includes('--container') || args.includes('-c');
    await process.out(isContainer ? 'none\n' : 'kvm\n');
    return isContainer ? 1 : 0;
  },
  journalctl: async (process, args) => {
    const { has } = options(args, 'unopg');
    const unit = has.u ? Units.fullName(has.u) : '';
    await process.out(await process.machine.journal(unit));
    return 0;
  },
  timedatectl: async (process, args) => {
    const isSynchronized =
      process.machine.units.active('systemd-timesyncd.service') === 'active' ||
      process.machine.units.active('chrony.service') === 'active';
    if (args[0] === 'show') {
      const value = isSynchronized ? 'yes' : 'no';
      await process.out(args.includes('--value') ? `${value}\n` : `NTPSynchronized=${value}\n`);
    } else await process.out(`System clock synchronized: ${isSynchronized ? 'yes' : 'no'}\n`);
    return 0;
  },
  hostnamectl: async (process, args) => {
    if (args[0] === 'set-hostname' || args[0] === 'hostname') await process.fs.put('/etc/hostname', `${args[1]}\n`);
    else await process.out(` Static hostname: ${process.machine.name}\n`);
    return 0;
  },
  chronyc: async (process, args) => {
    if (args.includes('tracking')) await process.out('Leap status     : Normal\n');
    return 0;
  },
  reboot: process => {
    process.machine.reboot();
    return 0;
  },
};
