import { expect, it } from 'vitest';
import { width } from '../../source/components/text.js';
import { fullScript, openFrames, screenIds, stages, written } from './frames.js';

const sizes = [
  [80, 24],
  [60, 18],
  [59, 17],
  [140, 40],
] as const;

/** Every screen in every language at every size: nothing wider or higher than the terminal, no colour where there is none. */
export function matrixTest(isPlain: boolean) {
  it.each(['en', 'zh'] as const)(
    'every screen fits, in %s',
    async language => {
      const { app, terminal, close } = openFrames(language, fullScript);
      const seen = new Set<string>();
      for (const [name, reach] of stages) {
        await reach(app);
        seen.add(app.store.getState().screen);
        for (const [columns, rows] of sizes) {
          const isSmall = columns < 60;
          const where = `${name} at ${columns}x${rows}`;
          terminal.raw.splice(0);
          terminal.resize(columns, rows);
          // Right after a resize the terminal still shows what stood there, moved about.
          await terminal.until(() => {
            const shown = terminal.rows;
            if (shown[rows - 1] !== '') return false;
            return isSmall
              ? shown[1]!.includes('59x17')
              : shown[0]!.includes('k8s-tui') && shown[rows - 2] !== '' && width(shown[1]!) === columns - 1;
          });
          for (const { row, width: taken, text } of written(terminal)) {
            expect(row, `${where}: a frame is at most rows-1 high`).toBeLessThan(rows);
            expect(taken, `${where}: ${text}`).toBeLessThan(columns);
          }
          if (!isSmall) {
            if (name !== 'welcome' && !name.startsWith('hosts, none') && !name.startsWith('hosts, a list'))
              expect(terminal.text, where).toMatch(language === 'en' ? /SIMULATION/ : /模拟演示/);
          }
          if (name === 'host keys' && !isSmall)
            expect(terminal.text.match(/SHA256:[A-Za-z0-9+/]{43}(?![\w+/…])/g), `${where}: whole fingerprints`).toHaveLength(3);
          expect(terminal.text, where).not.toContain('canary');
          if (isPlain) expect(terminal.isPlain, `${where}: no colour`).toBe(true);
          else if (!isSmall) expect(terminal.isPlain, `${where}: has colour`).toBe(false);
        }
      }
      expect([...seen].sort()).toEqual([...screenIds].sort());
      await close();
    },
    120_000,
  );
}
