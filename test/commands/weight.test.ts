import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const project = join(import.meta.dirname, '../..');

it.each(['discover/discover', 'preflight', 'plan', 'apply', 'status', 'reset'])(
  '%s loads nothing of the screens or the demo',
  async command => {
    const { metafile } = await build({
      absWorkingDir: project,
      entryPoints: [`source/commands/${command}.ts`],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      loader: { '.yaml': 'text', '.sh': 'text', '.service': 'text' },
      external: ['cpu-features', '*/sshcrypto.node'],
      logLevel: 'silent',
    });
    const loaded = Object.keys(metafile.inputs);
    expect(loaded).toContain(`source/commands/${command}.ts`);
    expect(
      loaded.filter(file =>
        /node_modules\/(ink|react|yoga|zustand|just-bash)|^source\/(screens|demo|app|state\/store)|\.tsx$/.test(file),
      ),
    ).toEqual([]);
  },
);
