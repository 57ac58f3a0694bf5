import { evaluate } from './arithmetic.js';
import { isPattern, literalPattern, withoutAffix } from './pattern.js';
import type { List, ParameterOp, Part, Word } from './syntax.js';

/** What the expansion of words needs of the shell. */
export interface Environment {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  /** $1, $2 ... */
  parameters: string[];
  /** set -u, set -f */
  isStrict: boolean;
  isGlobOff: boolean;
  /** Runs commands in a subshell; what they print, without the newlines at its end. */
  substitute(body: List): Promise<string>;
  /** Paths that match; empty where none does. */
  glob(pattern: string): Promise<string[]>;
}

/** `x: parameter not set` and the like: it ends a shell that is not interactive. */
export class ExpansionError extends Error {}

/** Where expanded text goes: quoted text is never split nor taken as a pattern. */
interface Sink {
  quoted(text: string): void;
  /** The result of an expansion outside of quotes. */
  expanded(text: string): void;
  /** Text of the script itself outside of quotes. */
  literal(text: string): void;
  /** "$@": each of them a word. */
  each(values: string[], isQuoted: boolean): void;
}

class Fields implements Sink {
  readonly list: { text: string; pattern: string }[] = [];
  private current: { text: string; pattern: string } | null = null;
  constructor(private readonly ifs: string) {}

  private field() {
    this.current ??= { text: '', pattern: '' };
    return this.current;
  }
  end() {
    if (this.current) this.list.push(this.current);
    this.current = null;
  }
  quoted(text: string) {
    const field = this.field();
    field.text += text;
    field.pattern += literalPattern(text);
  }
  literal(text: string) {
    const field = this.field();
    field.text += text;
    field.pattern += text.replaceAll('\\', '\\\\');
  }
  expanded(text: string) {
    const pieces = this.ifs ? text.split(this.separator()) : [text];
    for (const [i, piece] of pieces.entries()) {
      if (i % 2) {
        if (!this.current && /[^ \t\n]/.test(piece)) this.field();
        this.end();
      } else if (piece) this.literal(piece);
    }
  }
  each(values: string[], isQuoted: boolean) {
    values.forEach((value, i) => {
      if (i) this.end();
      if (isQuoted) this.quoted(value);
      else this.expanded(value);
    });
  }

  /** White space of IFS around at most one other sign of it is one separator. */
  private separator(): RegExp {
    const set = (signs: string[]) => (signs.length ? `[${signs.join('').replace(/[\\\]^-]/g, '\\$&')}]` : '');
    const blank = set([...this.ifs].filter(c => ' \t\n'.includes(c)));
    const hard = set([...this.ifs].filter(c => !' \t\n'.includes(c)));
    const around = blank && `${blank}*`;
    return new RegExp(`(${[hard && around + hard + around, blank && `${blank}+`].filter(Boolean).join('|')})`);
  }
}

class Joined implements Sink {
  text = '';
  constructor(
    private readonly asPattern: boolean,
    private readonly glue: string,
  ) {}
  quoted(text: string) {
    this.text += this.asPattern ? literalPattern(text) : text;
  }
  expanded(text: string) {
    this.text += text;
  }
  literal(text: string) {
    this.text += text;
  }
  each(values: string[]) {
    this.quoted(values.join(this.glue));
  }
}

/** Words as the fields that a command gets. */
export async function expandFields(words: Word[], environment: Environment): Promise<string[]> {
  const result: string[] = [];
  for (const word of words) {
    const only = word.length === 1 ? word[0]! : null;
    if (only?.kind === 'quoted' || (only?.kind === 'text' && !/[*?[~]/.test(only.text))) {
      result.push(only.text);
      continue;
    }
    const fields = new Fields(environment.get('IFS') ?? ' \t\n');
    await expand(tilde(word, environment), fields, environment, false);
    fields.end();
    for (const { text, pattern } of fields.list) {
      const found = !environment.isGlobOff && isPattern(pattern) ? await environment.glob(pattern) : [];
      if (found.length) result.push(...found);
      else result.push(text);
    }
  }
  return result;
}

/** A word as one text: no splitting, no paths. */
export async function expandText(word: Word, environment: Environment): Promise<string> {
  const joined = new Joined(false, ' ');
  await expand(tilde(word, environment), joined, environment, false);
  return joined.text;
}

/** A word as a pattern, in which quoted signs stand for themselves. */
export async function expandPattern(word: Word, environment: Environment): Promise<string> {
  const joined = new Joined(true, ' ');
  await expand(word, joined, environment, false);
  return joined.text;
}

function tilde(word: Word, environment: Environment): Word {
  const first = word[0];
  if (first?.kind !== 'text' || !first.text.startsWith('~')) return word;
  const [, user, rest] = /^~([^/]*)(.*)$/s.exec(first.text)!;
  const home = user ? (user === 'root' ? '/root' : `/home/${user}`) : environment.get('HOME');
  return home ? [{ kind: 'quoted', text: home }, { kind: 'text', text: rest! }, ...word.slice(1)] : word;
}

async function expand(parts: Part[], sink: Sink, environment: Environment, isQuoted: boolean, isValue = false): Promise<void> {
  const emit = (text: string) => (isQuoted ? sink.quoted(text) : sink.expanded(text));
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        if (isValue) sink.expanded(part.text);
        else sink.literal(part.text);
        break;
      case 'quoted':
        sink.quoted(part.text);
        break;
      case 'double': {
        const isNothing = part.parts.length === 1 && isAll(part.parts[0]!) && !environment.parameters.length;
        if (!isNothing) sink.quoted('');
        await expand(part.parts, sink, environment, true);
        break;
      }
      case 'command':
        emit(await environment.substitute(part.body));
        break;
      case 'arithmetic': {
        const joined = new Joined(false, ' ');
        await expand(part.parts, joined, environment, true);
        emit(String(asExpansion(() => evaluate(joined.text, environment))));
        break;
      }
      case 'parameter':
        await parameter(part.name, part.op, sink, environment, isQuoted);
    }
  }
}

const isAll = (part: Part) => part.kind === 'parameter' && part.name === '@' && !part.op;

function asExpansion<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new ExpansionError((error as Error).message);
  }
}

async function parameter(
  name: string,
  op: ParameterOp | null,
  sink: Sink,
  environment: Environment,
  isQuoted: boolean,
): Promise<void> {
  const emit = (text: string) => (isQuoted ? sink.quoted(text) : sink.expanded(text));
  const isList = name === '@' || name === '*';
  const glue = isQuoted && name === '*' ? (environment.get('IFS') ?? ' ').slice(0, 1) : ' ';
  const value = isList
    ? environment.parameters.length
      ? environment.parameters.join(glue)
      : undefined
    : environment.get(name);
  const isSet = value !== undefined && !(op && 'orEmpty' in op && op.orEmpty && value === '');
  if (op) {
    switch (op.sign) {
      case '-':
        if (!isSet) return expand(op.word, sink, environment, isQuoted, true);
        break;
      case '+':
        if (isSet) return expand(op.word, sink, environment, isQuoted, true);
        return;
      case '=':
        if (!isSet) {
          const text = await expandText(op.word, environment);
          environment.set(name, text);
          return emit(text);
        }
        break;
      case '?':
        if (!isSet)
          throw new ExpansionError(
            `${name}: ${(await expandText(op.word, environment)) || (op.orEmpty ? 'parameter not set or null' : 'parameter not set')}`,
          );
    }
  }
  if (value === undefined && environment.isStrict && !isList) throw new ExpansionError(`${name}: parameter not set`);
  if (op?.sign === 'length') return emit(String(isList ? environment.parameters.length : (value ?? '').length));
  if (op && (op.sign[0] === '#' || op.sign[0] === '%')) {
    const { sign, word } = op as { sign: '#'; word: Word };
    return emit(withoutAffix(value ?? '', sign, await expandPattern(word, environment)));
  }
  if (isList && !(isQuoted && name === '*')) return sink.each(environment.parameters, isQuoted);
  emit(value ?? '');
}
