import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprint, hostName, judge, KnownHosts, keyType, matches, parse } from '../../../source/engine/ssh/known-hosts.js';

/** Bytes that look like a public key of a type. */
const key = (type: string, seed: number) => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.alloc(40, seed)]);
};
const ed1 = key('ssh-ed25519', 1);
const ed2 = key('ssh-ed25519', 2);
const rsa1 = key('ssh-rsa', 1);
const line = (patterns: string, raw: Buffer) => `${patterns} ${keyType(raw)} ${raw.toString('base64')}`;
const hashed = (name: string) => {
  const salt = Buffer.from('a salt of 20 bytes!!');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};
const file = (text: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'known-')), 'known_hosts');
  writeFileSync(path, text);
  return path;
};

describe('patterns of a line', () => {
  it.each([
    ['n1', 'n1', true],
    ['n1', 'n11', false],
    ['N1.Example', 'n1.example', true],
    ['n1,10.77.0.11', '10.77.0.11', true],
    ['10.77.0.*', '10.77.0.11', true],
    ['10.77.0.1?', '10.77.0.11', true],
    ['10.77.0.1?', '10.77.0.1', false],
    ['*.example,!bad.example', 'good.example', true],
    ['*.example,!bad.example', 'bad.example', false],
    ['!bad.example,*.example', 'bad.example', false],
    ['[n1]:2222', '[n1]:2222', true],
    ['n1', '[n1]:2222', false],
    ['[10.0.0.*]:22??', '[10.0.0.7]:2222', true],
    ['n.example', 'nxexample', false],
    [hashed('n1'), 'n1', true],
    [hashed('n1'), 'n2', false],
    [hashed('[n1]:2222'), '[n1]:2222', true],
    ['|2|x|y', 'n1', false],
    ['|1|broken', 'n1', false],
  ])('%s for %s: %s', (patterns, name, expected) => {
    expect(matches(patterns, name)).toBe(expected);
  });
});

it.each([
  ['N1.Example', 22, 'n1.example'],
  ['n1', 2222, '[n1]:2222'],
  ['2001:DB8:0:0::1', 22, '2001:db8::1'],
  ['[2001:db8::1]', 2222, '[2001:db8::1]:2222'],
])('%s port %i is written %s', (host, port, expected) => {
  expect(hostName(host, port)).toBe(expected);
});

describe('what known_hosts says of a key', () => {
  const known = ['# a comment', '', line('n1', ed1), line('n1', rsa1), line('old', rsa1), `@revoked ${line('*', ed2)}`].join(
    '\n',
  );
  const everything = ['ssh-ed25519', 'ssh-rsa'];
  const verdict = (name: string, raw: Buffer, text = known) => judge(new KnownHosts(file(text)).of(name, 22), raw, everything);

  it('knows a key of any type that is listed', () => {
    expect(verdict('n1', ed1).is).toBe('known');
    expect(verdict('n1', rsa1).is).toBe('known');
  });
  it('knows nothing of another host', () => {
    expect(verdict('n9', ed1).is).toBe('unknown');
  });
  it('sees a changed key, and says where the old one stands', () => {
    expect(verdict('n1', key('ssh-ed25519', 3))).toMatchObject({ is: 'changed', known: { line: 3, key: ed1 } });
  });
  it('takes a new type of key for a changed one where the known type was asked for', () => {
    expect(verdict('old', ed1)).toMatchObject({ is: 'changed', known: { line: 5 } });
    expect(judge(new KnownHosts(file(known)).of('old', 22), ed1, []).is).toBe('unknown');
  });
  it('refuses a revoked key, also where it is listed', () => {
    expect(verdict('n1', ed2).is).toBe('revoked');
    expect(verdict('n2', ed2, `${line('n2', ed2)}\n@revoked ${line('n2', ed2)}`).is).toBe('revoked');
  });
  it('does not trust a key for being an authority', () => {
    expect(verdict('n1', ed1, `@cert-authority ${line('*', ed1)}`).is).toBe('unknown');
  });
  it('accepts the key in one of several lines of the same type', () => {
    expect(verdict('n1', ed2, `${line('n1', ed1)}\n${line('n1', ed2)}`).is).toBe('known');
  });
});

it('passes over what it cannot read', () => {
  const text = [
    'n1',
    'n1 ssh-ed25519',
    'n1 ssh-ed25519 AAAA',
    `n1 ssh-rsa ${ed1.toString('base64')}`,
    `@strange ${line('n1', ed1)}`,
    `${line('n1', ed1)}\r`,
  ].join('\n');
  expect(parse(text, 'f').map(entry => entry.line)).toEqual([6]);
});

describe('writing a key down', () => {
  it('starts a file that only its owner reads, in a format that it reads itself', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'known-')), 'deep', 'known_hosts');
    const known = new KnownHosts(path);
    known.add('N1', 22, ed1);
    known.add('2001:db8::1', 2222, rsa1);
    expect(readFileSync(path, 'utf8')).toBe(`${line('n1', ed1)}\n${line('[2001:db8::1]:2222', rsa1)}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(judge(known.of('2001:db8::1', 2222), rsa1, []).is).toBe('known');
  });
  it('hashes the names where those that stand there are hashed', () => {
    // What is written is base64, which has no hyphen.
    const path = file(`# mine\n${line(hashed('n0'), rsa1)}\n`);
    const known = new KnownHosts(path);
    known.addAll([
      { host: 'n-1', port: 22, key: ed1 },
      { host: 'n-2', port: 2222, key: ed2 },
    ]);
    const text = readFileSync(path, 'utf8');
    expect(text).not.toMatch(/n-1|n-2/);
    expect(text.split('\n').slice(2, -1)).toEqual([expect.stringMatching(/^\|1\|\S{28}\|\S{28} /), expect.any(String)]);
    expect(judge(known.of('n-1', 22), ed1, []).is).toBe('known');
    expect(judge(known.of('n-2', 2222), ed2, []).is).toBe('known');
    expect(known.of('n-2', 22)).toEqual([]);
  });
  it('writes plain names where some are plain', () => {
    const path = file(`${line(hashed('n0'), rsa1)}\n${line('n3', rsa1)}\n`);
    new KnownHosts(path).add('n1', 22, ed1);
    expect(readFileSync(path, 'utf8')).toContain(`\n${line('n1', ed1)}\n`);
  });
  it('leaves what is there as it is, also without a newline at the end', () => {
    const path = file('# mine\nn0 something else');
    new KnownHosts(path).add('n1', 22, ed1);
    expect(readFileSync(path, 'utf8')).toBe(`# mine\nn0 something else\n${line('n1', ed1)}\n`);
  });
});

it('shows fingerprints as OpenSSH does', () => {
  // ssh-keygen -lf of this key
  const known = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64');
  expect(fingerprint(known)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
});
