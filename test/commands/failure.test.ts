import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tellFailure } from '../../source/commands/failure.js';
import { Problem } from '../../source/engine/errors.js';
import { openRunLog } from '../../source/views/log.js';

const before = process.env.XDG_STATE_HOME;
let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'k8s-tui-state-'));
  process.env.XDG_STATE_HOME = state;
});
afterEach(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
});

function told(error: unknown, { json = false, isStopped = false } = {}) {
  const [people, programs]: [string[], string[]] = [[], []];
  const code = tellFailure(error, {
    language: 'en',
    json,
    isStopped,
    write: line => people.push(line),
    print: line => programs.push(line),
  });
  return { code, people, programs };
}

const text = (en: string) => ({ en, zh: en });
const problem = (code: 'spec' | 'login' | 'step' | 'stopped') =>
  new Problem({ code, what: text('so it is'), remedy: text('do this') });

describe('what ended a command', () => {
  it.each([
    ['spec', 2],
    ['login', 3],
    ['step', 1],
  ] as const)('a problem (%s) is a card, with exit code %i', (code, exit) => {
    expect(told(problem(code))).toEqual({ code: exit, people: ['✗ so it is', '    remedy  do this'], programs: [] });
  });

  it('a problem is a JSON line for programs', () => {
    const { people, programs } = told(problem('spec'), { json: true });
    expect(people).toEqual([]);
    expect(JSON.parse(programs[0]!)).toMatchObject({ type: 'problem', problem: { code: 'spec', what: { en: 'so it is' } } });
  });

  it('a stop is no failure', () => {
    for (const error of [new DOMException('This operation was aborted', 'AbortError'), problem('stopped')])
      expect(told(error, { isStopped: true })).toEqual({
        code: 130,
        people: ['Stopped. No host has been changed.'],
        programs: [],
      });
  });

  it('a fault of ours is one sentence; its stack goes into a file of the operator alone', () => {
    const { code, people } = told(new TypeError('x is not a function'));
    const path = join(state, 'k8s-tui', 'faults.log');
    expect(code).toBe(1);
    expect(people).toEqual([
      `✗ This is a fault of k8s-tui itself: x is not a function. The details lie in ${path}; the same command can be run again.`,
    ]);
    expect(readFileSync(path, 'utf8')).toMatch(/TypeError: x is not a function\n +at /);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('a fault in a run goes into the log of the run', () => {
    const log = openRunLog('lab');
    const { people } = told(new TypeError('x is not a function'));
    expect(people[0]).toContain(log.path);
    expect(readFileSync(log.path, 'utf8')).toMatch(/TypeError: x is not a function/);
    log.close();
  });
});
