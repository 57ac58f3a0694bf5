import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is known of one URL's content. */
export interface Entry {
  url: string;
  /** Hexadecimal; the content lies under it. */
  sha256: string;
  /** Bytes. */
  size: number;
  type: string;
  /** It is what a signed index or the URL itself says, so it can never become another. */
  fixed: boolean;
}

/** `$XDG_CACHE_HOME/k8s-tui`, by default `~/.cache/k8s-tui`. */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'k8s-tui');

/** Bytes that are kept from one run to the next. */
const LIMIT = 4 * 2 ** 30;
const DIGEST = /^[0-9a-f]{64}$/;

export const isDigest = (text: unknown): text is string => typeof text === 'string' && DIGEST.test(text);
const nameOf = (url: string) => createHash('sha256').update(url).digest('hex');

/**
 * Contents on this machine's disk by their digest, and which URL has which. All names in it are digests, so nothing that
 * comes from outside is ever a path; what has its final name is whole.
 */
export class Store {
  private constructor(private readonly folder: string) {}

  /** @param limit bytes; what was not used for longest is removed above it */
  static async open(folder = join(cacheFolder(), 'relay'), limit = LIMIT): Promise<Store> {
    for (const each of ['contents', 'urls', 'parts']) await mkdir(join(folder, each), { recursive: true, mode: 0o700 });
    const store = new Store(folder);
    await store.#sweep(limit);
    return store;
  }

  /** The file of a content, there or not. */
  pathOf(sha256: string): string {
    if (!isDigest(sha256)) throw new TypeError(`not a digest: ${sha256}`);
    return join(this.folder, 'contents', sha256);
  }

  /** Where a download grows: found again after a crash where the digest is known before, elsewhere a new one. */
  partOf(sha256: string | null): string {
    return join(this.folder, 'parts', sha256 ?? `new-${randomBytes(8).toString('hex')}`);
  }

  /** Null where nothing whole is there. */
  async find(url: string): Promise<Entry | null> {
    try {
      const entry = JSON.parse(await readFile(join(this.folder, 'urls', nameOf(url)), 'utf8')) as Entry;
      if (entry.url !== url || !(await this.has(entry))) return null;
      const now = new Date();
      await utimes(this.pathOf(entry.sha256), now, now);
      return entry;
    } catch {
      return null;
    }
  }

  async has({ sha256, size }: Pick<Entry, 'sha256' | 'size'>): Promise<boolean> {
    return (await this.sizeOf(sha256)) === size;
  }

  /** Bytes; null where there is no such content. */
  async sizeOf(sha256: string): Promise<number | null> {
    const found = await stat(this.pathOf(sha256)).catch(() => null);
    return found?.size ?? null;
  }

  /** Takes in a whole part, in one move. */
  async keep(entry: Entry, part: string): Promise<void> {
    await rename(part, this.pathOf(entry.sha256));
    const file = join(this.folder, 'urls', nameOf(entry.url));
    const fresh = `${file}.${randomBytes(4).toString('hex')}`;
    await writeFile(fresh, JSON.stringify(entry), { mode: 0o600 });
    await rename(fresh, file);
  }

  read({ sha256 }: Pick<Entry, 'sha256'>): Promise<Buffer> {
    return readFile(this.pathOf(sha256));
  }

  async #sweep(limit: number): Promise<void> {
    const folder = join(this.folder, 'contents');
    const files = await Promise.all(
      (await readdir(folder)).map(async name => ({ path: join(folder, name), ...(await about(join(folder, name))) })),
    );
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files.sort((a, b) => a.used - b.used)) {
      if (total <= limit) break;
      await rm(path, { force: true });
      total -= size;
    }
    // A part that nobody went on with for a day is of something that nobody wants any more.
    for (const name of await readdir(join(this.folder, 'parts'))) {
      const path = join(this.folder, 'parts', name);
      if (Date.now() - (await about(path)).used > 86_400_000) await rm(path, { force: true });
    }
  }
}

async function about(path: string): Promise<{ size: number; used: number }> {
  const found = await stat(path).catch(() => null);
  return { size: found?.size ?? 0, used: found?.mtimeMs ?? 0 };
}

/** SHA-256 of a file in hexadecimal. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
