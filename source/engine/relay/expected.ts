import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isDigest } from './store.js';

const unzip = promisify(gunzip);

/**
 * Which digest a URL's content must have: said by the URL itself (images), or by an index that was read before (apt: the
 * signed InRelease names the package lists, the lists name the packages).
 */
export class Expected {
  readonly #byUrl = new Map<string, string>();

  of(url: string): string | null {
    const inUrl = /\/(?:sha256:|by-hash\/SHA256\/)([0-9a-f]{64})$/.exec(url)?.[1];
    return inUrl ?? this.#byUrl.get(url) ?? null;
  }

  /** Whether a URL is of an index, whose content has to be read. */
  static isIndex = (url: string): boolean => /\/(InRelease|Packages\.[gx]z)$/.test(url);

  /** Reads an index. */
  async learn(url: string, content: Buffer): Promise<void> {
    const folder = url.slice(0, url.lastIndexOf('/'));
    if (url.endsWith('/InRelease')) {
      for (const { name, sha256 } of filesOf(content.toString('latin1'))) this.#byUrl.set(`${folder}/${name}`, sha256);
    } else if (Expected.isIndex(url)) {
      const root = rootOf(url);
      for (const { Filename, SHA256 } of packagesOf(await listOf(content)))
        if (Filename && isDigest(SHA256)) this.#byUrl.set(`${root}/${Filename.replace(/^\.\//, '')}`, SHA256);
    }
  }
}

/** What the file names of a package list count from: the archive, or in a flat repository the list's own folder. */
export const rootOf = (list: string): string =>
  list.includes('/dists/') ? list.slice(0, list.indexOf('/dists/')) : list.slice(0, list.lastIndexOf('/'));

/** The text of a packed package list; empty where it is none, or is packed by xz and this machine has no xz. */
export async function listOf(content: Buffer): Promise<string> {
  const isXz = content.subarray(1, 5).toString('latin1') === '7zXZ';
  return (await (isXz ? unpackXz(content) : unzip(content)).catch(() => Buffer.alloc(0))).toString('utf8');
}

/** Node knows no xz. */
async function unpackXz(content: Buffer): Promise<Buffer> {
  const xz = spawn('xz', ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const failed = new Promise<never>((_, reject) => xz.once('error', reject));
  xz.stdin.on('error', () => {}).end(content);
  return Promise.race([buffer(xz.stdout), failed]);
}

/** Files that a Release file names, with their digests. */
export function filesOf(release: string): { name: string; sha256: string }[] {
  const section = /^SHA256:[ \t]*\r?\n((?:[ \t].*\r?\n?)*)/m.exec(release)?.[1] ?? '';
  return section.split('\n').flatMap(line => {
    const [sha256, , name] = line.trim().split(/\s+/);
    return isDigest(sha256) && name ? [{ name, sha256 }] : [];
  });
}

/** The fields of each package in a package list, of those fields that matter here. */
export function* packagesOf(list: string): Generator<Stanza> {
  for (const stanza of list.split(/\n\n+/)) {
    const found: Partial<Stanza> = {};
    for (const [, name, value] of stanza.matchAll(wanted)) found[name as keyof Stanza] = value!.trim();
    if (found.Package) yield found as Stanza;
  }
}

/** A package as an apt repository's list has it. */
export type Stanza = { Package: string } & Partial<Record<(typeof fields)[number], string>>;

const fields = [
  'Package',
  'Version',
  'Architecture',
  'Filename',
  'Size',
  'SHA256',
  'Depends',
  'Pre-Depends',
  'Provides',
  'Essential',
] as const;
const wanted = new RegExp(`^(${fields.join('|')}): (.*)$`, 'gm');
