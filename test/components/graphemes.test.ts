import { expect, it } from 'vitest';
import { graphemes, isSimple } from '../../source/components/graphemes.js';

const icu = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const parts = (segments: Iterable<{ segment: string; index: number }>) =>
  Array.from(segments, ({ segment, index }) => [index, segment]);

it.each([
  ['', true],
  ['Install 3 hosts', true],
  ['\x1b[32m✓\x1b[39m n1 ─▸ 安装，完成。 ▁▂█ ⠸ 3 × 2', false],
  ['\x1b[32m✓\x1b[39m n1 ─▸ 安装，完成。 ▁▂█ ⠸', true],
  ['e\u0301', false],
  ['1\ufe0f\u20e3', false],
  ['↔\ufe0f', false],
  ['👩‍👩‍👧 and 🇨🇳', false],
  ['각', false],
  ['\r\n', false],
  ['\u{f0000}', false],
  ['\u{f0001}\ufe0f', false],
])('%j is taken apart as ICU does, by ICU or without: %s', (text, simple) => {
  expect(isSimple(text)).toBe(simple);
  expect(parts(graphemes.segment(text))).toEqual(parts(icu.segment(text)));
});

it('whatever is simple is a character by itself', () => {
  const simple = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isSimple);
  expect(simple.length).toBeGreaterThan(20_000);
  expect(parts(icu.segment(simple.join('')))).toEqual(simple.map((segment, index) => [index, segment]));
});
