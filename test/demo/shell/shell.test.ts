import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBytes } from '../../../source/demo/programs/tools.js';
import { runOn } from '../support.js';
import { snippets } from './snippets.js';

const isThere = spawnSync('dash', ['-c', ':']).status === 0;
const input = 'in1\nin2\n';

describe.skipIf(!isThere)('the demo shell does what dash does', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'k8s-tui-dash-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.entries(snippets))('%s', async (_name, script) => {
    const cwd = mkdtempSync(join(folder, 'w'));
    const dash = spawnSync('dash', ['-c', script], { input, cwd, env: { PATH: process.env.PATH, HOME: '/root', LC_ALL: 'C' } });
    const ours = await runOn(['sh', '-c', toBytes(script)], { input });
    expect({ code: ours.code, out: ours.out, complains: ours.err !== '' }, `${ours.err} | ${dash.stderr}`).toEqual({
      code: dash.status,
      out: dash.stdout.toString('latin1'),
      complains: dash.stderr.length > 0,
    });
  });
});
