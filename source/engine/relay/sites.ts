import type { Facts } from '../facts/facts.js';
import { type Place, places } from '../sources/catalogue.js';
import type { ClusterSpec } from '../spec/schema.js';

/** The host that a registry's API answers under. */
export const registryHost = (registry: string): string => (registry === 'docker.io' ? 'registry-1.docker.io' : registry);

/** A distribution's own packages from the operator's place, or by the relay: lines for apt. A host's own sources are for its own way out. */
export function distributionSources(
  { os, arch }: Pick<Facts, 'os' | 'arch'>,
  { mirror, own }: Pick<ClusterSpec, 'mirror' | 'own'>,
): string[] {
  const root = mirror === 'aliyun' ? 'http://mirrors.aliyun.com' : null;
  const line = (url: string, suite: string) =>
    `deb [arch=${arch} signed-by=/usr/share/keyrings/${os.id}-archive-keyring.gpg] ${url} ${suite} main`;
  if (os.id === 'ubuntu') {
    const isPort = arch !== 'amd64';
    const theirs = isPort ? 'http://ports.ubuntu.com/ubuntu-ports' : 'http://archive.ubuntu.com/ubuntu';
    const url = own.osPackages ?? (root ? `${root}/${isPort ? 'ubuntu-ports' : 'ubuntu'}` : theirs);
    return ['', '-updates', '-security'].map(suite => line(url, `${os.codename}${suite}`));
  }
  const url = own.osPackages ?? `${root ?? 'http://deb.debian.org'}/debian`;
  return [
    line(url, os.codename),
    line(url, `${os.codename}-updates`),
    // Debian's security updates lie in an archive of their own, of which a mirror of the other one knows nothing.
    ...(own.osPackages ? [] : [line(`${url}-security`, `${os.codename}-security`)]),
  ];
}

/** All hosts that a plan may ask for something, in any place: names in DNS. */
export function sitesOf(): Set<string> {
  const given = (all: (string | undefined)[]) => all.filter(each => each !== undefined);
  const hosts = Object.values<Place>(places).flatMap(place => [
    ...given([place.kubernetesPackages?.('v1.0'), place.dockerPackages, place.githubReleases]).map(
      url => new URL(url).hostname,
    ),
    ...given([place.images, place.ghcr, place.dockerHub, place.quay]).map(image => registryHost(image.split('/')[0]!)),
  ]);
  return new Set([
    ...hosts,
    'raw.githubusercontent.com',
    'deb.debian.org',
    'archive.ubuntu.com',
    'ports.ubuntu.com',
    'mirrors.aliyun.com',
  ]);
}
