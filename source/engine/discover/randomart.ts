import { createHash } from 'node:crypto';
import { keyType } from '../ssh/known-hosts.js';

const COLUMNS = 17;
const ROWS = 9;
/** From never visited to often; the last two are the start and the end. */
const SYMBOLS = ' .o+=*BOX@%&#/^SE';

/**
 * The picture of a host key that `ssh-keygen -lv` draws: eleven lines of nineteen characters. A bishop walks by the bits of
 * the SHA256 fingerprint, two for each diagonal step.
 */
export function randomart(key: Buffer): string[] {
  const visits = Array.from({ length: ROWS }, () => new Array<number>(COLUMNS).fill(0));
  const most = SYMBOLS.length - 1;
  let [x, y] = [(COLUMNS - 1) / 2, (ROWS - 1) / 2];
  for (const byte of createHash('sha256').update(key).digest()) {
    for (let bits = byte, step = 0; step < 4; step++, bits >>= 2) {
      x = Math.min(Math.max(x + (bits & 1 ? 1 : -1), 0), COLUMNS - 1);
      y = Math.min(Math.max(y + (bits & 2 ? 1 : -1), 0), ROWS - 1);
      if (visits[y]![x]! < most - 2) visits[y]![x]!++;
    }
  }
  visits[(ROWS - 1) / 2]![(COLUMNS - 1) / 2] = most - 1;
  visits[y]![x] = most;
  return [border(titleOf(key)), ...visits.map(row => `|${row.map(count => SYMBOLS[count]).join('')}|`), border('[SHA256]')];
}

function border(title: string): string {
  const left = Math.floor((COLUMNS - title.length) / 2);
  return `+${'-'.repeat(left)}${title}${'-'.repeat(COLUMNS - left - title.length)}+`;
}

/** `[ED25519 256]`, or without the bits where it would be too long. */
function titleOf(key: Buffer): string {
  const type = keyType(key);
  const name = type.startsWith('ecdsa-') ? 'ECDSA' : type.replace(/^ssh-/, '').toUpperCase();
  const long = `[${name} ${bitsOf(type, key)}]`;
  return long.length < COLUMNS ? long : `[${name}]`;
}

function bitsOf(type: string, key: Buffer): number {
  if (type !== 'ssh-rsa') return Number(/\d+$/.exec(type.replace('ed25519', '256'))?.[0] ?? 0);
  // type, exponent, modulus: each after its length; a leading zero byte keeps the modulus positive.
  let at = 4 + key.readUInt32BE(0);
  at += 4 + key.readUInt32BE(at);
  const modulus = key.subarray(at + 4, at + 4 + key.readUInt32BE(at));
  const first = modulus.findIndex(byte => byte !== 0);
  return (modulus.length - first) * 8 - Math.clz32(modulus[first]!) + 24;
}
