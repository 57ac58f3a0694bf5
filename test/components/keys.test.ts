import { describe, expect, it } from 'vitest';
import { fieldOf, typed } from '../../source/components/field.js';
import { keyBar } from '../../source/components/frame.js';
import { type Binding, createKeyReader, type Press } from '../../source/components/keys.js';
import { lineText, lineWidth } from '../../source/components/line.js';

describe('what the terminal sends, read as keys', () => {
  it.each<[string, string[], Press[]]>([
    ['Enter', ['\r'], [{ key: 'enter' }]],
    ['Backspace and Delete', ['\x7f', '\x1b[3~'], [{ key: 'backspace' }, { key: 'delete' }]],
    ['Esc', ['\x1b'], [{ key: 'esc' }]],
    ['Ctrl-C', ['\x03'], [{ key: 'ctrl-c' }]],
    ['Esc and Ctrl-C in one go', ['\x1b\x03'], [{ key: 'esc' }, { key: 'ctrl-c' }]],
    ['Alt and a letter, which means nothing', ['\x1bj'], []],
    ['several keys in one go', ['ab\r'], [{ key: 'a' }, { key: 'b' }, { key: 'enter' }]],
    ['Enter and a letter in one go', ['\rr'], [{ key: 'enter' }, { key: 'r' }]],
    ['a wide character', ['控'], [{ key: '控' }]],
    ['a bracketed paste', ['\x1b[200~', '10.0.0.1\r10.0.0.2', '\x1b[201~'], [{ paste: '10.0.0.1\n10.0.0.2' }]],
    ['a paste in pieces, with an escape in it', ['\x1b[200~', 'a\r\n', '\x1b[A', 'b', '\x1b[201~'], [{ paste: 'a\n [Ab' }]],
    ['a paste without brackets', ['10.0.0.1\r\n10.0.0.2\r\n'], [{ paste: '10.0.0.1\n10.0.0.2\n' }]],
    ['an unknown sequence', ['\x1b[99;5u'], []],
  ])('%s', (_, inputs, wanted) => {
    const read = createKeyReader();
    expect(inputs.flatMap(read)).toEqual(wanted);
  });
});

describe('a text field', () => {
  it.each<[string, string[], string, number]>([
    ['types', ['a', 'space', 'b'], 'a b', 3],
    ['deletes backwards', ['a', 'b', 'backspace'], 'a', 1],
    ['deletes nothing at its start', ['a', 'home', 'backspace'], 'a', 0],
    ['deletes forwards', ['a', 'b', 'home', 'delete'], 'b', 0],
    ['inserts in the middle', ['a', 'c', 'left', 'b'], 'abc', 2],
    ['deletes a word', ['a', 'space', 'b', 'ctrl-w'], 'a ', 2],
    ['deletes to its start', ['a', 'b', 'left', 'ctrl-u'], 'b', 0],
    ['deletes to its end', ['a', 'b', 'left', 'ctrl-k'], 'a', 1],
    ['does not leave its text', ['a', 'right', 'right'], 'a', 1],
  ])('%s', (_, keys, text, cursor) => {
    expect(keys.reduce((field, key) => typed(field, key)!, fieldOf(''))).toEqual({ text, cursor });
  });

  it('leaves alone what is none of its keys', () => {
    for (const key of ['enter', 'esc', 'tab', 'up', 'f1', 'ctrl-c']) expect(typed(fieldOf('a'), key)).toBeNull();
  });
});

it('drops keys from the right of the bar where there is no room, but never the help', () => {
  const binding = (key: string, does: string): Binding => ({ keys: [key], does, run: () => undefined });
  const bindings = [binding('enter', 'go on'), binding('a', 'add'), binding('r', 'role'), binding('?', 'help')];
  expect(lineText(keyBar(bindings, 80))).toBe(' enter go on  a add  r role  ? help');
  expect(lineText(keyBar(bindings, 30))).toBe(' enter go on  a add  ? help');
  for (let columns = 20; columns < 40; columns++) expect(lineWidth(keyBar(bindings, columns))).toBeLessThanOrEqual(columns);
});
