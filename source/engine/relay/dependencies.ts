import type { Stanza } from './expected.js';

/** A package, and where its file is. */
export interface Package extends Stanza {
  /** What its Filename counts from. */
  root: string;
}

/**
 * Packages with all that they depend on, as apt would take them where nothing is installed: of each the newest that there is, of
 * alternatives the first. What no system of this kind is without is left out.
 * @param names `curl`, or `kubelet=1.37.2-*` for one version
 * @throws Error where one of the names is not there
 */
export function withDependencies(names: readonly string[], all: Iterable<Package>): Package[] {
  const known = new Map<string, Package[]>();
  const provided = new Map<string, Package[]>();
  const add = (map: Map<string, Package[]>, name: string, each: Package) => map.set(name, [...(map.get(name) ?? []), each]);
  for (const each of all) {
    add(known, each.Package, each);
    for (const { name } of relations(each.Provides).flat()) add(provided, name, each);
  }
  const newest = (list: Package[] = []) => list.toSorted((a, b) => compareDebian(b.Version ?? '', a.Version ?? ''))[0];

  const taken = new Map<string, Package>();
  const take = (each: Package) => {
    if (taken.has(each.Package) || each.Essential === 'yes') return;
    taken.set(each.Package, each);
    for (const alternatives of relations(`${each.Depends ?? ''},${each['Pre-Depends'] ?? ''}`)) {
      const found = alternatives.map(({ name }) => newest(known.get(name)) ?? newest(provided.get(name))).find(Boolean);
      // A dependency that nothing in the archive meets is one of a package that cannot be installed at all: apt says so on the host.
      if (found) take(found);
    }
  };
  // Those of one version first: a dependency on one of them means that one.
  for (const wanted of names.toSorted((a, b) => Number(b.includes('=')) - Number(a.includes('=')))) {
    const [name = '', version] = wanted.split('=');
    const fits = known.get(name)?.filter(each => !version || each.Version?.startsWith(version.replace(/\*$/, '')));
    const found = newest(fits);
    if (!found) throw new Error(`no package ${wanted} in the lists`);
    take(found);
  }
  return [...taken.values()];
}

/** `a (>= 1) | b:any, c` as alternatives of names. */
const relations = (text = ''): { name: string }[][] =>
  text
    .split(',')
    .map(part =>
      part
        .split('|')
        .map(each => ({ name: /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(each)?.[1] ?? '' }))
        .filter(({ name }) => name),
    )
    .filter(alternatives => alternatives.length);

/** The order of versions of Debian's packages (deb-version(7)): above 0 where the first is newer. */
export function compareDebian(a: string, b: string): number {
  const [x, y] = [partsOf(a), partsOf(b)];
  return x.epoch - y.epoch || comparePart(x.upstream, y.upstream) || comparePart(x.revision, y.revision);
}

function partsOf(version: string) {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const cut = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch),
    upstream: cut < 0 ? rest : rest.slice(0, cut),
    revision: cut < 0 ? '' : rest.slice(cut + 1),
  };
}

function comparePart(a: string, b: string): number {
  const [x, y] = [a, b].map(text => text.match(/\d+|\D+/g) ?? []) as unknown as [string[], string[]];
  // Text and number take turns, text first.
  for (const list of [x, y]) if (/^\d/.test(list[0] ?? '')) list.unshift('');
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [left = '', right = ''] = [x[i], y[i]];
    const order = i % 2 ? Number(left || 0) - Number(right || 0) : compareText(left, right);
    if (order) return order;
  }
  return 0;
}

/** `~` before the end, the end before letters, letters before all else. */
function compareText(a: string, b: string): number {
  const weight = (c: string | undefined) =>
    c === undefined ? 0 : c === '~' ? -1 : /[A-Za-z]/.test(c) ? c.charCodeAt(0) : c.charCodeAt(0) + 256;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = weight(a[i]) - weight(b[i]);
    if (order) return order;
  }
  return 0;
}
