import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { operator } from '../commands/program.js';

const run = promisify(execFile);
const project = resolve(import.meta.dirname, '../..');

let folder: string;
let tarball: string;
let files: { path: string; mode: number }[];
/** Nothing of this machine's npm settings, and no way to a registry: what the package needs it has to bring along. */
const environment = () => ({
  PATH: process.env.PATH!,
  HOME: folder,
  npm_config_registry: 'http://127.0.0.1:9',
  npm_config_cache: join(folder, 'cache'),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'k8s-tui-pack-'));
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: project,
    maxBuffer: 1e7,
  });
  const [packed] = JSON.parse(stdout);
  tarball = join(folder, packed.filename);
  files = packed.files;
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  it('is small, asks for no other package and runs nothing when it is installed', () => {
    expect(statSync(tarball).size).toBeLessThan(5_000_000);
    expect(packageJson).not.toHaveProperty('dependencies');
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(packageJson.scripts).not.toHaveProperty(script);
  });

  it('holds the program, the licences of what is bundled, and nothing else of this project', () => {
    const paths = files.map(file => file.path);
    for (const path of ['bin/k8s-tui.js', 'dist/cli.js', 'dist/THIRD_PARTY.txt', 'README.md', 'LICENSE', 'package.json'])
      expect(paths).toContain(path);
    expect(paths.filter(path => !/^(bin|dist)\/|^(README\.md|LICENSE|package\.json)$/.test(path))).toEqual([]);
  });

  it('runs by npx in an empty folder, without a network', async () => {
    const cwd = mkdtempSync(join(folder, 'empty-'));
    const npx = async (...args: string[]) =>
      (await run('npx', ['--yes', `file:${tarball}`, ...args], { cwd, env: environment() })).stdout;
    expect(await npx('--version')).toBe(`${packageJson.version}\n`);
    expect(await npx('demo', '--help')).toContain('simulated hosts');
  }, 120_000);

  // No bound: how long it takes says as much of the machine, which is why Node's own start is told beside it.
  it('opens on a terminal; its size and the time to its first frame are printed', async () => {
    const cwd = mkdtempSync(join(folder, 'installed-'));
    await run('npm', ['install', '--no-audit', '--no-fund', `file:${tarball}`], { cwd, env: environment() });
    const bin = join(cwd, 'node_modules', packageJson.name, 'bin/k8s-tui.js');
    const opened = async () => {
      const from = performance.now();
      const program = operator({}, bin).type();
      await program.saw('New cluster');
      const ms = performance.now() - from;
      program.write('q');
      await program.ended;
      return ms;
    };
    const started = async () => {
      const from = performance.now();
      await run(process.execPath, ['-e', '0']);
      return performance.now() - from;
    };
    const median = async (measure: () => Promise<number>) => {
      const all: number[] = [];
      for (let i = 0; i < 5; i++) all.push(await measure());
      return Math.round(all.toSorted((a, b) => a - b)[2]!);
    };
    console.log(
      `package: ${(statSync(tarball).size / 1e6).toFixed(2)} MB packed; first frame after ${await median(opened)} ms, Node ${process.versions.node} alone takes ${await median(started)} ms`,
    );
  }, 120_000);
});
