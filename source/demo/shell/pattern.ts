const special = /[\\*?[\]]/g;

/** Text as a pattern that matches just this text. */
export const literalPattern = (text: string): string => text.replace(special, '\\$&');

/** Has a pattern any sign that is not escaped? */
export const isPattern = (pattern: string): boolean => /[*?[]/.test(pattern.replace(/\\./gs, ''));

/** A shell pattern as the source of a regular expression, without anchors. `*` and `?` stop at nothing. */
export function patternSource(pattern: string): string {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (c === '\\' && i + 1 < pattern.length) source += literal(pattern[++i]!);
    else if (c === '*') source += '[\\s\\S]*';
    else if (c === '?') source += '[\\s\\S]';
    else if (c === '[') {
      const set = /^\[([!^]?)(\]?(?:\[:[a-z]+:\]|\\.|[^\]])*)\]/s.exec(pattern.slice(i));
      if (!set) source += '\\[';
      else {
        source += `[${set[1] ? '^' : ''}${set[2]!.replace(/\[:([a-z]+):\]|\\(.)|[[\]\\^]/gs, (sign, name, escaped) => (name ? (classes[name] ?? '') : literal(escaped ?? sign)))}]`;
        i += set[0].length - 1;
      }
    } else source += literal(c);
  }
  return source;
}

const literal = (c: string) => c.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
const classes: Record<string, string> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: ' \\t\\n\\r\\f\\v',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  cntrl: '\\x00-\\x1f\\x7f',
  print: ' -~',
  graph: '!-~',
};

export const matches = (text: string, pattern: string): boolean => new RegExp(`^(?:${patternSource(pattern)})$`).test(text);

/** The value without the shortest or longest beginning or end that the pattern matches. */
export function withoutAffix(value: string, sign: '#' | '##' | '%' | '%%', pattern: string): string {
  const whole = new RegExp(`^(?:${patternSource(pattern)})$`);
  const lengths = Array.from({ length: value.length + 1 }, (_, i) => i);
  if (sign.length === 2) lengths.reverse();
  for (const n of lengths) {
    const affix = sign[0] === '#' ? value.slice(0, n) : value.slice(value.length - n);
    if (whole.test(affix)) return sign[0] === '#' ? value.slice(n) : value.slice(0, value.length - n);
  }
  return value;
}
