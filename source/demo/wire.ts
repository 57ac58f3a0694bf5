import { Duplex } from 'node:stream';

/** One end of a connection in memory. When one end is destroyed, so is the other. */
class End extends Duplex {
  other!: End;
  /** The line is silent: what is sent goes nowhere, and nobody is told. */
  isCut = false;
  private goOn: (() => void) | null = null;

  override _read(): void {
    const goOn = this.goOn;
    this.goOn = null;
    goOn?.();
  }
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // Never at once: the reader would be called in the midst of what the writer is doing.
    process.nextTick(() => {
      if (this.isCut || this.other.destroyed || this.other.push(chunk)) done();
      else this.other.goOn = done;
    });
  }
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }
  override _final(done: () => void): void {
    if (!this.isCut && !this.other.destroyed) this.other.push(null);
    done();
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.isCut) setImmediate(() => this.other.destroy());
    this._read();
    done(error);
  }
  // What ssh2 calls on sockets.
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
}

export type Wire = { near: Duplex; far: Duplex; cut(): void };

/** A connection between two parts of this process. */
export function makeWire(): Wire {
  const [near, far] = [new End({ allowHalfOpen: true }), new End({ allowHalfOpen: true })];
  near.other = far;
  far.other = near;
  return {
    near,
    far,
    cut: () => {
      near.isCut = true;
      far.isCut = true;
    },
  };
}
