// esbuild splits the program into a part for every set of commands that share something: a hundred small files. To open fifty
// of them one after the other takes a fifth of the time to the first frame, so those that are always loaded together are one.
import { dirname, join, resolve } from 'node:path';
import { rollup } from 'rollup';

/** The first screen, and what every command begins with. */
const firstScreen = ['source/commands/session.ts', 'source/commands/app.ts', 'source/app.tsx'];
/** What draws screens: no other command loads one. */
const screens = ['source/commands/app.ts', 'source/app.tsx', 'source/panel.tsx'];

/**
 * Writes what esbuild has built into its folder, in fewer files: `always` for every command, `first-screen`, and `first-shared`,
 * which is what other commands need of the first screen. They load no screen. All names tell the contents, so a program that is
 * replaced while it runs takes none of the new one's files for its own.
 * @param {{metafile: import('esbuild').Metafile, outputFiles: import('esbuild').OutputFile[]}} built with `write: false`
 * @param {string} entry the output that is run, `dist/cli.js`
 */
export async function mergeParts({ metafile: { outputs }, outputFiles }, entry) {
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const always = loadedWith(outputs, entry);
  always.delete(entry);
  const loadedWithEntries = isWanted =>
    Object.entries(outputs).flatMap(([path, { entryPoint }]) =>
      entryPoint && path !== entry && isWanted(entryPoint) ? [...loadedWith(outputs, path)] : [],
    );
  const first = new Set(loadedWithEntries(entryPoint => firstScreen.includes(entryPoint)));
  const others = new Set(loadedWithEntries(entryPoint => !screens.includes(entryPoint)));
  const partOf = path => {
    if (always.has(path)) return 'always';
    if (first.has(path)) return others.has(path) ? 'first-shared' : 'first-screen';
    return null;
  };
  const names = new Map(Object.keys(outputs).map(path => [resolve(path), partOf(path)]));

  const bundle = await rollup({
    input: resolve(entry),
    treeshake: false,
    plugins: [
      {
        name: 'what esbuild has built',
        resolveId(id, from) {
          const path = from ? join(dirname(from), id) : id;
          return texts.has(path) ? path : false; // what esbuild left out: Node's own, and what is never there
        },
        load: path => texts.get(path),
      },
    ],
  });
  await bundle.write({
    dir: dirname(entry),
    entryFileNames: '[name].js',
    chunkFileNames: ({ name }) => `parts/${name.replace(/-[0-9A-Z]{8}$/, '')}-[hash].js`,
    hashCharacters: 'base36',
    manualChunks: path => names.get(path),
    onlyExplicitManualChunks: true,
  });
  await bundle.close();
}

/** The outputs that are loaded before one of them runs, itself among them. */
function loadedWith(outputs, path, seen = new Set()) {
  if (!outputs[path] || seen.has(path)) return seen;
  seen.add(path);
  for (const { kind, path: next } of outputs[path].imports) if (kind === 'import-statement') loadedWith(outputs, next, seen);
  return seen;
}
