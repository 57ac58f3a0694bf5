import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fetchHostKeys, type ShownKey } from '../../../source/engine/discover/keys.js';
import { findTwins } from '../../../source/engine/discover/twins.js';
import { fingerprint, KnownHosts } from '../../../source/engine/ssh/known-hosts.js';
import { newKey, startHost, type TestHost } from '../ssh/server.js';

function knownHosts(text = '') {
  const folder = mkdtempSync(join(tmpdir(), 'known-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'known_hosts');
  if (text) writeFileSync(file, text);
  return new KnownHosts(file);
}
const target = ({ port }: { port: number }) => ({ host: `at ${port}`, address: '127.0.0.1', port, user: 'root' });
const lineOf = (host: TestHost, marker = '') =>
  `${marker}[127.0.0.1]:${host.port} ssh-ed25519 ${host.fingerprints[0]!.toString('base64')}\n`;

it('tells keys that are known, new, changed and revoked, and logs in nowhere', async () => {
  const hosts = await Promise.all([1, 2, 3, 4].map(() => startHost()));
  const [known, fresh, changed, revoked] = hosts as [TestHost, TestHost, TestHost, TestHost];
  const file = knownHosts(`# mine\n${lineOf(known)}${lineOf(changed)}${lineOf(revoked, '@revoked ')}`);
  const before = readFileSync(file.file, 'utf8');
  changed.faults.hostKeys = [newKey().private];
  const said = (await fetchHostKeys(hosts.map(target), { known: file })) as ShownKey[];
  expect(said.map(({ is }) => is)).toEqual(['known', 'new', 'changed', 'revoked']);
  expect(said.map(({ place }) => place)).toEqual([`${file.file}:2`, undefined, `${file.file}:3`, `${file.file}:4`]);
  expect(said[1]).toMatchObject({ type: 'ssh-ed25519', fingerprint: fingerprint(fresh.fingerprints[0]!) });
  expect(said[2]!.problem!.remedy.en).toContain('ssh-keygen');
  expect(said[3]!.problem!.code).toBe('host-key');
  expect(hosts.flatMap(host => [...host.logins, ...host.commands])).toEqual([]);
  expect(readFileSync(file.file, 'utf8')).toBe(before);
});

it('says why there is no key', async () => {
  const gone = await startHost();
  const { port } = gone;
  await gone.stop();
  expect(await fetchHostKeys([target({ port })], { known: knownHosts() })).toMatchObject([
    { code: 'unreachable', host: `at ${port}` },
  ]);
});

it('finds the same key at two addresses', async () => {
  const hostKeys = [newKey().private];
  const hosts = await Promise.all([startHost({ hostKeys }), startHost({ hostKeys }), startHost()]);
  const said = (await fetchHostKeys(hosts.map(target), { known: knownHosts() })) as ShownKey[];
  expect(findTwins(said).map(({ is, hosts }) => [is, ...hosts.map(each => each.target.port)])).toEqual([
    ['unknown', hosts[0]!.port, hosts[1]!.port],
  ]);
});
