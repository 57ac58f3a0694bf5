import { createHash } from 'node:crypto';

/**
 * The fingerprint of the first public key in a key file, armored or not; null where there is none.
 * Version 4 keys, which is what apt repositories are signed with (RFC 4880, 12.2).
 */
export function keyFingerprint(file: Buffer): string | null {
  const data = dearmored(file);
  const packet = data && firstPacket(data);
  if (packet?.tag !== PUBLIC_KEY || packet.body[0] !== 4) return null;
  const head = Buffer.from([0x99, packet.body.length >> 8, packet.body.length & 0xff]);
  return createHash('sha1').update(head).update(packet.body).digest('hex').toUpperCase();
}

/**
 * When the first public key in a key file expires, in milliseconds since 1970; null where it never does. Said by the key's newest
 * signature on itself, as a span from when the key was made (RFC 4880, 5.2.3.6).
 */
export function keyExpiry(file: Buffer): number | null {
  const data = dearmored(file);
  if (!data) return null;
  let key: Buffer | null = null;
  let newest = { made: -1, span: 0 };
  for (let at = 0; at < data.length; ) {
    const packet = firstPacket(data.subarray(at));
    if (!packet) break;
    if (packet.tag === PUBLIC_KEY) {
      if (key) break;
      key = packet.body;
    } else if (packet.tag === PUBLIC_SUBKEY) break;
    else if (packet.tag === SIGNATURE && packet.body[0] === 4) {
      const said = hashedSubpackets(packet.body);
      const number = (type: number) => (said.get(type)?.length === 4 ? said.get(type)!.readUInt32BE(0) : 0);
      if ([0x10, 0x11, 0x12, 0x13, 0x1f].includes(packet.body[1]!) && number(2) >= newest.made)
        newest = { made: number(2), span: number(9) };
    }
    at += packet.size;
  }
  return key && key.length >= 5 && newest.span ? (key.readUInt32BE(1) + newest.span) * 1000 : null;
}

/** The parts of a version 4 signature that it covers, by their type: 2 is when it was made, 9 how long the key lives. */
function hashedSubpackets(body: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  if (body.length < 6) return found;
  const area = body.subarray(6, 6 + body.readUInt16BE(4));
  for (let at = 0; at < area.length; ) {
    // The same lengths as of packets in the new form, and the type within them.
    const [length, start] = newLength(Buffer.concat([Buffer.of(0), area.subarray(at)]));
    if (!length || at + start - 1 + length > area.length) break;
    const part = area.subarray(at + start - 1, at + start - 1 + length);
    found.set(part[0]! & 0x7f, part.subarray(1));
    at += start - 1 + length;
  }
  return found;
}

const SIGNATURE = 2;
const PUBLIC_KEY = 6;
const PUBLIC_SUBKEY = 14;

function dearmored(file: Buffer): Buffer | null {
  const text = file.toString('latin1');
  if (!text.includes('-----BEGIN PGP')) return file;
  const block = /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]+)/.exec(text)?.[1];
  // The checksum line at the end starts with an equals sign.
  return block ? Buffer.from(block.split(/\r?\n=/)[0]!, 'base64') : null;
}

/** A packet's tag and body, by its header in the old or the new form. */
function firstPacket(data: Buffer): { tag: number; body: Buffer; size: number } | null {
  const first = data[0] ?? 0;
  if (!(first & 0x80)) return null;
  const isNew = (first & 0x40) !== 0;
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f;
  const [length, start] = isNew ? newLength(data) : oldLength(data, first & 3);
  if (length === null || start + length > data.length || length > 0xffff) return null;
  return { tag, body: data.subarray(start, start + length), size: start + length };
}

type Length = [length: number | null, start: number];

function oldLength(data: Buffer, type: number): Length {
  const bytes = [1, 2, 4][type];
  if (!bytes || data.length < 1 + bytes) return [null, 1];
  return [data.readUIntBE(1, bytes), 1 + bytes];
}

function newLength(data: Buffer): Length {
  const [, one = 0, two = 0] = data;
  if (one < 192) return [one, 2];
  if (one < 224) return [(one - 192) * 256 + two + 192, 3];
  if (one === 255 && data.length >= 6) return [data.readUInt32BE(2), 6];
  return [null, 1];
}
