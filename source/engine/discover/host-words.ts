import { isIP } from 'node:net';
import type { Text } from '../text.js';
import { isAddress, isName, nodeName, type Pile } from './candidate.js';

const MOST_IN_A_RANGE = 256;

/**
 * Reads what people type or paste: `user@host:port`, `name=address`, ranges as `10.0.0.11-13`, `10.0.0.[11-13]` or
 * `n[1-3].lan`, separated by spaces, commas or line ends; lines of /etc/hosts; `#` begins a comment.
 */
export function readHostWords(text: string, pile: Pile): void {
  for (const [index, line] of text.split('\n').entries()) {
    const words = line
      .replace(/#.*/, '')
      .split(/[\s,;]+/)
      .filter(Boolean);
    if (isOfHostsFile(words) && !/[,;]/.test(line)) readHostsFileLine(words, index + 1, pile);
    else for (const word of words) readWord(word, index + 1, pile);
  }
}

/** An address and its names. */
const isOfHostsFile = ([address = '', ...names]: string[]) =>
  isIP(address) > 0 && names.length > 0 && names.every(name => /^[\w.-]*[A-Za-z][\w.-]*$/.test(name));

/** The machine itself, and what /etc/hosts holds for IPv6's own use. */
const isItself = (address: string) => /^(127\.|::1$|fe00::|ff0\d::|0\.0\.0\.0$)/.test(address);

function readHostsFileLine([address, ...names]: string[], line: number, pile: Pile): void {
  if (isItself(address!)) return;
  const name = names.map(nodeName).find(name => name !== undefined);
  pile.add(line, address!, { name, address: address! });
}

function readWord(word: string, line: number, pile: Pile): void {
  if (word.length > 300) {
    pile.wrong(
      line,
      word,
      { en: 'it is too long to be a host', zh: '过长，不是主机' },
      { en: 'Separate hosts by spaces or commas.', zh: '请用空格或逗号分隔主机。' },
    );
    return;
  }
  const [, name, user, place = ''] = /^(?:([^=]+)=)?(?:([^@]+)@)?(.*)$/.exec(word.replace(/^ssh:\/\//, ''))!;
  if (name !== undefined && !isName(name)) {
    pile.wrong(
      line,
      word,
      { en: `"${name}" is no name: small letters, digits, - and .`, zh: `“${name}” 不能作名称：只用小写字母、数字、- 和 .` },
      { en: 'Write another name before the =.', zh: '请在 = 前写其他名称。' },
    );
    return;
  }
  const bracketed = /^\[([0-9a-fA-F:.]+)\](?::(\d+))?$/.exec(place);
  const withPort = bracketed ?? (isIP(place) ? null : /^(.+?):(\d+)$/.exec(place));
  const port = withPort?.[2] === undefined ? undefined : Number(withPort[2]);

  const addresses = expandRange(withPort?.[1] ?? place);
  if ('en' in addresses) {
    pile.wrong(line, word, addresses, { en: 'Write it as 10.0.0.11-15.', zh: '请写成 10.0.0.11-15 的形式。' });
    return;
  }
  if (name !== undefined && addresses.length > 1) {
    pile.wrong(
      line,
      word,
      { en: 'one name cannot stand for a range', zh: '一个名称不能对应一段地址' },
      { en: 'Leave the name out, or name each host.', zh: '请去掉名称，或为每台主机命名。' },
    );
    return;
  }
  const isWrong = addresses.find(address => !isAddress(address));
  for (const address of isWrong === undefined ? addresses : [isWrong]) pile.add(line, word, { name, address, user, port });
}

function expandRange(address: string): string[] | Text {
  const range = /^(.*)\[(\d+)-(\d+)\](.*)$/.exec(address) ?? /^(\d+\.\d+\.\d+\.)(\d+)-(\d+)()$/.exec(address);
  if (!range) {
    const full = /^(\d+\.\d+\.\d+\.)(\d+)-(\d+\.\d+\.\d+\.)(\d+)$/.exec(address);
    if (!full || full[1] !== full[3]) return [address];
    return numbers(full[2]!, full[4]!, n => `${full[1]}${n}`);
  }
  const [, before, from, to, after] = range;
  return numbers(from!, to!, n => `${before}${n}${after}`);
}

/** `01` to `12` keep their zeros. */
export function numbers(from: string, to: string, make: (n: string) => string): string[] | Text {
  const [first, last] = [Number(from), Number(to)];
  if (last < first) return { en: `the range ${from}-${to} runs backwards`, zh: `范围 ${from}-${to} 是倒着的` };
  if (last - first >= MOST_IN_A_RANGE)
    return {
      en: `the range ${from}-${to} is too long: at most ${MOST_IN_A_RANGE}`,
      zh: `范围 ${from}-${to} 太长：最多 ${MOST_IN_A_RANGE} 个`,
    };
  const digits = from.startsWith('0') ? from.length : 0;
  return Array.from({ length: last - first + 1 }, (_, i) => make(String(first + i).padStart(digits, '0')));
}
