import {
  type Command,
  type Compound,
  Incomplete,
  type List,
  type ParameterOp,
  type Part,
  type Redirect,
  ShellSyntaxError,
  type Word,
} from './syntax.js';

const reserved = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  'case',
  'esac',
  'while',
  'until',
  'for',
  'in',
  '{',
  '}',
  '!',
]);
const isNameStart = (c: string | undefined) => c !== undefined && /[A-Za-z_]/.test(c);
const endsWord = (c: string | undefined) => c === undefined || ' \t\n;&|<>()'.includes(c);
const name = /[A-Za-z_][A-Za-z0-9_]*/y;

/** A recursive-descent parser of the POSIX shell, which takes one complete command line at a time. */
export class Parser {
  private pending: { redirect: Redirect; delimiter: string; quoted: boolean; stripTabs: boolean }[] = [];

  /** @param isWhole false while more text may follow: then what is cut off throws Incomplete instead of a syntax error */
  constructor(
    readonly text: string,
    public position = 0,
    private readonly isWhole = true,
  ) {}

  /** The commands up to the end of the next line that ends one; null at the end of the text. */
  next(): List | null {
    this.skipNewlines();
    if (this.position >= this.text.length) return null;
    const list: List = [];
    for (;;) {
      const command = this.andOr();
      const background = this.takeOperator('&');
      const isSeparated = background || this.takeOperator(';');
      list.push({ command, background });
      this.skipBlank();
      if (!isSeparated || this.position >= this.text.length || this.peek() === '\n') break;
    }
    if (this.position >= this.text.length) {
      if (!this.isWhole) throw new Incomplete();
      if (this.pending.length) this.readHereDocuments();
      return list;
    }
    if (this.peek() !== '\n') this.unexpected();
    this.newline();
    return list;
  }

  // ── Characters and blanks ──

  private peek(offset = 0): string | undefined {
    return this.text[this.position + offset];
  }

  private skipBlank() {
    for (;;) {
      const c = this.peek();
      if (c === ' ' || c === '\t') this.position++;
      else if (c === '\\' && this.peek(1) === '\n') this.position += 2;
      else if (c === '#') {
        const end = this.text.indexOf('\n', this.position);
        this.position = end < 0 ? this.text.length : end;
      } else return;
    }
  }

  private newline() {
    this.position++;
    if (this.pending.length) this.readHereDocuments();
  }

  private skipNewlines() {
    for (this.skipBlank(); this.peek() === '\n'; this.skipBlank()) this.newline();
  }

  private takeOperator(operator: string): boolean {
    this.skipBlank();
    if (!this.text.startsWith(operator, this.position)) return false;
    const longer = operator === '&' ? '&&' : operator === ';' ? ';;' : operator === '|' ? '||' : null;
    if (longer && this.text.startsWith(longer, this.position)) return false;
    this.position += operator.length;
    return true;
  }

  private reservedWord(): string | null {
    this.skipBlank();
    let end = this.position;
    while (!endsWord(this.text[end])) end++;
    const word = this.text.slice(this.position, end);
    return reserved.has(word) ? word : null;
  }

  private takeReserved(word: string): boolean {
    if (this.reservedWord() !== word) return false;
    this.position += word.length;
    return true;
  }

  private expectReserved(word: string) {
    if (!this.takeReserved(word)) this.unexpected(word);
  }

  private unexpected(expected?: string): never {
    this.skipBlank();
    if (this.position >= this.text.length) this.cut(`end of file unexpected${expected ? ` (expecting "${expected}")` : ''}`);
    const token =
      this.peek() === '\n'
        ? 'newline'
        : `"${/^([;&|<>()]{1,2}|[^\s;&|<>()]+)/.exec(this.text.slice(this.position))?.[0] ?? this.peek()}"`;
    throw new ShellSyntaxError(`Syntax error: ${token} unexpected${expected ? ` (expecting "${expected}")` : ''}`);
  }

  private cut(message: string): never {
    if (!this.isWhole) throw new Incomplete();
    throw new ShellSyntaxError(`Syntax error: ${message}`);
  }

  // ── Commands ──

  /** Commands up to a word or sign that cannot start one. */
  private list(): List {
    const list: List = [];
    for (;;) {
      this.skipNewlines();
      if (this.position >= this.text.length || this.peek() === ')' || this.text.startsWith(';;', this.position)) break;
      const word = this.reservedWord();
      if (word && !['if', 'case', 'while', 'until', 'for', '{', '!'].includes(word)) break;
      const command = this.andOr();
      const background = this.takeOperator('&');
      const isOver = !background && !this.takeOperator(';') && this.peek() !== '\n';
      list.push({ command, background });
      if (isOver) break;
    }
    if (!list.length) this.unexpected();
    return list;
  }

  private andOr(): Command {
    const first = this.pipeline();
    const rest: { operator: '&&' | '||'; command: Command }[] = [];
    for (;;) {
      const operator = this.takeOperator('&&') ? '&&' : this.takeOperator('||') ? '||' : null;
      if (!operator) break;
      this.skipNewlines();
      rest.push({ operator, command: this.pipeline() });
    }
    return rest.length ? { kind: 'and-or', first, rest } : first;
  }

  private pipeline(): Command {
    let negated = false;
    while (this.takeReserved('!')) negated = !negated;
    const commands = [this.command()];
    while (this.takeOperator('|')) {
      this.skipNewlines();
      commands.push(this.command());
    }
    return commands.length > 1 || negated ? { kind: 'pipeline', negated, commands } : commands[0]!;
  }

  private command(): Command {
    this.skipBlank();
    const compound = this.compound();
    if (!compound) return this.simple();
    for (let redirect = this.redirect(); redirect; redirect = this.redirect()) compound.redirects.push(redirect);
    return compound;
  }

  private compound(): Compound | null {
    const redirects: Redirect[] = [];
    if (this.peek() === '(') {
      this.position++;
      const body = this.list();
      if (!this.takeOperator(')')) this.unexpected(')');
      return { kind: 'subshell', body, redirects };
    }
    const word = this.reservedWord();
    if (!word) return null;
    this.position += word.length;
    switch (word) {
      case '{': {
        const body = this.list();
        this.expectReserved('}');
        return { kind: 'group', body, redirects };
      }
      case 'if': {
        const arms: { condition: List; body: List }[] = [];
        let otherwise: List | null = null;
        do {
          const condition = this.list();
          this.expectReserved('then');
          arms.push({ condition, body: this.list() });
        } while (this.takeReserved('elif'));
        if (this.takeReserved('else')) otherwise = this.list();
        this.expectReserved('fi');
        return { kind: 'if', arms, otherwise, redirects };
      }
      case 'while':
      case 'until': {
        const condition = this.list();
        return { kind: 'while', until: word === 'until', condition, body: this.doGroup(), redirects };
      }
      case 'for': {
        this.skipBlank();
        const variable = this.take(name) ?? this.unexpected();
        this.skipNewlines();
        let words: Word[] | null = null;
        if (this.takeReserved('in')) {
          words = [];
          for (let item = this.word(); item; item = this.word()) words.push(item);
        }
        this.takeOperator(';');
        this.skipNewlines();
        return { kind: 'for', name: variable, words, body: this.doGroup(), redirects };
      }
      case 'case': {
        const subject = this.word() ?? this.unexpected();
        this.skipNewlines();
        this.expectReserved('in');
        const arms: { patterns: Word[]; body: List }[] = [];
        for (this.skipNewlines(); this.reservedWord() !== 'esac'; this.skipNewlines()) {
          this.takeOperator('(');
          const patterns: Word[] = [];
          do patterns.push(this.word() ?? this.unexpected());
          while (this.takeOperator('|'));
          if (!this.takeOperator(')')) this.unexpected(')');
          this.skipNewlines();
          const isEmpty = this.text.startsWith(';;', this.position) || this.reservedWord() === 'esac';
          arms.push({ patterns, body: isEmpty ? [] : this.list() });
          this.skipNewlines();
          if (!this.takeOperator(';;')) break;
        }
        this.skipNewlines();
        this.expectReserved('esac');
        return { kind: 'case', word: subject, arms, redirects };
      }
      default:
        this.position -= word.length;
        return this.unexpected();
    }
  }

  private doGroup(): List {
    this.skipNewlines();
    this.expectReserved('do');
    const body = this.list();
    this.expectReserved('done');
    return body;
  }

  private simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    for (;;) {
      const redirect = this.redirect();
      if (redirect) {
        redirects.push(redirect);
        continue;
      }
      this.skipBlank();
      const start = this.position;
      const word = this.word();
      if (!word) break;
      const first = word[0];
      const assigned = first?.kind === 'text' ? /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(first.text) : null;
      if (assigned && !words.length) {
        const value = first as { kind: 'text'; text: string };
        const tail = value.text.slice(assigned[0].length);
        assignments.push({
          name: assigned[1]!,
          value: [...(tail ? [{ kind: 'text' as const, text: tail }] : []), ...word.slice(1)],
        });
        continue;
      }
      words.push(word);
      const called = this.text.slice(start, this.position);
      if (words.length === 1 && !assignments.length && !redirects.length && this.takeOperator('(')) {
        if (!this.takeOperator(')')) this.unexpected(')');
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(called)) throw new ShellSyntaxError('Syntax error: Bad function name');
        this.skipNewlines();
        return { kind: 'function', name: called, body: this.command() };
      }
    }
    if (!words.length && !assignments.length && !redirects.length) this.unexpected();
    return { kind: 'simple', assignments, words, redirects };
  }

  private redirect(): Redirect | null {
    this.skipBlank();
    const match = this.take(/(\d*)(<<-|<<|<&|<>|>&|>>|>\||<|>)/y);
    if (!match) return null;
    const [, digits, sign] = /^(\d*)(.*)$/.exec(match)!;
    const fd = digits ? Number(digits) : null;
    if (sign === '<<' || sign === '<<-') {
      this.skipBlank();
      const start = this.position;
      const word = this.word() ?? this.unexpected();
      const quoted = word.some(part => part.kind !== 'text');
      const delimiter = quoted ? unquote(word) : this.text.slice(start, this.position);
      const redirect: Redirect = { fd, operator: '<<', target: [] };
      this.pending.push({ redirect, delimiter, quoted, stripTabs: sign === '<<-' });
      return redirect;
    }
    return { fd, operator: sign as Redirect['operator'], target: this.word() ?? this.unexpected() };
  }

  private readHereDocuments() {
    const pending = this.pending;
    this.pending = [];
    for (const { redirect, delimiter, quoted, stripTabs } of pending) {
      let body = '';
      for (;;) {
        if (this.position >= this.text.length) {
          if (!this.isWhole) throw new Incomplete();
          break;
        }
        const end = this.text.indexOf('\n', this.position);
        if (end < 0 && !this.isWhole) throw new Incomplete();
        let line = this.text.slice(this.position, end < 0 ? undefined : end);
        this.position = end < 0 ? this.text.length : end + 1;
        if (stripTabs) line = line.replace(/^\t+/, '');
        if (line === delimiter) break;
        body += `${line}\n`;
      }
      redirect.target = quoted
        ? [{ kind: 'quoted', text: body }]
        : [{ kind: 'double', parts: new Parser(body).doubleParts(null) }];
    }
  }

  // ── Words ──

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) return null;
    this.position += match[0].length;
    return match[0];
  }

  private word(): Word | null {
    this.skipBlank();
    if (endsWord(this.peek())) return null;
    return this.parts(c => endsWord(c), false);
  }

  /** Parts up to a character that ends them, outside of quotes. */
  private parts(isEnd: (c: string | undefined) => boolean, mustEnd: boolean): Word {
    const parts: Word = [];
    const text = new Text(parts);
    for (;;) {
      const c = this.peek();
      if (c === undefined && mustEnd) this.cut("Missing '}'");
      if (isEnd(c)) break;
      if (c === '\\') {
        if (this.peek(1) === '\n') this.position += 2;
        else if (this.peek(1) === undefined) {
          if (!this.isWhole) throw new Incomplete();
          text.add('\\');
          this.position++;
        } else {
          text.flush({ kind: 'quoted', text: this.peek(1)! });
          this.position += 2;
        }
      } else if (c === "'") {
        const end = this.text.indexOf("'", this.position + 1);
        if (end < 0) this.cut('Unterminated quoted string');
        text.flush({ kind: 'quoted', text: this.text.slice(this.position + 1, end) });
        this.position = end + 1;
      } else if (c === '"') {
        this.position++;
        text.flush({ kind: 'double', parts: this.doubleParts('"') });
        this.position++;
      } else if (c === '$' || c === '`') {
        const part = this.dollar(false);
        if (part) text.flush(part);
        else text.add(c);
      } else {
        text.add(c!);
        this.position++;
      }
    }
    text.flush();
    return parts;
  }

  /** What stands between double quotes (or in a here-document, where nothing ends it). */
  doubleParts(end: '"' | '}' | null): Part[] {
    const parts: Part[] = [];
    const text = new Text(parts, 'quoted');
    for (;;) {
      const c = this.peek();
      if (c === undefined) {
        if (end === null) break;
        this.cut(end === '"' ? 'Unterminated quoted string' : "Missing '}'");
      }
      if (c === end) break;
      if (c === '\\') {
        const next = this.peek(1);
        if (next === undefined && !this.isWhole) throw new Incomplete();
        if (next === '\n') this.position += 2;
        else if (
          next !== undefined &&
          ('$`\\'.includes(next) || (next === '"' && end !== null) || (next === '}' && end === '}'))
        ) {
          text.add(next);
          this.position += 2;
        } else {
          text.add('\\');
          this.position++;
        }
      } else if (c === '"' && end === '}') {
        this.position++;
        text.flush({ kind: 'double', parts: this.doubleParts('"') });
        this.position++;
      } else if (c === '$' || c === '`') {
        const part = this.dollar(true);
        if (part) text.flush(part);
        else text.add(c);
      } else {
        text.add(c);
        this.position++;
      }
    }
    text.flush();
    return parts;
  }

  /** A substitution; null (and one character further on) where the sign stands for itself. */
  private dollar(inDouble: boolean): Part | null {
    if (this.peek() === '`') return { kind: 'command', body: this.backticks(inDouble) };
    const c = this.peek(1);
    if (c === undefined && !this.isWhole) throw new Incomplete();
    if (c === '(') {
      if (this.peek(2) === '(') {
        const arithmetic = this.arithmetic();
        if (arithmetic) return arithmetic;
      }
      this.position += 2;
      this.skipNewlines();
      const body = this.peek() === ')' ? [] : this.list();
      this.skipNewlines();
      if (this.peek() !== ')') this.unexpected(')');
      this.position++;
      return { kind: 'command', body };
    }
    if (c === '{') return this.braced(inDouble);
    this.position++;
    if (isNameStart(c)) return { kind: 'parameter', name: this.take(name)!, op: null };
    if (c !== undefined && /[0-9@*#?$!-]/.test(c)) {
      this.position++;
      return { kind: 'parameter', name: c, op: null };
    }
    return null;
  }

  private braced(inDouble: boolean): Part {
    this.position += 2;
    const close = () => {
      if (this.peek() === undefined) this.cut("Missing '}'");
      if (this.peek() !== '}') throw new ShellSyntaxError('Bad substitution');
      this.position++;
    };
    if (this.peek() === '#' && this.peek(1) !== '}') {
      this.position++;
      const of = this.parameterName();
      close();
      return { kind: 'parameter', name: of, op: { sign: 'length' } };
    }
    const of = this.parameterName();
    const sign = this.take(/:?[-=+?]|##?|%%?/y);
    let op: ParameterOp | null = null;
    if (sign?.[0] === '#' || sign?.[0] === '%') {
      op = { sign: sign as '#' | '##' | '%' | '%%', word: this.parts(c => c === '}', true) };
    } else if (sign) {
      const word = inDouble ? [{ kind: 'double' as const, parts: this.doubleParts('}') }] : this.parts(c => c === '}', true);
      op = { sign: sign.at(-1) as '-', orEmpty: sign.length > 1, word };
    }
    close();
    return { kind: 'parameter', name: of, op };
  }

  private parameterName(): string {
    const found = this.take(/[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]/y);
    if (!found) {
      if (this.peek() === undefined) this.cut("Missing '}'");
      throw new ShellSyntaxError('Bad substitution');
    }
    return found;
  }

  private arithmetic(): Part | null {
    const start = this.position;
    this.position += 3;
    const parts: Part[] = [];
    const text = new Text(parts, 'quoted');
    for (let depth = 0; ; ) {
      const c = this.peek();
      if (c === undefined) this.cut("Missing '))'");
      if (c === '$' || c === '`') {
        const part = this.dollar(true);
        if (part) text.flush(part);
        else text.add(c);
        continue;
      }
      if (c === ')' && depth === 0) {
        if (this.peek(1) === ')') break;
        this.position = start;
        return null;
      }
      if (c === '(') depth++;
      if (c === ')') depth--;
      if (c !== '"') text.add(c);
      this.position++;
    }
    text.flush();
    this.position += 2;
    return { kind: 'arithmetic', parts };
  }

  private backticks(inDouble: boolean): List {
    let inner = '';
    for (this.position++; this.peek() !== '`'; this.position++) {
      const c = this.peek();
      if (c === undefined) this.cut('EOF in backquote substitution');
      const next = this.peek(1);
      if (c === '\\' && next !== undefined && ('$`\\'.includes(next) || (inDouble && next === '"'))) {
        inner += next;
        this.position++;
      } else inner += c;
    }
    this.position++;
    return parse(inner);
  }
}

/** Collects characters between parts. */
class Text {
  private text = '';
  constructor(
    private readonly parts: Part[],
    private readonly kind: 'text' | 'quoted' = 'text',
  ) {}
  add(c: string) {
    this.text += c;
  }
  flush(part?: Part) {
    if (this.text) this.parts.push({ kind: this.kind, text: this.text });
    this.text = '';
    if (part) this.parts.push(part);
  }
}

const unquote = (parts: Part[]): string =>
  parts.map(part => (part.kind === 'double' ? unquote(part.parts) : 'text' in part ? part.text : '')).join('');

/** @throws ShellSyntaxError */
export function parse(text: string): List {
  const parser = new Parser(text);
  const list: List = [];
  for (let line = parser.next(); line; line = parser.next()) list.push(...line);
  return list;
}
