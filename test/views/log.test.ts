import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunLog, presentLog } from '../../source/views/log.js';
import { stateFolder } from '../../source/views/state-folder.js';
import { failingRun } from './fixtures.js';

const before = process.env.XDG_STATE_HOME;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8s-tui-log-'));
  process.env.XDG_STATE_HOME = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
});

describe('the log of a run', () => {
  it('holds every event, in a file and a folder of the operator alone', () => {
    const log = openRunLog('lab');
    failingRun.forEach(log.event);
    log.close();
    expect(log.path).toBe(join(folder, 'k8s-tui', 'lab', 'run-1.log'));
    expect(statSync(log.path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(log.path)).mode & 0o777).toBe(0o700);
    const text = readFileSync(log.path, 'utf8');
    for (const piece of [
      'prepare/n1  sysctl | net.ipv4.ip_forward = 1',
      'prepare/n1  sysctl changed in 2500 ms',
      'node-two  line lost: no answer',
      'swapoff: /swap: failed',
      'run failed in 4200 ms',
    ])
      expect(text).toContain(piece);
    expect(text.split('\n')[0]).toMatch(/^1970-01-01T00:00:01\.000Z {2}run of lab on n1, node-two$/);
  });

  it('is a new file for each run', () => {
    const paths = [openRunLog('lab'), openRunLog('lab'), openRunLog('other')].map(log => log.path.slice(folder.length));
    expect(paths).toEqual(['/k8s-tui/lab/run-1.log', '/k8s-tui/lab/run-2.log', '/k8s-tui/other/run-1.log']);
  });

  it('is known while it is open', () => {
    const log = openRunLog('lab');
    expect(presentLog()).toBe(log);
    log.close();
    expect(presentLog()).toBeNull();
  });

  it('lies below the home folder where XDG_STATE_HOME is not set', () => {
    delete process.env.XDG_STATE_HOME;
    expect(stateFolder()).toMatch(/\/\.local\/state\/k8s-tui$/);
  });
});
