import type { ProblemDetails } from '../errors.js';
import { isControlPlane } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import type { ApiReport } from './api-report.js';
import type { HostReport } from './report.js';

/** What the watch of a cluster says, in the order in which it came to know it. Times are epoch ms by the operator's clock. */
export type PanelEvent =
  | { type: 'report'; host: string; report: HostReport }
  /** A host cannot be asked: why, as far as it is known. It is tried again by itself, unless the problem says what to do first. */
  | { type: 'gone'; host: string; at: number; problem: ProblemDetails }
  | { type: 'api'; report: ApiReport }
  /** No control plane could be asked. */
  | { type: 'api-gone'; at: number; problem: ProblemDetails }
  /** The cluster has nodes that nobody watched: they are watched from now on. */
  | { type: 'grown'; spec: ClusterSpec }
  /** Time went by: what has not come for long is noticed by this. */
  | { type: 'time'; at: number };

export interface HostState {
  name: string;
  address: string;
  isControlPlane: boolean;
  /** null: nothing has been heard of it yet. Kept when the host falls silent: what was so last. */
  report: HostReport | null;
  /** Percent of all processors between two reports, oldest first; at most 60. */
  cpuHistory: number[];
  /** Since when it has not answered, epoch ms; null while it does. */
  silentSince: number | null;
  /** Why it cannot be asked, as far as it is known. */
  problem: ProblemDetails | null;
}

export interface PanelState {
  cluster: string;
  /** The time that everything here is seen at, epoch ms. */
  at: number;
  /** In the order of the spec. */
  hosts: HostState[];
  /** null: nothing has been heard of it yet. */
  api: ApiReport | null;
  /** Why no control plane can be asked, as far as it is known. */
  apiProblem: ProblemDetails | null;
}

/** A host that was not heard of for so long, ms, is shown as silent: two reports are missing. */
export const SILENT_AFTER = 4000;
/** What the API said holds for so long, ms: a large cluster's answer takes its time. */
export const API_OLD_AFTER = 15_000;
const HISTORY = 60;

/** Before anything was heard. @param at epoch ms */
export const emptyPanel = (spec: ClusterSpec, at: number): PanelState => ({
  cluster: spec.name,
  at,
  hosts: spec.hosts.map(unheard),
  api: null,
  apiProblem: null,
});

const unheard = (host: HostSpec): HostState => ({
  name: host.name,
  address: host.address,
  isControlPlane: isControlPlane(host),
  report: null,
  cpuHistory: [],
  silentSince: null,
  problem: null,
});

/** The state after some events more. Hosts that nothing has happened to are the same objects as before. */
export function fold(state: PanelState, ...events: readonly PanelEvent[]): PanelState {
  const next = { ...state, hosts: [...state.hosts] };
  for (const event of events) take(next, event);
  return next;
}

/** @param state nobody else's: it and its list of hosts are changed */
function take(state: PanelState, event: PanelEvent): void {
  const { hosts } = state;
  const change = (name: string, into: (host: HostState) => HostState) => {
    const at = hosts.findIndex(host => host.name === name);
    hosts[at] = into(hosts[at]!);
  };
  switch (event.type) {
    case 'report':
      state.at = Math.max(state.at, event.report.at);
      change(event.host, host => reported(host, event.report));
      break;
    case 'gone':
      change(event.host, host => ({
        ...host,
        silentSince: host.silentSince ?? host.report?.at ?? event.at,
        problem: event.problem,
      }));
      break;
    case 'api':
      state.api = event.report;
      state.apiProblem = null;
      break;
    case 'api-gone':
      state.apiProblem = event.problem;
      break;
    case 'grown':
      state.hosts = event.spec.hosts.map(host => hosts.find(({ name }) => name === host.name) ?? unheard(host));
      break;
    case 'time':
      state.at = event.at;
      for (const [i, { report, silentSince }] of hosts.entries())
        if (report && silentSince === null && event.at - report.at > SILENT_AFTER)
          hosts[i] = { ...hosts[i]!, silentSince: report.at };
  }
}

function reported(host: HostState, report: HostReport): HostState {
  const before = host.report;
  const total = before ? report.cpu.total - before.cpu.total : 0;
  // A host that was restarted counts from nothing again.
  const percent = total > 0 ? Math.round(((report.cpu.busy - before!.cpu.busy) / total) * 100) : null;
  return {
    ...host,
    report,
    cpuHistory: percent === null ? host.cpuHistory : [...host.cpuHistory, clamp(percent)].slice(-HISTORY),
    silentSince: null,
    problem: null,
  };
}

const clamp = (percent: number) => Math.max(0, Math.min(100, percent));

/** The API's report, where it is fresh enough to be believed. */
export const freshApi = ({ api, at }: PanelState) => (api && !api.problem && at - api.at <= API_OLD_AFTER ? api : null);
