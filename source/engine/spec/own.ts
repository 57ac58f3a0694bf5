import { X509Certificate } from 'node:crypto';

/** What the fields of `own` may be: for the schema, and for the form, which stands before the schema is loaded. */

export const isRegistry = (value: string): boolean =>
  /^(?=[^/]*[.:])[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(value);

export const isLogin = (value: string): boolean => /^[^\s:"\\]+$/.test(value);

export const isDirect = (value: string): boolean => /^[A-Za-z0-9.:/_*-]+$/.test(value);

/** A URL without a login in it and without / at its end. */
export function isSourceUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash && !/\/$|[\s"'\\]/.test(value);
}

/** The certificates of a PEM text. @throws where one of them is none */
export const certificatesIn = (pem: string): X509Certificate[] =>
  [...pem.matchAll(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g)].map(([each]) => new X509Certificate(each));

export function isAuthority(pem: string): boolean {
  try {
    return certificatesIn(pem).length > 0 && !pem.includes('PRIVATE KEY');
  } catch {
    return false;
  }
}
