import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { looksLikeKnownHosts, readKnownHosts } from '../../../source/engine/discover/known.js';
import {
  hostsOfSshConfig,
  looksLikeSshConfig,
  readSshConfig,
  withSettings,
} from '../../../source/engine/discover/ssh-config.js';

function written(text: string, more: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ssh-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text.replaceAll('FOLDER', folder));
  mkdirSync(join(folder, 'conf.d'));
  for (const [name, content] of Object.entries(more)) put(name, content);
  put('config', text);
  return { folder, file: join(folder, 'config') };
}

it('takes the first value that fits, as ssh does', () => {
  const { file } = written(`
User first          # before any Host: for all
Host n1 "n2" web?
  HostName %h.lan
  Port=2222
  User second
Host *.lan !secret.lan
  IdentityFile ~/.ssh/%r
Host *
  port 22
  identityfile none
`);
  const config = readSshConfig(file);
  expect(config.hosts).toEqual(['n1', 'n2']);
  expect(config.of('n1')).toEqual({ address: 'n1.lan', user: 'first', port: 2222 });
  expect(config.of('web1')).toMatchObject({ address: 'web1.lan', port: 2222 });
  expect(config.of('a.lan')).toEqual({ address: 'a.lan', user: 'first', port: 22, identityFile: '~/.ssh/first' });
  expect(config.of('secret.lan')).toEqual({ address: 'secret.lan', user: 'first', port: 22 });
  expect(config.notes).toEqual([]);
});

it('never runs a command, and says what it leaves out', () => {
  const { file, folder } = written(`
Match host n1 exec "touch FOLDER/ran"
  User evil
Match originalhost n1 !localuser nobody-at-all
  User good
Host n1
  ProxyCommand touch FOLDER/ran
`);
  const config = readSshConfig(file);
  expect(config.of('n1')).toEqual({ address: 'n1', user: 'good' });
  expect(existsSync(join(folder, 'ran'))).toBe(false);
  expect(config.notes.map(({ en }) => en)).toEqual([
    expect.stringContaining('config:2: Match exec is never run'),
    expect.stringContaining('config:7: proxycommand is not followed'),
  ]);
});

it('follows what is included, under the conditions of the place where it stands, and not without end', () => {
  const { file } = written(
    'Host a\n  Include FOLDER/conf.d/*.conf\nHost *\n  User rest\nInclude FOLDER/config\nInclude FOLDER/none\n',
    {
      'conf.d/1.conf': 'User one\n',
      'conf.d/2.conf': 'User two\nPort 2\n',
      'conf.d/notes.txt': 'Port 3\n',
    },
  );
  const config = readSshConfig(file);
  expect(config.of('a')).toEqual({ address: 'a', user: 'one', port: 2 });
  expect(config.of('b')).toEqual({ address: 'b', user: 'rest' });
  expect(config.notes[0]!.en).toContain('too many files');
});

it('resolves the host to go through by its own entry', () => {
  const { file } = written(`
Host bastion
  HostName 203.0.113.9
  User jump
  Port 2200
Host n1
  ProxyJump bastion
Host n2
  ProxyJump ops@10.0.0.1
Host n3
  ProxyJump none
Host n4
  ProxyJump bastion,other
Host me
  ProxyJump me
Host n5
  ProxyJump plain.lan
`);
  const config = readSshConfig(file);
  const jumps = ['n1', 'n2', 'n3', 'n4', 'me', 'n5'].map(name => config.of(name).jump);
  expect(jumps).toEqual([
    'jump@203.0.113.9:2200',
    'ops@10.0.0.1:22',
    undefined,
    'jump@203.0.113.9:2200',
    undefined,
    `${userInfo().username}@plain.lan:22`,
  ]);
  expect(config.notes.map(({ en }) => en)).toEqual(['n4: of ProxyJump bastion,other only the first hop is followed']);
});

it('makes candidates of its hosts, and adds to candidates of other lists', () => {
  const { file } = written('Host n_1\n  HostName 10.0.0.1\nHost 10.0.0.*\n  User ops\n  Port 2222\n');
  expect(hostsOfSshConfig(file).hosts).toEqual([{ name: 'n-1', address: '10.0.0.1', from: file }]);
  const plain = { address: '10.0.0.7', port: 22, from: 'list:1' };
  expect(withSettings(plain, readSshConfig(file))).toEqual({ ...plain, user: 'ops' });
});

it('is empty where there is no file', () => {
  const config = readSshConfig('/nowhere/config');
  expect([config.hosts, config.notes, config.of('n1')]).toEqual([[], [], { address: 'n1' }]);
});

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHQZ2hlNm5mM2h6a2x2bmFzZGZqa2FzZGZqa2xhc2Rm';
it('tells the files of ~/.ssh from lists', () => {
  expect(looksLikeSshConfig('# mine\nHost a b\n  User x\n')).toBe(true);
  expect(looksLikeSshConfig('host=10.0.0.1\n10.0.0.2')).toBe(false);
  expect(looksLikeKnownHosts(`n1,10.0.0.1 ${key}\n`)).toBe(true);
  expect(looksLikeKnownHosts('10.0.0.1 n1 n1.lan\n')).toBe(false);
});

it('reads names and addresses of known_hosts', () => {
  const text = `n1.lan,10.0.0.1 ${key}\n[10.0.0.2]:2222 ${key}\n@revoked 10.0.0.3 ${key}\n*.lan ${key}\n|1|c2FsdA==|aGFzaA== ${key}\n`;
  const { hosts, mistakes } = readKnownHosts(text, 'known_hosts');
  expect(hosts).toEqual([
    { address: 'n1.lan', from: 'known_hosts:1' },
    { address: '10.0.0.1', from: 'known_hosts:1' },
    { address: '10.0.0.2', port: 2222, from: 'known_hosts:2' },
  ]);
  expect(mistakes).toMatchObject([{ line: 5 }]);
});
