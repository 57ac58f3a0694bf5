import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { makeAuthority } from '../../../source/engine/certificate.js';
import { Line, Packed } from '../../../source/engine/relay/contents.js';
import { environmentOf } from '../../../source/engine/relay/host.js';
import { makeProxy } from '../../../source/engine/relay/proxy.js';
import { sitesOf } from '../../../source/engine/relay/sites.js';
import { newStore, site } from './source.js';

const run = promisify(execFile);
const text = 'kubelet '.repeat(5);
const sha256 = createHash('sha256').update(text).digest('hex');
const file = 'https://pkgs.k8s.io/core:/stable:/v1.37/deb/kubelet_1~1.deb';
const manifest = 'https://registry.k8s.io/v2/pause/manifests/3.10';

let curl: (...args: string[]) => Promise<{ code: number; stdout: string }>;
let port = 0;

/** The proxy behind a port, as it stands on a host, and curl on that host. */
beforeEach(async () => {
  const { store } = await newStore();
  const { url } = await site((_, response) => response.end(text));
  await new Line(store).whole(`${url}/x`);
  const entry = { sha256, size: text.length, type: 'text/plain', fixed: true };
  const authority = makeAuthority('test', [...sitesOf()]);
  const take = makeProxy('n1', {
    contents: new Packed(new Map([file, manifest].map(url => [url, { url, ...entry }]))),
    store,
    authority,
    sites: sitesOf(),
    password: 'open-sesame',
  });
  const server = createServer(take);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  port = (server.address() as AddressInfo).port;
  const ca = join(mkdtempSync(join(tmpdir(), 'ca-')), 'ca.pem');
  onTestFinished(() => rmSync(ca, { force: true }));
  writeFileSync(ca, authority.certificate);
  const env = { PATH: process.env.PATH, ...environmentOf(port, 'open-sesame'), CURL_CA_BUNDLE: ca };
  curl = (...args) =>
    run('curl', ['-sS', '-m', '10', ...args], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout, stderr }) => ({ code, stdout: `${stdout}${stderr}` }),
    );
});

it('stands in for the sites by TLS', async () => {
  expect(await curl(file)).toEqual({ code: 0, stdout: text });
});

it('takes a name as apt spells it', async () => {
  expect(await curl(file.replace('~', '%7e'))).toEqual({ code: 0, stdout: text });
});

it('goes on where someone stopped', async () => {
  const { stdout } = await curl('-D', '-', '-H', `Range: bytes=${text.length - 8}-`, file);
  expect(stdout).toContain('206 Partial');
  expect(stdout.endsWith('\r\n\r\nkubelet ')).toBe(true);
});

it('tells the digest of a manifest', async () => {
  const { stdout } = await curl('-I', manifest);
  expect(stdout).toContain(`docker-content-digest: sha256:${sha256}`);
  expect(stdout).toContain(`content-length: ${text.length}`);
});

it.each([
  ['what it has not', [`${file}.other`], '404'],
  ['a site that is no source', ['https://example.com/'], '403'],
  ['a site that is no source, in clear', ['http://10.0.0.1/admin'], '403'],
  ['another port of a source', ['http://pkgs.k8s.io:22/'], '400'],
  ['writing', ['-X', 'POST', '-d', 'x', file], '405'],
  ['who does not know the password', ['-x', 'http://k8s-tui:guess@127.0.0.1:PORT', file], '407'],
  ['who does not know the password, in clear', ['-x', 'http://k8s-tui:guess@127.0.0.1:PORT', 'http://pkgs.k8s.io/'], '407'],
])('refuses %s', async (_, args, status) => {
  const { stdout } = await curl('-D', '-', ...args.map(word => word.replace('PORT', `${port}`)));
  expect(stdout).toMatch(new RegExp(`^HTTP/1.1 ${status} `, 'm'));
  expect(stdout).not.toContain('kubelet ');
});
