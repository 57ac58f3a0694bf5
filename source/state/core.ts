import { createStore } from 'zustand/vanilla';
import type { Ground } from '../engine/discover/ground.js';
import type { Ask, Connector } from '../engine/fleet.js';
import type { Plan } from '../engine/plan/plan.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Language } from '../engine/text.js';
import { catalogues } from '../i18n/index.js';
import type { Engine } from './engine.js';
import { messageOf } from './faults.js';
import { Logs } from './logs.js';
import { type Sessions, sessionOf } from './sessions.js';
import { type AppState, firstState, isBusy } from './state.js';

export interface Demo {
  connector: (ask: Ask) => Connector;
  watcher?: (ask: Ask) => Connector;
  spec: ClusterSpec;
  ground: () => Promise<Ground>;
}

export interface AppDeps {
  language: Language;
  connector: (ask: Ask) => Connector;
  /** The same for the panel: with less patience for a host that falls silent. */
  watcher?: (ask: Ask) => Connector;
  /** Where hosts are looked for. */
  ground: () => Promise<Ground>;
  engine: Engine;
  sessions: Sessions;
  /** Writes the plan's scripts and cluster.yaml where the operator can find them. @returns the folder */
  savePlan: (plan: Plan, yaml: string) => Promise<string>;
  /** The embedded fleet, where there is one to be offered. */
  demo?: () => Promise<Demo>;
  now?: () => number;
}

/** The state of one walk, and what every part of it needs: small changes, notices, the clock, saving. */
export function createCore(deps: AppDeps) {
  const now = deps.now ?? Date.now;
  const t = catalogues[deps.language];
  const store = createStore<AppState>(() => firstState(deps.language, now()));
  const { getState, setState } = store;

  const notify = (text: string, level: 'good' | 'bad' | 'plain' = 'plain') => setState({ notice: { text, level } });

  // The clock ticks only while something is at work.
  let ticking: NodeJS.Timeout | null = null;
  const unsubscribe = store.subscribe(state => {
    if (isBusy(state) && !ticking) {
      ticking = setInterval(() => setState({ now: now() }), 1000);
      ticking.unref();
      setState({ now: now() });
    } else if (!isBusy(state) && ticking) {
      clearInterval(ticking);
      ticking = null;
    }
  });

  let saving: Promise<void> = Promise.resolve();
  return {
    deps,
    now,
    t,
    store,
    getState,
    setState,
    logs: new Logs(),
    notify,

    patchUi: <K extends keyof AppState['ui']>(part: K, change: Partial<AppState['ui'][K]>) =>
      setState(({ ui }) => ({ ui: { ...ui, [part]: { ...ui[part], ...change } } })),

    /** Keeps the walk for another day; a demo and a walk without hosts are not worth it. */
    save() {
      const { screen, simulation, ...progress } = getState();
      if (simulation || progress.spec.hosts.length === 0) return;
      const session = sessionOf(progress, screen, now());
      saving = saving
        .then(() => deps.sessions.save(session))
        .catch((error: unknown) => notify(t.app.notSaved(messageOf(error)), 'bad'));
    },
    /** Resolves when all that was to be saved is. */
    saved: () => saving,

    stopClock() {
      unsubscribe();
      if (ticking) clearInterval(ticking);
    },
  };
}

export type Core = ReturnType<typeof createCore>;
