import { afterEach, describe, expect, it, vi } from 'vitest';
import { attempt, differences, endState, hostsOf, type Moment, newWorld, Operator, undone, type World } from './crash.js';
import { isWhole, pick, random, sampleSize, table } from './sample.js';

/** Two hosts have every task that three have. */
const HOSTS = 2;
const worlds: World[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.fleet.close();
});
const open = async () => {
  const world = await newWorld(HOSTS);
  worlds.push(world);
  return world;
};

/** An install that nothing disturbs: how it ends, and every moment of it. */
async function unbroken() {
  const world = await open();
  const moments: Moment[] = [];
  world.onMoment = moment => moments.push(moment);
  const { outcome, problems } = await attempt(world);
  expect([outcome?.result, problems]).toEqual(['done', []]);
  return { moments, state: await endState(world) };
}
const [first, second] = [await unbroken(), await unbroken()];
for (const world of worlds.splice(0)) world.fleet.close();

/** Before a step, in the middle of the programs that it runs, and after it. */
const cases = first.moments
  .filter(({ when, task, step, count }) => {
    if (when !== 'during') return true;
    const programs = first.moments.filter(other => other.when === when && other.task === task && other.step === step);
    return count === Math.ceil(programs.length / 2);
  })
  .flatMap(moment => (['operator killed', 'host loses power', 'script killed'] as const).map(what => ({ what, ...moment })));

const chosen = isWhole ? cases : pick(cases, sampleSize(9), random(Number(process.env.SEED ?? 1)));
const rows: { what: string; step: string; when: string; end: string }[] = [];

/** An install that is cut short at a moment. @returns its end, and the machine that it was cut short on */
async function cutShort(world: World, at: (typeof cases)[number]) {
  const { machine } = await world.fleet.host(at.host);
  const operator = new Operator();
  let isCut = false;
  world.onMoment = moment => {
    const isNow =
      moment.task === at.task &&
      moment.step === at.step &&
      (moment.when === at.when ? moment.count >= at.count : at.when === 'during' && moment.when === 'after');
    if (isCut || !isNow) return;
    isCut = true;
    if (at.what === 'operator killed') operator.die();
    else if (at.what === 'host loses power') {
      machine.powerOff();
      setTimeout(() => void machine.powerOn(), 20);
    } else for (const process of machine.ofUnit(`k8s-tui-${at.task.split('/')[0]}.service`)) process.kill(9);
  };
  const broken = await attempt(world, operator);
  expect(isCut).toBe(true);
  return { broken, machine };
}

describe(`an install of ${HOSTS} hosts, cut short at ${chosen.length} of ${cases.length} moments (${isWhole ? 'all' : 'SEED chooses; CRASH=all: all'})`, () => {
  it.each(chosen)('$what $when $task $step: goes on, ends as if nothing had been, and can be undone', async at => {
    const world = await open();
    const before = await hostsOf(world);
    const { broken, machine } = await cutShort(world, at);
    if (at.what !== 'operator killed' && broken.outcome?.result !== 'done')
      for (const { what, remedy, host } of broken.problems)
        expect([what.en, what.zh, remedy.en, remedy.zh, host]).not.toContain('');
    await vi.waitFor(() => expect(machine.isUp).toBe(true));

    const resumed = await attempt(world);
    const row = { what: at.what, step: `${at.task} ${at.step}`, when: at.when, end: resumed.outcome?.result ?? 'no run' };
    rows.push(row);
    expect(resumed.problems).toEqual([]);
    expect(resumed.outcome?.result).toMatch(/^(done|same)$/);
    const changed = differences(await endState(world), [first.state, second.state]);
    if (changed.length) row.end = `differs: ${changed.length}`;
    expect(changed).toEqual([]);
    expect(await undone(world)).toEqual(before);
    expect(machine.faults).toEqual([]);
  });

  // What the hosts were at goes on there by itself: nobody waits for its end.
  const halfWay = chosen.filter(({ what }) => what === 'operator killed');
  it.each(halfWay)('$what $when $task $step: is undone at once', async at => {
    const world = await open();
    const before = await hostsOf(world);
    await cutShort(world, at);
    expect(await undone(world)).toEqual(before);
  });

  it('is told', () => console.log(table(rows)));
});
