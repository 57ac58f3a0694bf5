import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ProblemDetails } from '../../../source/engine/errors.js';
import type { Holder } from '../../../source/engine/run/holder.js';
import { lockHosts } from '../../../source/engine/run/lock.js';
import { problemOf, startHost, startOperator } from '../ssh/server.js';

/** A host with a real shell, and its lock as it lies there. */
async function host() {
  const runDirectory = mkdtempSync(join(tmpdir(), 'run-'));
  onTestFinished(() => rmSync(runDirectory, { recursive: true, force: true }));
  const there = await startHost({ runDirectory });
  const remote = await startOperator({ acceptNewHostKeys: true }).connect(there);
  const file = join(runDirectory, 'lock');
  const words = () => readFileSync(file, 'utf8').trim().split(' ');
  return {
    remote,
    file,
    words,
    /** As if its holder, a process with this number on some machine, had been silent for so many seconds. */
    age: (seconds: number, machine?: string, pid?: number) => {
      const [id, who, its, old, since, seen] = words();
      writeFileSync(file, `${id} ${who} ${machine ?? its} ${pid ?? old} ${since} ${Number(seen) - seconds}\n`);
    },
  };
}

/** The number of a process that is no more. */
const deadPid = async () => {
  const { spawnSync } = await import('node:child_process');
  return spawnSync('true').pid;
};

it('is one line on the host, with who and what, and goes when it is released', async () => {
  const { remote, file, words } = await host();
  const locks = await lockHosts([remote]);
  expect(words()).toMatchObject(
    [locks.id, expect.stringMatching(/^\S+@\S+$/), expect.any(String), `${process.pid}`, /^\d+$/, /^\d+$/].map(each =>
      each instanceof RegExp ? expect.stringMatching(each) : each,
    ),
  );
  await locks.look();
  expect([words()[0], locks.isLost]).toEqual([locks.id, false]);
  await locks.release();
  expect(existsSync(file)).toBe(false);
});

it('keeps a second one out, who is told whom it meets, and leaves all as it was', async () => {
  const [one, other] = [await host(), await host()];
  const first = await lockHosts([one.remote]);
  const problem = await problemOf(lockHosts([one.remote, other.remote]));
  expect(problem).toMatchObject({
    code: 'locked',
    what: { en: expect.stringMatching(/n1: \S+@\S+, there for \d+ s, last heard of \d+ s ago/) },
  });
  expect(one.words()[0]).toBe(first.id);
  expect(existsSync(other.file), 'what it had taken it gives back').toBe(false);
});

it('is taken over when that was asked for; who had it learns of it, and does not take it back', async () => {
  const { remote, words } = await host();
  const lost: ProblemDetails[] = [];
  const first = await lockHosts([remote], { onLost: problem => lost.push(problem) });
  const asked: Holder[][] = [];
  const second = await lockHosts([remote], { takeOver: async holders => asked.push(holders) > 0 });
  expect(asked).toMatchObject([[{ host: 'n1', silent: expect.any(Number) }]]);
  await first.look();
  await first.look();
  expect([first.isLost, lost.length, lost[0]?.code]).toEqual([true, 1, 'locked']);
  await first.release();
  expect(words()[0], 'a release takes away only what is its own').toBe(second.id);
});

it.each([
  ['was silent for three signs of life', 36, 'elsewhere', 1, 'taken'],
  ['was heard of a while ago', 30, 'elsewhere', 1, 'kept'],
  ['died on this machine a moment ago', 1, undefined, 'dead', 'taken'],
  ['lives on this machine', 1, undefined, undefined, 'kept'],
] as const)('of somebody who %s', async (_, seconds, machine, pid, end) => {
  const { remote, age, words } = await host();
  const first = await lockHosts([remote]);
  age(seconds, machine, pid === 'dead' ? await deadPid() : pid);
  const notes: string[] = [];
  const second = await lockHosts([remote], { onNote: ({ en }) => notes.push(en) }).catch(() => null);
  expect(words()[0]).toBe(end === 'taken' ? second?.id : first.id);
  expect(notes.length, 'whose it was is said').toBe(end === 'taken' ? 1 : 0);
});

it('is taken again after a restart has cleared it', async () => {
  const { remote, file, words } = await host();
  const locks = await lockHosts([remote]);
  rmSync(file);
  await locks.look();
  expect([words()[0], locks.isLost]).toEqual([locks.id, false]);
});
