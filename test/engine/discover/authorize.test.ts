import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import authorize from '../../../source/engine/discover/authorize.sh';

const blob = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const key = `ssh-ed25519 ${blob} me@here $(touch /tmp/pwned) *`;
const other = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOther other';

/** A home folder in which the script runs in a real sh, with what it leaves in authorized_keys. */
function home(before?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'home-'));
  const file = join(folder, '.ssh/authorized_keys');
  if (before !== undefined) {
    mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
    writeFileSync(file, before, { mode: 0o600 });
  }
  const run = (programs = '') =>
    spawnSync('/bin/sh', ['-s'], {
      cwd: '/',
      input: `key='${key}'\n${authorize}`,
      encoding: 'utf8',
      env: { HOME: folder, PATH: `${programs}:${process.env.PATH}` },
    });
  return { folder, file, run, text: () => readFileSync(file, 'utf8') };
}
const mode = (path: string) => statSync(path).mode & 0o777;

describe('a key is let in', () => {
  it.each([
    ['where there is no file', undefined, `${key}\n`],
    ['into an empty file', '', `${key}\n`],
    ['after others', `${other}\n`, `${other}\n${key}\n`],
    ['after a last line without an end', other, `${other}\n${key}\n`],
    ['beside itself as a comment', `# ${key}\n`, `# ${key}\n${key}\n`],
  ])('%s', (_, before, after) => {
    const { run, text } = home(before);
    expect(run()).toMatchObject({ stdout: 'added\n', stderr: '', status: 0 });
    expect(text()).toBe(after);
    expect(run()).toMatchObject({ stdout: 'there\n', status: 0 });
    expect(text()).toBe(after);
  });

  it.each([
    ['as it is', `${other}\n${key}\n`],
    ['with another comment', `ssh-ed25519 ${blob} elsewhere\n`],
    ['with options before it', `from="10.0.0.*" ssh-ed25519 ${blob}\n`],
  ])('once: it may be there %s', (_, before) => {
    const { run, text } = home(before);
    expect(run()).toMatchObject({ stdout: 'there\n', status: 0 });
    expect(text()).toBe(before);
  });

  it('with nothing for others to read or write', () => {
    const { folder, file, run } = home();
    run();
    expect([mode(join(folder, '.ssh')), mode(file)]).toEqual([0o700, 0o600]);
    expect(existsSync('/tmp/pwned')).toBe(false);
  });

  it('and what others could write to is closed, for sshd looks at neither', () => {
    const { folder, file, run } = home(`${key}\n`);
    chmodSync(join(folder, '.ssh'), 0o777);
    chmodSync(file, 0o664);
    run();
    expect([mode(join(folder, '.ssh')), mode(file)]).toEqual([0o755, 0o644]);
  });

  it('with its SELinux label where there is one', () => {
    const programs = mkdtempSync(join(tmpdir(), 'bin-'));
    writeFileSync(join(programs, 'restorecon'), '#!/bin/sh\necho "$PWD $*" > "$HOME/labelled"\n', { mode: 0o755 });
    const { folder, run } = home();
    expect(run(programs).status).toBe(0);
    expect(readFileSync(join(folder, 'labelled'), 'utf8')).toBe(`${folder} -F .ssh .ssh/authorized_keys\n`);
  });

  it('or it says why not', () => {
    const { folder, run } = home();
    writeFileSync(join(folder, '.ssh'), 'a file');
    const { status, stdout, stderr } = run();
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('.ssh');
  });
});
