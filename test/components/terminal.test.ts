import { expect, it } from 'vitest';
import { changedLinesOnly, takeTerminal } from '../../source/components/terminal.js';
import { FakeTerminal } from '../harness/terminal.js';

const frame = (...lines: string[]) => `${lines.join('\n')}\n`;

it('writes only the lines that changed, each to its own row', async () => {
  const terminal = new FakeTerminal(20, 6);
  const stream = changedLinesOnly(terminal.stdout);
  stream.write(frame('a1', 'b', 'c1'));
  await terminal.until('c1');
  terminal.raw.splice(0);
  stream.write(`\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[G${frame('a2', 'b', 'c2')}`);
  await terminal.until('c2');
  expect(terminal.raw).toEqual(['\x1b[1;1Ha2\x1b[K\x1b[3;1Hc2\x1b[K']);
  expect(terminal.rows.slice(0, 3)).toEqual(['a2', 'b', 'c2']);
  stream.write(frame('a2'));
  await terminal.until(screen => !screen.includes('c2'));
  expect(terminal.rows.slice(0, 3)).toEqual(['a2', '', '']);
});

it('leaves out a frame that was made for a larger terminal, and draws the next one whole', async () => {
  const terminal = new FakeTerminal(20, 6);
  const stream = changedLinesOnly(terminal.stdout);
  stream.write(frame('0123456789012345', 'b'));
  await terminal.until('0123');
  terminal.resize(10, 6);
  terminal.raw.splice(0);
  stream.write(frame('01234567890123456', 'b'));
  expect(terminal.raw.join('')).toBe('');
  stream.write(frame('012345678', 'b'));
  await terminal.until(() => terminal.rows[0] === '012345678');
  expect(terminal.rows.slice(0, 3)).toEqual(['012345678', 'b', '']);
});

it("keeps the operator's scrollback when Ink would clear all of it", () => {
  const terminal = new FakeTerminal(20, 6);
  const stream = changedLinesOnly(terminal.stdout);
  stream.write(`\x1b[2J\x1b[3J\x1b[H${frame('a', 'b')}`);
  expect(terminal.raw.join('')).not.toContain('\x1b[3J');
});

it('gives the terminal back once', async () => {
  const terminal = new FakeTerminal(20, 6);
  const { giveBack } = takeTerminal(terminal.stdout);
  await terminal.until(() => terminal.isAlternate);
  giveBack();
  giveBack();
  await terminal.until(() => !terminal.isAlternate);
  expect(terminal.raw.join('').split('\x1b[?1049l')).toHaveLength(2);
  expect(terminal.raw.join('')).toContain('\x1b[?2004l');
});

it('lends the terminal and takes it back whole, with what was drawn meanwhile', async () => {
  const terminal = new FakeTerminal(20, 6);
  const { stream, lend, giveBack } = takeTerminal(terminal.stdout);
  stream.write(frame('a1', 'b'));
  await terminal.until('a1');
  const takeBack = lend();
  await terminal.until(() => !terminal.isAlternate);
  stream.write(frame('a2', 'b'));
  terminal.stdout.write('\x1b[?1049h\x1b[2;3r\x1b[31msomebody else\x1b[?1000h');
  await terminal.until('somebody else');
  expect(terminal.text).not.toContain('a2');
  takeBack();
  await terminal.until('a2');
  expect(terminal.isAlternate).toBe(true);
  expect(terminal.rows.slice(0, 3)).toEqual(['a2', 'b', '']);
  expect(terminal.colourOf('a2')).toBeNull();
  giveBack();
  await terminal.until(() => !terminal.isAlternate);
});
