import type { MachineFs } from './fs.js';
import type { Process } from './process.js';

/** Something that a file descriptor stands for. Text is bytes (latin1). */
export interface OpenFile {
  /** The next bytes that are there, waiting for some; null at the end. */
  read(by: Process): Promise<string | null>;
  /** Up to and with the next newline, or the rest; null at the end. What comes after stays unread. */
  readLine(by: Process): Promise<string | null>;
  write(text: string, by: Process): Promise<void> | void;
  /** One descriptor more, one less, refers to it. */
  retain(): void;
  release(): void;
  /** Where it is a file: its path. */
  readonly path?: string;
}

/** Thrown in a process that writes where nobody reads any more. */
export class BrokenPipe extends Error {}

const capacity = 256 * 1024;

/** A pipe; its ends are descriptors of their own. */
export class Pipe {
  private buffer = '';
  private readers = 0;
  private writers = 0;
  private waiting = new Set<() => void>();
  readonly reader: OpenFile = this.end('reader');
  readonly writer: OpenFile = this.end('writer');

  private wake() {
    const waiting = this.waiting;
    this.waiting = new Set();
    for (const go of waiting) go();
  }
  private changed = (by: Process) => by.block(new Promise<void>(done => this.waiting.add(done)));

  private end(side: 'reader' | 'writer'): OpenFile {
    const count = (n: number) => {
      if (side === 'reader') this.readers += n;
      else this.writers += n;
      this.wake();
    };
    return {
      read: async by => {
        while (!this.buffer) {
          if (!this.writers) return null;
          await this.changed(by);
        }
        return this.take(this.buffer.length);
      },
      readLine: async by => {
        for (;;) {
          const end = this.buffer.indexOf('\n');
          if (end >= 0) return this.take(end + 1);
          if (!this.writers) return this.buffer ? this.take(this.buffer.length) : null;
          await this.changed(by);
        }
      },
      write: async (text, by) => {
        if (!this.readers) throw new BrokenPipe();
        this.push(text);
        while (this.buffer.length > capacity && this.readers) await this.changed(by);
      },
      retain: () => count(1),
      release: () => count(-1),
    };
  }

  private take(length: number): string {
    const text = this.buffer.slice(0, length);
    this.buffer = this.buffer.slice(length);
    this.wake();
    return text;
  }

  /** Bytes from outside of the machine; no process waits for room. */
  push(text: string) {
    this.buffer += text;
    this.wake();
  }
}

/** A stream that has nothing to read, and does with what is written what it is told. */
export const sink = (write: (text: string) => void, released?: () => void): OpenFile => {
  let references = 0;
  return {
    read: async () => null,
    readLine: async () => null,
    write,
    retain: () => void references++,
    release: () => {
      if (--references === 0) released?.();
    },
  };
};

/** An open file. Writing always goes to its end, which is where it goes unless two write to one file at once. */
export class PlainFile implements OpenFile {
  private offset = 0;
  private text = '';
  constructor(
    private readonly fs: MachineFs,
    readonly path: string,
    private readonly mode: 'read' | 'write',
  ) {}

  async read(): Promise<string | null> {
    return this.take((await this.rest()).length);
  }
  async readLine(): Promise<string | null> {
    const rest = await this.rest();
    return this.take(rest.indexOf('\n') + 1 || rest.length);
  }
  private async rest(): Promise<string> {
    if (this.offset >= this.text.length) this.text = await this.fs.bytes(this.path);
    return this.text.slice(this.offset);
  }
  private take(length: number): string | null {
    this.offset += length;
    return length ? this.text.slice(this.offset - length, this.offset) : null;
  }
  async write(text: string): Promise<void> {
    if (this.mode === 'read') throw new Error('Bad file descriptor');
    await this.fs.append(this.path, text);
  }
  retain() {}
  release() {}
}

/** Text to be read, such as a here-document. */
export class TextSource implements OpenFile {
  constructor(private text: string) {}
  async read() {
    const text = this.text;
    this.text = '';
    return text || null;
  }
  async readLine() {
    const end = this.text.indexOf('\n') + 1 || this.text.length;
    const line = this.text.slice(0, end);
    this.text = this.text.slice(end);
    return line || null;
  }
  write() {
    throw new Error('Bad file descriptor');
  }
  retain() {}
  release() {}
}

/** What stands under /dev that is no file. */
export const devices: Record<string, () => OpenFile> = {
  '/dev/null': () => sink(() => {}),
  '/dev/tty': () => sink(() => {}),
  '/dev/zero': () => endless(() => '\0'.repeat(4096)),
  '/dev/urandom': () => endless(noise),
  '/dev/random': () => endless(noise),
  '/dev/full': () =>
    sink(() => {
      throw new Error('No space left on device');
    }),
};

const noise = () => String.fromCharCode(...Array.from({ length: 4096 }, () => Math.floor(Math.random() * 256)));
const endless = (make: () => string): OpenFile => ({
  ...sink(() => {}),
  read: async () => make(),
  readLine: async () => make(),
});

/** The descriptors of a process. */
export class Descriptors {
  private files = new Map<number, OpenFile>();
  get(fd: number): OpenFile | undefined {
    return this.files.get(fd);
  }
  /** Makes `fd` stand for a file, or for nothing. */
  set(fd: number, file: OpenFile | undefined) {
    file?.retain();
    this.files.get(fd)?.release();
    if (file) this.files.set(fd, file);
    else this.files.delete(fd);
  }
  clone(): Descriptors {
    const copy = new Descriptors();
    for (const [fd, file] of this.files) copy.set(fd, file);
    return copy;
  }
  close() {
    for (const fd of [...this.files.keys()]) this.set(fd, undefined);
  }
}
