import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeWhole } from '../../source/engine/whole-file.js';

const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'k8s-tui-whole-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

it('is in the place of the old one, and its owner’s alone, with the folder that it needs', () => {
  const file = join(folder(), 'new', 'session.json');
  writeWhole(file, 'one');
  writeFileSync(file, 'somebody else’s', { mode: 0o644 });
  writeWhole(file, 'two');
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['two', 0o600]);
  expect(readdirSync(join(file, '..'))).toEqual(['session.json']);
});

it('leaves nothing behind where it cannot be written', () => {
  const path = folder();
  mkdirSync(join(path, 'taken', 'by a folder'), { recursive: true });
  expect(() => writeWhole(join(path, 'taken'), 'text')).toThrow();
  expect(readdirSync(path)).toEqual(['taken']);
});
