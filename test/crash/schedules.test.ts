import { afterEach, expect, it, vi } from 'vitest';
import { type Attempt, attempt, differences, endState, hostsOf, newWorld, Operator, undone, type World } from './crash.js';
import { isWhole, random, sampleSize, table } from './sample.js';

vi.setConfig({ testTimeout: 180_000 });

const HOSTS = 2;
/** More tries than any schedule has faults. */
const MOST_TRIES = 10;
const seed = Number(process.env.SEED ?? 1);
const schedules = Array.from({ length: isWhole ? 200 : sampleSize(5) }, (_, i) => seed + i);

const worlds: World[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.fleet.close();
});
const open = async () => {
  const world = await newWorld(HOSTS);
  worlds.push(world);
  return world;
};

async function unbroken() {
  const world = await open();
  let moments = 0;
  world.onMoment = () => moments++;
  expect((await attempt(world)).outcome?.result).toBe('done');
  return { moments, state: await endState(world) };
}
const [first, second] = [await unbroken(), await unbroken()];
for (const world of worlds.splice(0)) world.fleet.close();

type Host = Awaited<ReturnType<World['fleet']['host']>>;
interface Scene {
  world: World;
  host: Host;
  operator: Operator;
  /** A number from 0 to 1. */
  dice: number;
  /** What goes on by itself and is waited for. */
  beside: Promise<unknown>[];
}
const after = (ms: number, act: () => void) => new Promise<void>(done => setTimeout(() => done(act()), ms));

/** What may happen to an install, all at once and at any time. */
const faults: Record<string, (scene: Scene) => void> = {
  'operator killed': ({ operator }) => operator.die(),
  'operator stops': ({ operator }) => operator.stop.abort(),
  'another operator comes': ({ world, beside }) => void beside.push(attempt(world)),
  'line dropped': ({ host }) => host.drop(),
  'network silent': ({ host, dice, beside }) => {
    host.cut();
    beside.push(after(50 + 500 * dice, () => host.mend()));
  },
  'host restarts': ({ host, beside }) => {
    host.powerOff();
    beside.push(after(20, () => void host.powerOn()));
  },
  'host stays off': ({ host }) => host.powerOff(),
  'script killed': ({ host: { machine }, dice }) => {
    const units = machine.units.names().filter(name => name.startsWith('k8s-tui-'));
    const unit = units[Math.floor(dice * units.length)];
    if (unit) for (const process of machine.ofUnit(unit)) process.kill(9);
  },
  'program fails': ({ host, dice }) => {
    const commands = ['apt-get', 'crictl', 'kubeadm', 'kubectl', 'systemctl', 'sysctl', 'sed', 'curl'];
    host.failNext(commands[Math.floor(dice * commands.length)]!, {
      times: 1 + (Math.floor(dice * 50) % 5),
      says: 'no, not now',
    });
  },
  'disk full': ({ host, dice, beside }) => {
    host.fs.isFull = true;
    beside.push(
      after(20 + 100 * dice, () => {
        host.fs.isFull = false;
      }),
    );
  },
};

/** Up to four faults, each at a moment of the install. */
function schedule(next: () => number) {
  const kinds = Object.keys(faults);
  const some = Array.from({ length: 1 + Math.floor(next() * 4) }, () => ({
    at: 1 + Math.floor(next() * first.moments),
    kind: kinds[Math.floor(next() * kinds.length)]!,
    host: 1 + Math.floor(next() * HOSTS),
    dice: next(),
  }));
  return some.sort((a, b) => a.at - b.at);
}

const rows: { what: string; when: string; end: string }[] = [];

it.each(schedules)('schedule %i ends in a verified cluster, whatever happens on the way', async number => {
  const left = schedule(random(number));
  const told = left.map(({ kind, at, host }) => `${kind} at ${at} on n${host}`).join('; ');
  const world = await open();
  const before = await hostsOf(world);
  const hosts = await Promise.all(world.fleet.spec.hosts.map(({ name }) => world.fleet.host(name)));
  const beside: Promise<unknown>[] = [];
  let operator = new Operator();
  let moments = 0;
  world.onMoment = () => {
    moments += 1;
    while (left.length && left[0]!.at <= moments) {
      const { kind, host, dice } = left.shift()!;
      faults[kind]!({ world, host: hosts[host - 1]!, operator, dice, beside });
    }
  };

  let last: Attempt | null = null;
  let tries = 0;
  while (last?.outcome?.result !== 'done' && last?.outcome?.result !== 'same') {
    expect(++tries, `${told}: ${JSON.stringify(last?.problems)}`).toBeLessThanOrEqual(MOST_TRIES);
    operator = new Operator();
    last = await attempt(world, operator);
    if (operator.isDead) last = null;
    // Whoever is there and does not succeed is told what happened and what to do.
    else if (last.outcome?.result !== 'stopped')
      for (const { what, remedy } of last.problems) expect([what.en, what.zh, remedy.en, remedy.zh], told).not.toContain('');
    await Promise.all(beside.splice(0));
    for (const host of hosts) if (!host.machine.isUp) await host.powerOn();
  }
  // What comes later in the schedule finds the install done.
  left.splice(0);
  last = await attempt(world);
  // A program that was to fail may have its turn only now.
  while (last.outcome?.result === 'failed' && ++tries <= MOST_TRIES) last = await attempt(world);
  expect(last.outcome?.result, told).toMatch(/^(done|same)$/);
  expect(differences(await endState(world), [first.state, second.state]), told).toEqual([]);
  expect(await undone(world), told).toEqual(before);
  expect(hosts.flatMap(({ machine }) => machine.faults)).toEqual([]);
  rows.push({
    what: 'schedule',
    when: `${tries} ${tries === 1 ? 'run' : 'runs'}`,
    end: 'cluster verified, reset leaves no trace',
  });
});

it('is told', () => console.log(table(rows)));
