import { expect, it } from 'vitest';
import { Problem } from '../../source/engine/errors.js';
import type { AppState } from '../../source/state/state.js';
import { type App, createAppStore } from '../../source/state/store.js';
import { emptyGround } from '../harness/ground.js';
import { factsOf, type Script, scriptedEngine } from '../harness/scripted.js';
import { memorySessions, threeHosts } from '../harness/walk.js';

function open(script: Script = {}, change: (engine: ReturnType<typeof scriptedEngine>['engine']) => void = () => undefined) {
  const { engine, connector, given, runs } = scriptedEngine(script);
  change(engine);
  const sessions = memorySessions();
  let at = 1000;
  const app = createAppStore({
    language: 'en',
    connector,
    ground: emptyGround,
    engine,
    sessions,
    savePlan: async () => '/plan',
    now: () => at,
  });
  const states: string[] = [];
  app.store.subscribe(state => states.push(JSON.stringify(state)));
  return { app, sessions, given, runs, states, later: (ms: number) => (at += ms) };
}

const until = (app: App, isSo: (state: AppState) => boolean) =>
  new Promise<AppState>(resolve => {
    if (isSo(app.store.getState())) return resolve(app.store.getState());
    const off = app.store.subscribe(state => {
      if (!isSo(state)) return;
      off();
      resolve(state);
    });
  });

async function toPlan(app: App) {
  app.begin(threeHosts);
  await app.connect();
  app.goto('mirror');
  await until(app, state => state.sources.state === 'done');
  app.goto('check');
  await until(app, state => state.check.state === 'done');
  app.goto('review');
  await until(app, state => state.plan.state === 'done');
}

it('never lets a password into the state, the sessions or the logs', async () => {
  const { app, states, sessions, given, later } = open({ passwords: { n1: 'canary-7', n2: 'canary-7', n3: 'other' } });
  app.begin(threeHosts);
  const connected = app.connect();
  await until(app, state => state.questions.length === 3);
  app.secret.set('canary-7');
  app.patchUi('question', { shown: true });
  app.secret.send(true);
  await until(app, state => state.questions.length === 1);
  expect(app.store.getState().questions[0]).toMatchObject({ question: { host: 'n3', attempt: 2 } });
  app.secret.set('other');
  app.secret.send(false);
  await connected;
  expect(given).toEqual({ n1: 'canary-7', n2: 'canary-7', n3: 'other' });
  later(1);
  app.goto('mirror');
  await until(app, state => state.sources.state === 'done');
  expect(states.length).toBeGreaterThan(10);
  expect(states.filter(state => /canary|other"/.test(state))).toEqual([]);
  expect(JSON.stringify(sessions.saved)).not.toMatch(/canary|other"/);
});

it('accepts only the keys that stood there long enough to be read', async () => {
  const { app, later } = open({ newKeys: true });
  app.begin(threeHosts);
  const connected = app.connect();
  await until(app, state => state.questions.length === 3);
  const ids = app.store.getState().questions.map(({ id }) => id);
  app.accept(ids);
  expect(app.store.getState().questions).toHaveLength(3);
  later(300);
  app.accept(ids.slice(0, 2));
  expect(app.store.getState().questions).toHaveLength(1);
  app.refuse(ids);
  await connected;
  expect(app.store.getState().hosts).toMatchObject({
    n1: { state: 'ready' },
    n2: { state: 'ready' },
    n3: { state: 'failed', problem: { code: 'host-key' } },
  });
});

it('closes the connection to a host that was taken out while it was being asked', async () => {
  const closed: string[] = [];
  let answer: () => void = () => undefined;
  const { app } = open({}, engine => {
    engine.gather = async spec => {
      await new Promise<void>(resolve => {
        answer = resolve;
      });
      const remotes = Object.fromEntries(
        spec.hosts.map(({ name }) => [name, { name, user: 'root', access: 'root', close: async () => void closed.push(name) }]),
      );
      return { remotes, facts: Object.fromEntries(spec.hosts.map(host => [host.name, factsOf(host)])), problems: [] } as never;
    };
  });
  app.begin(threeHosts);
  const connected = app.connect();
  app.removeHost('n2');
  answer();
  await connected;
  expect(closed).toEqual(['n2']);
  expect(Object.keys(app.store.getState().hosts)).toEqual(['n1', 'n3']);
  await app.close();
  expect(closed.sort()).toEqual(['n1', 'n2', 'n3']);
});

it('asks only those hosts again of which nothing is known', async () => {
  const asked: string[][] = [];
  const script = { unreachable: ['n3'] };
  const { app } = open(script, engine => {
    const { gather } = engine;
    engine.gather = (spec, ...rest) => {
      asked.push(spec.hosts.map(({ name }) => name));
      return gather(spec, ...rest);
    };
  });
  app.begin(threeHosts);
  await app.connect();
  script.unreachable = [];
  await app.addHosts('10.77.0.14');
  await app.connect();
  expect(asked).toEqual([
    ['n1', 'n2', 'n3'],
    ['n3', 'n4'],
  ]);
});

it.each<[string, (app: App) => unknown, 'sources' | 'check']>([
  ['another version', app => app.setSpec({ ...app.store.getState().spec, kubernetes: 'v1.36' }), 'sources'],
  [
    'another network',
    app => app.setSpec({ ...app.store.getState().spec, network: { ...threeHosts.network, cni: 'calico' } }),
    'sources',
  ],
  ['one host more', app => app.addHosts('10.77.0.14'), 'sources'],
  ['another firewall policy', app => app.setSpec({ ...app.store.getState().spec, firewall: 'leave' }), 'check'],
  ['another mirror', app => app.chooseMirror('aliyun'), 'check'],
  ['another control plane', app => app.turnRole('n2'), 'check'],
])('%s makes what was found out before void', async (_, change, what) => {
  const { app } = open();
  await toPlan(app);
  await change(app);
  const { sources, check, plan, verdict } = app.store.getState();
  expect([check.state, plan.state, plan.plan, verdict]).toEqual(['none', 'none', null, null]);
  expect(sources.state).toBe(what === 'sources' ? 'none' : 'done');
});

it('measures the sources again before it checks, where a choice made them void', async () => {
  const { app } = open();
  await toPlan(app);
  app.setSpec({ ...app.store.getState().spec, kubernetes: 'v1.36' });
  app.goto('check');
  const state = await until(app, ({ check }) => check.state === 'done');
  expect(state.sources.state).toBe('done');
  expect(state.verdict).not.toBeNull();
});

it('ignores what a probe says of hosts that were changed meanwhile', async () => {
  let end: () => void = () => undefined;
  const { app } = open({}, engine => {
    engine.probeSources = async (_spec, _remotes, _facts, { onProbe } = {}) => {
      await new Promise<void>(resolve => {
        end = resolve;
      });
      onProbe?.({ host: 'n1', place: 'upstream', kind: 'images', url: '', ok: true, ms: 1, reason: null });
      return [];
    };
  });
  app.begin(threeHosts);
  await app.connect();
  const probed = app.probe();
  await app.addHosts('10.77.0.14');
  end();
  await probed;
  expect(app.store.getState().sources).toMatchObject({ state: 'none', report: [] });
});

it('shows mistakes in the choices as stops, and asks nothing of the hosts', async () => {
  const { app } = open({}, engine => {
    engine.validate = () => [{ path: ['network', 'pods'], what: { en: 'overlaps with services', zh: '与 services 重叠' } }];
    engine.probeSources = () => Promise.reject(new Error('not to be asked'));
  });
  app.begin(threeHosts);
  await app.check();
  expect(app.store.getState().check).toMatchObject({
    state: 'done',
    problem: null,
    findings: [{ level: 'stop', what: { en: 'network.pods: overlaps with services' } }],
  });
});

it.each<[string, unknown, object]>([
  [
    'a problem as it was thrown',
    new Problem({ code: 'lost', host: 'n2', what: { en: 'gone', zh: '中断' }, remedy: { en: 'x', zh: 'x' } }),
    { code: 'lost', what: { en: 'gone' } },
  ],
  [
    'a fault of ours as one',
    new TypeError('x is not a function'),
    { code: 'internal', what: { en: 'a fault in k8s-tui: x is not a function' } },
  ],
])('shows %s, wherever it comes from', async (_, error, wanted) => {
  const { app } = open({}, engine => {
    engine.run = () => Promise.reject(error);
  });
  await toPlan(app);
  await app.install();
  expect(app.store.getState()).toMatchObject({ screen: 'failure', run: { state: 'failed' }, outcome: { problems: [wanted] } });
  for (const [part, act] of [
    ['makePlan', 'plan'],
    ['probeSources', 'sources'],
    ['preflight', 'check'],
  ] as const) {
    const other = open({}, engine => {
      engine[part] = () => Promise.reject(error) as never;
    });
    other.app.begin(threeHosts);
    await other.app.connect();
    other.app.goto('mirror');
    await until(other.app, state => state.sources.state === 'done');
    if (part !== 'probeSources') {
      await other.app.check();
      if (part === 'makePlan') await other.app.makePlan();
    }
    expect(other.app.store.getState()[act].problem).toMatchObject(wanted);
  }
});

it('connects hosts again whose line broke before it tries again', async () => {
  const asked: string[][] = [];
  let breaks = true;
  const { app, runs } = open({}, engine => {
    const { gather, run } = engine;
    engine.gather = (spec, ...rest) => {
      asked.push(spec.hosts.map(({ name }) => name));
      return gather(spec, ...rest);
    };
    engine.run = async (plan, remotes, options) => {
      const outcome = await run(plan, remotes, options);
      if (!breaks) return outcome;
      breaks = false;
      return {
        ...outcome,
        result: 'failed',
        problems: [{ code: 'lost', host: 'n2', what: { en: 'gone', zh: '中断' }, remedy: { en: 'x', zh: 'x' } }],
      };
    };
  });
  await toPlan(app);
  await app.install();
  await app.retry();
  expect(asked).toEqual([['n1', 'n2', 'n3'], ['n2']]);
  expect(runs).toHaveLength(2);
  expect(app.store.getState().screen).toBe('done');
});

it("leaves the operator's kubeconfig alone in a simulation", async () => {
  const given: unknown[] = [];
  for (const simulation of [true, false]) {
    const { app } = open({ simulation }, engine => {
      const { run } = engine;
      engine.run = (plan, remotes, options) => {
        given.push(options.kubeconfig);
        return run(plan, remotes, options);
      };
    });
    await toPlan(app);
    await app.install();
  }
  expect(given).toEqual([false, undefined]);
});

it('remembers the hosts that were changed, whatever is chosen afterwards', async () => {
  const { app, sessions } = open({ fail: { host: 'n3', phase: 'prepare', times: 1 } });
  await toPlan(app);
  await app.install();
  app.setSpec({ ...app.store.getState().spec, kubernetes: 'v1.36' });
  expect(app.store.getState()).toMatchObject({ run: { state: 'idle' }, changed: ['n1', 'n2', 'n3'] });
  app.goto('options');
  await app.close();
  expect(sessions.saved[0]).toMatchObject({ changed: ['n1', 'n2', 'n3'] });
  const later = open();
  later.app.resume(sessions.saved[0]!);
  expect(later.app.store.getState().changed).toEqual(['n1', 'n2', 'n3']);
});

it('does not save a simulation, nor a walk without hosts', async () => {
  const simulated = open({ simulation: true });
  simulated.app.begin(threeHosts);
  const empty = open();
  empty.app.begin();
  expect([...simulated.sessions.saved, ...empty.sessions.saved]).toEqual([]);
});

it('puts many lines on the screen in few changes of state', async () => {
  const { app } = open({}, engine => {
    engine.run = async (plan, _remotes, { emit }) => {
      for (let n = 0; n < 5000; n++)
        emit({ at: n, type: 'step-output', task: 'prepare/n1', host: 'n1', phase: 'prepare', step: 'a', line: `line ${n}` });
      return { result: 'done', problems: [], timings: [], kubeconfig: undefined, plan } as never;
    };
  });
  await toPlan(app);
  let changes = 0;
  app.store.subscribe((state, before) => {
    if (state.logVersion !== before.logVersion) changes += 1;
  });
  await app.install();
  expect(changes).toBeLessThan(10);
  expect(app.logs.of('n1').total).toBe(5000);
  expect(app.logs.of('n1').slice(4999, 1)[0]!.text).toBe('line 4999');
});

it('asks before hosts are taken from somebody else; no means that nothing is begun', async () => {
  const { app } = open({ heldBy: { host: 'n3', who: 'li@laptop' } });
  await toPlan(app);
  void app.install();
  const { questions } = await until(app, state => state.questions.length > 0);
  expect(questions).toMatchObject([{ kind: 'take-over', holders: [{ host: 'n3', who: 'li@laptop' }] }]);
  app.refuse(questions.map(({ id }) => id));
  const { outcome, changed } = await until(app, state => state.screen === 'failure');
  expect(outcome?.problems).toMatchObject([{ code: 'locked', host: 'n3' }]);
  expect(changed).toEqual([]);
});

it('opens the relay where it is asked for, asks the sources by it, and closes it with the walk', async () => {
  const ways: string[] = [];
  const { app } = open({}, engine => {
    const { probeSources, openRelay } = engine;
    engine.openRelay = async (...args) => {
      ways.push('open');
      const relay = await openRelay(...args);
      return {
        ...relay,
        remotes: { by: Object.values(args[1])[0]! },
        close: async () => void ways.push('close'),
      };
    };
    engine.probeSources = (spec, remotes, ...rest) => {
      ways.push('by' in remotes ? 'asked by the relay' : 'asked directly');
      return probeSources(spec, remotes, ...rest);
    };
  });
  app.begin(threeHosts);
  await app.connect();
  app.goto('mirror');
  await until(app, state => state.sources.state === 'done');
  app.toggleRelay();
  await until(app, state => state.sources.state === 'done' && state.spec.relay);
  await app.probe();
  app.toggleRelay();
  await until(app, state => state.sources.state === 'done' && !state.spec.relay);
  app.toggleRelay();
  await until(app, state => state.sources.state === 'done' && state.spec.relay);
  await app.close();
  const relayed = ['open', 'asked by the relay'];
  expect(ways).toEqual(['asked directly', ...relayed, 'asked by the relay', 'close', 'asked directly', ...relayed, 'close']);
});
