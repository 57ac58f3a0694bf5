import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Place, places } from '../../engine/sources/catalogue.js';
import { calicoVersion, flannelPluginVersion, flannelVersion, kubeadmImages } from '../../engine/sources/images.js';
import { kubernetesVersions, minors, type PackageEntry, repositoryOf } from './packages.js';

/** Something that is wrong with the sites that the demo's hosts reach. */
export interface SiteFault {
  /** The name of a site, or its end: `pkgs.k8s.io`, `.aliyun.com`. */
  site: string;
  mode: 'down' | 'slow' | 'error' | 'unknown';
  /** So many requests, then it is over; all unless told. */
  times?: number;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Bytes (latin1). */
  body: string;
  /** Simulated milliseconds to the first byte. */
  ms: number;
}

/** What curl would say of a request that gets no answer. */
export class NoAnswer extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** A public key in OpenPGP's form: made up, but every tool that reads it sees the same fingerprint. */
function makeKey(name: string): { armored: string; fingerprint: string } {
  const modulus = Array.from({ length: 4 }, (_, i) => createHash('sha512').update(`${name} ${i}`).digest());
  const body = Buffer.concat([
    Buffer.from([4, 0x63, 0x07, 0xa1, 0x77, 1, 0x08, 0x00]),
    Buffer.concat(modulus).map((byte, i) => (i === 0 ? byte | 0x80 : byte)),
    Buffer.from([0, 17, 1, 0, 1]),
  ]);
  const packet = Buffer.concat([Buffer.from([0x99, body.length >> 8, body.length & 255]), body]);
  const user = Buffer.from(`${name} <demo@example.invalid>`);
  const all = Buffer.concat([packet, Buffer.from([0xb4, user.length]), user]).toString('base64');
  return {
    armored: `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${all.replace(/(.{64})/g, '$1\n')}\n-----END PGP PUBLIC KEY BLOCK-----\n`,
    fingerprint: createHash('sha1').update(packet).digest('hex').toUpperCase(),
  };
}

/** The keys that the simulated repositories are signed with. */
export const demoKeys = {
  kubernetes: makeKey('k8s-tui demo: Kubernetes packages'),
  docker: makeKey('k8s-tui demo: containerd packages'),
};

const millisecondsTo = (site: string) => 20 + (createHash('md5').update(site).digest()[0]! % 160);

/** All that the demo's hosts can reach outside: the sites of upstream and of Aliyun, and Debian's own. */
export class Internet {
  constructor(readonly faults: SiteFault[] = []) {}

  /** @throws NoAnswer */
  fetch(url: string): Answer {
    const [, site, path = ''] = /^https?:\/\/([^/]+)(\/.*)?$/.exec(url) ?? [];
    if (!site) throw new NoAnswer(3, 'URL using bad/illegal format or missing URL');
    const ms = millisecondsTo(site);
    const fault = this.faults.find(each => site === each.site || site.endsWith(each.site));
    if (fault) {
      if (fault.times !== undefined && --fault.times <= 0) this.faults.splice(this.faults.indexOf(fault), 1);
      if (fault.mode === 'down') throw new NoAnswer(35, `Recv failure: Connection reset by peer`);
      if (fault.mode === 'unknown') throw new NoAnswer(6, `Could not resolve host: ${site}`);
      if (fault.mode === 'error') return { status: 503, headers: {}, body: 'Service Unavailable\n', ms };
    }
    const body = contentOf(site, path);
    if (body === undefined) throw new NoAnswer(6, `Could not resolve host: ${site}`);
    const slow = fault?.mode === 'slow' ? 20 : 1;
    if (body === null) return { status: 404, headers: {}, body: 'Not Found\n', ms: ms * slow };
    if (typeof body === 'object') return { headers: {}, ms: ms * slow, ...body };
    return { status: 200, headers: { 'content-length': String(body.length) }, body, ms: ms * slow };
  }

  /** Whether a site answers at all, and how fast. @throws NoAnswer */
  reach(site: string): number {
    return this.fetch(`https://${site}/`).ms;
  }
}

type Content = string | { status: number; headers?: Record<string, string>; body: string } | null | undefined;

/** undefined: no such site. null: no such page. */
function contentOf(site: string, path: string): Content {
  for (const place of Object.values<Place>(places)) {
    const url = `https://${site}${path}`;
    const minor = /\/(v1\.\d+)\/deb/.exec(path)?.[1] ?? 'v1.37';
    const kubernetes = place.kubernetesPackages?.(minor);
    if (kubernetes && url.startsWith(`${kubernetes}/`)) return kubernetesFile(minor, url.slice(kubernetes.length + 1));
    if (place.dockerPackages && url.startsWith(`${place.dockerPackages}/`))
      return dockerFile(url.slice(place.dockerPackages.length + 1));
    if (place.githubReleases && url.startsWith(`${place.githubReleases}/`)) return githubFile(path);
  }
  if (site === 'deb.debian.org' && path.endsWith('/InRelease')) return release('Debian');
  if (path.startsWith('/v2/')) return registryAnswer(site, path);
  if (path.startsWith('/token') || path.startsWith('/auth'))
    return JSON.stringify({ token: randomBytes(24).toString('base64url') });
  return sites().has(site) ? null : undefined;
}

let known: Set<string> | null = null;
function sites(): Set<string> {
  known ??= new Set([
    'deb.debian.org',
    'security.debian.org',
    'auth.docker.io',
    'registry-1.docker.io',
    'raw.githubusercontent.com',
    ...Object.values<Place>(places).flatMap(place =>
      [
        place.kubernetesPackages?.('v1.37'),
        place.dockerPackages,
        place.githubReleases,
        ...[place.images, place.ghcr, place.dockerHub, place.quay].map(each => each && `https://${each}`),
      ].flatMap(url => /^https:\/\/([^/]+)/.exec(url ?? '')?.[1] ?? []),
    ),
  ]);
  return known;
}

const release = (origin: string) =>
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nOrigin: ${origin}\nSuite: stable\nArchitectures: amd64 arm64\n-----BEGIN PGP SIGNATURE-----\n\niHUEARYKAB0WIQ\n-----END PGP SIGNATURE-----\n`;

/** The index of a repository, as apt reads it. */
export const indexOf = (entries: PackageEntry[]): string =>
  entries
    .map(
      ({ name, version, arch = 'amd64', size }) =>
        `Package: ${name}\nVersion: ${version}\nArchitecture: ${arch}\nSize: ${size}\nFilename: ${arch}/${name}_${version}_${arch}.deb\n`,
    )
    .join('\n');

function kubernetesFile(minor: string, file: string): Content {
  if (!kubernetesVersions(minor).length) return { status: 403, body: 'AccessDenied\n' };
  if (file === 'InRelease') return release('obs://build.opensuse.org/isv:kubernetes:core');
  if (file === 'Release.key') return demoKeys.kubernetes.armored;
  const index = () =>
    indexOf([
      ...repositoryOf('kubernetes', minor),
      ...repositoryOf('kubernetes', minor).map(entry => ({ ...entry, arch: 'arm64' })),
    ]);
  if (file === 'Packages') return index();
  if (file === 'Packages.gz') return gzipSync(index()).toString('latin1');
  return null;
}

function dockerFile(path: string): Content {
  const [, file] = /^(?:debian|ubuntu)\/(.+)$/.exec(path) ?? [];
  if (file === 'gpg') return demoKeys.docker.armored;
  if (/^dists\/(bookworm|trixie|jammy|noble)\/InRelease$/.test(file ?? '')) return release('Docker');
  return null;
}

/** A release file: its name, some bytes, and the sums that go with them. */
function githubFile(path: string): Content {
  const [, name] = /\/releases\/download\/v[\d.]+\/([^/]+)$/.exec(path) ?? [];
  if (!name) return null;
  const bytes = (of: string) => `${of} of the demo\n`;
  const sum = (of: string) => createHash('sha256').update(bytes(of)).digest('hex');
  if (name === 'runc.sha256sum') return ['runc.amd64', 'runc.arm64'].map(each => `${sum(each)}  ${each}\n`).join('');
  if (name.endsWith('.sha256sum'))
    return `${sum(name.slice(0, -'.sha256sum'.length))}  ${name.slice(0, -'.sha256sum'.length)}\n`;
  return bytes(name);
}

/** Names of all images that the registries carry, without their registry. */
export function isCarried(image: string): boolean {
  const [, path = '', tag = ''] = /^[^/]+\/(.+):([^:]+)$/.exec(image) ?? [];
  const registry = image.slice(0, image.indexOf('/'));
  const ofNetwork = [
    `flannel-io/flannel:${flannelVersion}`,
    `flannel-io/flannel-cni-plugin:${flannelPluginVersion}`,
    ...['node', 'cni', 'kube-controllers'].map(name => `calico/${name}:${calicoVersion}`),
  ];
  if (ofNetwork.some(each => `${path}:${tag}`.endsWith(each))) return true;
  const ofMinor = kubernetesVersions(/^v1\.\d+/.exec(tag)?.[0] ?? '');
  const versions = ofMinor.length ? ofMinor : minors.map(minor => kubernetesVersions(minor).at(-1)!);
  return versions.some(version =>
    Object.values<Place>(places).some(
      ({ images, coredns }) =>
        images?.startsWith(registry) && kubeadmImages(`v${version}`, { images, coredns: coredns! }).includes(image),
    ),
  );
}

function registryAnswer(site: string, path: string): Content {
  const [, image, tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(path) ?? [];
  if (!image) return { status: 200, body: '{}' };
  const registry = site === 'registry-1.docker.io' ? 'docker.io' : site;
  if (!isCarried(`${registry}/${image}:${tag}`))
    return { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }) };
  return { status: 200, body: '{}', headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' } };
}
