// A frame is the time from a key, which changes the state, to the written frame. The hosts run in the same process: their share
// of the time and the memory is in the figures.
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { render } from 'ink';
import { createElement } from 'react';
import { changedLinesOnly } from '../source/components/terminal.js';
import { demoFleet } from '../source/demo/index.js';
import { Root } from '../source/screens/root.js';
import { rowsOf } from '../source/state/found.js';
import { lazyEngine } from '../source/state/lazy-engine.js';
import { readyHosts } from '../source/state/state.js';
import { createAppStore } from '../source/state/store.js';

const count = Number(process.argv[2]);
const fleet = demoFleet({ hosts: count, speed: 10 });
const app = createAppStore({
  language: 'en',
  connector: fleet.connector,
  ground: fleet.ground,
  engine: lazyEngine,
  sessions: { list: async () => [], find: async () => null, save: async () => {}, remove: async () => {} },
  savePlan: async () => '',
});

let written = () => {};
const stdout = Object.assign(new EventEmitter(), {
  isTTY: true,
  columns: 120,
  rows: 40,
  write(_chunk: string, done?: () => void) {
    written();
    if (typeof done === 'function') done();
    return true;
  },
}) as unknown as NodeJS.WriteStream;
const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {}, ref() {}, unref() {} });
const options = { stdin: stdin as unknown as NodeJS.ReadStream, stdout: changedLinesOnly(stdout) };
const ink = render(createElement(Root, { app }), { ...options, exitOnCtrlC: false, patchConsole: false, maxFps: 1000 });

/** The cursor moves: a frame has to follow. */
const frame = () =>
  new Promise<number>(resolve => {
    const { row } = app.store.getState().ui.hosts;
    const length = rowsOf(app.store.getState()).length;
    const begun = performance.now();
    // A key that changes nothing that is shown draws nothing.
    const patience = setTimeout(() => resolve(0), 2000);
    written = () => {
      written = () => {};
      clearTimeout(patience);
      resolve(performance.now() - begun);
    };
    app.patchUi('hosts', { row: (row + 1) % Math.max(2, length) });
  });
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

async function framesWhile(name: string, work: Promise<unknown>): Promise<void> {
  const begun = performance.now();
  const worked = process.cpuUsage();
  const times: number[] = [];
  let isOver = false;
  void work.then(() => {
    isOver = true;
  });
  while (!isOver) {
    if (rowsOf(app.store.getState()).length > 1) times.push(...[await frame()].filter(ms => ms > 0));
    await pause(20);
  }
  const { user, system } = process.cpuUsage(worked);
  say(name, times, performance.now() - begun, (user + system) / 1000);
}

function say(name: string, times: number[], ms: number, worked: number): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  const { rss } = process.memoryUsage();
  console.log(
    `${name.padEnd(28)} ${(ms / 1000).toFixed(1).padStart(6)} s  ${String(times.length).padStart(4)} frames  p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  most ${at(1)} ms  ${(worked / Math.max(1, times.length)).toFixed(1)} ms of CPU each  ${Math.round(rss / 1e6)} MB`,
  );
}

app.begin();
await app.finder.openScan();
await framesWhile(`scanning ${app.store.getState().ui.discovery.scan.count} addresses`, app.finder.scan());
await framesWhile(`listed, ${rowsOf(app.store.getState()).length} rows`, pause(2000));
await app.finder.chooseAll();
await framesWhile(`chosen, ${app.store.getState().spec.hosts.length} hosts`, pause(2000));

const trusting = setInterval(() => {
  const { questions } = app.store.getState();
  if (questions.length) app.accept(questions.map(({ id }) => id));
}, 400);
await framesWhile('probing all at once', app.connect());
clearInterval(trusting);
console.log(`${readyHosts(app.store.getState()).length} of ${count} hosts are ready`);
await framesWhile('listed with facts', pause(2000));
ink.unmount();
app.quit(0);
await app.close();
fleet.close();
process.exit(0);
