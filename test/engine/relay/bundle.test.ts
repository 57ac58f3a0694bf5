import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../../source/engine/errors.js';
import { type Index, openBundle, readBundle, writeBundle } from '../../../source/engine/relay/bundle.js';
import { Line } from '../../../source/engine/relay/contents.js';
import { machine } from '../../support/facts.js';
import { newStore, site } from './source.js';

async function packed() {
  const { url } = await site((request, response) => response.end(`content of ${request.url} `.repeat(100)));
  const { store, folder } = await newStore();
  const line = new Line(store);
  const entries = await Promise.all(['/c', '/a', '/b'].map(path => line.whole(url + path)));
  const index: Index = { format: 1, kubernetes: 'v1.37.2', mirror: 'upstream', systems: ['debian-12'], entries };
  const file = join(folder, 'bundle.tar');
  await writeBundle(file, index, store);
  return { file, index, store, folder };
}

const wrong = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    error => error,
  );
  expect(error).toBeInstanceOf(Problem);
  return (error as Problem).details;
};

describe('a bundle', () => {
  it('brings all contents to another machine', async () => {
    const { file, index } = await packed();
    const { store } = await newStore();
    const found = await readBundle(file, store);
    expect(found.entries.map(({ url }) => url)).toEqual(index.entries.map(({ url }) => url).sort());
    for (const entry of found.entries)
      expect(
        createHash('sha256')
          .update(await store.read(entry))
          .digest('hex'),
      ).toBe(entry.sha256);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is the same file for the same contents', async () => {
    const { file, index, store, folder } = await packed();
    const again = join(folder, 'again.tar');
    await writeBundle(again, { ...index, entries: index.entries.toReversed() }, store);
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
  });

  it.each([
    ['damaged', (bytes: Buffer) => bytes.fill('X', bytes.length - 2000, bytes.length - 1990), 'it is damaged'],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 4000), 'its end is missing'],
    ['cut between two files', (bytes: Buffer) => bytes.subarray(0, bytes.lastIndexOf('contents/')), 'its end is missing'],
    ['not one', () => Buffer.from('PK\x03\x04 some zip file'), 'not a bundle'],
    ['with a path that leads out', (bytes: Buffer) => replace(bytes, 'contents/', '../../../x'), 'not a bundle'],
    ['with a digest that is a path', (bytes: Buffer) => replace(bytes, '"sha256": "', '"sha256": "../'), 'not a bundle'],
  ])('that is %s is refused, and nothing wrong of it is kept', async (_, change, said) => {
    const { file } = await packed();
    writeFileSync(file, change(readFileSync(file)));
    const { store, folder } = await newStore();
    const problem = await wrong(readBundle(file, store));
    expect(problem).toMatchObject({ code: 'spec', place: file });
    expect(problem.what.en).toContain(said);
    for (const name of readdirSync(join(folder, 'contents')))
      expect(
        createHash('sha256')
          .update(readFileSync(join(folder, 'contents', name)))
          .digest('hex'),
      ).toBe(name);
    expect(readdirSync(join(folder, 'parts'))).toEqual([]);
  });

  it.each([
    [{ kubernetes: 'v1.36.3', mirror: 'upstream' as const }, 'it is for Kubernetes v1.37.2, and wanted is v1.36.3'],
    [{ kubernetes: 'v1.37', mirror: 'aliyun' as const }, 'it is for mirror: upstream, and wanted is aliyun'],
  ])('that does not fit says so', async (spec, said) => {
    const { file, store } = await packed();
    expect((await wrong(openBundle(file, spec, {}, store))).what.en).toContain(said);
  });

  it('for another system says so', async () => {
    const { file, store } = await packed();
    const ubuntu = { ...machine(1), os: { id: 'ubuntu', versionId: '24.04', codename: 'noble', pretty: '' }, arch: 'arm64' };
    const { what } = await wrong(openBundle(file, { kubernetes: 'v1.37', mirror: 'upstream' }, { n1: ubuntu }, store));
    expect(what.en).toContain('it is for debian-12, and wanted is ubuntu-24.04/arm64');
  });
});

/** Other bytes of the same length. */
function replace(bytes: Buffer, from: string, to: string): Buffer {
  const text = bytes.toString('latin1');
  return Buffer.from(text.replace(from, to).slice(0, text.length), 'latin1');
}
