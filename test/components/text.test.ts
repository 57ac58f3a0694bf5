import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { brief, clean, clock, cut, sized, width, wrap } from '../../source/components/text.js';

describe('width of what is cut and sized', () => {
  it.each([
    ['control plane', 8, 'end', 'control…'],
    ['control plane', 20, 'end', 'control plane'],
    ['控制平面节点', 8, 'end', '控制平…'],
    ['控制平面节点', 7, 'end', '控制平…'],
    ['a控制平面', 6, 'end', 'a控制…'],
    ['very-long-host-name.example.com', 15, 'middle', 'very-lo…ple.com'],
    ['主机-北京-一号', 9, 'middle', '主机…一号'],
    ['abc', 1, 'end', '…'],
    ['abc', 0, 'end', ''],
  ] as const)('%s in %i columns, cut at its %s', (text, columns, where, wanted) => {
    expect(cut(text, columns, where)).toBe(wanted);
    expect(width(cut(text, columns, where))).toBeLessThanOrEqual(columns);
  });

  it.each(['', 'n1', '控制平面', 'a控制平面', '👩‍👩‍👧 family', 'é'])(
    '"%s" takes exactly the columns that it is given',
    text => {
      for (let columns = 2; columns < 14; columns++) {
        expect(width(sized(text, columns))).toBe(columns);
        expect(width(sized(text, columns, 'right', 'middle'))).toBe(columns);
      }
    },
  );
});

it('knows by heart the width of its own marks and of ideographs', () => {
  const known = '·‘’“”…‹›←↑→↓─│┌╿▏█▸◉○●✓✗⠋⣿、。》一鿿！，：；（）～';
  for (const mark of known) expect([mark, width(mark)]).toEqual([mark, stringWidth(mark)]);
  expect(width(known)).toBe(stringWidth(known));
  expect(width('é')).toBe(1);
  expect(width('✓\ufe0f n1')).toBe(stringWidth('✓\ufe0f n1'));
});

describe('wrap', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['读取主机信息不做任何更改。', 12, ['读取主机信息', '不做任何更', '改。']],
    ['用户 root 的密码', 9, ['用户 root', '的密码']],
    ['averyverylongword', 6, ['averyv', 'erylon', 'gword']],
    ['a\n\nb', 5, ['a', '', 'b']],
  ] as [string, number, string[]][])('%s in %i columns', (text, columns, wanted) => {
    expect(wrap(text, columns)).toEqual(wanted);
    for (const line of wrap(text, columns)) expect(width(line)).toBeLessThanOrEqual(columns);
  });
});

describe('clean', () => {
  it.each([
    ['colours', '\x1b[31mred\x1b[0m text', 'red text'],
    ['a title and a clipboard', '\x1b]0;owned\x07ok\x1b]52;c;AAAA\x1b\\', 'ok'],
    ['progress on one line', '10%\r50%\r100%', '100%'],
    ['a line end of the other kind', 'done\r', 'done'],
    ['tabs and bells', 'a\tb\x07', 'a  b'],
    ['text that runs backwards', 'a\u202eb', 'ab'],
    ['the escape of an unfinished sequence', 'a\x1b[12', 'a[12'],
  ])('takes %s out', (_, line, wanted) => {
    expect(clean(line)).toBe(wanted);
  });
});

it.each([
  [0, '0:00', '0s'],
  [9_400, '0:09', '9s'],
  [75_000, '1:15', '75s'],
  [130_000, '2:10', '2m10'],
  [3_900_000, '1:05:00', '1h05'],
])('%i ms are %s, and %s where there is little room', (ms, long, short) => {
  expect(clock(ms)).toBe(long);
  expect(brief(ms)).toBe(short);
});
