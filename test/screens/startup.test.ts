import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** Packages that a module pulls in before it runs, without those that are loaded when they are needed. */
async function loadedWith(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: { entry },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    outdir: '/nowhere',
    write: false,
    metafile: true,
    jsx: 'automatic',
    logLevel: 'silent',
    external: ['cpu-features', '*/sshcrypto.node', 'react-devtools-core'],
    loader: { '.yaml': 'text', '.yml': 'text', '.sh': 'text', '.service': 'text' },
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  });
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string) => {
    const output = metafile.outputs[path];
    if (!output || seen.has(path)) return;
    seen.add(path);
    for (const input of Object.keys(output.inputs))
      packages.add(/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? input);
    for (const { kind, path: next } of output.imports) if (kind === 'import-statement') visit(next);
  };
  visit(Object.keys(metafile.outputs).find(path => path.endsWith('entry.js'))!);
  return [...packages];
}

it('draws the first screen before zod, ssh2, yaml, conf and the demo are loaded', async () => {
  const loaded = await loadedWith('source/app.tsx');
  expect(loaded).toContain('ink');
  expect(
    loaded.filter(
      name => /^(zod|ssh2|yaml|conf|ajv|just-bash|ipaddr\.js|commander)$/.test(name) || name.startsWith('source/demo'),
    ),
  ).toEqual([]);
});
