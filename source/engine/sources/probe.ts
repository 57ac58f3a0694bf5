import type { Facts } from '../facts/facts.js';
import { distributionSources } from '../relay/sites.js';
import type { Remote } from '../remote.js';
import { heredoc, lines, raw, type Shell, sh } from '../sh.js';
import { isControlPlane } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { releases } from '../steps/releases.js';
import { isContainer } from '../steps/step.js';
import { type Offer, offersOf, type Place, type PlaceName, type ProbeKind, placeOf, timeServersOf } from './catalogue.js';
import { kubeadmImages, networkImages } from './images.js';
import functions from './probe.sh';
import { readProbe } from './probe-output.js';
import { directly, proxyUrl } from './proxy.js';
import { loginInBase64 } from './registry.js';
import type { SourceProbe, SourceReport } from './report.js';
import { isExact, minorVersion } from './versions.js';

export interface ProbeOptions {
  signal?: AbortSignal;
  /** Digests, the clock of the sites and how fast a bounded sample comes as well: half a minute more at the most. */
  deep?: boolean;
  /** What is asked for where; everything everywhere unless told. */
  offers?: readonly Offer[];
  /** Called as each source of each host is known. */
  onProbe?: (probe: SourceProbe) => void;
}

/**
 * Measures from every host how it reaches the sources: one script per host, one round trip, ten seconds at the most, everything
 * at once. A host that cannot be asked has its reason in the report.
 * @throws Problem lost, and what the signal was aborted with
 */
export async function probeSources(
  spec: ClusterSpec,
  remotes: Record<string, Remote>,
  facts: Record<string, Facts>,
  { signal, deep = false, offers = offersOf(spec), onProbe }: ProbeOptions = {},
): Promise<SourceReport> {
  const hosts = spec.hosts.filter(host => remotes[host.name] && facts[host.name]);
  const reports = await Promise.all(
    hosts.map(async host => {
      const targets = targetsOf(spec, host, facts[host.name]!, offers);
      const reader = readProbe(host.name, targets, onProbe ?? (() => {}));
      // As the user who logged in: root's environment may know other proxies, but neither has more rights to ask.
      const result = await remotes[host.name]!.run(scriptFor(spec, targets, deep), {
        asRoot: false,
        timeout: deep ? 70_000 : 20_000,
        signal,
        onLine: reader.line,
      });
      return reader.end(result);
    }),
  );
  return reports.flat();
}

/** One source of one place, as one job of the script. */
export interface Target {
  name: string;
  place: PlaceName;
  kind: ProbeKind;
  url: string;
  /** The images that are asked for, without their registry. */
  images?: string[];
  job: Shell;
}

export const scriptFor = (spec: ClusterSpec, targets: Target[], deep = false): Shell =>
  lines([
    deep && raw('deep=yes'),
    spec.own.proxy !== undefined && wayOut(spec),
    raw(functions),
    spec.own.ca !== undefined && trust(spec.own.ca),
    spec.own.registryUser !== undefined && sh`own_login=$(${loginInBase64(spec.own.registryUser)})`,
    ...targets.map(target => sh`start ${target.name} ${target.job}`),
    raw('finish'),
    deep && raw('samples'),
  ]);

/** As the installed host will have it, for this look alone. */
const wayOut = (spec: ClusterSpec): Shell => sh`
  ${proxyUrl(spec)!}
  http_proxy=$(proxy_url) https_proxy=$(proxy_url) no_proxy=${directly(spec).join(',')}
  export http_proxy https_proxy no_proxy
  unset NO_PROXY HTTPS_PROXY
`;
const trust = (ca: string): Shell => sh`
  ${heredoc('own_authority', ca)}
  { cat /etc/ssl/certs/ca-certificates.crt; own_authority; } > "$dir/ca.pem" 2>/dev/null
  authority='' CURL_CA_BUNDLE=$dir/ca.pem
  export CURL_CA_BUNDLE
`;

/** What a host needs of each place. */
export function targetsOf(spec: ClusterSpec, host: HostSpec, facts: Facts, offers: readonly Offer[]): Target[] {
  const minor = minorVersion(spec.kubernetes);
  const exact = isExact(spec.kubernetes);
  // Of a minor alone the newest patch is known once the packages have been seen: where there are none, from those of the others.
  const lists = offers
    .filter(({ kind }) => kind === 'kubernetes-packages')
    .map(({ place }) => place)
    .slice(0, 2);
  const waitsFor = (place: PlaceName) =>
    exact
      ? '-'
      : (offers.some(offer => offer.place === place && offer.kind === 'kubernetes-packages') ? [place] : lists)
          .map(each => `${each}.version`)
          .join(' ') || '-';

  const targetOf = ({ kind, place: name }: Offer): Target => {
    const place = placeOf(spec, name);
    const isOwn = name === 'own';
    const target = (url: string, job: Shell, images?: string[]): Target => ({
      name: `${name}/${kind}`,
      place: name,
      kind,
      url,
      images,
      job,
    });
    switch (kind) {
      case 'kubernetes-packages': {
        const url = place.kubernetesPackages!(minor);
        return target(
          url,
          sh`${repository(isOwn)} ${`${url}/InRelease`} ${`${url}/Release.key`} ${`${url}/Packages.gz`} ${facts.arch} ${exact ? sh`` : `${name}.version`}`,
        );
      }
      case 'runtime':
        return runtimeTarget(spec, facts, place, isOwn, target);
      case 'images':
        return imagesTarget(neededImages(spec, host, place), waitsFor(name), login(spec, isOwn), target);
      case 'network-images':
        return imagesTarget(
          networkImages(spec.network.cni, { ghcr: place.ghcr!, dockerHub: place.dockerHub! }),
          '-',
          login(spec, isOwn),
          target,
        );
      case 'os-packages': {
        const releases = isOwn ? distributionSources(facts, spec).map(releaseOf) : [];
        return target(spec.own.osPackages ?? 'apt', sh`system ${releases}`);
      }
      case 'time': {
        const servers = timeServersOf(spec);
        if (isContainer(facts)) return target('clock', sh`echo shared`);
        return target(servers.join(' ') || 'clock', servers.length ? sh`time_servers ${servers}` : sh`own_time`);
      }
    }
  };
  return offers.map(targetOf);
}

type Make = (url: string, job: Shell, images?: string[]) => Target;

const repository = (isOwn: boolean) => raw(isOwn ? 'own_repository' : 'repository');
const login = ({ own }: ClusterSpec, isOwn: boolean) => raw(isOwn && own.registryUser ? 'own_images' : 'images');
/** Of a line for apt. */
const releaseOf = (line: string): string => line.replace(/^deb \[.*?\] (\S+) (\S+) .*$/, '$1/dists/$2/InRelease');

function imagesTarget(images: string[], wait: string, ask: Shell, target: Make): Target {
  const registry = images[0]!.split('/')[0]!;
  const short = images.map(image => image.slice(registry.length + 1));
  // Docker Hub's API answers under another name.
  const api = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  return target(`https://${api}`, sh`${ask} ${api} ${wait} ${short}`, short);
}

/** Those that kubeadm will want here. For a minor alone the host fills in the version, which it knows from the packages. */
function neededImages(spec: ClusterSpec, host: HostSpec, { images, coredns }: Place): string[] {
  const all = kubeadmImages(spec.kubernetes, { images: images!, coredns: coredns! });
  const needed = isControlPlane(host) ? all : all.filter(image => /\/(kube-proxy|pause):/.test(image));
  return isExact(spec.kubernetes) ? needed : needed.map(image => image.replace(`:${spec.kubernetes}`, ':VERSION'));
}

function runtimeTarget(spec: ClusterSpec, facts: Facts, place: Place, isOwn: boolean, target: Make): Target {
  if (spec.runtime === 'distribution') return target('apt: containerd', sh`candidate containerd`);
  if (spec.runtime === 'github') {
    const { path, file } = releases(facts.arch).containerd;
    return target(place.githubReleases!, sh`file ${`${place.githubReleases}/${path}/${file}`}`);
  }
  const base = `${place.dockerPackages}/${facts.os.id}`;
  return target(base, sh`${repository(isOwn)} ${`${base}/dists/${facts.os.codename}/InRelease`} ${`${base}/gpg`}`);
}
