import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { keyExpiry, keyFingerprint } from '../../../source/engine/sources/openpgp.js';

const file = (name: string) => readFileSync(new URL(`recorded/${name}`, import.meta.url));
const ed25519 = '62F03CE806E6C8B5440499B3134272133D02DA1D';
const packet = (name: string) => Buffer.from(/\n\n([\s\S]+?)\n=/.exec(file(name).toString())![1]!, 'base64');
/** The same key with its first packet's header in another form. */
const withHead = (...head: number[]) => {
  const key = packet('ed25519.asc');
  return Buffer.concat([Buffer.from(head), key.subarray(2, 2 + key[1]!)]);
};

it.each([
  // The fingerprints are what gpg --show-keys says of them.
  ['an RSA key', file('rsa2048.asc'), '17770F04ADEF915E8112B3DC9176601FEA95BEB2'],
  ['an Ed25519 key', file('ed25519.asc'), ed25519],
  ['a key without armor', packet('ed25519.asc'), ed25519],
  ['windows lines', Buffer.from(file('ed25519.asc').toString().replaceAll('\n', '\r\n')), ed25519],
  [
    'headers in the armor',
    Buffer.from(
      file('ed25519.asc').toString().replace('BLOCK-----\n', 'BLOCK-----\nVersion: GnuPG v2.0.15 (GNU/Linux)\nComment: x\n'),
    ),
    ed25519,
  ],
  ['words before the armor', Buffer.concat([Buffer.from('Key of the mirror\n'), file('ed25519.asc')]), ed25519],
  ['the old header with two bytes of length', withHead(0x99, 0, 0x33), ed25519],
  ['the old header with four', withHead(0x9a, 0, 0, 0, 0x33), ed25519],
  ['the new header', withHead(0xc6, 0x33), ed25519],
  ['the new header with five bytes', withHead(0xc6, 0xff, 0, 0, 0, 0x33), ed25519],
  ['nothing', Buffer.alloc(0), null],
  ['a page', Buffer.from('<html>Please log in</html>'), null],
  ['an empty armor', Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n'), null],
  ['a key that is cut off', packet('rsa2048.asc').subarray(0, 100), null],
  ['another packet', Buffer.concat([Buffer.from([0xb4, 3]), Buffer.from('abc')]), null],
  ['a key of another version', withHead(0x98, 0x33).fill(3, 2, 3), null],
  ['noise', Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 131) % 256)), null],
])('%s', (_, key, fingerprint) => {
  expect(keyFingerprint(key)).toBe(fingerprint);
});

it.each([
  // What gpg --show-keys says of them.
  ['a key that expires', file('expires-2030.asc'), '2030-01-31'],
  ['a key that does not', file('ed25519.asc'), null],
  ['a page', Buffer.from('<html>Please log in</html>'), null],
  ['noise', Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 131) % 256)), null],
])('when %s ends', (_, key, day) => {
  const expires = keyExpiry(key);
  expect(expires === null ? null : new Date(expires).toISOString().slice(0, 10)).toBe(day);
});
