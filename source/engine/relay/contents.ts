import { readFile } from 'node:fs/promises';
import { Download, type Head } from './download.js';
import { Expected } from './expected.js';
import type { Entry, Store } from './store.js';
import { Refused, Upstream } from './upstream.js';

/** Something that was asked for: there, or on its way. */
export type Content = { entry: Entry } | { download: Download };

/** Where the relay has contents from. */
export interface Contents {
  /**
   * One content. Who asks a second time, having had it, wants it anew, unless it can never become another.
   * @param asker whoever asks, by name
   * @throws Refused, or Error where the source cannot be reached
   */
  get(url: string, asker: string): Promise<Content>;
  /** Its size and type alone. @throws as `get` */
  head(url: string): Promise<Head>;
  /** What is under way and what came over the line, in bytes. */
  progress(): { drawn: number; downloads: { url: string; received: number }[] };
  close(): void;
}

/** From the sources, each content once, and from what is on the disk. */
export class Line implements Contents {
  readonly #upstream = new Upstream();
  readonly #downloads = new Map<string, Download>();
  /** Contents that may change, as they were this time, and who had them. */
  readonly #moving = new Map<string, { entry: Entry; had: Set<string> }>();
  readonly #closed = new AbortController();
  #drawn = 0;

  constructor(
    private readonly store: Store,
    readonly expected = new Expected(),
  ) {}

  async get(url: string, asker: string): Promise<Content> {
    const moving = this.#moving.get(url);
    if (moving && !moving.had.has(asker)) {
      moving.had.add(asker);
      return { entry: moving.entry };
    }
    const expected = this.expected.of(url);
    const entry = this.#downloads.has(expected ?? url) ? null : await this.#kept(url, expected);
    if (entry) return { entry };
    const download = this.#downloads.get(expected ?? url) ?? this.#start(url, expected);
    void download.done.then(
      () => this.#moving.get(url)?.had.add(asker),
      () => {},
    );
    return { download };
  }

  async head(url: string): Promise<Head> {
    const found = this.#moving.get(url)?.entry ?? (await this.#kept(url, this.expected.of(url)));
    if (found) return found;
    if (url.includes('/manifests/')) return this.whole(url);
    const answer = await this.#upstream.ask(url, 'HEAD', 0, this.#closed.signal);
    const length = answer.headers.get('content-length');
    return { size: length === null ? null : Number(length), type: answer.headers.get('content-type') ?? '' };
  }

  /** A content as a whole, for this machine. @throws as `get`, and Corrupt */
  async whole(url: string): Promise<Entry> {
    const content = await this.get(url, 'this machine');
    return 'entry' in content ? content.entry : content.download.done;
  }

  /** What is on the disk and can be nothing else. */
  async #kept(url: string, expected: string | null): Promise<Entry | null> {
    const found = await this.store.find(url);
    if (found?.fixed && (expected ?? found.sha256) === found.sha256) {
      if (Expected.isIndex(url)) await this.expected.learn(url, await this.store.read(found));
      return found;
    }
    // Images share their layers.
    const size = expected && (await this.store.sizeOf(expected));
    return size ? { url, sha256: expected, size, type: 'application/octet-stream', fixed: true } : null;
  }

  #start(url: string, expected: string | null): Download {
    const name = expected ?? url;
    const look = async (file: string) => {
      if (Expected.isIndex(url)) await this.expected.learn(url, await readFile(file));
    };
    const download = new Download(url, expected, this.store, this.#upstream, this.#closed.signal, look);
    this.#downloads.set(name, download);
    download.done
      .then(entry => {
        if (!entry.fixed) this.#moving.set(url, { entry, had: new Set() });
      })
      .catch(() => {}) // told to whoever asked
      .finally(() => {
        this.#drawn += download.drawn;
        this.#downloads.delete(name);
      });
    return download;
  }

  progress() {
    const downloads = [...this.#downloads.values()];
    return {
      drawn: downloads.reduce((sum, { drawn }) => sum + drawn, this.#drawn),
      downloads: downloads.map(({ url, received }) => ({ url, received })),
    };
  }

  close(): void {
    this.#closed.abort();
  }
}

/** From a bundle alone: what is not in it is not there. */
export class Packed implements Contents {
  constructor(private readonly entries: ReadonlyMap<string, Entry>) {}

  async get(url: string): Promise<Content> {
    return { entry: await this.head(url) };
  }
  async head(url: string): Promise<Entry> {
    const entry = this.entries.get(url);
    if (!entry) throw new Refused(404, url);
    return entry;
  }
  progress() {
    return { drawn: 0, downloads: [] };
  }
  close() {}
}
