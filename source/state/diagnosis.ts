import { readFile } from 'node:fs/promises';
import type { Evidence } from '../engine/diagnose/evidence.js';
import type { ProblemDetails } from '../engine/errors.js';
import type { Connections } from './connections.js';
import type { Core } from './core.js';
import { type Chosen, type DiagnosisView, eachOnce, noDiagnosis } from './diagnosis-view.js';
import { messageOf, problemOf } from './faults.js';
import { isControlPlane } from './spec.js';

/** After a failure: what the hosts tell of it, the causes that fit, the fixes, and the bundle to hand on. Reads, until a fix is said yes to. */
export function createDiagnosis(core: Core, connections: Connections, retry: () => Promise<void>) {
  const { deps, now, t, getState, setState, notify } = core;
  const set = (change: Partial<DiagnosisView>) => setState(({ diagnosis }) => ({ diagnosis: { ...diagnosis, ...change } }));
  let reading = new AbortController();

  const problems = () => eachOnce([...(getState().outcome?.problems ?? []), ...getState().run.problems]);

  /** The hosts that failed, and the control plane, which knows of the others. */
  const hostsToAsk = (): string[] => {
    const failed = problems().flatMap(({ host }) => host ?? []);
    const first = getState().spec.hosts.find(isControlPlane)?.name;
    return [...new Set([...failed, ...(first ? [first] : [])])].filter(host => connections.remotes[host]);
  };

  const collect = async () => {
    reading.abort();
    reading = new AbortController();
    const { signal } = reading;
    const asked = problems();
    if (!asked.some(({ code }) => code === 'step' || code === 'lost' || code === 'internal')) return set(noDiagnosis);
    set({ ...noDiagnosis, state: 'busy', startedAt: now() });
    const silent: ProblemDetails[] = [];
    const evidence: Evidence[] = [];
    await Promise.all(
      hostsToAsk().map(async host => {
        try {
          evidence.push(await deps.engine.collectEvidence(connections.remotes[host]!, signal));
        } catch (error) {
          silent.push({ host, ...problemOf(error) });
        }
      }),
    );
    if (signal.aborted) return;
    try {
      const found = await Promise.all(
        [...asked.filter(({ host }) => host), null].map(problem => deps.engine.diagnose(evidence, problem)),
      );
      const seen = new Set<string>();
      const causes = found
        .flatMap(one => one.causes)
        .filter(({ id, host }) => !seen.has(`${id} ${host}`) && seen.add(`${id} ${host}`));
      if (!signal.aborted) set({ state: 'done', evidence, causes, problems: silent });
    } catch (error) {
      set({ state: 'done', evidence, problems: [...silent, problemOf(error)] });
    }
  };

  return {
    collect,

    stop: () => reading.abort(),

    /** Shows the commands of a fix; nothing runs yet. */
    choose(chosen: Chosen) {
      set({ chosen });
      setState({ overlay: 'mend' });
    },

    /** Runs the chosen fix, and then the plan again; a fix that failed is a failure to show. */
    async mend() {
      const { chosen, mending, evidence } = getState().diagnosis;
      setState({ overlay: null });
      if (!chosen || mending) return;
      set({ chosen: null, mending: { ...chosen, since: now(), line: '' } });
      try {
        await deps.engine.mend(connections.remotes[chosen.host]!, chosen.fix.commands, {
          ledger: evidence.find(({ host }) => host === chosen.host)?.facts.ledger ?? null,
          onLine: line => set({ mending: { ...getState().diagnosis.mending!, line } }),
        });
        set({ mending: null });
        await retry();
      } catch (error) {
        set({ mending: null });
        const { outcome } = getState();
        if (outcome) setState({ outcome: { ...outcome, problems: [problemOf(error), ...outcome.problems] } });
      }
    },

    /** Lists what the support bundle would hold. */
    async listBundle() {
      const { diagnosis, logFile, spec } = getState();
      try {
        const bundle = await deps.engine.bundleFiles({
          diagnosis: { signs: [], causes: [...diagnosis.causes] },
          evidence: diagnosis.evidence,
          problems: [...problems(), ...diagnosis.problems],
          spec: await deps.engine.toYaml(spec),
          log: logFile ? await readFile(logFile, 'utf8').catch(() => undefined) : undefined,
        });
        set({ bundle });
        setState({ overlay: 'bundle' });
      } catch (error) {
        notify(t.failure.noBundle(messageOf(error)), 'bad');
      }
    },

    async writeBundle() {
      const { diagnosis, spec } = getState();
      setState({ overlay: null });
      try {
        notify(t.failure.bundled(await deps.engine.writeBundle(spec.name, diagnosis.bundle ?? [])), 'good');
      } catch (error) {
        notify(t.failure.noBundle(messageOf(error)), 'bad');
      }
      set({ bundle: null });
    },
  };
}
