import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareKeys, confirmKeys, readExpected } from '../../../source/engine/discover/expected.js';
import { fetchHostKeys, type ShownKey } from '../../../source/engine/discover/keys.js';
import { acceptKeys } from '../../../source/engine/discover/trust.js';
import { fingerprint, KnownHosts, keyType } from '../../../source/engine/ssh/known-hosts.js';
import { newKey, startHost, type TestHost } from '../ssh/server.js';

const A = `SHA256:${'a'.repeat(43)}`;
const B = `SHA256:${'b'.repeat(43)}`;
const ed = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl';
const edPrint = fingerprint(Buffer.from(ed, 'base64'));
const hashed = '|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=';

describe('fingerprints from elsewhere are read', () => {
  it.each([
    ['alone', A, null, null, A],
    ['with the padding of base64', `${A}=`, null, null, A],
    ['after a host', `10.0.0.11 ${A}`, '10.0.0.11', null, A],
    ['before a host, with a comma', `${A}, N1.lan`, 'n1.lan', null, A],
    ['with a port', `[10.0.0.11]:2222 ${A}`, '[10.0.0.11]:2222', null, A],
    ['as ssh-keygen -lf prints them on the host', `256 ${A} root@n1 (ED25519)`, null, 'ED25519', A],
    ['as ssh-keygen -lf prints them of known_hosts', `256 ${A} 10.0.0.11 (ECDSA)`, '10.0.0.11', 'ECDSA', A],
    ['as ssh-keygen -lf prints them without a comment', `3072 ${A} no comment (RSA)`, null, 'RSA', A],
    ['as a line of known_hosts', `n1,10.0.0.11 ssh-ed25519 ${ed} root@n1`, 'n1,10.0.0.11', 'ssh-ed25519', edPrint],
    ['as a line of known_hosts that is hashed', `${hashed} ssh-ed25519 ${ed}`, hashed, 'ssh-ed25519', edPrint],
    ['with Windows line ends', `n1 ${A}\r`, 'n1', null, A],
  ])('%s', (_, text, patterns, type, print) => {
    expect(readExpected(`# from the console\n\n${text}\n`, 'f')).toEqual({
      expected: [{ patterns, type, fingerprint: print, place: 'f:3' }],
      mistakes: [],
    });
  });

  it.each([
    ['MD5:aa:bb:cc'],
    ['SHA256:short'],
    [`n1 n2 ${A}`],
    [`n1 ssh-ed25519 AAAA`],
    [`@revoked n1 ssh-ed25519 ${ed}`],
    ['hello'],
  ])('but not %s', text => {
    const { expected, mistakes } = readExpected(`\n${text}`, 'f');
    expect(expected).toEqual([]);
    expect(mistakes).toMatchObject([{ line: 2, remedy: { en: expect.stringContaining('ssh-keygen -lf') } }]);
  });
});

describe('keys are compared with what is expected', () => {
  const shown = (address: string, print: string, type = 'ssh-ed25519', port = 22): ShownKey => ({
    target: { host: address, address, port, user: 'root' },
    key: Buffer.alloc(0),
    type,
    fingerprint: print,
    is: 'new',
  });
  const compare = (text: string, ...keys: ShownKey[]) => {
    const { keys: compared, unused } = compareKeys(keys, readExpected(text, 'f').expected);
    return [...compared.map(({ is, expected }) => expected ?? is), unused.map(({ place }) => place).join()];
  };

  it.each([
    ['the same', `10.0.0.1 ${A}`, ['f:1', '']],
    ['another', `10.0.0.1 ${B}`, ['unexpected', '']],
    ['one of several', `10.0.0.1 ${B}\n10.0.0.1 ${A}`, ['f:2', '']],
    ['of another host', `10.0.0.2 ${A}`, ['new', 'f:1']],
    ['of another port', `[10.0.0.1]:2222 ${A}`, ['new', 'f:1']],
    ['without a host', `${B}\n${A}`, ['f:2', 'f:1']],
    ['not listed without a host', B, ['new', 'f:1']],
    ['without a host, while the host is given another', `${A}\n10.0.0.1 ${B}`, ['unexpected', '']],
    ['of another type', `256 ${B} 10.0.0.1 (ECDSA)`, ['new', '']],
    ['another of the same type', `256 ${B} 10.0.0.1 (ED25519)`, ['unexpected', '']],
  ])('%s', (_, text, expected) => {
    expect(compare(text, shown('10.0.0.1', A))).toEqual(expected);
  });

  it('a wrong one is a stop that says what was expected and where that stands', () => {
    const [wrong] = compareKeys([shown('10.0.0.1', A)], readExpected(`10.0.0.1 ${B}`, 'keys.txt').expected).keys;
    expect(wrong).toMatchObject({ is: 'unexpected', place: 'keys.txt:1', problem: { code: 'host-key', host: '10.0.0.1' } });
    expect(wrong!.problem!.what.en).toBe(`10.0.0.1 shows the host key ${A}, but ${B} is expected (keys.txt:1)`);
  });
});

describe('hosts with keys of several types', () => {
  const pair = { ed: newKey(), rsa: newKey('rsa') };
  const keyOf = ({ public: line }: { public: string }) => Buffer.from(line.split(' ')[1]!, 'base64');
  const known = () => new KnownHosts(join(mkdtempSync(join(tmpdir(), 'known-')), 'known_hosts'));
  const look = async (host: TestHost, file: KnownHosts) =>
    (await fetchHostKeys([{ host: 'n1', address: '127.0.0.1', port: host.port, user: 'root' }], { known: file })) as ShownKey[];

  it('are asked for the one that is expected, and it is the one that is trusted', async () => {
    const host = await startHost({ hostKeys: [pair.ed.private, pair.rsa.private] });
    const file = known();
    const shown = await look(host, file);
    expect(shown[0]!.type).toBe('ssh-ed25519');
    const place = `[127.0.0.1]:${host.port}`;
    const { expected } = readExpected(`${place} ${fingerprint(keyOf(pair.rsa))}`, 'f');
    const { keys } = await confirmKeys(shown, expected, { known: file });
    expect(keys).toMatchObject([{ type: 'ssh-rsa', is: 'new', expected: 'f:1' }]);
    expect(acceptKeys(keys, file)).toMatchObject([{ is: 'known', place: `${file.file}:1` }]);
    expect(readFileSync(file.file, 'utf8')).toBe(`${place} ssh-rsa ${keyOf(pair.rsa).toString('base64')}\n`);
    expect(keyType(file.of('127.0.0.1', host.port)[0]!.key)).toBe('ssh-rsa');
    expect((await look(host, file))[0]).toMatchObject({ is: 'known', type: 'ssh-rsa' });
    expect(host.logins).toEqual([]);
  });

  it('stay trusted by the one that is known, where another is the expected', async () => {
    const host = await startHost({ hostKeys: [pair.ed.private, pair.rsa.private] });
    const file = known();
    file.add('127.0.0.1', host.port, keyOf(pair.ed));
    const { expected } = readExpected(`[127.0.0.1]:${host.port} ${fingerprint(keyOf(pair.rsa))}`, 'f');
    const { keys } = await confirmKeys(await look(host, file), expected, { known: file });
    expect(keys).toMatchObject([{ type: 'ssh-ed25519', is: 'known', expected: 'f:1' }]);
    expect(keys[0]).not.toHaveProperty('problem');
  });

  it('are wrong where none of them is the expected one', async () => {
    const host = await startHost({ hostKeys: [pair.ed.private, pair.rsa.private] });
    const file = known();
    const { expected } = readExpected(`[127.0.0.1]:${host.port} ${A}`, 'f');
    const { keys } = await confirmKeys(await look(host, file), expected, { known: file });
    expect(keys).toMatchObject([{ type: 'ssh-ed25519', is: 'unexpected' }]);
    expect(acceptKeys(keys, file), 'a wrong key is never written down').toEqual(keys);
    expect(file.of('127.0.0.1', host.port)).toEqual([]);
  });
});
