// What the panel costs. A frame is the time from a change of the state (a key, or what hosts have said) to the written frame.
import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import { changedLinesOnly } from '../source/components/terminal.js';
import type { Ask } from '../source/engine/fleet.js';
import { watchCluster, watchTimings } from '../source/engine/panel/watch.js';
import { readSpec } from '../source/engine/spec/read.js';
import { type ClusterSpec, clusterSpec } from '../source/engine/spec/schema.js';
import { sshConnector } from '../source/engine/ssh/connector.js';
import { dialTcp } from '../source/engine/ssh/dial.js';
import { PanelRoot } from '../source/screens/panel/root.js';
import { createPanelStore } from '../source/state/panel/store.js';

const [, , what = '200', hostsProgram = '', recordings = ''] = process.argv;
const sockets: Socket[] = [];
const dial = async (...args: Parameters<ReturnType<typeof dialTcp>>) => {
  const socket = await dialTcp(watchTimings)(...args);
  sockets.push(socket as Socket);
  return socket;
};
const bytes = () => sockets.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
const connector = (ask: Ask) =>
  sshConnector(
    { ask, dial, acceptNewHostKeys: true, knownHostsFile: join(mkdtempSync(join(tmpdir(), 'panel-')), 'known_hosts') },
    watchTimings,
  );
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const SECONDS = 20;

/** The panel on simulated hosts, which are a process of their own. */
async function embedded(count: number): Promise<void> {
  const hosts = fork(hostsProgram, [recordings, String(count)]);
  const { ports } = await answer<{ ports: number[] }>(hosts);
  const ticks = async () => {
    hosts.send('ticks');
    return (await answer<{ ticks: number }>(hosts)).ticks;
  };
  const spec = clusterSpec.parse({
    name: 'bench',
    hosts: ports.map((port, i) => ({
      name: `n${10 + i}`,
      address: '127.0.0.1',
      ssh: { port },
      ...(i === 0 && { roles: ['control-plane'] }),
    })),
  });
  const app = createPanelStore({ spec, connector, language: 'en' });
  const frames: Record<'key' | 'news', Frame[]> = { key: [], news: [] };
  let begun: [keyof typeof frames, number, NodeJS.CpuUsage] | null = null;
  const { terminal, streams } = fakeTerminal(() => {
    if (begun) {
      const { user, system } = process.cpuUsage(begun[2]);
      frames[begun[0]].push({ ms: performance.now() - begun[1], cpu: (user + system) / 1000 });
    }
    begun = null;
  });
  const ink = render(createElement(PanelRoot, { app, terminal }), {
    ...streams,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 1000,
  });
  let isKey = false;
  app.store.subscribe((state, before) => {
    if (isKey) begun ??= ['key', performance.now(), process.cpuUsage()];
    else if (state.panel !== before.panel) begun ??= ['news', performance.now(), process.cpuUsage()];
  });

  const opened = performance.now();
  void app.begin();
  const heard = () => app.store.getState().panel.hosts.filter(({ report }) => report).length;
  while (heard() < count) await pause(100);
  console.log(`${count} hosts on screen after ${((performance.now() - opened) / 1000).toFixed(1)} s`);
  await pause(6000);
  frames.news = [];
  const from = { bytes: bytes(), ticks: await ticks(), cpu: process.cpuUsage(), at: performance.now() };
  await pause(SECONDS * 1000);
  const { user, system } = process.cpuUsage(from.cpu);
  const told = (await ticks()) - from.ticks;
  say('frame of news', frames.news);
  const idle = ((user + system) / 1000 / (performance.now() - from.at)) * 100;
  console.log(
    `${'idle'.padEnd(16)} ${idle.toFixed(1)} % of a core (goal 3), ${((user + system) / 1000 / told).toFixed(2)} ms per report`,
  );
  console.log(
    `${'line'.padEnd(16)} ${Math.round((bytes() - from.bytes) / told)} bytes per host and tick, API reports among them`,
  );

  for (const page of ['nodes', 'node', 'cluster'] as const) {
    if (page !== 'nodes') app.open(page);
    await pause(1500);
    frames.key = [];
    const names = spec.hosts.map(({ name }) => name);
    for (let i = 0; i < 150; i++) {
      isKey = true;
      if (page === 'nodes') app.choose(names[(i * 7) % names.length]!);
      else app.patchUi(page, { row: i % 5 });
      isKey = false;
      await pause(30);
    }
    say(`frame, ${page}`, frames.key);
    if (page !== 'nodes') app.back();
  }
  console.log(`${'memory'.padEnd(16)} ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
  ink.unmount();
  app.quit(0);
  await app.close();
  hosts.kill();
}

/** What it costs real hosts to be watched. */
async function real(spec: ClusterSpec): Promise<void> {
  const stop = new AbortController();
  const ways = connector({ hostKey: async () => true, secret: async () => null });
  const ticks = new Map<string, number>();
  const cost = new Map<string, { reports: number; ms: number }[]>();
  let api = 0;
  const watch = watchCluster(
    spec,
    ways,
    event => {
      if (event.type === 'api') api++;
      else if (event.type === 'report') ticks.set(event.host, (ticks.get(event.host) ?? 0) + 1);
      else return;
      const name = event.type === 'api' ? 'API and etcd' : event.host;
      const told = cost.get(name) ?? [];
      if (event.report.cost && event.report.cost !== told.at(-1)) cost.set(name, [...told, event.report.cost]);
    },
    stop.signal,
  );
  while (ticks.size < spec.hosts.length) await pause(200);
  await pause(6000);
  ticks.clear();
  api = 0;
  const from = bytes();
  // A host tells its cost every thirty seconds.
  await pause(SECONDS * 6000);
  const told = [...ticks.values()].reduce((sum, each) => sum + each, 0);
  const spent = bytes() - from;
  console.log(
    `${spec.hosts.length} hosts, ${told} reports and ${api} of the API in ${SECONDS * 6} s: ${Math.round(spent / told)} bytes per host and tick`,
  );
  for (const [name, told] of cost) {
    const [first, last] = [told[0]!, told.at(-1)!];
    console.log(
      `${name.padEnd(16)} ${((last.ms - first.ms) / (last.reports - first.reports)).toFixed(1)} ms of CPU per report`,
    );
  }
  stop.abort();
  await watch.ended;
  await ways.close();
}

const answer = <T>(child: ChildProcess) => new Promise<T>(resolve => child.once('message', said => resolve(said as T)));

/** A screen of 120x40 that is told of everything that is written to it. */
function fakeTerminal(onWrite: () => void) {
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns: 120,
    rows: 40,
    write(_chunk: string, done?: () => void) {
      onWrite();
      if (typeof done === 'function') done();
      return true;
    },
  }) as unknown as NodeJS.WriteStream;
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {}, ref() {}, unref() {} });
  const terminal = {
    lend: () => () => {},
    write() {},
    copy() {},
    size: () => ({ columns: 120, rows: 40 }),
    onResize: () => () => {},
  };
  return { terminal, streams: { stdin: stdin as unknown as NodeJS.ReadStream, stdout: changedLinesOnly(stdout) } };
}

/** How long a frame took, and how much of that this process was at work: on a busy machine the rest is others'. */
interface Frame {
  ms: number;
  cpu: number;
}

function say(name: string, frames: Frame[]): void {
  const at = (what: keyof Frame, part: number) => {
    const sorted = frames.map(frame => frame[what]).toSorted((a, b) => a - b);
    return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  };
  console.log(
    `${name.padEnd(16)} ${frames.length} frames, p50 ${at('ms', 0.5)} ms, p95 ${at('ms', 0.95)} ms (goal 25), most ${at('ms', 1)} ms; own CPU p50 ${at('cpu', 0.5)} ms, p95 ${at('cpu', 0.95)} ms`,
  );
}

if (/^\d+$/.test(what)) await embedded(Number(what));
else await real(readSpec(readFileSync(what, 'utf8'), what));
process.exit(0);
