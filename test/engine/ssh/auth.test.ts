import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { Attempt, describe as inWords, type Method, offers } from '../../../source/engine/ssh/auth.js';
import { parseJump } from '../../../source/engine/ssh/jump.js';
import { type AgentKey, agentKeys, type KeyFile, KeyRing, publicHalf } from '../../../source/engine/ssh/keys.js';
import { newKey } from './server.js';

const pairs = ['a', 'b', 'c'].map(comment => newKey('ed25519', { comment }));
const [keyA, keyB, keyC] = pairs.map(pair => ssh2.utils.parseKey(pair.private) as ParsedKey) as [
  ParsedKey,
  ParsedKey,
  ParsedKey,
];
const held = (key: ParsedKey): AgentKey => ({
  key: ssh2.utils.parseKey(`${key.type} ${key.getPublicSSH().toString('base64')} ${key.comment}`) as ParsedKey,
  socket: '/agent',
});
const plain = (file: string, key: ParsedKey): KeyFile => ({ state: 'plain', file, key });
const locked = (file: string, key: ParsedKey): KeyFile => ({
  state: 'encrypted',
  file,
  key: held(key).key,
  text: Buffer.alloc(0),
});
const missing = (file: string): KeyFile => ({ state: 'missing', file });

describe('the order of keys', () => {
  const cases: [string, boolean, KeyFile[], AgentKey[], string[]][] = [
    ['nothing there', false, [missing('e'), missing('f')], [], []],
    ['no ssh-agent', false, [plain('e', keyA), missing('f'), plain('g', keyB)], [], ['key e', 'key g']],
    ['the ssh-agent first', false, [plain('e', keyA)], [held(keyB)], ['agent b', 'key e']],
    ['a key in both is offered once', false, [plain('e', keyA)], [held(keyA), held(keyB)], ['agent b', 'key e']],
    ['an encrypted one by the ssh-agent that holds it', false, [locked('e', keyA)], [held(keyA)], ['agent a']],
    ['an encrypted one that nobody holds, locked', false, [locked('e', keyA)], [held(keyB)], ['agent b', 'locked e']],
    ['a named file first', true, [plain('e', keyA)], [held(keyB), held(keyC)], ['key e', 'agent b', 'agent c']],
    [
      'a named encrypted file by the ssh-agent, first',
      true,
      [locked('e', keyC)],
      [held(keyB), held(keyC)],
      ['agent c', 'agent b'],
    ],
    ['five at most', false, [plain('e', keyC)], Array(7).fill(held(keyB)), Array(5).fill('agent b')],
    [
      'a named file among too many',
      true,
      [plain('e', keyC)],
      Array(7).fill(held(keyB)),
      ['key e', ...Array(4).fill('agent b')],
    ],
  ];
  it.each(cases)('%s', (_, isNamed, files, agent, expected) => {
    const word = (method: Method) =>
      method.type === 'agent'
        ? `agent ${method.key.key.comment}`
        : method.type === 'key'
          ? `key ${method.file}`
          : method.type === 'locked'
            ? `locked ${method.file.file}`
            : method.type;
    expect(offers(isNamed, files, agent).map(word)).toEqual(expected);
  });
});

describe('an attempt to log in', () => {
  const key: Method = { type: 'key', file: 'e', key: keyA };
  const password: Method = { type: 'password', password: 'secret' };
  const types = (offered: Method[], left: string[]) => {
    const attempt = new Attempt('ops', offered);
    const said: string[] = [];
    for (let wire = attempt.next(null, null); wire; wire = attempt.next(left, false)) said.push(wire.type);
    return said;
  };
  it.each<[string, Method[], string[], string[]]>([
    ['keys, then the password', [key, password], ['publickey', 'password'], ['publickey', 'password']],
    ['no password where it is not taken', [key, password], ['publickey'], ['publickey']],
    ['no second key where keys are not taken', [{ type: 'none' }, key, password], ['password'], ['none', 'password']],
    [
      'keyboard-interactive where passwords go only so',
      [{ type: 'none' }, password],
      ['keyboard-interactive'],
      ['none', 'keyboard-interactive'],
    ],
    [
      'the password once, not over both',
      [{ type: 'none' }, password],
      ['keyboard-interactive', 'password'],
      ['none', 'password'],
    ],
  ])('%s', (_, offered, left, expected) => {
    expect(types(offered, left)).toEqual(expected);
  });

  it('remembers what a host took that wants a key and a password', () => {
    const attempt = new Attempt('ops', [key, password]);
    attempt.next(null, null);
    attempt.next(['password'], true);
    attempt.succeeded();
    expect(attempt.used).toEqual([key, password]);
  });

  it('answers one hidden question with the password, and no other', () => {
    const wire = new Attempt('ops', [password]).next(['keyboard-interactive'], null);
    if (wire === false) throw new Error('nothing offered');
    if (wire.type !== 'keyboard-interactive') throw new Error(wire.type);
    const answer = (...prompts: { prompt: string; echo: boolean }[]) => {
      let given: string[] | undefined;
      wire.prompt('', '', '', prompts, answers => {
        given = answers;
      });
      return given;
    };
    expect(answer({ prompt: 'Password: ', echo: false })).toEqual(['secret']);
    expect(answer({ prompt: 'User: ', echo: true })).toEqual([]);
    expect(answer({ prompt: 'Password: ', echo: false }, { prompt: 'Code: ', echo: false })).toEqual([]);
  });

  it('is named without the password', () => {
    expect(inWords(password)).toBe('password');
  });
});

describe('key files', () => {
  const directory = mkdtempSync(join(tmpdir(), 'keys-'));
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  // Few rounds: the cost of a passphrase is not what is tested.
  const encrypted = newKey('ed25519', {
    comment: 'x',
    passphrase: 'open sesame',
    cipher: 'aes256-ctr',
    rounds: 4,
  });

  it('tells plain, encrypted, missing and bad ones apart', async () => {
    const ring = new KeyRing();
    const state = async (file: string) => (await ring.read(file)).state;
    expect(await state(write('plain', pairs[0]!.private))).toBe('plain');
    expect(await state(write('encrypted', encrypted.private))).toBe('encrypted');
    expect(await state(write('public', pairs[0]!.public))).toBe('bad');
    expect(await state(write('junk', 'not a key'))).toBe('bad');
    expect(await state(join(directory, 'nowhere'))).toBe('missing');
    expect(await state(directory)).toBe('bad');
  });

  it('reads the public half of an encrypted key without its passphrase', async () => {
    const file = await new KeyRing().read(write('half', encrypted.private));
    if (file.state !== 'encrypted') throw new Error(file.state);
    expect(`${file.key.type} ${file.key.getPublicSSH().toString('base64')}`).toBe(encrypted.public.replace(/ x$/, ''));
    expect(publicHalf(Buffer.from(encrypted.private.slice(0, 120)))).toBeNull();
  });

  it('looks again for a file that was not there', async () => {
    const ring = new KeyRing();
    expect((await ring.read(join(directory, 'late'))).state).toBe('missing');
    expect((await ring.read(write('late', pairs[0]!.private))).state).toBe('plain');
  });

  it('asks once for all hosts, twice where the first answer is wrong', async () => {
    const file = await new KeyRing().read(write('twice', encrypted.private));
    if (file.state !== 'encrypted') throw new Error(file.state);
    const asked: number[] = [];
    const answers = ['wrong', 'open sesame', 'never'];
    const ring = new KeyRing();
    const ask = async (attempt: number) => answers[asked.push(attempt) - 1]!;
    const keys = await Promise.all([ring.open(file, ask), ring.open(file, ask)]);
    expect(keys.map(key => key?.isPrivateKey())).toEqual([true, true]);
    expect(asked).toEqual([1, 2]);
  });

  it('is done without where the answer is no, or wrong twice', async () => {
    const file = await new KeyRing().read(write('no', encrypted.private));
    if (file.state !== 'encrypted') throw new Error(file.state);
    const ring = new KeyRing();
    expect(await ring.open(file, async () => null)).toBeNull();
    expect(await ring.open(file, async () => 'wrong')).toBeNull();
    expect(await ring.open(file, async () => 'open sesame')).not.toBeNull();
    expect(await ring.open(file, async () => null)).not.toBeNull();
    rmSync(directory, { recursive: true });
  });
});

it('takes an ssh-agent that is not there for an empty one', async () => {
  expect(await agentKeys(undefined)).toEqual([]);
  expect(await agentKeys('/nowhere/agent.sock')).toEqual([]);
});

describe('jump hosts', () => {
  const behind = { host: 'n1', address: '10.0.0.1', port: 2222, user: 'ops' };
  it.each([
    ['bastion', 'ops', 'bastion', 22],
    ['me@bastion:2200', 'me', 'bastion', 2200],
    ['me@[2001:db8::1]:22', 'me', '2001:db8::1', 22],
    ['10.0.0.9:23', 'ops', '10.0.0.9', 23],
  ])('%s', (jump, user, address, port) => {
    expect(parseJump(jump, behind)).toMatchObject({ host: address, user, address, port });
  });
  it.each(['', 'a:b:c', 'me@', 'a b', 'host:port'])('refuses %j', jump => {
    expect(() => parseJump(jump, behind)).toThrow(/not a jump host/);
  });
});
