import { type DemoFleet, demoFleet } from '../../source/demo/index.js';
import type { Machine } from '../../source/demo/machine/machine.js';
import type { ProblemDetails } from '../../source/engine/errors.js';
import type { Ask } from '../../source/engine/fleet.js';
import { gather } from '../../source/engine/gather.js';
import { makePlan } from '../../source/engine/plan/make.js';
import type { Plan } from '../../source/engine/plan/plan.js';
import { preflight } from '../../source/engine/preflight/preflight.js';
import { checkPlan } from '../../source/engine/run/check.js';
import { makeResetPlan } from '../../source/engine/run/reset.js';
import { type Outcome, run } from '../../source/engine/run/run.js';
import { chooseSources } from '../../source/engine/sources/choose.js';
import { probeSources } from '../../source/engine/sources/probe.js';
import type { SourceReport } from '../../source/engine/sources/report.js';
import { timings } from '../../source/engine/ssh/timings.js';
import { stateOf } from '../demo/support.js';

const quick = { ...timings, pauses: [0, 5], reconnect: 3000, silence: 150, keepalive: 100, keepaliveCount: 1 };
const ask: Ask = { hostKey: async () => true, secret: async () => null };

/** A fleet in which waiting takes no time, and what its hosts were found to be able to fetch. */
export interface World {
  fleet: DemoFleet;
  report: SourceReport | null;
  /** Told of every moment on a host, at that very moment. */
  onMoment: (moment: Moment) => void;
}

export interface Moment {
  host: string;
  /** `prepare/n1` */
  task: string;
  step: string;
  /** The step begins; some program runs while it is at work (they are counted from 1); it has ended. */
  when: 'before' | 'during' | 'after';
  count: number;
}

export async function newWorld(hosts: number): Promise<World> {
  const world: World = {
    fleet: demoFleet({ hosts, speed: Number.POSITIVE_INFINITY, timings: quick }),
    report: null,
    onMoment: () => {},
  };
  for (const { name } of world.fleet.spec.hosts)
    watch((await world.fleet.host(name)).machine, moment => world.onMoment(moment));
  return world;
}

/** What scripts say is heard where they say it: on the host, before anybody else learns of it. */
function watch(machine: Machine, tell: (moment: Moment) => void) {
  const { fs, name: host } = machine;
  const running = new Map<string, { step: string; count: number }>();
  const append = fs.append.bind(fs);
  fs.append = async (path, bytes) => {
    const [, phase] = /^\/run\/k8s-tui\/([a-z-]+)\.log$/.exec(path) ?? [];
    const said = phase ? [...bytes.matchAll(/^##k8s-tui (start|same|changed) (\S+)$/gm)] : [];
    await append(path, bytes);
    for (const [, word, step] of said) {
      const task = `${phase}/${host}`;
      if (word === 'start') running.set(task, { step: step!, count: 0 });
      else running.delete(task);
      tell({ host, task, step: step!, when: word === 'start' ? 'before' : 'after', count: 0 });
    }
  };
  const { interfere } = machine;
  machine.interfere = argv => {
    for (const [task, at] of running) tell({ host, task, step: at.step, when: 'during', count: ++at.count });
    // A program of a machine that has just lost its power does nothing more.
    return machine.isUp ? interfere(argv) : { status: 137, says: '' };
  };
}

export interface Attempt {
  plan: Plan | null;
  outcome: Outcome | null;
  /** What stood in the way before the run, or ended it. */
  problems: ProblemDetails[];
}

/**
 * One operator's run, from the first connection to its end. `operator.die()` is a kill -9: nothing of it reaches any host
 * any more.
 */
export async function attempt(world: World, operator: Operator = new Operator()): Promise<Attempt> {
  const { fleet } = world;
  const connector = fleet.connector(ask);
  operator.onDeath = async () => {
    for (const { name } of fleet.spec.hosts) (await fleet.host(name)).drop();
    await connector.close();
  };
  try {
    const { spec } = fleet;
    const { facts, remotes, problems } = await gather(spec, connector);
    if (problems.length) return { plan: null, outcome: null, problems };
    world.report ??= await probeSources(spec, remotes, facts);
    const choice = chooseSources(spec, world.report, facts);
    const stops = [...preflight(spec, facts, world.report), ...choice.findings].filter(({ level }) => level === 'stop');
    if (stops.length)
      return { plan: null, outcome: null, problems: stops.map(({ what, remedy }) => ({ code: 'preflight', what, remedy })) };
    const plan = await checkPlan(makePlan({ spec, facts, ...choice }), remotes);
    const outcome = await run(plan, remotes, {
      emit: () => {},
      kubeconfig: false,
      stop: operator.stop.signal,
      // Who is dead cannot be told from who lives, in one process: the question is answered.
      takeOver: async () => true,
    });
    return { plan, outcome, problems: outcome.problems };
  } catch (error) {
    const { details } = error as { details?: ProblemDetails };
    if (!details) throw error;
    return { plan: null, outcome: null, problems: [details] };
  } finally {
    await connector.close();
  }
}

/** Every host as `reset` leaves it. One that is disturbed by what an install was spared says so, and the next goes on from there. */
export async function undone(world: World): Promise<Record<string, string>[]> {
  const { fleet } = world;
  for (let tries = 1; ; tries++) {
    const connector = fleet.connector(ask);
    const { remotes } = await gather(fleet.spec, connector);
    const { result, problems } = await run(await makeResetPlan(fleet.spec, remotes), remotes, {
      emit: () => {},
      kubeconfig: false,
      takeOver: async () => true,
    });
    await connector.close();
    if (result === 'done') return hostsOf(world);
    if (result !== 'failed' || tries === 3) throw new Error(`the reset ended as ${result}: ${JSON.stringify(problems)}`);
  }
}

export const hostsOf = ({ fleet }: World) => Promise.all(fleet.spec.hosts.map(({ name }) => stateOf(fleet, name)));

export class Operator {
  readonly stop = new AbortController();
  isDead = false;
  onDeath: () => Promise<void> = async () => {};
  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    void this.onDeath();
  }
}

/** Every host as it stands, and what the cluster says of itself. Names that are made by chance are one name. */
export async function endState({ fleet }: World): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { name } of fleet.spec.hosts) {
    for (const [path, value] of Object.entries(await stateOf(fleet, name))) {
      if (/^\/var\/(lib\/k8s-tui\/kept|log\/pods)\//.test(path)) continue;
      all[`${name} ${path}`] =
        path === '/var/lib/k8s-tui/ledger' ? ledgerOf(value) : path === imageList ? inOrder(value) : value;
    }
  }
  const connector = fleet.connector(ask);
  const { remotes } = await gather(fleet.spec, connector);
  const { stdout } = await remotes[fleet.spec.hosts[0]!.name]!.run(`
    export KUBECONFIG=/etc/kubernetes/admin.conf
    kubectl get nodes --no-headers | awk '{print $1, $2, $3}'
    kubectl get namespaces -o jsonpath='{.items[*].metadata.name}'
    kubectl -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token -o name`);
  await connector.close();
  return { ...all, cluster: stdout };
}

/** Images stand in it as they were pulled; after a pull that failed, in another order. */
const imageList = '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db';
const inOrder = (text: string) =>
  text
    .split(/(?<=^\S+ \S+ )|\n/)
    .sort()
    .join('\n');

/**
 * Its lines in any order: what runs beside each other writes as it comes. Which packages came along is said in one of two
 * ways, by name or by the list from before, and stand-ins were asked where a source failed; that it undoes the same shows
 * when it is undone.
 */
const ledgerOf = (text: string) =>
  [...new Set(text.split('\n').map(line => line.replace(/^file \w{8}\b/, 'file COPY')))]
    .filter(line => !/^(package|packages|packaged|lists) /.test(line))
    .sort()
    .join('\n');

/** What of two states differs, line by line, but for what differs between two unbroken runs as well. */
export function differences(
  state: Record<string, string>,
  [one, other]: [Record<string, string>, Record<string, string>],
): string[] {
  const shape = (text: string | undefined) => text?.split(' ').slice(0, 2).join(' ');
  const lines = (text = '') => text.split('\n');
  const only = (some: string[], others: string[], sign: string) =>
    some.filter(line => !others.includes(line)).map(line => ` ${sign} ${line}`);
  return [...new Set([...Object.keys(state), ...Object.keys(one)])]
    .filter(path => {
      if (one[path] === other[path]) return state[path] !== one[path];
      return shape(state[path]) !== shape(one[path]);
    })
    .map(path => {
      const [now, then] = [lines(state[path]), lines(one[path])];
      return [path, ...only(now, then, '+'), ...only(then, now, '-')].slice(0, 10).join('');
    });
}
