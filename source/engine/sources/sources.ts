import type { ClusterSpec } from '../spec/schema.js';
import { type Place, type PlaceName, placeOf, places, type SourceKind, timeServersOf } from './catalogue.js';

/** From where the things of one place are fetched: the fields of a `Place` that concern one kind. */
export interface StandIn {
  place: PlaceName;
  kubernetesPackages?: string;
  dockerPackages?: string;
  githubReleases?: string;
  images?: string;
  coredns?: string;
  ghcr?: string;
  dockerHub?: string;
  quay?: string;
}

/** Where everything comes from, decided before the plan is made. URLs have no slash at their end; `Place` says what each one is. */
export interface Sources {
  /** Who was chosen for what. */
  from: Record<SourceKind, PlaceName>;
  kubernetesPackages: string;
  dockerPackages: string;
  githubReleases: string;
  images: string;
  coredns: string;
  ghcr: string;
  dockerHub: string;
  quay: string;
  timeServers: string[];
  /** Full fingerprints that the keys of the two package repositories must have, as seen in preflight and pinned from then on; null where the sources were not asked, and the key on the host stands. */
  kubernetesKey: string | null;
  dockerKey: string | null;
  /** Who is tried, and in which order, should one that was chosen fail during the install. Nothing on a host will name them. */
  standIns: StandIn[];
}

/** The places that are taken from, each once. */
export const placesIn = ({ from }: Pick<Sources, 'from'>): PlaceName[] => [...new Set(Object.values(from))];

/** @param ranked for each kind whoever carries it, best first */
export function sourcesFrom(
  spec: ClusterSpec,
  ranked: Record<SourceKind, readonly PlaceName[]>,
  minor: string,
  keys: Pick<Sources, 'kubernetesKey' | 'dockerKey'>,
): Sources {
  const first = (kind: SourceKind) => placeOf(spec, ranked[kind][0]!);
  const part = (kind: SourceKind, name: PlaceName) => fieldsOf[kind](placeOf(spec, name), minor);
  const others = [...new Set(Object.values(ranked).flatMap(names => names.slice(1)))];
  return {
    from: Object.fromEntries(Object.entries(ranked).map(([kind, names]) => [kind, names[0]!])) as Sources['from'],
    ...everything,
    ...fieldsOf['kubernetes-packages'](first('kubernetes-packages'), minor),
    ...fieldsOf.runtime(first('runtime'), minor),
    ...fieldsOf.images(first('images'), minor),
    ...fieldsOf['network-images'](first('network-images'), minor),
    timeServers: [...timeServersOf(spec)],
    ...keys,
    standIns: others.map(place =>
      Object.assign(
        { place },
        ...(Object.keys(ranked) as SourceKind[]).filter(kind => ranked[kind].indexOf(place) > 0).map(kind => part(kind, place)),
      ),
    ),
  };
}

type Fields = Omit<StandIn, 'place'>;
const { upstream } = places;
/** What a place does not carry, and nobody will ask it for, is named as upstream names it. */
const everything = {
  kubernetesPackages: '',
  dockerPackages: upstream.dockerPackages!,
  githubReleases: upstream.githubReleases!,
  images: upstream.images!,
  coredns: upstream.coredns!,
  ghcr: upstream.ghcr!,
  dockerHub: upstream.dockerHub!,
  quay: upstream.quay!,
};

const given = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

const fieldsOf: Record<SourceKind, (place: Place, minor: string) => Fields> = {
  'kubernetes-packages': (place, minor) => given({ kubernetesPackages: place.kubernetesPackages?.(minor) }),
  runtime: ({ dockerPackages, githubReleases }) => given({ dockerPackages, githubReleases }),
  images: ({ images, coredns }) => given({ images, coredns }),
  'network-images': ({ ghcr, dockerHub, quay }) => given({ ghcr, dockerHub, quay }),
};
