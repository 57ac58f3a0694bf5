import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Entry, Store } from './store.js';
import { NoSuchHost, PATIENCE, Refused, type Upstream } from './upstream.js';

/** Tries that brought nothing, one after the other, until a download is given up; seconds between them are 1, 2, 4. */
const TRIES = 4;

export interface Head {
  /** Bytes; null where the source does not say. */
  size: number | null;
  type: string;
}

/** What came is not what it has to be. */
export class Corrupt extends Error {}

/**
 * One content on its way: from its source, once, to a file that grows, and from there to whoever asks. A line that breaks is
 * taken up where it broke. The last byte is given to nobody before the whole is verified.
 */
export class Download {
  readonly head: Promise<Head>;
  readonly done: Promise<Entry>;
  /** Bytes that are in the file. */
  received = 0;
  /** Bytes that came over the line now. */
  drawn = 0;
  #wake!: () => void;
  #more = new Promise<void>(resolve => (this.#wake = resolve));
  #giveHead!: (head: Head) => void;
  readonly #file: Promise<FileHandle>;
  readonly #part: string;

  /** @param expected the digest that it must have; null where nothing says it */
  constructor(
    readonly url: string,
    private readonly expected: string | null,
    private readonly store: Store,
    private readonly upstream: Upstream,
    private readonly signal: AbortSignal,
    /** Looks at the whole before anybody has its last byte. */
    private readonly look: (file: string) => Promise<void> = async () => {},
  ) {
    this.#part = store.partOf(expected);
    this.#file = open(this.#part, expected ? 'a+' : 'wx+', 0o600);
    this.done = this.#run();
    this.head = new Promise((resolve, reject) => {
      this.#giveHead = resolve;
      this.done.catch(reject);
    });
    this.head.catch(() => {});
    // The file stays open for those who still read it.
    this.done.catch(() => {}).finally(() => this.#tell());
  }

  /** Its bytes as they come. @throws Corrupt, Refused or what broke the line for good */
  async *read(): AsyncGenerator<Buffer> {
    const file = await open((await this.#file) && this.#part, 'r').catch(async () =>
      // It was finished, and moved, in this very moment.
      open(this.store.pathOf((await this.done).sha256), 'r'),
    );
    try {
      let position = 0;
      for (;;) {
        const more = this.#more;
        const end = this.#isDone ? this.received : this.received - 1;
        if (position < end) {
          const buffer = Buffer.allocUnsafe(Math.min(end - position, 256 * 1024));
          const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
          position += bytesRead;
          yield buffer.subarray(0, bytesRead);
        } else if (this.#isDone) return;
        else await Promise.race([more, this.done]);
      }
    } finally {
      await file.close();
    }
  }

  #isDone = false;

  #tell() {
    this.#wake();
    this.#more = new Promise(resolve => (this.#wake = resolve));
  }

  async #run(): Promise<Entry> {
    const file = await this.#file;
    try {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(this.#part)) {
        hash.update(chunk as Buffer);
        this.received += (chunk as Buffer).length;
      }
      const { size, type } = await this.#fetch(file, chunk => hash.update(chunk));
      const sha256 = hash.digest('hex');
      if (this.expected && sha256 !== this.expected) {
        await rm(this.#part, { force: true });
        throw new Corrupt(`${this.url}: what came has the digest ${sha256} and not ${this.expected}`);
      }
      if (size !== null && size !== this.received) throw new Corrupt(`${this.url}: ${this.received} of ${size} bytes came`);
      await this.look(this.#part);
      await file.sync();
      const entry = { url: this.url, sha256, size: this.received, type, fixed: this.expected !== null };
      await this.store.keep(entry, this.#part);
      this.#isDone = true;
      return entry;
    } catch (error) {
      if (!this.expected) await rm(this.#part, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Everything that is not there yet, over as many connections as it takes. */
  async #fetch(file: FileHandle, onChunk: (chunk: Buffer) => void): Promise<Head> {
    let type = 'application/octet-stream';
    let size: number | null = null;
    for (let failed = 0; ; ) {
      const before = this.received;
      const idle = new AbortController();
      let timer: NodeJS.Timeout | undefined;
      try {
        const answer = await this.upstream.ask(this.url, 'GET', before, AbortSignal.any([this.signal, idle.signal]));
        const length = answer.headers.get('content-length');
        type = answer.headers.get('content-type') ?? type;
        const isRest = answer.status === 206;
        size = length === null ? null : Number(length) + (isRest ? before : 0);
        this.#giveHead({ size, type });
        // A source that cannot go on half way begins anew; what is there already is passed over.
        let skip = isRest ? 0 : before;
        const limit = () => {
          clearTimeout(timer);
          timer = setTimeout(() => idle.abort(new Error(`nothing more came in ${PATIENCE / 1000} s`)), PATIENCE);
        };
        limit();
        for await (const piece of answer.body ?? []) {
          limit();
          const all = Buffer.from(piece as Uint8Array);
          this.drawn += all.length;
          const chunk = all.subarray(Math.min(skip, all.length));
          skip -= all.length - chunk.length;
          if (!chunk.length) continue;
          await file.appendFile(chunk);
          onChunk(chunk);
          this.received += chunk.length;
          this.#tell();
        }
        if (size !== null && this.received < size) throw new Error(`${this.url}: the line broke`);
        return { size, type };
      } catch (error) {
        this.signal.throwIfAborted();
        if (error instanceof NoSuchHost) throw error;
        if (error instanceof Refused) {
          // All of it is there already.
          if (error.status === 416 && before > 0) return { size: null, type };
          if (error.status < 500 && error.status !== 429) throw error;
        }
        failed = this.received > before ? 0 : failed + 1;
        if (failed >= TRIES) throw error;
        await pause(500 * 2 ** failed, undefined, { signal: this.signal });
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
