/** Keeps what a stream says, up to `limit` bytes: its beginning and its end, and how much is missing between them. */
export class Capture {
  #head: Buffer[] = [];
  #headSize = 0;
  #tail: Buffer[] = [];
  #tailSize = 0;
  #dropped = 0;

  constructor(private readonly limit = 4 * 1024 * 1024) {}

  push(chunk: Buffer): void {
    const half = this.limit / 2;
    const forHead = chunk.subarray(0, half - this.#headSize);
    if (forHead.length) {
      this.#head.push(forHead);
      this.#headSize += forHead.length;
    }
    const forTail = chunk.subarray(forHead.length);
    if (!forTail.length) return;
    this.#tail.push(forTail);
    this.#tailSize += forTail.length;
    while (this.#tailSize > half) {
      const first = this.#tail[0]!;
      const excess = Math.min(first.length, this.#tailSize - half);
      this.#tailSize -= excess;
      this.#dropped += excess;
      if (excess === first.length) this.#tail.shift();
      else this.#tail[0] = first.subarray(excess);
    }
  }

  toString(): string {
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    if (!this.#dropped) return Buffer.concat([head, tail]).toString('utf8');
    return `${head.toString('utf8')}\n[${this.#dropped} bytes left out]\n${tail.toString('utf8')}`;
  }
}
