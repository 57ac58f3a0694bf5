import { StringDecoder } from 'node:string_decoder';

const LONGEST = 8192;

/** Makes whole lines of the chunks of a stream, however they are cut, also within a character. A line longer than 8192 characters is cut. */
export class Lines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  /** The stream is over: what is left is a line, too. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest) this.#emit(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      this.#emit(this.#rest + text.slice(from, at));
      this.#rest = '';
      from = at + 1;
    }
    // One character more than is shown tells that the line was cut.
    if (this.#rest.length <= LONGEST) this.#rest += text.slice(from, from + LONGEST + 1 - this.#rest.length);
  }

  #emit(line: string): void {
    this.onLine(line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line);
  }
}
