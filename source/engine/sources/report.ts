import type { Text } from '../text.js';
import type { PlaceName, ProbeKind } from './catalogue.js';

export type { SourceKind } from './catalogue.js';

/** How one host reaches one source. */
export interface SourceProbe {
  host: string;
  place: PlaceName;
  kind: ProbeKind;
  url: string;
  ok: boolean;
  /** It could not be measured, e.g. for want of curl: neither good nor bad. */
  unknown?: true;
  /** Milliseconds to the first byte; null where nothing came. */
  ms: number | null;
  /** Why not, or what is odd. */
  reason: Text | null;
  /** Fingerprint of the signing key that it serves, where it has one. */
  key?: string;
  /** When that key expires, in milliseconds since 1970. */
  keyExpires?: number;
  /** Kubernetes versions that it carries (v1.37.2 ...), newest last, none where it has nothing of the minor; of the distribution's runtime the one it would install. */
  versions?: string[];
  /** Of the images that the version needs, those that it lacks; all else worked then. */
  missing?: string[];
  evidence?: Evidence;
}

export type SourceReport = SourceProbe[];

/** What a verdict rests on. Times are milliseconds since the request began; null where it did not get so far. */
export interface Evidence {
  dns: number | null;
  tcp: number | null;
  tls: number | null;
  /** Who answered. */
  address: string | null;
  asked: { url: string; code: number; exit: number; ms: number | null }[];
  /** Of the images by their names. */
  digests?: Record<string, string>;
  /** The proxy that the host's environment names. */
  proxy?: string;
  /** A bounded piece of something large: how much came in how long. */
  speed?: { bytes: number; ms: number };
}
