import { expect, it } from 'vitest';
import { redeemed, ticketFor } from '../../source/components/tickets.js';

it('puts lines in the place of their tickets, and what stands beside them where it was', () => {
  const [wide, narrow] = [ticketFor('控制平面  '), ticketFor('\x1b[31m✗\x1b[39m')];
  expect([...wide, ...narrow]).toHaveLength(2);
  expect(redeemed(`${wide}⠋\n${narrow}\nplain`)).toBe('控制平面  ⠋\n\x1b[31m✗\x1b[39m\nplain');
});

it('is one ticket for one line, and another for another', () => {
  expect(ticketFor('n1 ready')).toBe(ticketFor('n1 ready'));
  expect(ticketFor('n1 ready')).not.toBe(ticketFor('n2 ready'));
});

it('keeps to the lines of the present however many have been drawn', () => {
  for (let i = 0; i < 10_000; i++) expect(redeemed(ticketFor(`line ${i}`))).toBe(`line ${i}`);
});

it('leaves no spaces at the ends of lines, as Ink does', () => {
  expect(redeemed(`${ticketFor('a  ')}\nb `)).toBe('a\nb');
});
