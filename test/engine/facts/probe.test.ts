import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gatherFacts, probeScript } from '../../../source/engine/facts/gather.js';
import { parseFacts } from '../../../source/engine/facts/parse.js';
import { has, runHere, shellcheck, thisMachine } from '../../support/shell.js';

const sections = (stdout: string) => stdout.split('\n').filter(line => line.startsWith('@@ '));

describe('the probe', () => {
  it.skipIf(!has('shellcheck'))('is good shell', () => {
    expect(shellcheck(probeScript)).toBe('');
  });

  it.each([['sh'], ['dash'], ['busybox']])('runs to its end under %s', async shell => {
    if (!has(shell)) return expect(shell).toBe('busybox');
    const { code, stdout, stderr } = await runHere(probeScript, {}, shell === 'busybox' ? ['busybox', 'sh'] : [shell]);
    expect([code, stderr]).toEqual([0, '']);
    expect(sections(stdout).at(-1)).toBe('@@ end');
    const facts = parseFacts(stdout, { askedAtMs: Date.now(), access: 'none' });
    expect(facts).toMatchObject({ kernel: os.release(), hostname: os.hostname() });
    expect(facts.cpus).toBeGreaterThan(0);
    expect(Math.abs(facts.memoryMiB - os.totalmem() / 1024 / 1024)).toBeLessThan(2);
    expect(Math.abs(facts.time.epochMs - Date.now())).toBeLessThan(20_000);
    expect(facts.disks[0]!.path).toBe('/');
    expect(facts.arch).toBe(process.arch === 'x64' ? 'amd64' : process.arch);
  });

  it('says less, but does not stop, where programs are missing', async () => {
    const empty = mkdtempSync(path.join(os.tmpdir(), 'empty-'));
    // The probe looks into the folders for root's programs by itself; it is told that there are none.
    const script = probeScript.replace(/^LC_ALL=C PATH=.*$/m, `LC_ALL=C PATH=${empty}`);
    expect(script).not.toBe(probeScript);
    const { code, stdout, stderr } = await runHere(script, {}, ['/bin/sh']);
    expect([code, stderr]).toEqual([0, '']);
    expect(sections(stdout).at(-1)).toBe('@@ end');
    expect(parseFacts(stdout, { askedAtMs: 0, access: 'none' })).toMatchObject({
      cpus: 0,
      kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
      disks: [],
      interfaces: [],
    });
  });

  it('says who holds a lock of apt', async () => {
    const lock = path.join(mkdtempSync(path.join(os.tmpdir(), 'probe-')), 'lock');
    const script = probeScript.replaceAll('/var/lib/dpkg/lock-frontend', lock);
    // The lock of dpkg's kind: struct flock of 64-bit Linux.
    const holding = `
      open my $file, ">", shift; my $flock = pack "s s x4 q q i", F_WRLCK, 0, 0, 0, 0;
      fcntl $file, F_SETLK, $flock or die; print "held\n"; close STDOUT; sleep`;
    const holder = spawn('perl', ['-MFcntl', '-e', holding, lock], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void holder.kill());
    await once(holder.stdout, 'data');
    const { stdout } = await runHere(script);
    expect(parseFacts(stdout, { askedAtMs: 0, access: 'none' })).toMatchObject({ aptLock: `${holder.pid} perl` });
  });

  it('leaves the folder it runs in as it was', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'probe-'));
    await runHere(`cd ${folder}\nHOME=${folder} TMPDIR=${folder}\nexport HOME TMPDIR\n${probeScript}`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('shows no password of a proxy', async () => {
    const { stdout } = await runHere(probeScript, {}, ['sh'], {
      ...process.env,
      https_proxy: 'http://me:secret@proxy.lan:3128',
    });
    expect(stdout).not.toContain('secret');
    expect(parseFacts(stdout, { askedAtMs: 0, access: 'none' }).proxies.https_proxy).toBe('http://proxy.lan:3128');
  });
});

describe('gathering', () => {
  it('takes the time when the host read its clock, not when the script ended', async () => {
    const facts = await gatherFacts(thisMachine());
    expect(Math.abs(facts.time.epochMs - facts.time.askedAtMs)).toBeLessThan(2000);
    expect(facts.access).toBe('none');
  });

  it('says so where no shell answers', async () => {
    const locked = {
      ...thisMachine('n7'),
      run: async () => ({ code: 1, stdout: 'This account is currently not available.\n', stderr: '' }),
    };
    await expect(gatherFacts(locked)).rejects.toMatchObject({ details: { code: 'preflight', host: 'n7' } });
    const broken = { ...thisMachine('n7'), run: async () => ({ code: 2, stdout: '', stderr: 'x\nsh: not found\n' }) };
    await expect(gatherFacts(broken)).rejects.toThrow(
      'n7: The host did not run the script that asks it about itself: sh: not found',
    );
  });
});
