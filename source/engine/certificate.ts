import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const tagged = (tag: number, ...contents: Buffer[]): Buffer => {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...contents: Buffer[]) => tagged(0x30, ...contents);
const oid = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'));
const commonName = (name: string) => sequence(tagged(0x31, sequence(oid('550403'), tagged(0x0c, Buffer.from(name)))));
const time = (date: Date) => tagged(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));

export interface Authority {
  /** PEM */
  certificate: string;
  key: string;
}

/**
 * A self-signed certificate authority with a key made for this moment, as kubeadm makes one.
 * @param hosts names that it also serves under by itself
 */
export const makeAuthority = (name: string, hosts: readonly string[] = []): Authority => make(name, hosts, 3650, true);

/** A self-signed certificate of no authority, for a year, as kubeadm's servers and clients have them. @returns PEM */
export const makeLeaf = (name: string): string => make(name, [name], 365, false).certificate;

function make(name: string, hosts: readonly string[], days: number, ofAuthority: boolean): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const isAuthority = sequence(
    oid('551d13'),
    tagged(0x01, Buffer.from([0xff])),
    tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff])))),
  );
  const alternatives = sequence(oid('551d11'), tagged(0x04, sequence(...hosts.map(host => tagged(0x82, Buffer.from(host))))));
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(name),
    sequence(time(new Date(now - 300_000)), time(new Date(now + days * 86_400_000))),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...(ofAuthority ? [isAuthority] : []), ...(hosts.length ? [alternatives] : []))),
  );
  const signature = sign('sha256', body, privateKey);
  const der = sequence(body, ecdsaWithSha256, tagged(0x03, Buffer.from([0]), signature));
  const pem = der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'sec1', format: 'pem' }) as string,
  };
}
