const escapes: Record<string, string> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** Backslash escapes; `stop` where `\c` was met. */
function escapesIn(text: string, isArgument: boolean): { text: string; stop: boolean } {
  let stop = false;
  const result = text.replace(/\\(?:(0[0-7]{0,3}|[0-7]{1,3})|([\s\S]))/g, (whole, octal: string | undefined, sign: string) => {
    if (stop) return '';
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
    if (sign === 'c' && isArgument) {
      stop = true;
      return '\0stop';
    }
    return escapes[sign] ?? whole;
  });
  return stop ? { text: result.slice(0, result.indexOf('\0stop')), stop } : { text: result, stop };
}

/** What `printf FORMAT ARGS...` prints; the error where an argument is no number. */
export function printf(format: string, args: string[]): { text: string; error: string | null } {
  let text = '';
  let error: string | null = null;
  let rest = args;
  const integer = (value: string): bigint => {
    if (/^["']/.test(value)) return BigInt(value.charCodeAt(1) || 0);
    const number = /^\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*|)/.exec(value)!;
    if (number[0].length !== value.length || (!number[2] && value)) error = `${value}: expected numeric value`;
    const digits = number[2] || '0';
    const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
    return number[1] === '-' ? -magnitude : magnitude;
  };
  const pieces = [
    ...format.matchAll(
      /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(l*[diouxXcsbeEfFgG%])|\\(?:0[0-7]{0,3}|[0-7]{1,3}|[\s\S])|[^%\\]+|[%\\]/g,
    ),
  ];
  do {
    const before = rest.length;
    for (const [piece, flags = '', width, precision, kind] of pieces) {
      if (!kind) {
        text += piece.startsWith('\\') ? escapesIn(piece, false).text : piece;
        continue;
      }
      if (kind === '%') {
        text += '%';
        continue;
      }
      const take = () => {
        const value = rest[0];
        rest = rest.slice(1);
        return value;
      };
      let wide = width === '*' ? Number(take() ?? 0) : Number(width ?? 0);
      const isLeft = flags.includes('-') || wide < 0;
      wide = Math.abs(wide);
      const exact =
        precision === '*'
          ? Number(take() ?? 0)
          : precision === undefined
            ? piece.includes('.')
              ? 0
              : null
            : Number(precision);
      const value = take() ?? '';
      let shown: string;
      const conversion = kind.at(-1)!;
      if (conversion === 's') shown = exact === null ? value : value.slice(0, exact);
      else if (conversion === 'c') shown = value.slice(0, 1);
      else if (conversion === 'b') {
        const { text: unescaped, stop } = escapesIn(value, true);
        if (stop) return { text: text + unescaped, error };
        shown = unescaped;
      } else if ('eEfFgG'.includes(conversion)) {
        const float = Number(value || 0);
        if (Number.isNaN(float)) error = `${value}: expected numeric value`;
        shown =
          conversion === 'f' || conversion === 'F'
            ? float.toFixed(exact ?? 6)
            : conversion === 'e'
              ? float.toExponential(exact ?? 6).replace(/e([-+])(\d)$/, 'e$10$2')
              : String(float);
      } else {
        const number = integer(value);
        const unsigned = BigInt.asUintN(64, number);
        const digits = {
          d: number,
          i: number,
          u: unsigned,
          o: unsigned.toString(8),
          x: unsigned.toString(16),
          X: unsigned.toString(16).toUpperCase(),
        }[conversion]!.toString();
        const sign = digits.startsWith('-') ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
        const prefix = flags.includes('#') ? ({ x: '0x', X: '0X', o: '0' }[conversion] ?? '') : '';
        shown = sign + prefix + digits.replace('-', '').padStart(exact ?? 0, '0');
        if (flags.includes('0') && !isLeft && exact === null)
          shown = sign + prefix + shown.slice((sign + prefix).length).padStart(wide - (sign + prefix).length, '0');
      }
      text += isLeft ? shown.padEnd(wide) : shown.padStart(wide);
    }
    if (rest.length === before) break;
  } while (rest.length);
  return { text, error };
}
