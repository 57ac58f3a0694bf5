/** Far more than there are lines on a screen. */
const MOST = 4096;
/** One character of a plane that is nobody's. */
const FIRST = 0xf0000;

const lines: { text: string; columns: number }[] = [];
const numbers = new Map<string, number>();
let next = 0;

/** A character that stands for a line of so many columns until it is `redeemed`; the same one for the same line. */
export function ticketFor(text: string, columns: number): string {
  let number = numbers.get(text);
  if (number === undefined) {
    number = next;
    next = (next + 1) % MOST;
    numbers.delete(lines[number]?.text ?? '');
    numbers.set(text, number);
    lines[number] = { text, columns };
  }
  return String.fromCodePoint(FIRST + number);
}

/** A frame with the lines in the place of their tickets, and of the spaces that kept their columns free. */
export const redeemed = (frame: string): string =>
  frame
    .replace(/([\u{f0000}-\u{f0fff}])( *)/gu, (_, ticket: string, spaces: string) => {
      const line = lines[ticket.codePointAt(0)! - FIRST];
      return line ? line.text + spaces.slice(Math.max(0, line.columns - 1)) : '';
    })
    .replace(/ +$/gm, '');
