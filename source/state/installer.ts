import type { EngineEvent } from '../engine/events.js';
import type { Plan } from '../engine/plan/plan.js';
import type { Connections } from './connections.js';
import type { Core } from './core.js';
import type { RunLog } from './engine.js';
import { messageOf, problemOf } from './faults.js';
import type { Questions } from './questions.js';
import type { RelayOfWalk } from './relay.js';
import { changedHosts, noRun, reduceRun } from './run.js';
import type { Survey } from './survey.js';

/** Lines arrive faster than anyone reads: they are put on the screen this often. */
const BATCH_MS = 100;

/** The one part of a walk that changes hosts. */
export function createInstaller(
  core: Core,
  connections: Connections,
  survey: Survey,
  relay: RelayOfWalk,
  { takeOver }: Questions,
) {
  const { deps, now, t, getState, setState, logs, notify, save } = core;
  let stopNow = new AbortController();
  let stopAfterStep = new AbortController();

  /** Folds events into the state a batch at a time. */
  const batches = () => {
    let queue: EngineEvent[] = [];
    let timer: NodeJS.Timeout | null = null;
    const flush = () => {
      if (timer) clearTimeout(timer);
      timer = null;
      const events = queue;
      queue = [];
      for (const event of events) logs.add(event, deps.language);
      if (events.length > 0)
        setState(state => ({ run: events.reduce(reduceRun, state.run), logVersion: state.logVersion + 1 }));
      if (events.some(({ type }) => type === 'task-started' || type === 'task-finished')) save();
    };
    const emit = (event: EngineEvent) => {
      queue.push(event);
      timer ??= setTimeout(flush, BATCH_MS);
    };
    return { emit, flush };
  };

  /** The log of a run; where it cannot be written the run is shown, but not kept. */
  const openLog = async (cluster: string): Promise<RunLog | null> => {
    try {
      return await deps.engine.openLog(cluster, { onTrouble: why => notify(t.app.noLog(why), 'bad') });
    } catch (error) {
      notify(t.app.noLog(messageOf(error)), 'bad');
      return null;
    }
  };

  const install = async () => {
    const { plan } = getState().plan;
    if (!plan) return;
    stopNow = new AbortController();
    stopAfterStep = new AbortController();
    logs.clear();
    setState(state => ({
      screen: 'install',
      overlay: null,
      notice: null,
      stopping: false,
      outcome: null,
      run: begun(plan, now()),
      ui: { ...state.ui, install: { row: 0, top: null, search: null, wanted: '' }, failure: { row: 0, log: false } },
    }));

    let log: RunLog | null = null;
    const { emit, flush } = batches();
    try {
      log = await openLog(plan.spec.name);
      setState({ logFile: log?.path ?? null });
      save();
      await relay.fetching();
      relay.ahead(plan);
      const outcome = await deps.engine.run(plan, connections.remotes, {
        emit: event => {
          log?.event(event);
          emit(event);
        },
        signal: stopNow.signal,
        stop: stopAfterStep.signal,
        takeOver,
        // A demo leaves the operator's own kubeconfig alone.
        kubeconfig: getState().simulation ? false : undefined,
      });
      flush();
      setState(({ run }) => ({
        outcome,
        run: { ...run, state: outcome.result, ms: run.ms ?? now() - (run.startedAt ?? now()) },
      }));
    } catch (error) {
      flush();
      const problem = problemOf(error);
      const result = problem.code === 'stopped' ? 'stopped' : 'failed';
      setState(({ run }) => ({
        outcome: { result, problems: [problem], timings: [] },
        run: { ...run, state: result, ms: run.ms ?? now() - (run.startedAt ?? now()) },
      }));
    }
    // Nothing more is fetched; a host whose line is gone forgets the relay by itself.
    await relay.close().catch(() => {});
    (log as RunLog | null)?.close();
    const { outcome, overlay, run, changed } = getState();
    setState({
      changed: [...new Set([...changed, ...changedHosts(run)])],
      overlay: overlay === 'help' ? overlay : null,
      screen: outcome?.result === 'failed' || outcome?.result === 'stopped' ? 'failure' : 'done',
    });
    save();
  };

  /** The same plan again: what is done says so. Hosts whose line broke are connected first. */
  const retry = async () => {
    const { outcome, plan, run } = getState();
    if (!plan.plan) return;
    const gone = new Set(
      outcome?.problems.filter(({ code }) => code === 'lost' || code === 'unreachable').map(({ host }) => host),
    );
    for (const host of run.hosts) if (run.lanes[host]?.lost || !connections.remotes[host]) gone.add(host);
    if (gone.size > 0) await connections.connect([...gone].filter(host => host !== undefined));
    setState({ screen: 'review' });
    await survey.look(plan.plan);
    if (!getState().plan.problem) await install();
  };

  const stop = (when: 'after-step' | 'now') => {
    setState({
      stopping: true,
      overlay: null,
      notice: { level: 'plain', text: when === 'now' ? t.app.stoppingNow : t.app.stoppingAfter },
    });
    stopAfterStep.abort();
    if (when === 'now') stopNow.abort();
  };

  return {
    install,
    retry,
    stop,
    /** What runs on the hosts is not torn off: it ends after its present step, watched or not. */
    leave: () => stopAfterStep.abort(),
  };
}

/** A run that has just begun: every lane stands where it will, before the engine has said anything. */
const begun = ({ spec, tasks }: Plan, at: number) =>
  reduceRun(noRun, {
    type: 'run-started',
    at,
    cluster: spec.name,
    hosts: spec.hosts.map(host => host.name),
    tasks: tasks.map(({ id, host, phase, steps }) => ({ id, host, phase, steps: steps.map(step => step.id) })),
  });
