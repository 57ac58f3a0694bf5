import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { Terminal } from '@xterm/headless';

/** What a terminal would show: Ink writes to it as to a real one, and types come from it. */
export class FakeTerminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly raw: string[] = [];
  readonly #screen: Terminal;
  #listeners = new Set<() => void>();

  constructor(columns = 80, rows = 24) {
    this.#screen = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
    this.stdout = Object.assign(new EventEmitter(), {
      isTTY: true,
      columns,
      rows,
      write: (chunk: string, done?: () => void) => {
        this.raw.push(chunk);
        this.#screen.write(chunk, () => {
          for (const listener of [...this.#listeners]) listener();
          if (typeof done === 'function') done();
        });
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
    this.stdin = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: () => this.stdin,
      ref: () => this.stdin,
      unref: () => this.stdin,
    }) as unknown as NodeJS.ReadStream;
  }

  /** The rows of the screen, without the spaces at their ends. */
  get rows(): string[] {
    const { active } = this.#screen.buffer;
    return Array.from(
      { length: this.#screen.rows },
      (_, y) => active.getLine(active.viewportY + y)?.translateToString(true) ?? '',
    );
  }

  get text(): string {
    return this.rows.join('\n');
  }

  /** Colour of the cell where a text begins: the number of an ANSI colour, or null for the terminal's own. */
  colourOf(text: string): number | null {
    const y = this.rows.findIndex(row => row.includes(text));
    if (y < 0) throw new Error(`"${text}" is not on the screen:\n${this.text}`);
    const line = this.#screen.buffer.active.getLine(this.#screen.buffer.active.viewportY + y)!;
    const cell = line.getCell(this.columnOf(text))!;
    return cell.isFgDefault() ? null : cell.getFgColor();
  }

  /** The column where a text begins: two for each wide character before it. */
  columnOf(text: string): number {
    const row = this.rows.find(one => one.includes(text))!;
    const before = row.slice(0, row.indexOf(text));
    return [...before].reduce((sum, character) => sum + (/[\u2e80-\uffef]/.test(character) ? 2 : 1), 0);
  }

  /** Whether any cell has a colour or is bold or dim. */
  get isPlain(): boolean {
    const { active } = this.#screen.buffer;
    for (let y = 0; y < this.#screen.rows; y++) {
      const line = active.getLine(active.viewportY + y)!;
      for (let x = 0; x < this.#screen.cols; x++) {
        const cell = line.getCell(x)!;
        if (!cell.isFgDefault() || !cell.isBgDefault() || cell.isBold() || cell.isDim() || cell.isInverse()) return false;
      }
    }
    return true;
  }

  get isAlternate(): boolean {
    return this.#screen.buffer.active.type === 'alternate';
  }

  resize(columns: number, rows: number) {
    this.#screen.resize(columns, rows);
    Object.assign(this.stdout, { columns, rows });
    this.stdout.emit('resize');
  }

  /** Keys as the terminal sends them. */
  type(text: string) {
    this.stdin.push(text);
  }

  paste(text: string) {
    this.type(`\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~`);
  }

  /** Waits until the screen is as wanted. */
  async until(wanted: string | RegExp | ((screen: string) => boolean), within = 30_000): Promise<string> {
    const isSo = () =>
      typeof wanted === 'function'
        ? wanted(this.text)
        : typeof wanted === 'string'
          ? this.text.includes(wanted)
          : wanted.test(this.text);
    if (isSo()) return this.text;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(look);
        reject(new Error(`the screen never showed ${String(wanted)}:\n${this.text}`));
      }, within);
      const look = () => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
    });
    return this.text;
  }
}

export const keys = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  enter: '\r',
  esc: '\x1b',
  tab: '\t',
  ctrlC: '\x03',
  pageUp: '\x1b[5~',
  f1: '\x1bOP',
};
