import { defineConfig } from 'vitest/config';
import { textFiles } from './test/support/text-files.js';

// One lab, so one file at a time.
export default defineConfig({
  plugins: [textFiles()],
  test: {
    include: ['test/lab/**/*.test.ts'],
    globalSetup: ['test/lab/setup.ts'],
    env: { CI: 'false', FORCE_COLOR: '1' },
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: ['verbose'],
  },
});
