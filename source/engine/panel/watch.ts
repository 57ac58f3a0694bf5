import { setMaxListeners } from 'node:events';
import { Problem, type ProblemDetails } from '../errors.js';
import type { Connector } from '../fleet.js';
import type { Remote } from '../remote.js';
import { isControlPlane } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { pause } from '../ssh/waiting.js';
import { type ApiNode, type ApiReport, apiScript, parseApiReport } from './api-report.js';
import { type HostReport, parseReport, tickScript } from './report.js';
import { nodesBeside } from './rows.js';
import type { PanelEvent } from './state.js';

/** Both scripts end by themselves after ten minutes. */
const RUN = 15 * 60_000;
/** A script that says nothing for so long hangs on its host; a new one is started. */
const HANGS_AFTER = 20_000;
const PAUSES = [500, 1000, 2000, 3000];
/** What has come is read and told so often, ms, all at once: with 200 hosts that is cheaper than a hundred times a second. */
const PULSE = 500;

/** Reads the cluster anew over the line to one of its control planes; null where its API server does not answer just now. */
export type ReadAgain = (remote: Remote, host: HostSpec) => Promise<ClusterSpec | null>;

export interface Watch {
  /** The line to a host that the watch uses, for logs, acts and the like; null while there is none. */
  remote(host: string): Remote | null;
  /** Ends once the signal has said so. */
  ended: Promise<void>;
}

/**
 * Watches a cluster: a report of each host every two seconds, of API server and etcd every four. A host that does not answer keeps
 * no other from being seen; it is tried again until it is back. Changes nothing.
 * @param given its hosts, as far as they are known
 * @param connector best with `watchTimings`
 * @param onEvents told twice a second; time is always the last that is told
 * @param readAgain where the hosts are whatever nodes the cluster has: nodes that were not known are watched as well
 */
export function watchCluster(
  given: ClusterSpec,
  connector: Connector,
  onEvents: (events: readonly PanelEvent[]) => void,
  signal: AbortSignal,
  readAgain: ReadAgain | null = null,
): Watch {
  setMaxListeners(0, signal);
  let spec = given;
  const remotes = new Map<string, Remote>();
  const failed = new Set<string>();
  const runsApi = new Set(spec.hosts.filter(isControlPlane).map(({ name }) => name));
  if (!runsApi.size) runsApi.add(spec.hosts[0]!.name);
  let fail!: (fault: unknown) => void;
  const fault = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const arrived: (() => PanelEvent)[] = [];
  const pulse = setInterval(() => {
    if (signal.aborted) return;
    const events = arrived.splice(0).flatMap(read => {
      try {
        return read();
      } catch (error) {
        // What cannot be read of one host is a fault of ours; the others are still to be seen.
        fail(error);
        return [];
      }
    });
    onEvents([...events, { type: 'time', at: Date.now() }]);
  }, PULSE);

  const watchHost = (host: HostSpec) =>
    again(
      signal,
      async () => {
        const remote = remotes.get(host.name) ?? (await connector.connect(spec, host, signal));
        remotes.set(host.name, remote);
        let before: HostReport | null = null;
        await follow(remote, tickScript, signal, said => {
          const at = Date.now();
          arrived.push(() => {
            const report = parseReport(said, before, at);
            before = report;
            if (report.manifests.includes('kube-apiserver')) runsApi.add(host.name);
            return { type: 'report', host: host.name, report };
          });
        });
      },
      problem => {
        failed.add(host.name);
        const at = Date.now();
        arrived.push(() => ({ type: 'gone', host: host.name, at, problem }));
      },
    );

  let turn = 0;
  const watchApi = () =>
    again(
      signal,
      async () => {
        const open = [...runsApi].filter(name => remotes.has(name));
        if (!open.length && [...runsApi].some(name => !failed.has(name))) return pause(200, signal);
        if (!open.length) throw noControlPlane();
        const name = open[turn++ % open.length]!;
        const remote = remotes.get(name)!;
        let before: ApiReport | null = null;
        await follow(remote, apiScript, signal, (said, stop) => {
          const at = Date.now();
          arrived.push(() => {
            const report = parseApiReport(said, before, name, at);
            before = report;
            if (report.problem && open.length > 1) stop();
            grow(remote, name, report.nodes).catch(fail);
            return { type: 'api', report };
          });
        });
      },
      problem => {
        const at = Date.now();
        arrived.push(() => ({ type: 'api-gone', at, problem }));
      },
    );

  let tried = '';
  const grow = async (remote: Remote, name: string, nodes: readonly ApiNode[]) => {
    const beside = nodesBeside(spec.hosts, nodes).map(node => node.name);
    if (!readAgain || !beside.length || tried === beside.join()) return;
    tried = beside.join();
    const found = await readAgain(remote, spec.hosts.find(host => host.name === name)!).catch(error => {
      if (!(error instanceof Problem)) throw error;
      return null;
    });
    // The next report asks again.
    if (!found) tried = '';
    const isKnown = (host: HostSpec) => spec.hosts.some(({ name, address }) => name === host.name || address === host.address);
    const joined = found?.hosts.filter(host => !isKnown(host)) ?? [];
    if (!found || !joined.length || signal.aborted) return;
    spec = { ...found, name: spec.name, hosts: [...spec.hosts, ...joined] };
    const grown = spec;
    arrived.push(() => ({ type: 'grown', spec: grown }));
    for (const host of joined.filter(isControlPlane)) runsApi.add(host.name);
    watches.push(...joined.map(watchHost));
  };

  const watches = [...spec.hosts.map(watchHost), watchApi()];
  const end = async () => {
    for (let awaited = 0; awaited < watches.length; ) {
      awaited = watches.length;
      await Promise.all(watches);
    }
    clearInterval(pulse);
  };
  return { remote: host => remotes.get(host) ?? null, ended: Promise.race([end(), fault]) };
}

/** Does something until the signal says stop; what goes wrong is told, and done again after a while. */
async function again(
  signal: AbortSignal,
  work: () => Promise<void>,
  onProblem: (problem: ProblemDetails) => void,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await work();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      if (error.details.code !== 'stopped') onProblem(error.details);
      // What a person has to see to first is not hammered at: passwords are counted, keys were refused.
      const isForPeople = ['login', 'host-key', 'sudo'].includes(error.details.code);
      await pause(isForPeople ? 30_000 : PAUSES[Math.min(failures++, PAUSES.length - 1)]!, signal);
    }
  }
}

/**
 * Runs one of the scripts and hands on each of its reports.
 * @throws Problem what the remote throws; step where the script ends at once or hangs
 */
async function follow(
  remote: Remote,
  script: string,
  signal: AbortSignal,
  onReport: (lines: string, stop: () => void) => void,
): Promise<void> {
  const own = new AbortController();
  const stop = () => own.abort();
  const complaints: string[] = [];
  let lines = '';
  let reports = 0;
  let isHanging = false;
  const hang = () => {
    isHanging = true;
    stop();
  };
  const hangs = setTimeout(hang, HANGS_AFTER);
  try {
    const { code } = await remote.run(script, {
      asRoot: remote.access !== 'none',
      timeout: RUN,
      signal: AbortSignal.any([signal, own.signal]),
      // Each report is handed on as it comes.
      keep: 0,
      onLine: (line, stream) => {
        if (stream === 'stderr') {
          complaints.push(line);
          complaints.splice(0, complaints.length - 5);
          return;
        }
        if (line !== '@@ end') {
          lines += `${line}\n`;
          return;
        }
        hangs.refresh();
        const said = lines;
        lines = '';
        reports++;
        onReport(said, stop);
      },
    });
    if (!reports) throw silent(remote.name, code, complaints);
  } catch (error) {
    throw isHanging && !signal.aborted ? silent(remote.name, null, [`nothing came for ${HANGS_AFTER / 1000} s`]) : error;
  } finally {
    clearTimeout(hangs);
  }
}

const silent = (host: string, exitCode: number | null, lastLines: string[]) =>
  new Problem({
    code: 'step',
    host,
    what: {
      en: `the host did not report: ${lastLines.at(-1) || `its script ended with ${exitCode}`}`,
      zh: `主机没有给出报告：${lastLines.at(-1) || `脚本以 ${exitCode} 退出`}`,
    },
    remedy: { en: 'Log in and look at the host.', zh: '请登录主机查看。' },
    command: { line: '/bin/sh', exitCode, lastLines },
  });

const noControlPlane = () =>
  new Problem({
    code: 'unreachable',
    what: { en: 'no control plane can be reached yet', zh: '尚未连接到任何控制平面' },
    remedy: { en: 'Look at the control plane’s own line: it says why.', zh: '请查看控制平面所在行的原因。' },
  });
