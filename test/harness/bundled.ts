import { join } from 'node:path';
import { build } from 'esbuild';

/** A piece of this program as a file for a process of its own, whose limits or user are others. @param text TypeScript; its imports are the project's: `./source/…` */
export const bundled = (text: string, outfile: string) =>
  build({
    stdin: { contents: text, resolveDir: join(import.meta.dirname, '../..'), loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    loader: { '.sh': 'text', '.yaml': 'text', '.service': 'text' },
    logLevel: 'silent',
  });
