import { gunzipSync } from 'node:zlib';

/** What a script packed: base64 of gzip, or of the text itself where the host has no gzip. */
export function unpacked(base64: string): string {
  const packed = Buffer.from(base64, 'base64');
  return packed[0] === 0x1f && packed[1] === 0x8b ? gunzipSync(packed).toString() : packed.toString();
}
