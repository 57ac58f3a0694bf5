import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { textFiles } from './test/support/text-files.js';

// The lab's tests have a configuration of their own: they need root and real hosts.
export default defineConfig({
  plugins: [textFiles()],
  resolve: { alias: { 'when-exit': join(import.meta.dirname, 'scripts/when-exit.mjs') } },
  test: {
    server: { deps: { inline: ['conf', 'atomically'] } },
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/lab/**'],
    env: { CI: 'false', FORCE_COLOR: '1' },
    // On two cores one worker would be the default, and half the machine idle.
    maxWorkers: '100%',
    testTimeout: 120_000,
  },
});
