import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { Problem } from '../errors.js';
import type { Facts } from '../facts/facts.js';
import { minorVersion } from '../sources/versions.js';
import type { ClusterSpec } from '../spec/schema.js';
import { type Entry, isDigest, type Store } from './store.js';
import { nameOfSystem } from './systems.js';

/** What a bundle says of itself, in its first file. */
export interface Index {
  format: 1;
  /** v1.37.2 */
  kubernetes: string;
  mirror: string;
  /** Kinds of hosts that it is for, e.g. debian-12. */
  systems: string[];
  /** By URL. */
  entries: Entry[];
}

const INDEX = 'index.json';
const BLOCK = 512;
/** An index is some hundred kilobytes. */
const LONGEST_INDEX = 32 << 20;

/**
 * Packs contents into one tar file: the index, then each content under its digest, in their order. The same contents make the
 * same file, byte for byte.
 */
export async function writeBundle(path: string, index: Index, store: Store, onBytes?: (bytes: number) => void): Promise<void> {
  const entries = index.entries.toSorted((a, b) => (a.url < b.url ? -1 : 1));
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o600);
  try {
    const text = Buffer.from(`${JSON.stringify({ ...index, entries }, null, 1)}\n`);
    await file.appendFile(Buffer.concat([header(INDEX, text.length), text, padding(text.length)]));
    const contents = new Map(entries.map(entry => [entry.sha256, entry.size]));
    for (const [sha256, size] of [...contents].sort()) {
      await file.appendFile(header(`contents/${sha256}`, size));
      for await (const chunk of createReadStream(store.pathOf(sha256), { highWaterMark: 1 << 20 })) {
        await file.appendFile(chunk as Buffer);
        onBytes?.((chunk as Buffer).length);
      }
      await file.appendFile(padding(size));
    }
    await file.appendFile(Buffer.alloc(2 * BLOCK));
    await file.sync();
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/**
 * Takes a bundle in: every content is looked at and goes into the store under the digest that it really has.
 * @throws Problem spec where it is not a bundle, is cut short, or where a content is not what the index says
 */
export async function readBundle(path: string, store: Store, onBytes?: (bytes: number) => void): Promise<Index> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw broken(path, error.code === 'ENOENT' ? noFile : { en: error.message, zh: error.message });
  });
  try {
    const size = (await file.stat()).size;
    const first = await headerAt(file, 0);
    if (first?.name !== INDEX || first.size > LONGEST_INDEX) throw broken(path, notABundle);
    const index = parseIndex(path, (await read(file, BLOCK, first.size)).toString('utf8'));
    const sizes = new Map(index.entries.map(entry => [entry.sha256, entry]));
    for (let at = BLOCK + padded(first.size); ; ) {
      const next = at + BLOCK <= size ? await headerAt(file, at) : null;
      if (!next) break;
      at += BLOCK;
      const sha256 = /^contents\/([0-9a-f]{64})$/.exec(next.name)?.[1];
      const entry = sha256 && sizes.get(sha256);
      if (!entry || entry.size !== next.size) throw broken(path, notABundle);
      if (at + next.size > size) throw broken(path, cutShort);
      if (!(await store.has(entry))) await takeIn(path, at, entry, store, onBytes);
      else onBytes?.(entry.size);
      sizes.delete(entry.sha256);
      at += padded(next.size);
    }
    if (sizes.size) throw broken(path, cutShort);
    return index;
  } finally {
    await file.close();
  }
}

/**
 * A bundle that fits a cluster, verified and taken in.
 * @returns its entries by URL
 * @throws Problem spec where it cannot be used, or is for something else
 */
export async function openBundle(
  path: string,
  spec: Pick<ClusterSpec, 'kubernetes' | 'mirror'>,
  facts: Record<string, Facts>,
  store: Store,
): Promise<Map<string, Entry>> {
  const { kubernetes, mirror, systems, entries } = await readBundle(path, store);
  if (kubernetes !== spec.kubernetes && minorVersion(kubernetes) !== spec.kubernetes)
    throw broken(path, unfit(`Kubernetes ${kubernetes}`, spec.kubernetes));
  if (mirror !== spec.mirror) throw broken(path, unfit(`mirror: ${mirror}`, spec.mirror));
  const other = Object.values(facts).find(each => !systems.includes(nameOfSystem(each)));
  if (other) throw broken(path, unfit(systems.join(', '), nameOfSystem(other)));
  return new Map(entries.map(entry => [entry.url, entry]));
}

async function takeIn(path: string, at: number, entry: Entry, store: Store, onBytes?: (bytes: number) => void) {
  const part = store.partOf(null);
  const target = await open(part, 'wx', 0o600);
  const hash = createHash('sha256');
  try {
    if (entry.size > 0) {
      for await (const chunk of createReadStream(path, { start: at, end: at + entry.size - 1, highWaterMark: 1 << 20 })) {
        hash.update(chunk as Buffer);
        await target.appendFile(chunk as Buffer);
        onBytes?.((chunk as Buffer).length);
      }
    }
    if (hash.digest('hex') !== entry.sha256) throw broken(path, damaged(entry.url));
    await store.keep({ ...entry, fixed: false }, part);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await target.close();
  }
}

/** It comes from outside: nothing in it is believed but what has the right form. */
function parseIndex(path: string, text: string): Index {
  let found: Index;
  try {
    found = JSON.parse(text);
  } catch {
    throw broken(path, notABundle);
  }
  const isRight =
    found?.format === 1 &&
    Array.isArray(found.entries) &&
    Array.isArray(found.systems) &&
    found.entries.every(
      entry =>
        typeof entry?.url === 'string' &&
        URL.canParse(entry.url) &&
        isDigest(entry.sha256) &&
        Number.isSafeInteger(entry.size) &&
        entry.size >= 0 &&
        typeof entry.type === 'string' &&
        /^[\x20-\x7e]*$/.test(entry.type),
    );
  if (!isRight) throw broken(path, notABundle);
  return found;
}

const padded = (size: number) => Math.ceil(size / BLOCK) * BLOCK;
const padding = (size: number) => Buffer.alloc(padded(size) - size);

/** Of a plain file in a tar archive (POSIX ustar), with no owner and no time. */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100);
  for (const [at, text] of [
    [100, '0000600\0'],
    [108, '0000000\0'],
    [116, '0000000\0'],
    [124, `${size.toString(8).padStart(11, '0')}\0`],
    [136, '00000000000\0'],
    [148, '        '],
    [156, '0'],
    [257, 'ustar\x0000'],
  ] as const)
    block.write(text, at, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Null at the end of the archive. */
async function headerAt(file: FileHandle, at: number): Promise<{ name: string; size: number } | null> {
  const block = await read(file, at, BLOCK);
  if (block.length < BLOCK || block.every(byte => byte === 0)) return null;
  const field = (from: number, to: number) => block.toString('latin1', from, to).replace(/[\0 ].*$/s, '');
  return { name: field(0, 100), size: Number.parseInt(field(124, 136) || '0', 8) };
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  return buffer.subarray(0, bytesRead);
}

const noFile = { en: 'there is no such file', zh: '文件不存在' };
const notABundle = { en: 'it is not a bundle of k8s-tui', zh: '不是 k8s-tui 的离线包' };
const cutShort = { en: 'it is not whole: its end is missing', zh: '文件不完整：缺少结尾部分' };
const unfit = (is: string, wanted: string) => ({
  en: `it is for ${is}, and wanted is ${wanted}`,
  zh: `其内容为 ${is}，而所需为 ${wanted}`,
});
const damaged = (url: string) => ({
  en: `it is damaged: what it holds of ${url} has not the digest that it should have`,
  zh: `文件已损坏：其中 ${url} 的内容与摘要不符`,
});

const broken = (path: string, why: { en: string; zh: string }) =>
  new Problem({
    code: 'spec',
    place: path,
    what: { en: `the bundle cannot be used: ${why.en}`, zh: `离线包无法使用：${why.zh}` },
    remedy: {
      en: 'Copy it again, or make it again where there is a line: k8s-tui bundle -f cluster.yaml -o bundle.tar',
      zh: '请重新复制，或在有网络的机器上重新制作：k8s-tui bundle -f cluster.yaml -o bundle.tar',
    },
  });
