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
import type { Ask, Connector } from '../source/engine/fleet.js';
import { type HostReport, tickScript } from '../source/engine/panel/report.js';
import type { Remote, RunOptions, Script } from '../source/engine/remote.js';
import { readSpec } from '../source/engine/spec/read.js';
import { type ClusterSpec, clusterSpec } from '../source/engine/spec/schema.js';
import { sshConnector } from '../source/engine/ssh/connector.js';
import { dialTcp } from '../source/engine/ssh/dial.js';
import { watchTimings } from '../source/engine/ssh/timings.js';
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
/** Reports of hosts that came, those that were not shown among them. */
let reports = 0;
const connector = (ask: Ask): Connector => {
  const ways = sshConnector(
    { ask, dial, acceptNewHostKeys: true, knownHostsFile: join(mkdtempSync(join(tmpdir(), 'panel-')), 'known_hosts') },
    watchTimings,
  );
  const counted = (remote: Remote): Remote => {
    const run = remote.run.bind(remote);
    return Object.assign(remote, {
      run: (script: Script, options: RunOptions = {}) =>
        run(script, {
          ...options,
          onLine(line, stream) {
            if (line === '@@ end' && script === tickScript) reports++;
            options.onLine?.(line, stream);
          },
        }),
    });
  };
  return { ...ways, connect: async (...to) => counted(await ways.connect(...to)) };
};
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** The panel on a terminal that nobody looks at, with every host heard of. */
async function opened(spec: ClusterSpec) {
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
  const opening = performance.now();
  void app.begin();
  const heard = () => app.store.getState().panel.hosts.filter(({ report }) => report).length;
  while (heard() < spec.hosts.length) await pause(100);
  console.log(`${spec.hosts.length} hosts on screen after ${((performance.now() - opening) / 1000).toFixed(1)} s`);
  await pause(6000);
  const key = (press: () => void) => {
    isKey = true;
    press();
    isKey = false;
  };
  return {
    app,
    frames,
    key,
    async close() {
      ink.unmount();
      app.quit(0);
      await app.close();
    },
  };
}
type Opened = Awaited<ReturnType<typeof opened>>;

/** What it costs to look on. @param when in words */
async function idle({ frames }: Opened, seconds: number, when: string): Promise<void> {
  frames.news = [];
  const from = { bytes: bytes(), reports, cpu: process.cpuUsage(), at: performance.now() };
  await pause(seconds * 1000);
  const { user, system } = process.cpuUsage(from.cpu);
  const ms = (user + system) / 1000;
  say('frame of news', frames.news);
  console.log(
    `${'idle'.padEnd(16)} ${((ms / (performance.now() - from.at)) * 100).toFixed(1)} % of a core over ${seconds} s, ${when} (goal 3)`,
  );
  const told = reports - from.reports;
  console.log(
    `${'line'.padEnd(16)} ${Math.round((bytes() - from.bytes) / told)} bytes and ${(ms / told).toFixed(2)} ms per host and tick, ${told} of them; what the API says is counted in`,
  );
}

/** 150 keys on each page. */
async function walked({ app, frames, key }: Opened, spec: ClusterSpec): Promise<void> {
  const names = spec.hosts.map(({ name }) => name);
  for (const page of ['nodes', 'node', 'cluster'] as const) {
    if (page !== 'nodes') app.open(page);
    await pause(1500);
    frames.key = [];
    for (let i = 0; i < 150; i++) {
      key(() => {
        if (page === 'nodes') app.choose(names[(i * 7) % names.length]!);
        else app.patchUi(page, { row: i % 5 });
      });
      await pause(30);
    }
    say(`frame, ${page}`, frames.key);
    if (page !== 'nodes') app.back();
  }
  console.log(`${'memory'.padEnd(16)} ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
}

/** The panel on simulated hosts, which are a process of their own. */
async function embedded(count: number): Promise<void> {
  const hosts = fork(hostsProgram, [recordings, String(count)]);
  const { ports } = await answer<{ ports: number[] }>(hosts);
  const spec = clusterSpec.parse({
    name: 'bench',
    hosts: ports.map((port, i) => ({
      name: `n${10 + i}`,
      address: '127.0.0.1',
      ssh: { port },
      ...(i === 0 && { roles: ['control-plane'] }),
    })),
  });
  const panel = await opened(spec);
  await idle(panel, 20, 'when it has just begun and is still being compiled');
  await pause(20_000);
  await idle(panel, 60, 'later');
  await walked(panel, spec);
  await panel.close();
  hosts.kill();
}

/** The panel on real hosts, and what it costs them. */
async function real(spec: ClusterSpec): Promise<void> {
  const panel = await opened(spec);
  const costs = new Map<string, NonNullable<HostReport['cost']>[]>();
  const off = panel.app.store.subscribe(({ panel: { hosts, api } }) => {
    for (const { name, report } of [...hosts, { name: 'API and etcd', report: api }]) {
      const known = costs.get(name) ?? [];
      if (report?.cost && report.cost !== known.at(-1)) costs.set(name, [...known, report.cost]);
    }
  });
  // A host tells its cost every thirty seconds.
  await idle(panel, 120, 'from the beginning');
  off();
  for (const [name, known] of costs) {
    const [first, last] = [known[0]!, known.at(-1)!];
    console.log(
      `${name.padEnd(16)} ${((last.ms - first.ms) / (last.reports - first.reports)).toFixed(1)} ms of CPU per report`,
    );
  }
  await walked(panel, spec);
  await panel.close();
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
