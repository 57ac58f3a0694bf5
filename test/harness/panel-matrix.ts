import { expect, it } from 'vitest';
import { width as widthOf } from '../../source/components/text.js';
import type { PanelApp } from '../../source/state/panel/store.js';
import { written } from './frames.js';
import { openPanel } from './panel.js';
import type { FakeTerminal } from './terminal.js';

const sizes = [
  [80, 24],
  [60, 18],
  [59, 17],
  [140, 40],
] as const;

/** Every page of the panel and every sheet over it, one after the other. */
const stages: [name: string, reach: (app: PanelApp, terminal: FakeTerminal) => Promise<void> | void][] = [
  ['nodes', (_app, terminal) => terminal.until(/n10 .*Ready/).then(() => undefined)],
  ['nodes, filtered', app => app.patchUi('nodes', { typing: { text: 'n1 没有', cursor: 5 }, order: 'state', reversed: true })],
  [
    'node',
    app => {
      app.patchUi('nodes', { typing: null });
      app.open('node');
    },
  ],
  ['conditions', app => app.patchUi('node', { tab: 'conditions' })],
  ['certificates', app => app.patchUi('node', { tab: 'certificates', row: 3 })],
  [
    'files',
    app => {
      app.patchUi('node', { tab: 'files' });
      return app.listFiles();
    },
  ],
  ['a log', app => app.read({ kind: 'log', host: 'n10', of: 'unit', name: 'kubelet' })],
  [
    'a log, wrapped and searched',
    app => app.reader.patch({ wrap: true, at: 30, wanted: '日志', search: { text: 'x', cursor: 1 } }),
  ],
  [
    'an act',
    app => {
      app.reader.patch({ search: null });
      app.ask('drain');
    },
  ],
  ['the palette', app => app.set({ overlay: 'palette', act: null })],
  ['help', app => app.set({ overlay: 'help' })],
  ['quit?', app => app.set({ overlay: 'quit' })],
  [
    'health',
    app => {
      app.set({ overlay: null });
      app.open('cluster');
    },
  ],
  ['pods', app => app.patchUi('cluster', { tab: 'pods' })],
  ['events', app => app.patchUi('cluster', { tab: 'events', row: 2 })],
  ['etcd', app => app.patchUi('cluster', { tab: 'etcd' })],
  [
    'a notice',
    app => app.notify('a 很长的通知 that is longer than the line that it has, and so on and so forth, without an end'),
  ],
];

/** Every page in every language at every size: nothing wider or higher than the terminal, no colour where there is none. */
export function panelMatrixTest(isPlain: boolean) {
  it.each(['en', 'zh'] as const)(
    'every page fits, in %s',
    async language => {
      const { app, terminal, exit } = openPanel({ language, simulation: true });
      for (const [name, reach] of stages) {
        terminal.resize(80, 24);
        await reach(app, terminal);
        for (const [columns, rows] of sizes) {
          const isSmall = columns < 60;
          const where = `${name} at ${columns}x${rows}`;
          terminal.raw.splice(0);
          terminal.resize(columns, rows);
          await terminal.until(screen =>
            isSmall
              ? screen.includes('59x17')
              : terminal.rows[0]!.startsWith(' panel') &&
                terminal.rows[rows - 2] !== '' &&
                widthOf(terminal.rows[1]!) === columns - 1,
          );
          for (const { row, width, text } of written(terminal)) {
            expect(row, `${where}: a frame is at most rows-1 high`).toBeLessThan(rows);
            expect(width, `${where}: ${text}`).toBeLessThan(columns);
          }
          if (!isSmall) expect(terminal.rows[1], where).toMatch(language === 'en' ? /SIMULATION/ : /模拟演示/);
          if (isPlain) expect(terminal.isPlain, `${where}: no colour`).toBe(true);
          else if (!isSmall) expect(terminal.isPlain, `${where}: has colour`).toBe(false);
        }
      }
      app.quit(0);
      await exit;
    },
    120_000,
  );
}
