import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Line, Packed } from '../../../source/engine/relay/contents.js';
import { Store } from '../../../source/engine/relay/store.js';
import { bytesOf, newStore, site } from './source.js';

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const big = randomBytes(3 << 20);
const blob = (content: Buffer) => `/v2/some/image/blobs/sha256:${sha256(content)}`;

describe('what the relay gets from its sources', () => {
  it('is downloaded once for all who ask at the same time, and never again', async () => {
    const { url, asked } = await site((_, response) => response.end(big));
    const { store } = await newStore();
    const line = new Line(store);
    const all = await Promise.all(['n1', 'n2', 'n3'].map(host => line.get(url + blob(big), host)));
    for (const content of await Promise.all(all.map(each => bytesOf(each, store)))) expect(content.equals(big)).toBe(true);
    const later = await new Line(store).get(url + blob(big), 'n4');
    expect((await bytesOf(later, store)).equals(big)).toBe(true);
    expect(asked).toHaveLength(1);
    expect(line.progress().drawn).toBe(big.length);
  });

  it('is one content where two images share a layer', async () => {
    const { url, asked } = await site((_, response) => response.end(big));
    const { store } = await newStore();
    const line = new Line(store);
    const other = blob(big).replace('some/image', 'another');
    await Promise.all([blob(big), other].map(async path => bytesOf(await line.get(url + path, 'n1'), store)));
    expect((await bytesOf(await line.get(url + other, 'n2'), store)).equals(big)).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('is taken up where a line broke', async () => {
    const ranges: (string | undefined)[] = [];
    const { url } = await site((request, response, count) => {
      ranges.push(request.headers.range);
      if (count === 1) {
        response.writeHead(200, { 'content-length': big.length });
        response.write(big.subarray(0, 1 << 20), () => response.destroy());
      } else {
        const from = Number(/\d+/.exec(request.headers.range!)![0]);
        response.writeHead(206, { 'content-length': big.length - from }).end(big.subarray(from));
      }
    });
    const { store } = await newStore();
    expect((await bytesOf(await new Line(store).get(url + blob(big), 'n1'), store)).equals(big)).toBe(true);
    expect(ranges[0]).toBeUndefined();
    expect(ranges[1]).toMatch(/^bytes=\d+-$/);
  });

  it('goes on in the next run with what the last one left', async () => {
    const { url } = await site((request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
      response.writeHead(from ? 206 : 200, { 'content-length': big.length - from }).end(big.subarray(from));
    });
    const { store } = await newStore();
    writeFileSync(store.partOf(sha256(big)), big.subarray(0, 2 << 20));
    const line = new Line(store);
    expect((await bytesOf(await line.get(url + blob(big), 'n1'), store)).equals(big)).toBe(true);
    expect(line.progress().drawn).toBe(1 << 20);
  });

  it.each([
    ['corrupt', Buffer.concat([big.subarray(0, -1), Buffer.from([big.at(-1)! ^ 1])])],
    ['another content', randomBytes(1 << 20)],
  ])('is given to nobody as a whole where it is %s, and is not kept', async (_, wrong) => {
    const { url } = await site((_, response, count) => response.end(count === 1 ? wrong : big));
    const { store, folder } = await newStore();
    const line = new Line(store);
    const content = await line.get(url + blob(big), 'n1');
    if (!('download' in content)) throw new Error('it cannot be there');
    let received = 0;
    const read = async () => {
      for await (const chunk of content.download.read()) received += chunk.length;
    };
    await expect(read()).rejects.toThrow('has the digest');
    expect(received).toBeLessThan(wrong.length);
    expect([...readdirSync(join(folder, 'contents')), ...readdirSync(join(folder, 'parts'))]).toEqual([]);
    expect((await bytesOf(await line.get(url + blob(big), 'n1'), store)).equals(big)).toBe(true);
  });

  it('is verified by the indexes of an apt repository', async () => {
    const deb = randomBytes(1000);
    const list = gzipSync(`Package: tool\nFilename: pool/tool_1.deb\nSHA256: ${sha256(deb)}\n`);
    const release = Buffer.from(`Origin: test\nSHA256:\n ${sha256(list)} ${list.length} main/Packages.gz\nSigned-By: none\n`);
    const files: Record<string, Buffer> = {
      '/debian/dists/stable/InRelease': release,
      '/debian/dists/stable/main/Packages.gz': list,
      '/debian/pool/tool_1.deb': Buffer.from('something else'),
    };
    const { url } = await site((request, response) => response.end(files[request.url!]));
    const { store } = await newStore();
    const line = new Line(store);
    for (const path of Object.keys(files).slice(0, 2)) await bytesOf(await line.get(url + path, 'n1'), store);
    await expect(line.whole(`${url}/debian/pool/tool_1.deb`)).rejects.toThrow('has the digest');
    files['/debian/pool/tool_1.deb'] = deb;
    expect((await line.whole(`${url}/debian/pool/tool_1.deb`)).fixed).toBe(true);
  });

  it('may change: hosts share a copy, and who has had it gets a new one', async () => {
    const { url, asked } = await site((_, response, count) => response.end(`copy ${count}`));
    const { store } = await newStore();
    const line = new Line(store);
    const ask = async (host: string) => String(await bytesOf(await line.get(`${url}/InRelease`, host), store));
    expect([await ask('n1'), await ask('n2'), await ask('n1'), await ask('n2')]).toEqual([
      'copy 1',
      'copy 1',
      'copy 2',
      'copy 2',
    ]);
    expect(asked).toHaveLength(2);
    const next = new Line(store);
    expect(String(await bytesOf(await next.get(`${url}/InRelease`, 'n1'), store))).toBe('copy 3');
  });

  it('is refused as the source refuses it, at once', async () => {
    const { url, asked } = await site((_, response) => response.writeHead(404).end());
    const { store } = await newStore();
    await expect(new Line(store).whole(`${url}/gone`)).rejects.toMatchObject({ status: 404 });
    expect(asked).toHaveLength(1);
  });

  it('is given up at once where its site has no name in DNS', async () => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url);
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('getaddrinfo ENOTFOUND nobody.test'), { code: 'ENOTFOUND' }),
      });
    });
    onTestFinished(() => void vi.unstubAllGlobals());
    const { store } = await newStore();
    await expect(new Line(store).whole('https://nobody.test/a')).rejects.toThrow(
      'nobody.test: getaddrinfo ENOTFOUND nobody.test',
    );
    expect(asked).toEqual(['https://nobody.test/a']);
  });

  it('ends with the relay', async () => {
    const { url } = await site((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half');
    });
    const { store } = await newStore();
    const line = new Line(store);
    const content = await line.get(`${url}/slow`, 'n1');
    if ('download' in content) await content.download.head;
    const reading = bytesOf(content, store);
    line.close();
    await expect(reading).rejects.toThrow();
  });
});

describe('the store', () => {
  it('is for its owner alone, and no name in it comes from outside', async () => {
    const { store, folder } = await newStore();
    const { url } = await site((_, response) => response.end('x'));
    await new Line(store).whole(`${url}/../../../etc/%2e%2e/passwd`);
    for (const name of readdirSync(folder, { recursive: true }) as string[]) {
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
      expect(name).toMatch(/^(contents|urls|parts)(\/[0-9a-f]{64})?$/);
    }
    expect(() => store.pathOf('../../etc/passwd')).toThrow('not a digest');
  });

  it('forgets what was not used for longest', async () => {
    const { store, folder } = await newStore();
    const { url } = await site((request, response) => response.end(Buffer.alloc(1000, request.url)));
    const line = new Line(store);
    const [old, young] = [await line.whole(`${url}/old`), await line.whole(`${url}/young`)];
    utimesSync(store.pathOf(old.sha256), 1000, 1000);
    const again = await Store.open(folder, 1500);
    expect([await again.has(old), await again.has(young)]).toEqual([false, true]);
  });
});

it('a bundle gives what is in it and nothing else', async () => {
  const entry = { url: 'https://a/b', sha256: sha256(big), size: big.length, type: 'x', fixed: true };
  const packed = new Packed(new Map([[entry.url, entry]]));
  expect(await packed.get('https://a/b')).toEqual({ entry });
  await expect(packed.get('https://a/c')).rejects.toMatchObject({ status: 404 });
});
