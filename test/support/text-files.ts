import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/** Takes .sh and .yaml files in as text, as scripts/build.mjs does. */
export const textFiles = (): Plugin => ({
  name: 'text-files',
  enforce: 'pre',
  async load(id) {
    if (!/\.(sh|ya?ml|service)$/.test(id)) return null;
    return `export default ${JSON.stringify(await readFile(id, 'utf8'))};`;
  },
});
