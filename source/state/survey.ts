import type { Plan } from '../engine/plan/plan.js';
import type { SourceProbe, SourceReport } from '../engine/sources/report.js';
import type { Connections } from './connections.js';
import type { Core } from './core.js';
import { findingOf, problemOf } from './faults.js';
import type { RelayOfWalk } from './relay.js';
import { noRun } from './run.js';
import { type AppState, factsOf, firstState, proposedMirror } from './state.js';

/** All that is found out between the hosts and the install: the sources, the check, the plan. Nothing here changes a host. */
export function createSurvey({ deps, now, getState, setState }: Core, connections: Connections, relay: RelayOfWalk) {
  /** Ended when what is being looked at has changed. */
  let reading = new AbortController();

  /** Asks every host how it reaches each source, and chooses a mirror that all of them can use. */
  const probe = async ({ propose = true } = {}) => {
    const state = getState();
    const { signal } = reading;
    const startedAt = now();
    const set = (change: Partial<AppState['sources']>) => {
      if (!signal.aborted) setState(({ sources }) => ({ sources: { ...sources, ...change } }));
    };
    if (state.sources.report.some(({ place, kind, ok }) => place === 'own' && kind.endsWith('images') && !ok))
      connections.forgetLogins();
    set({ state: 'busy', report: [], startedAt, ms: null, problem: null });
    try {
      const report = await deps.engine.probeSources(state.spec, await relay.fetching(), factsOf(state), {
        signal,
        deep: true,
        onProbe: found => set({ report: withProbe(getState().sources.report, found) }),
      });
      set({ state: 'done', report, ms: now() - startedAt });
      const proposed = proposedMirror(report, getState().spec);
      if (propose && !signal.aborted && proposed) setState(({ spec }) => ({ spec: { ...spec, mirror: proposed } }));
    } catch (error) {
      set({ state: 'done', ms: now() - startedAt, problem: problemOf(error) });
    }
  };

  /** Everything that would fail later is found here: the choices, the sources, the hosts. */
  const check = async () => {
    const { signal } = reading;
    const set = (change: Partial<AppState['check']>) => {
      if (!signal.aborted) setState(state => ({ check: { ...state.check, ...change } }));
    };
    set({ state: 'busy', findings: [], problem: null });
    try {
      const issues = await deps.engine.validate(getState().spec);
      if (issues.length > 0) {
        set({ state: 'done', findings: issues.map(findingOf) });
        return;
      }
      if (getState().sources.state !== 'done') await probe({ propose: false });
      const { spec, sources } = getState();
      const verdict = await deps.engine.chooseSources(spec, sources.report, factsOf(getState()));
      const found = await deps.engine.preflight(spec, factsOf(getState()), sources.report);
      if (signal.aborted) return;
      setState({ verdict });
      set({ state: 'done', findings: [...verdict.findings, ...found] });
    } catch (error) {
      set({ state: 'done', problem: problemOf(error) });
    }
  };

  /** Makes the plan, shows it, and then asks every host which of its steps are so already. */
  const makePlan = async () => {
    const { spec, verdict } = getState();
    if (!verdict) return;
    setState({ plan: { state: 'planning', plan: null, problem: null } });
    try {
      await look(
        await deps.engine.makePlan({ spec, facts: factsOf(getState()), sources: verdict.sources, version: verdict.version }),
      );
    } catch (error) {
      setState({ plan: { state: 'done', plan: null, problem: problemOf(error) } });
    }
  };

  /** Asks every host which steps of a plan are so already. */
  const look = async (plan: Plan) => {
    const { signal } = reading;
    const set = (change: Partial<AppState['plan']>) => {
      if (!signal.aborted) setState(state => ({ plan: { ...state.plan, ...change } }));
    };
    set({ state: 'checking', plan, problem: null });
    try {
      set({ state: 'done', plan: await deps.engine.checkPlan(plan, connections.remotes, { signal }) });
    } catch (error) {
      set({ state: 'done', problem: problemOf(error) });
    }
  };

  return {
    probe,
    check,
    makePlan,
    look,

    /** What was found out no longer holds for the spec as it is now. */
    forget(what: 'sources' | 'check') {
      reading.abort();
      reading = new AbortController();
      const { sources, check, plan } = firstState(deps.language, 0);
      setState({ check, plan, verdict: null, run: noRun, outcome: null, ...(what === 'sources' && { sources }) });
    },

    stop: () => reading.abort(),
  };
}

export type Survey = ReturnType<typeof createSurvey>;

/** The newest of each host, place and kind: a sample of the speed comes when all else is known. */
const withProbe = (report: SourceReport, found: SourceProbe): SourceReport => [
  ...report.filter(({ host, place, kind }) => host !== found.host || place !== found.place || kind !== found.kind),
  found,
];
