import { afterEach, expect, it } from 'vitest';
import { type DemoFleet, demoFleet } from '../../source/demo/index.js';
import type { Ask } from '../../source/engine/fleet.js';
import { gather } from '../../source/engine/gather.js';
import { componentsOf } from '../../source/engine/panel/components.js';
import { healthConditions, isHealthy } from '../../source/engine/panel/conditions.js';
import { readLog } from '../../source/engine/panel/logs.js';
import { nodeRows, unwatched } from '../../source/engine/panel/rows.js';
import { emptyPanel, fold, type PanelState } from '../../source/engine/panel/state.js';
import { type ReadAgain, watchCluster } from '../../source/engine/panel/watch.js';
import { makePlan } from '../../source/engine/plan/make.js';
import { run } from '../../source/engine/run/run.js';
import { chooseSources } from '../../source/engine/sources/choose.js';
import { probeSources } from '../../source/engine/sources/probe.js';
import { watchTimings } from '../../source/engine/ssh/timings.js';

const ask: Ask = { hostKey: async () => true, secret: async () => null };
let fleet: DemoFleet;
afterEach(() => fleet.close());

async function installed(): Promise<void> {
  const connector = fleet.connector(ask);
  const { remotes, facts } = await gather(fleet.spec, connector);
  const choice = chooseSources(fleet.spec, await probeSources(fleet.spec, remotes, facts), facts);
  const ended = await run(makePlan({ spec: fleet.spec, facts, ...choice }), remotes, { emit: () => {}, kubeconfig: false });
  expect(ended.result).toBe('done');
  await connector.close();
}

it('the fleet reports as real hosts do: nodes found, healthy, a kubelet stopped, a host without power, and right again', async () => {
  fleet = demoFleet({ speed: Number.POSITIVE_INFINITY, timings: watchTimings });
  await installed();
  const connector = fleet.connector(ask);
  const stop = new AbortController();
  // Of the cluster one host is known; when its others are to be read, the API server is gone again the first time.
  const alone = { ...fleet.spec, hosts: fleet.spec.hosts.slice(0, 1) };
  const asked: string[] = [];
  const readAgain: ReadAgain = async ({ name }) => (asked.push(name) === 1 ? null : fleet.spec);
  let state = emptyPanel(alone, Date.now());
  let heard = () => {};
  const watch = watchCluster(
    alone,
    connector,
    events => {
      state = fold(state, ...events);
      heard();
    },
    stop.signal,
    readAgain,
  );
  const until = (is: (state: PanelState) => boolean) =>
    new Promise<void>(resolve => {
      heard = () => {
        if (is(state)) resolve();
      };
      heard();
    });
  const row = (host: string) => nodeRows(state).find(each => each.host === host)!;

  await until(() => unwatched(state).length > 0);
  await until(() => state.hosts.length === fleet.spec.hosts.length && isHealthy(state));

  const lines: string[] = [];
  await readLog(watch.remote(fleet.spec.hosts[0]!.name)!, 'kube-apiserver', { onLine: line => lines.push(line) });
  expect(lines).toContainEqual(expect.stringMatching(/^\d{4}-\d\d-\d\d [\d:]{8} I\d{4} .* Serving securely on \[::\]:6443$/));
  expect(asked).toEqual(['n1', 'n1']);
  expect(unwatched(state)).toEqual([]);
  expect(nodeRows(state).map(({ state, version }) => [state.en, version])).toEqual(
    fleet.spec.hosts.map(() => ['Ready', row('n1').version]),
  );
  expect(row('n1').version).toMatch(/^v1\./);
  expect(componentsOf(state.hosts[0]!).find(({ id }) => id === 'etcd')).toMatchObject({
    level: 'ok',
    state: { en: 'running' },
  });
  expect(healthConditions(state).find(({ id }) => id === 'etcd')?.text.en).toBe('1 member, leader n1, 2 MB');
  expect(componentsOf(state.hosts[0]!).find(({ id }) => id === 'kube-apiserver')?.ports).toEqual(['*:6443']);
  for (const { conditions, ageSeconds } of nodeRows(state)) {
    expect(conditions.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'MemoryPressure False',
      'DiskPressure False',
      'PIDPressure False',
      'Ready True',
    ]);
    for (const { since } of conditions) expect((state.at - since) / 1000).toBeLessThanOrEqual(ageSeconds! + 1);
  }

  const n2 = await fleet.host('n2');
  await n2.machine.units.stop('kubelet.service');
  await until(() => row('n2').level === 'broken');
  expect(row('n2').notes[0]?.text.en).toMatch(/^kubelet stopped/);
  await n2.machine.units.start('kubelet.service');
  await until(isHealthy);

  const n3 = await fleet.host('n3');
  n3.powerOff();
  await until(() => row('n3').silentSeconds !== null);
  expect(row('n1').silentSeconds).toBeNull();
  await n3.powerOn();
  await until(() => row('n3').silentSeconds === null && row('n3').state.en === 'Ready');
  stop.abort();
  await watch.ended;
  await connector.close();
}, 60_000);

it('whoever watches sees its clocks go as all clocks go, however fast it was before', async () => {
  fleet = demoFleet({ hosts: 1, speed: 100 });
  const connector = fleet.watcher(ask);
  const stop = new AbortController();
  const skews: number[] = [];
  const watch = watchCluster(
    fleet.spec,
    connector,
    events => {
      for (const event of events) if (event.type === 'report') skews.push(event.report.clockSkewMs);
      if (skews.length >= 3) stop.abort();
    },
    stop.signal,
  );
  await watch.ended;
  // Ahead alone: a report that comes late makes a clock look slow.
  expect(Math.max(...skews)).toBeLessThan(1000);
  await connector.close();
}, 30_000);
