// Bundles everything that the program needs into dist/, so that `npx k8s-tui` installs one small package and runs no install script.
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { mergeParts } from './merge-parts.mjs';
import { startQuickly } from './start-quickly.mjs';

process.chdir(join(import.meta.dirname, '..'));

await rm('dist', { recursive: true, force: true });
const built = await build({
  entryPoints: { cli: 'source/cli.tsx' },
  outdir: 'dist',
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  minify: true,
  keepNames: true,
  metafile: true,
  write: false,
  jsx: 'automatic',
  legalComments: 'none',
  loader: { '.yaml': 'text', '.yml': 'text', '.sh': 'text', '.service': 'text' },
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  plugins: [startQuickly],
  alias: { 'when-exit': './scripts/when-exit.mjs' },
  // ssh2 takes its native parts when they are there and does without when not: here they never are. Ink's devtools are off.
  external: ['cpu-features', '*/sshcrypto.node', '*/devtools.js'],
  banner: {
    // Some of the bundled packages are CommonJS: they call require() for Node's own modules and ask for the folder they are in.
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
      'const __dirname = import.meta.dirname;',
    ].join(' '),
  },
}).catch(error => {
  // esbuild has said what is wrong, with file and line.
  if (error.errors) process.exit(1);
  throw error;
});

await mergeParts(built, 'dist/cli.js');
const folders = packagesOf(built.metafile);
await writeFile('dist/THIRD_PARTY.txt', await licences(folders));
const files = await readdir('dist', { recursive: true, withFileTypes: true });
const sizes = await Promise.all(
  files.filter(file => file.isFile()).map(async file => (await stat(join(file.parentPath, file.name))).size),
);
const total = sizes.reduce((sum, size) => sum + size, 0);
console.log(`dist: ${(total / 1e6).toFixed(1)} MB in ${sizes.length} files, ${folders.length} packages bundled`);

/** Folders of the packages whose code is in the bundle: `node_modules/@scope/name`. */
function packagesOf({ inputs }) {
  const found = Object.keys(inputs).map(input => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
  return [...new Set(found.filter(Boolean))].sort();
}

/** Their licences ask to go wherever their code goes. */
async function licences(packages) {
  const parts = await Promise.all(
    packages.map(async folder => {
      const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
      const file = (await readdir(folder)).find(entry => /^(licen[cs]e|copying)([.-]|$)/i.test(entry));
      const text = file ? await readFile(join(folder, file), 'utf8') : `Licence: ${license}`;
      return `${name} ${version}\n\n${text.trim()}\n`;
    }),
  );
  return `The program holds code of these packages.\n\n${parts.join(`\n${'─'.repeat(80)}\n\n`)}`;
}
