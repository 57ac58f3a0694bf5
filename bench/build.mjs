// Bundles a contender that is written against the engine, as scripts/build.mjs bundles the program.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { startQuickly } from '../scripts/start-quickly.mjs';

/** @returns path of the first bundled file; the others lie beside it */
export async function bundle(entry, ...others) {
  const folder = await mkdtemp(join(tmpdir(), 'k8s-tui-bench-'));
  await build({
    entryPoints: [entry, ...others],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    keepNames: true,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    logLevel: 'error',
    loader: { '.yaml': 'text', '.sh': 'text', '.service': 'text' },
    plugins: [startQuickly],
    external: ['cpu-features', '*/sshcrypto.node', '*/devtools.js'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;",
    },
  });
  return join(folder, entry.split('/').at(-1).replace(/\.ts$/, '.mjs'));
}
