import { sheet } from '../components/frame.js';
import { bold, dim, type Line, yellow } from '../components/line.js';
import { wrap } from '../components/text.js';
import type { Screen } from './screen.js';

/** Before a fix runs: its commands, whole. */
export const confirmMend: Screen = {
  lines: ({ state, t, columns }) => {
    const { chosen } = state.diagnosis;
    if (!chosen) return [];
    const commands = chosen.fix.commands.text
      .split('\n')
      .flatMap(line => wrap(line, columns - 6).map((part, i): Line => ['   ', i === 0 ? part : `  ${part}`]));
    return sheet(
      [yellow('! '), bold(t.failure.mendConfirm(chosen.host))],
      [...wrap(chosen.fix.title[state.language], columns - 3).map((line): Line => [' ', dim(line)]), ...commands],
      columns,
    );
  },
  keys: ({ app, t }) => [
    { keys: ['y'], does: t.keys.mendIt, run: () => void app.diagnosis.mend() },
    { keys: ['n', 'esc'], shown: 'esc', does: t.keys.back, run: () => app.set({ overlay: null }) },
  ],
};

const MOST_ROWS = 8;

/** Before a bundle is written: what will be in it, each file with its size. */
export const confirmBundle: Screen = {
  lines: ({ state, t, columns }) => {
    const files = (state.diagnosis.bundle ?? []).map(({ name, text }) => ({ name, size: Buffer.byteLength(text) }));
    const all = files.reduce((sum, { size }) => sum + size, 0);
    const cells = files.map(({ name, size }) => `${kilobytes(size).padStart(7)}  ${name.replace('bundle/', '')}`);
    const across = columns >= 120 ? 3 : 2;
    const cell = Math.floor((columns - 2) / across);
    const rows = Math.ceil(cells.length / across);
    const shown = Math.min(rows, MOST_ROWS);
    const lines = Array.from(
      { length: shown },
      (_, row): Line => [
        ' ',
        ...Array.from({ length: across }, (_, column) => (cells[column * rows + row] ?? '').slice(0, cell - 1).padEnd(cell)),
      ],
    );
    return sheet(
      [yellow('? '), bold(t.failure.bundleConfirm(files.length, kilobytes(all)))],
      rows > shown ? [...lines, [' ', dim(`… +${files.length - shown * across}`)]] : lines,
      columns,
    );
  },
  keys: ({ app, t }) => [
    { keys: ['y'], does: t.keys.write, run: () => void app.diagnosis.writeBundle() },
    { keys: ['n', 'esc'], shown: 'esc', does: t.keys.back, run: () => app.set({ overlay: null }) },
  ],
};

const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)}K`;
