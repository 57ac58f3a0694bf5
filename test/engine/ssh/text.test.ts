import { describe, expect, it } from 'vitest';
import { Capture } from '../../../source/engine/ssh/capture.js';
import { AfterMark, assignments, framed } from '../../../source/engine/ssh/frame.js';
import { Lines } from '../../../source/engine/ssh/lines.js';
import { sanitize } from '../../../source/engine/ssh/sanitize.js';

it.each([
  ['plain', 'plain'],
  ['tab\tstays', 'tab\tstays'],
  ['\x1b[31mred\x1b[0m', 'red'],
  ['\x1b[2J\x1b[1;1Hhome', 'home'],
  ['\x1b]0;title\x07after', 'after'],
  ['\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\', 'link'],
  ['\x1bPq#0;1~\x1b\\sixel', 'sixel'],
  ['\x1b_apc\x1b\\x\x1b^pm\x1b\\y', 'xy'],
  ['\x9b31mc1\x9d0;t\x9c!', 'c1!'],
  ['\x1bcreset', 'reset'],
  ['bell\x07 back\x08 del\x7f nul\0', 'bell back del nul'],
  ['unfinished \x1b[', 'unfinished '],
  ['unfinished \x1b]0;title', 'unfinished '],
  ['\u202eevil\u2066x\u2069\u200f', 'evilx'],
  ['10%\r50%\r100%', '100%'],
  ['dos line\r', 'dos line'],
  ['10%\r100%\r', '100%'],
  ['Größe 漢字 🎉', 'Größe 漢字 🎉'],
])('%j is shown as %j', (line, shown) => {
  expect(sanitize(line)).toBe(shown);
});

describe('lines of a stream', () => {
  const split = (...chunks: Buffer[]) => {
    const lines: string[] = [];
    const splitter = new Lines(line => lines.push(line));
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    return lines;
  };
  it('is the same wherever the stream is cut', () => {
    const whole = Buffer.from('erste Zeile: Größe\n\n漢字 🎉\nohne Ende');
    const expected = ['erste Zeile: Größe', '', '漢字 🎉', 'ohne Ende'];
    for (let at = 0; at <= whole.length; at++) expect(split(whole.subarray(0, at), whole.subarray(at))).toEqual(expected);
    expect(split(...[...whole].map(byte => Buffer.from([byte])))).toEqual(expected);
  });
  it('cuts a line without end, and holds no more of it than it shows', () => {
    const [first, second, ...more] = split(
      ...Array.from({ length: 1000 }, () => Buffer.alloc(1000, 'x')),
      Buffer.from('\nnext\n'),
    );
    expect(first).toBe(`${'x'.repeat(8192)}…`);
    expect(second).toBe('next');
    expect(more).toEqual([]);
  });
  it('leaves a line of just the most characters whole', () => {
    expect(split(Buffer.from(`${'x'.repeat(8192)}\n`))).toEqual(['x'.repeat(8192)]);
  });
  it('takes bytes that are not UTF-8', () => {
    expect(split(Buffer.from([0x61, 0xff, 0x62, 0x0a]))).toEqual(['a\ufffdb']);
  });
});

describe('what is kept of a stream', () => {
  it.each([1, 3, 10, 100])('is all of a short one (chunks of %i)', size => {
    const text = 'x'.repeat(50) + 'y'.repeat(50);
    const capture = new Capture(100);
    for (let at = 0; at < text.length; at += size) capture.push(Buffer.from(text.slice(at, at + size)));
    expect(`${capture}`).toBe(text);
  });
  it.each([1, 7, 60, 1000])('is the beginning and the end of a long one (chunks of %i)', size => {
    const text = Array.from({ length: 300 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
    const capture = new Capture(100);
    for (let at = 0; at < text.length; at += size) capture.push(Buffer.from(text.slice(at, at + size)));
    expect(`${capture}`).toBe(`${text.slice(0, 50)}\n[200 bytes left out]\n${text.slice(-50)}`);
  });
});

describe('the mark before what a script says', () => {
  it('hides what came before it, wherever the stream is cut', () => {
    const whole = Buffer.from('Welcome!\nnoise without end MARK 4711\nresult\n');
    for (let at = 0; at <= whole.length; at++) {
      let rest = '';
      const filter = new AfterMark('MARK', chunk => (rest += chunk));
      filter.push(whole.subarray(0, at));
      filter.push(whole.subarray(at));
      expect([rest, filter.line, filter.before]).toEqual(['result\n', '4711', 'Welcome!\nnoise without end ']);
    }
  });
  it('remembers what was said where it never comes', () => {
    const filter = new AfterMark('MARK', () => {});
    filter.push(Buffer.from('This account is currently not available.\n'));
    expect([filter.line, filter.before]).toEqual([null, 'This account is currently not available.\n']);
  });
});

it('quotes the values of variables and refuses what is not a name', () => {
  expect(assignments({ A: "it's $HOME", B2: 'two\nlines' })).toBe("A='it'\\''s $HOME'\nB2='two\nlines'\n");
  expect(() => assignments({ 'A;reboot': 'x' })).toThrow(TypeError);
  expect(() => framed('m', ':', { A: 'nul\0' })).toThrow(TypeError);
});
