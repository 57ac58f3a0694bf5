import { describe, expect, it } from 'vitest';
import { type RailStep, rail, rule } from '../../source/components/frame.js';
import { beside, bold, cutLine, ends, lineText, lineWidth, windowOf } from '../../source/components/line.js';
import { type Column, layout, table } from '../../source/components/table.js';

interface Row {
  name: string;
  address: string;
  cpu: number;
}
const rows: Row[] = Array.from({ length: 30 }, (_, i) => ({ name: `host-${i}`, address: `10.0.0.${i}`, cpu: i }));
const columns: Column<Row>[] = [
  { title: 'NAME', cell: row => row.name, min: 4, cut: 'middle' },
  { title: 'ADDRESS', cell: row => row.address, min: 8 },
  { title: 'CPU', cell: row => String(row.cpu), align: 'right', rank: 1 },
];

describe('a table', () => {
  it('drops the columns of the highest rank first, then narrows the widest', () => {
    const titles = (room: number) => layout(columns, rows, room).map(({ column, width }) => `${column.title} ${width}`);
    expect(titles(40)).toEqual(['NAME 7', 'ADDRESS 9', 'CPU 3']);
    expect(titles(20)).toEqual(['NAME 7', 'ADDRESS 9']);
    expect(titles(16)).toEqual(['NAME 5', 'ADDRESS 9']);
  });

  it('keeps the chosen row in sight and takes exactly its lines', () => {
    for (const chosen of [0, 7, 29]) {
      const lines = table(columns, rows, { room: 60, height: 8, chosen });
      expect(lines).toHaveLength(8);
      expect(lines.map(lineText).filter(line => line.includes('▸'))).toEqual([expect.stringContaining(`host-${chosen}`)]);
    }
  });

  it('is as wide as a row that has come, and measures the others no second time', () => {
    const asked: string[] = [];
    const cell = (row: Row) => {
      asked.push(row.name);
      return row.name;
    };
    const asking = [{ ...columns[0]!, cell }, columns[1]!];
    layout(asking, rows, 60);
    asked.length = 0;
    const more = [...rows, { name: 'host-with-a-longer-name', address: '10.0.0.99', cpu: 1 }];
    expect(layout(asking, more, 60)[0]!.width).toBe(23);
    expect(asked).toEqual(['host-with-a-longer-name']);
  });

  it('aligns numbers to the right', () => {
    const lines = table(columns, rows, { room: 60, height: 31, chosen: 0 }).map(lineText);
    expect(lines[10]!.trimEnd().length).toBe(lines[11]!.trimEnd().length);
  });
});

it.each([
  [5, 0, 10, { from: 0, to: 5 }],
  [30, 0, 10, { from: 0, to: 10 }],
  [30, 15, 10, { from: 10, to: 20 }],
  [30, 29, 10, { from: 20, to: 30 }],
])('of %i rows with row %i chosen, %i lines show', (length, chosen, height, wanted) => {
  expect(windowOf(length, chosen, height)).toEqual(wanted);
});

describe('lines', () => {
  it('are cut at the width with a mark, across pieces', () => {
    expect(lineText(cutLine(['abc', bold('def')], 6))).toBe('abcdef');
    expect(lineText(cutLine(['abc', bold('def')], 5))).toBe('abcd…');
    expect(lineText(cutLine(['abc', bold('def')], 3))).toBe('ab…');
    expect(lineText(cutLine(['控制', '平面'], 5))).toBe('控制…');
  });

  it('hold both ends apart and let the left one give way', () => {
    expect(lineText(ends(['left'], ['right'], 14))).toBe('left     right');
    expect(lineText(ends(['a long left side'], ['right'], 14))).toBe('a long … right');
  });

  it('stand beside each other', () => {
    expect(beside([['a'], ['b']], [['c']], 3, 10).map(lineText)).toEqual(['a  │ c', 'b  │ ']);
  });
});

describe('the rail', () => {
  const steps = (here: number): RailStep[] =>
    ['Hosts', 'Mirror', 'Options', 'Check', 'Review', 'Install'].map((title, i) => ({
      title,
      state: i < here ? 'done' : i === here ? 'here' : 'ahead',
    }));

  it('keeps every step in its place from the first to the last', () => {
    const places = [0, 3, 5].map(here => lineText(rail(steps(here), 77)).indexOf('Install'));
    expect(new Set(places).size).toBe(1);
  });

  it('shows the steps around the present one where there is no room for all', () => {
    expect(lineText(rail(steps(4), 50))).toMatch(/… ─.*▸5 Review/);
    for (let width = 30; width < 90; width++)
      for (let here = 0; here < 6; here++) expect(lineWidth(rail(steps(here), width))).toBeLessThanOrEqual(width);
  });
});

it('says the words of the rule in the longest way that fits', () => {
  const ways = [[bold('a simulation'), bold('nothing has been changed yet')], [bold('nothing has been changed yet')]];
  expect(lineText(rule(ways, 60))).toMatch(/^─+ a simulation ── nothing has been changed yet ─$/);
  expect(lineText(rule(ways, 40))).toMatch(/^─+ nothing has been changed yet ─$/);
  for (let width = 10; width < 80; width++) expect(lineWidth(rule(ways, width))).toBe(width);
});
