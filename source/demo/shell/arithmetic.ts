/** Where arithmetic finds and leaves its variables. */
export interface Variables {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
}

const binary: [string, (a: bigint, b: bigint) => bigint][][] = [
  [['||', (a, b) => truth(a !== 0n || b !== 0n)]],
  [['&&', (a, b) => truth(a !== 0n && b !== 0n)]],
  [['|', (a, b) => a | b]],
  [['^', (a, b) => a ^ b]],
  [['&', (a, b) => a & b]],
  [
    ['==', (a, b) => truth(a === b)],
    ['!=', (a, b) => truth(a !== b)],
  ],
  [
    ['<=', (a, b) => truth(a <= b)],
    ['>=', (a, b) => truth(a >= b)],
    ['<', (a, b) => truth(a < b)],
    ['>', (a, b) => truth(a > b)],
  ],
  [
    ['<<', (a, b) => a << b],
    ['>>', (a, b) => a >> b],
  ],
  [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
  ],
  [
    ['*', (a, b) => a * b],
    ['/', (a, b) => divide(a, b, () => a / b)],
    ['%', (a, b) => divide(a, b, () => a % b)],
  ],
];

const truth = (value: boolean) => (value ? 1n : 0n);
const divide = (_a: bigint, b: bigint, result: () => bigint) => {
  if (b === 0n) throw new Error('arithmetic expression: division by zero');
  return result();
};

/** The value of `$((text))`, whose substitutions have been made. @throws Error with the shell's own words */
export function evaluate(text: string, variables: Variables): bigint {
  let position = 0;
  const fail = (): never => {
    throw new Error(`arithmetic expression: expecting primary: "${text}"`);
  };
  const take = (pattern: RegExp) => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (!match) return null;
    position += match[0].length;
    return match;
  };
  const sign = (operator: string) => {
    take(/\s*/y);
    if (!text.startsWith(operator, position)) return false;
    const after = text[position + operator.length];
    if (
      operator.length === 1 &&
      ('&|<>'.includes(operator) ? after === operator || after === '=' : after === '=' && operator !== '=')
    )
      return false;
    position += operator.length;
    return true;
  };

  const assignment = (): bigint => {
    const start = position;
    const target = take(/\s*([A-Za-z_][A-Za-z0-9_]*)\s*(<<|>>|[-+*/%&|^])?=(?!=)/y);
    if (!target) {
      position = start;
      return ternary();
    }
    let value = assignment();
    if (target[2])
      value = binary
        .flat()
        .find(([operator]) => operator === target[2])![1](variable(target[1]!), value);
    variables.set(target[1]!, String(value));
    return value;
  };
  const ternary = (): bigint => {
    const condition = level(0);
    if (!sign('?')) return condition;
    const yes = assignment();
    if (!sign(':')) fail();
    const no = assignment();
    return condition ? yes : no;
  };
  const level = (n: number): bigint => {
    const operators = binary[n];
    if (!operators) return unary();
    let left = level(n + 1);
    for (;;) {
      const found = operators.find(([operator]) => sign(operator));
      if (!found) return left;
      left = found[1](left, level(n + 1));
    }
  };
  const unary = (): bigint => {
    if (sign('-')) return -unary();
    if (sign('+')) return unary();
    if (sign('!')) return truth(unary() === 0n);
    if (sign('~')) return ~unary();
    if (sign('(')) {
      const value = assignment();
      if (!sign(')')) fail();
      return value;
    }
    const number = take(/\s*(0[xX][0-9A-Fa-f]+|\d+)/y);
    if (number) return integer(number[1]!);
    const name = take(/\s*([A-Za-z_][A-Za-z0-9_]*)/y);
    return name ? variable(name[1]!) : fail();
  };
  const variable = (name: string): bigint => {
    const value = variables.get(name)?.trim();
    if (!value) return 0n;
    if (!/^[-+]?(0[xX][0-9A-Fa-f]+|\d+)$/.test(value)) throw new Error(`Illegal number: ${value}`);
    return value.startsWith('-') ? -integer(value.slice(1)) : integer(value.replace('+', ''));
  };

  if (!text.trim()) return 0n;
  const value = assignment();
  if (text.slice(position).trim()) fail();
  return BigInt.asIntN(64, value);
}

const integer = (digits: string): bigint => BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
