import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeAuthority } from '../../../source/engine/certificate.js';
import { apiOf } from '../../../source/engine/cluster/api.js';
import { problemOf } from '../ssh/server.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const server = makeAuthority('kubernetes', ['kubernetes']);
const admin = makeAuthority('admin');
const stranger = makeAuthority('stranger', ['kubernetes']);
const folder = mkdtempSync(join(tmpdir(), 'api-'));
/** As an API server: a client certificate or a token gets in, and not everywhere. */
const net = createServer(
  { key: server.key, cert: server.certificate, ca: admin.certificate, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const isIn = (request.socket as TLSSocket).authorized || request.headers.authorization === 'Bearer sesame';
    response.writeHead(isIn ? (request.url === '/secret' ? 403 : 200) : 401).end(`you asked ${request.url}`);
  },
);
beforeAll(() => new Promise<void>(resolve => net.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  net.close();
  rmSync(folder, { recursive: true });
});

const config = (user: object, cluster: object = {}) => ({
  clusters: [
    {
      name: 'c',
      cluster: {
        server: `https://127.0.0.1:${(net.address() as AddressInfo).port}/`,
        'tls-server-name': 'kubernetes',
        'certificate-authority-data': base64(server.certificate),
        ...cluster,
      },
    },
  ],
  users: [{ name: 'u', user }],
  contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
  'current-context': 'prod',
});
const byCertificate = { 'client-certificate-data': base64(admin.certificate), 'client-key-data': base64(admin.key) };
const asked = (user: object, cluster?: object, path = '/api') => {
  const api = apiOf(config(user, cluster), 'my.conf', folder);
  expect(api.context).toBe('prod');
  return api.get(path);
};

it('is asked as the kubeconfig says: by certificate, by token, by files beside it', async () => {
  expect(await asked(byCertificate)).toBe('you asked /api');
  expect(await asked({ token: 'sesame' })).toBe('you asked /api');
  writeFileSync(join(folder, 'token'), 'sesame\n');
  writeFileSync(join(folder, 'ca.crt'), server.certificate);
  const beside = { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.crt' };
  expect(await asked({ tokenFile: 'token' }, beside)).toBe('you asked /api');
});

it('is not believed under another authority, unless the file says so', async () => {
  const other = { 'certificate-authority-data': base64(stranger.certificate) };
  expect(await problemOf(asked(byCertificate, other))).toMatchObject({ code: 'unreachable' });
  const blind = { ...other, 'certificate-authority-data': undefined, 'insecure-skip-tls-verify': true };
  expect(await asked(byCertificate, blind)).toBe('you asked /api');
});

it('says why it does not answer, and what to do instead', async () => {
  const refused = await problemOf(asked(byCertificate, {}, '/secret'));
  expect(refused).toMatchObject({ code: 'preflight', remedy: { en: expect.stringContaining('k8s-tui panel root@') } });
  expect(refused.what.en).toMatch(/refuses \/secret: HTTP 403$/);
  expect((await problemOf(asked({}))).what.en).toMatch(/HTTP 401$/);
  const gone = await problemOf(asked(byCertificate, { server: 'https://127.0.0.1:1' }));
  expect(gone).toMatchObject({ code: 'unreachable', what: { en: expect.stringContaining('ECONNREFUSED') } });
});

it.each([
  [{ 'current-context': 'x' }, /no current context/],
  [{ 'current-context': undefined }, /no current context/],
  [{ clusters: [] }, /no current context/],
  [{ users: [{ name: 'u', user: { exec: { command: 'oidc' } } }] }, /from a program \(oidc\), which is not run/],
  [{ users: [{ name: 'u', user: { 'client-key': 'nowhere' } }] }, /names nowhere, which cannot be read/],
])('a file that leads nowhere is told so: %j', async (change, words) => {
  const problem = await problemOf((async () => apiOf({ ...config({}), ...change }, 'my.conf', folder))());
  expect(problem).toMatchObject({ code: 'spec' });
  expect(problem.what.en).toMatch(words);
});
