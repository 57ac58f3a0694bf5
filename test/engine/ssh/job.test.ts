import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { JobOptions } from '../../../source/engine/remote.js';
import { type Faults, problemOf, startHost, startOperator } from './server.js';

/** A host without systemd; the units of real ones are seen in the lab. */
const open = async (faults: Faults = {}, quick = {}) => {
  const runDirectory = mkdtempSync(join(tmpdir(), 'run-'));
  onTestFinished(() => rmSync(runDirectory, { recursive: true, force: true }));
  const there = await startHost({ runDirectory, ...faults });
  const remote = await startOperator({ acceptNewHostKeys: true }, quick).connect(there);
  const file = (name: string) => join(runDirectory, name);
  const go = file('go');
  return { there, remote, file, go, wait: `until [ -e ${go} ]; do sleep 0.02; done` };
};
const noLine = { onLine: () => {} };

describe('a job', () => {
  it('says its lines in order, clean, and how it ended', async () => {
    const { remote } = await open();
    const lines: string[] = [];
    const script = 'echo one; echo two >&2; printf "\\033[1m3\\033[0m\\n\\n"; echo "$WORD"; printf five; exit 7';
    expect(await remote.job('prepare', script, { variables: { WORD: "it's four" }, onLine: line => lines.push(line) })).toBe(7);
    expect(lines).toEqual(['one', 'two', '3', '', "it's four", 'five']);
  });

  it.each([
    ['one\\n', ['one']],
    ['one', ['one']],
    ['one\\n\\n', ['one', '']],
    ['\\n', ['']],
    ['\\n\\none', ['', '', 'one']],
    ['', []],
  ])('that says %j says %j', async (text, expected) => {
    const { remote } = await open();
    const lines: string[] = [];
    await remote.job('prepare', `printf '${text}'`, { onLine: line => lines.push(line) });
    expect(lines).toEqual(expected);
  });

  it('may say nothing, and may say a lot', async () => {
    const { remote } = await open();
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    expect(await remote.job('prepare', 'true', { onLine })).toBe(0);
    expect(lines).toEqual([]);
    expect(await remote.job('prepare', 'seq 50000', { onLine })).toBe(0);
    expect(lines).toEqual(Array.from({ length: 50_000 }, (_, i) => `${i + 1}`));
  });

  it('leaves neither its script nor its variables behind, and none of them on a command line', async () => {
    const { remote, there, file } = await open();
    let during: string[] = [];
    const onLine = () => {
      during = readdirSync(file('.')).map(name => readFileSync(file(name), 'utf8'));
    };
    await remote.job('prepare', 'tr "\\0" " " < /proc/$$/cmdline', { variables: { SECRET: 'canary' }, onLine });
    expect(readdirSync(file('.')).sort()).toEqual(['prepare.log', 'prepare.mark']);
    expect([...there.commands, ...during].join()).not.toContain('canary');
  });

  it('runs one after the other', async () => {
    const { remote } = await open();
    for (const code of [0, 1, 2]) expect(await remote.job('prepare', `exit ${code}`, noLine)).toBe(code);
  });

  it('refuses an id that is not one', async () => {
    const { remote } = await open();
    expect(() => remote.job('../x', 'true', noLine)).toThrow(TypeError);
  });

  it('that cannot be started says why', async () => {
    const { remote, file, there } = await open();
    there.faults.runDirectory = join(file('a-file'), 'below');
    writeFileSync(file('a-file'), '');
    expect(await problemOf(remote.job('prepare', 'true', noLine))).toMatchObject({
      code: 'step',
      host: 'n1',
      command: { exitCode: 1 },
    });
  });
});

describe('when the line breaks', () => {
  it.each(['reset', 'end'] as const)('no line is lost and none comes twice (%s)', async how => {
    const { there, remote, go, wait } = await open();
    const heard: string[] = [];
    const options: JobOptions = {
      onLine: line => {
        heard.push(line);
        if (line === '40') there.cut(how);
      },
      onLost: reason => heard.push(`lost: ${reason}`),
      onBack: () => {
        heard.push('back');
        writeFileSync(go, '');
      },
    };
    const code = await remote.job(
      'prepare',
      `i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo $i; [ $i -ne 40 ] || { ${wait}; }; done; exit 5`,
      options,
    );
    expect(code).toBe(5);
    const numbers = Array.from({ length: 100 }, (_, i) => `${i + 1}`);
    expect(heard.filter(line => /^\d+$/.test(line))).toEqual(numbers);
    expect(heard.slice(39, 43)).toEqual(['40', expect.stringMatching(/^lost: the /), 'back', '41']);
    expect(there.connections).toBe(2);
  });

  it('in the middle of a line and of a character, too', async () => {
    const { there, remote, go, wait, file } = await open();
    const lines: string[] = [];
    const job = remote.job('prepare', `printf 'Gr\\303'; touch ${file('half')}; ${wait}; printf '\\266\\303\\237e\\n'`, {
      onLine: line => lines.push(line),
      onBack: () => writeFileSync(go, ''),
    });
    await expect.poll(() => existsSync(file('half'))).toBe(true);
    await expect.poll(() => there.said.includes('Gr')).toBe(true);
    there.cut();
    expect([await job, lines]).toEqual([0, ['Größe']]);
  });

  it('and it ends meanwhile, the rest of its lines and its code are still had', async () => {
    const { there, remote, go, wait, file } = await open();
    const lines: string[] = [];
    const { port, faults } = there;
    const job = remote.job('prepare', `echo one; ${wait}; echo two; exit 9`, {
      onLine: line => {
        lines.push(line);
        if (line === 'one') void there.unplug();
      },
    });
    await expect.poll(() => lines).toEqual(['one']);
    writeFileSync(go, '');
    await expect.poll(() => readFileSync(file('prepare.log'), 'utf8')).toContain('exited 9');
    await startHost(faults, port);
    expect([await job, lines]).toEqual([9, ['one', 'two']]);
  });

  it('before the host has heard all of it, it starts once', async () => {
    const { there, remote, file } = await open();
    const script = `${'# padding\n'.repeat(30_000)}echo ran >> ${file('ran')}`;
    there.cutAfter = 50_000;
    expect(await remote.job('prepare', script, noLine)).toBe(0);
    expect([readFileSync(file('ran'), 'utf8'), there.connections]).toEqual(['ran\n', 2]);
  });

  it('at any byte of what is sent, it starts once and whole', async () => {
    const { there, remote, file } = await open();
    await remote.job('prepare', `echo whole >> ${file('ran')}`, noLine);
    const length = there.heard;
    // The first bytes, the last one, and some between.
    const some = [1, 2, 3, 4].map(n => Math.floor((length * n) / 5));
    for (const at of [0, 50, ...some, length - 1]) {
      rmSync(file('ran'));
      const { connections } = there;
      there.cutAfter = at;
      expect(await remote.job('prepare', `echo whole >> ${file('ran')}`, noLine), `cut after ${at}`).toBe(0);
      expect([readFileSync(file('ran'), 'utf8'), there.connections], `cut after ${at}`).toEqual(['whole\n', connections + 1]);
    }
  });

  it('the host is silent, this is noticed', async () => {
    const { there, remote, go, wait } = await open({}, { keepalive: 100, keepaliveCount: 2 });
    const reasons: string[] = [];
    const code = await remote.job('prepare', `echo one; ${wait}; exit 4`, {
      onLine: () => there.freeze(),
      onLost: reason => reasons.push(reason),
      onBack: () => writeFileSync(go, ''),
    });
    expect([code, reasons]).toEqual([4, ['the host no longer answers']]);
  });

  it('and does not come back in time, the host is lost', async () => {
    const { there, remote } = await open({}, { reconnect: 300 });
    expect(await problemOf(remote.job('prepare', 'echo one; sleep 5', { onLine: () => void there.stop() }))).toMatchObject({
      code: 'lost',
    });
  });
});

describe('a job that somebody else started', () => {
  it('is followed to its end first', async () => {
    const { there, remote, go, wait } = await open();
    const first: string[] = [];
    const second: string[] = [];
    const one = remote.job('prepare', `echo first; ${wait}; echo done; exit 3`, { onLine: line => first.push(line) });
    await expect.poll(() => first).toEqual(['first']);
    const other = await startOperator({ acceptNewHostKeys: true }).connect(there);
    const two = other.job('prepare', 'echo second; exit 4', {
      onLine: line => {
        second.push(line);
        if (line === 'first') writeFileSync(go, '');
      },
    });
    expect([await one, await two]).toEqual([3, 4]);
    expect([first, second]).toEqual([
      ['first', 'done'],
      ['first', 'done', 'second'],
    ]);
  });

  it('is not waited for when it is dead', async () => {
    const { remote, file } = await open();
    writeFileSync(file('prepare.mark'), 'somebody\n');
    writeFileSync(file('prepare.log'), 'half done\n');
    writeFileSync(file('prepare.end'), '');
    writeFileSync(file('prepare.pid'), '1\n');
    expect(await remote.job('prepare', 'exit 6', noLine)).toBe(6);
  });
});

describe('a job that is asked to end', () => {
  it('after its step, sees the stop file, which the next job does not', async () => {
    const { remote, file } = await open();
    const stop = file('stop');
    const code = remote.job('prepare', `echo one; until [ -e ${stop} ]; do sleep 0.02; done; exit 8`, {
      onLine: () => void remote.stopJob('prepare', 'after-step'),
    });
    expect(await code).toBe(8);
    expect(await remote.job('prepare', `[ ! -e ${stop} ]`, noLine)).toBe(0);
  });

  it('now, is killed with all that it started', async () => {
    const { remote, file } = await open();
    const code = await remote.job('prepare', `sleep 600 & echo $! > ${file('child')}; echo one; wait`, {
      onLine: () => void remote.stopJob('prepare', 'now'),
    });
    expect(code).toBe(143);
    const child = readFileSync(file('child'), 'utf8').trim();
    expect((await remote.run(`! kill -0 ${child} 2>/dev/null || grep -q '^State:.Z' /proc/${child}/status`)).code).toBe(0);
  });

  it('by its signal, is killed, and is no result', async () => {
    const { remote, file } = await open();
    const stop = new AbortController();
    const work = remote.job('prepare', `trap 'touch ${file('left')}; exit' TERM; echo one; sleep 600 & wait`, {
      signal: stop.signal,
      onLine: () => stop.abort(),
    });
    expect(await problemOf(work)).toMatchObject({ code: 'stopped' });
    await expect.poll(() => existsSync(file('left'))).toBe(true);
  });

  it('while it is not running, nothing happens', async () => {
    const { remote } = await open();
    await remote.stopJob('prepare', 'now');
    await remote.stopJob('prepare', 'after-step');
  });
});

it('that vanished without a word has no code', async () => {
  const { remote, file } = await open({}, { silence: 200 });
  const lines: string[] = [];
  const code = await remote.job('prepare', 'echo one; printf half; kill -9 $PPID; kill -9 $$', {
    onLine: line => lines.push(line),
  });
  expect([code, lines]).toEqual([null, ['one', 'half']]);
  expect(existsSync(file('prepare.log'))).toBe(true);
});
