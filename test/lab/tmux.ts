import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { key } from './lab.js';
import { bin } from './program.js';

/** The program in a real terminal of 80 by 24, with the lab's key in its home where that has no ~/.ssh yet. */
export function inTerminal(home: string, ...args: string[]) {
  const socket = join(mkdtempSync(join(tmpdir(), 'k8s-tui-tmux-')), 'socket');
  const tmux = (...words: string[]) => execFileSync('tmux', ['-S', socket, ...words], { encoding: 'utf8' });
  const screen = () => tmux('capture-pane', '-p', '-t', 'screens');
  const press = (...keys: string[]) => tmux('send-keys', '-t', 'screens', ...keys);
  if (!existsSync(join(home, '.ssh'))) {
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
    copyFileSync(key(), join(home, '.ssh/id_ed25519'));
  }
  const program = [process.execPath, bin, ...args].join(' ');
  const command = `env -i PATH="$PATH" HOME=${home} TERM=tmux-256color LANG=C.UTF-8 ${program}; echo "ended with $?"; cat`;
  tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'screens', '-x', '80', '-y', '24', command);
  return {
    screen,
    press,
    /** A text as a person pastes it; unlike one that is typed it is on no command line. */
    paste(text: string) {
      execFileSync('tmux', ['-S', socket, 'load-buffer', '-'], { input: text });
      tmux('paste-buffer', '-d', '-p', '-t', 'screens');
    },
    /** Waits until the screen shows all of it. */
    see: (seconds: number, ...texts: (string | RegExp)[]) =>
      vi.waitFor(
        () => {
          const shown = screen();
          for (const text of texts) expect(shown).toMatch(text);
          return shown;
        },
        { timeout: seconds * 1000, interval: 200 },
      ),
    /**
     * Answers a question until the screen shows the text. It takes no answer in the first moment that it is shown; another one may
     * mean something else on the screen behind it, and is not given before the first has had its time.
     */
    answer: (seconds: number, question: string, answerKey: string, text: string) => {
      let answeredAt = 0;
      return vi.waitFor(
        () => {
          const shown = screen();
          if (shown.includes(question) && Date.now() - answeredAt > 2000) {
            press(answerKey);
            answeredAt = Date.now();
          }
          expect(shown).toContain(text);
        },
        { timeout: seconds * 1000, interval: 400 },
      );
    },
    /** The terminal is gone, as when its window is closed. */
    close: () => void spawnSync('tmux', ['-S', socket, 'kill-server']),
  };
}
