import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import prelude from '../../../source/engine/plan/prelude.sh';
import { runHere } from '../../support/shell.js';

const file = join(mkdtempSync(join(tmpdir(), 'k8s-tui-prelude-')), 'file');

/** Whether a function of the prelude says yes of a file, to a text on its standard input. */
async function says(name: string, there: string | null, wanted: string): Promise<boolean> {
  const path = there === null ? `${file}-of-nobody` : file;
  if (there !== null) writeFileSync(file, there);
  const { code, stderr } = await runHere(`${prelude}\n${name} '${path}' <<'END'\n${wanted}END\n`);
  expect(stderr).toBe('');
  return code === 0;
}

describe('same: a file is what is wanted', () => {
  it.each([
    ['as it is', 'a\nb\n', 'a\nb\n', true],
    ['without its last end of line', 'a\nb', 'a\nb\n', true],
    ['with empty lines at its end', 'a\nb\n\n\n', 'a\nb\n', true],
    ['with blanks and backslashes', '  a \\n\tb\n', '  a \\n\tb\n', true],
    ['of empty lines alone', '\n\n', '', true],
    ['that is empty', '', '', true],
  ])('%s', async (_, there, wanted, is) => {
    expect(await says('same', there, wanted)).toBe(is);
  });
  it.each([
    ['that lacks the last line', 'a\n', 'a\nb\n'],
    ['that has one more', 'a\nb\nc', 'a\nb\n'],
    ['with an empty line in between', 'a\n\nb\n', 'a\nb\n'],
    ['with another blank', 'a \nb\n', 'a\nb\n'],
    ['that is empty', '', 'a\n'],
    ['that is not there', null, ''],
  ])('not one %s', async (_, there, wanted) => {
    expect(await says('same', there, wanted)).toBe(false);
  });
});

describe('block_same: our lines in a file of others are what is wanted', () => {
  const block = '# BEGIN k8s-tui\n10.0.0.1 n1\n# END k8s-tui\n';
  it.each([
    ['between others', `127.0.0.1 localhost\n${block}::1 localhost\n`, true],
    ['at the end, without an end of line', `127.0.0.1 localhost\n${block.trimEnd()}`, true],
    ['not there', '10.0.0.1 n1\n', false],
    ['others', block.replace('n1', 'n2'), false],
    ['cut short', block.replace('# END k8s-tui\n', ''), false],
    ['there twice', `${block}${block}`, false],
  ])('%s', async (_, there, is) => {
    expect(await says('block_same', there, '10.0.0.1 n1\n')).toBe(is);
  });
});
