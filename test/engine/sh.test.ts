import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { feeding, heredoc, lines, quote, sh } from '../../source/engine/sh.js';

const words = (script: string) => execFileSync('sh', ['-c', script], { encoding: 'utf8' });

describe('sh', () => {
  it.each([
    ['plain', 'n1'],
    ['a space', 'two words'],
    ['a quote', `it's`],
    ['both quotes', `"it's"`],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's placeholder, not ours
    ['a substitution', '$(touch /tmp/pwned) `id` ${HOME}'],
    ['a newline', 'one\ntwo'],
    ['a leading dash', '-rf'],
    ['globs', '* ? [a]'],
    ['Chinese', '控制平面'],
    ['nothing', ''],
  ])('hands %s to the shell as one word', (_, value) => {
    expect(words(sh`printf %s ${value}`.text)).toBe(value);
  });

  it('makes an array several words', () => {
    expect(words(sh`printf '<%s>' ${['a b', "c'd", 3]}`.text)).toBe("<a b><c'd><3>");
  });

  it('takes other pieces as they are and drops shared indentation', () => {
    const inner = sh`echo inner`;
    expect(
      sh`
      if true; then
        ${inner}
      fi
    `.text,
    ).toBe('if true; then\n  echo inner\nfi');
  });

  it('keeps the backslashes of sed and printf', () => {
    expect(words(sh`printf 'a\tb\n' | sed 's/\(a\)/<\1>/'`.text)).toBe('<a>\tb\n');
  });

  it('refuses what no word can hold', () => {
    expect(() => quote('a\0b')).toThrow(TypeError);
  });

  it('joins pieces, leaving out what is not there', () => {
    expect(lines([sh`a`, null, false, sh`b`]).text).toBe('a\nb');
  });

  it.each(['plain\n', 'with END in it\nEND\nEND_\n', "$HOME `id` 'q' \\ \n"])(
    'prints a text, or feeds it to a command, just as it is: %j',
    text => {
      expect(words(`${heredoc('show', text).text}\nshow`)).toBe(text);
      expect(words(`${feeding('file', text).text}\nfile cat`)).toBe(text);
    },
  );
});
