// The hosts live in a process of their own (fleet.ts): time and memory here are the product's. Keys come as from a terminal; a frame
// is what lies between the change that a key makes and the last byte written, the echo also counts how long the key had to wait.
import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import { FRAMES_PER_SECOND } from '../source/components/stage.js';
import { changedLinesOnly } from '../source/components/terminal.js';
import { groundOf } from '../source/engine/discover/ground.js';
import { greet } from '../source/engine/discover/scan.js';
import type { Ask } from '../source/engine/fleet.js';
import { sshConnector } from '../source/engine/ssh/connector.js';
import { type Dial, dialTcp } from '../source/engine/ssh/dial.js';
import { KnownHosts } from '../source/engine/ssh/known-hosts.js';
import { timings } from '../source/engine/ssh/timings.js';
import { Root } from '../source/screens/root.js';
import { isKey, rowsOf, shownKeys } from '../source/state/found.js';
import { lazyEngine } from '../source/state/lazy-engine.js';
import { readyHosts } from '../source/state/state.js';
import { createAppStore } from '../source/state/store.js';

const NETWORK = '127.77.0.0/22';
/** Not 22: nobody needs to be root for this. */
const PORT = 22022;
const [count = '500'] = process.argv.slice(2);

const hosts = fork(join(import.meta.dirname, 'fleet.mjs'), [count, String(PORT)], { stdio: 'inherit' });
await new Promise(listening => hosts.once('message', listening));

const known = new KnownHosts();
const dial: Dial = (address, _port, signal) => dialTcp(timings)(address, PORT, signal);
const open = ({ ask, onlyKey }: { ask: Ask; onlyKey?: string }) => sshConnector({ ask, onlyKey, dial });
const app = createAppStore({
  language: 'en',
  connector: ask => open({ ask }),
  ground: async () =>
    groundOf({
      networks: () => [{ interface: 'lo', address: '127.77.0.1', network: NETWORK }],
      known,
      sshConfig: '~/.ssh/config',
      open,
      dial,
      ask: async (address, _port, signal) => {
        const answer = await greet(address, PORT, signal);
        return answer && { ...answer, port: 22 };
      },
    }),
  engine: lazyEngine,
  sessions: { list: async () => [], find: async () => null, save: async () => {}, remove: async () => {} },
  savePlan: async () => '',
});

let onWritten = () => {};
const stdout = Object.assign(new EventEmitter(), {
  isTTY: true,
  columns: 120,
  rows: 40,
  write(_chunk: string, done?: () => void) {
    onWritten();
    if (typeof done === 'function') done();
    return true;
  },
}) as unknown as NodeJS.WriteStream;
const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {}, ref() {}, unref() {} });
const options = { stdin: stdin as unknown as NodeJS.ReadStream, stdout: changedLinesOnly(stdout) };
const ink = render(createElement(Root, { app }), {
  ...options,
  exitOnCtrlC: false,
  patchConsole: false,
  maxFps: FRAMES_PER_SECOND,
});

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const rowNow = () => app.store.getState().ui.hosts.row;

interface Step {
  drawn: number;
  /** Of this process, in that time: what the machine's other work has no part in. */
  cpu: number;
  echo: number;
}

/** One row on, by a key that is due 30 ms from now. */
async function step(): Promise<Step> {
  const due = performance.now() + 30;
  await pause(30);
  const before = rowNow();
  const isLast = before >= rowsOf(app.store.getState()).length - 1;
  return new Promise(resolve => {
    let changedAt = 0;
    let used = process.cpuUsage();
    const off = app.store.subscribe(() => {
      if (rowNow() === before || changedAt) return;
      changedAt = performance.now();
      used = process.cpuUsage();
    });
    onWritten = () => {
      if (!changedAt) return;
      onWritten = () => {};
      off();
      const { user, system } = process.cpuUsage(used);
      const now = performance.now();
      resolve({ drawn: now - changedAt, cpu: (user + system) / 1000, echo: now - due });
    };
    stdin.push(isLast ? 'g' : 'j');
  });
}

async function framesWhile(name: string, work: Promise<unknown>): Promise<void> {
  const begun = performance.now();
  const worked = process.cpuUsage();
  const steps: Step[] = [];
  let isOver = false;
  void work.then(() => {
    isOver = true;
  });
  while (!isOver) {
    if (rowsOf(app.store.getState()).length > 1) steps.push(await step());
    else await pause(10);
  }
  const { user, system } = process.cpuUsage(worked);
  const drawn = spread(steps.map(each => each.drawn));
  const cpu = spread(steps.map(each => each.cpu));
  const echo = spread(steps.map(each => each.echo));
  const seconds = (performance.now() - begun) / 1000;
  const { rss } = process.memoryUsage();
  console.log(
    `${name.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s ${String(steps.length).padStart(5)} keys   frame ${drawn}   its CPU ${cpu}   echo ${echo}   busy ${((user + system) / 10_000 / seconds).toFixed(0).padStart(3)} %   ${Math.round(rss / 1e6)} MB`,
  );
}

function spread(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1).padStart(5);
  return `p50 ${at(0.5)} p95 ${at(0.95)} ms`;
}

app.begin();
await app.warmUp();
await app.finder.openScan(NETWORK);
await framesWhile(`scanning ${app.store.getState().ui.discovery.scan.count}`, app.finder.scan());
await framesWhile(`${rowsOf(app.store.getState()).length} rows listed`, pause(3000));
await app.finder.chooseAll();
await framesWhile(`${app.store.getState().spec.hosts.length} chosen`, pause(3000));
await framesWhile('reading host keys', app.trust.read());
const fresh = shownKeys(app.store.getState()).flatMap(({ said }) => (isKey(said) && said.is === 'new' ? [said] : []));
await app.trust.accept(fresh);
await framesWhile('asking all for facts', app.connect());
await framesWhile(`${readyHosts(app.store.getState()).length} ready`, pause(3000));
console.log(`most memory: ${Math.round(process.resourceUsage().maxRSS / 1000)} MB`);
ink.unmount();
app.quit(0);
await app.close();
hosts.disconnect();
process.exit(0);
