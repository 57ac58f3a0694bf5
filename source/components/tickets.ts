/** Far more than there are lines on a screen. */
const MOST = 4096;
/** One character of a plane that is nobody's. */
const FIRST = 0xf0000;

const lines: string[] = [];
const numbers = new Map<string, number>();
let next = 0;

/** A character that stands for a line until it is `redeemed`; the same one for the same line. */
export function ticketFor(line: string): string {
  let number = numbers.get(line);
  if (number === undefined) {
    number = next;
    next = (next + 1) % MOST;
    numbers.delete(lines[number] ?? '');
    numbers.set(line, number);
    lines[number] = line;
  }
  return String.fromCodePoint(FIRST + number);
}

/** Is a text one of them, and nothing else? */
export const isTicket = (text: string): boolean => text.length === 2 && /^[\u{f0000}-\u{f0fff}]$/u.test(text);

/** A frame with the lines in the place of their tickets. */
export const redeemed = (frame: string): string =>
  frame.replace(/[\u{f0000}-\u{f0fff}]/gu, ticket => lines[ticket.codePointAt(0)! - FIRST] ?? '').replace(/ +$/gm, '');
