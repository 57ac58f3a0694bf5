import { createHash } from 'node:crypto';
import { Problem } from '../errors.js';
import type { Facts } from '../facts/facts.js';
import { chooseSources } from '../sources/choose.js';
import { kubeadmImages, networkImages, roamingImages } from '../sources/images.js';
import { compareVersions, isExact, minorVersion } from '../sources/versions.js';
import type { ClusterSpec } from '../spec/schema.js';
import { releases } from '../steps/releases.js';
import { minorOf } from '../steps/step.js';
import type { Line } from './contents.js';
import { type Package, withDependencies } from './dependencies.js';
import { filesOf, listOf, packagesOf, rootOf } from './expected.js';
import { distributionSources, registryHost } from './sites.js';
import type { Store } from './store.js';

/** A kind of host: its distribution and processor. */
export type System = Pick<Facts, 'os' | 'arch'>;

export interface Wanted {
  /** v1.37.2 */
  version: string;
  /** What was fetched to know the rest, and belongs to it. */
  urls: string[];
  /** What is still to be fetched, with its size in bytes. */
  files: { url: string; size: number }[];
}

/**
 * Everything that an install on hosts of one kind asks the sources for.
 * @throws Problem preflight where a source has not what is needed; what Line throws
 */
export async function wantedOf(spec: ClusterSpec, system: System, line: Line, store: Store): Promise<Wanted> {
  const urls: string[] = [];
  const read = async (url: string) => {
    urls.push(url);
    return store.read(await line.whole(url));
  };
  const packages: Package[] = [];
  const readList = async (release: string, folder: string) => {
    packages.push(...(await packageList(read, release, folder, system.arch)));
  };

  // As it is chosen where every place that is preferred answers.
  const { sources } = chooseSources(spec, []);
  const { kubernetesPackages: kubernetes, dockerPackages, githubReleases } = sources;
  await read(`${kubernetes}/Release.key`);
  await readList(kubernetes, '');
  if (spec.runtime === 'docker') {
    const docker = `${dockerPackages}/${system.os.id}`;
    await read(`${docker}/gpg`);
    await readList(`${docker}/dists/${system.os.codename}`, `stable/binary-${system.arch}/`);
  }
  for (const source of distributionSources(system, spec)) {
    const [url, suite] = /(http\S+) (\S+)/.exec(source)!.slice(1) as [string, string];
    await readList(`${url}/dists/${suite}`, `main/binary-${system.arch}/`);
  }

  const version = newestOf(spec, packages);
  const files = packageFiles(spec, version, packages);
  if (spec.runtime === 'github') {
    const { containerd, runc } = releases(system.arch);
    for (const name of [containerd.file, `${containerd.file}.sha256sum`])
      urls.push(`${githubReleases}/${containerd.path}/${name}`);
    for (const name of [runc.file, 'runc.sha256sum']) urls.push(`${githubReleases}/${runc.path}/${name}`);
  }
  const images = [
    ...kubeadmImages(version, sources),
    ...networkImages(spec.network.cni, sources),
    ...roamingImages(spec.network.cni, version, sources),
  ];
  for (const image of new Set(images)) files.push(...(await imageFiles(image, system.arch, read)));
  return { version, urls: [...new Set(urls)], files };
}

/** The packages of a part of a repository, by its list in the form that apt takes. @param folder of the part, with / at its end */
export async function packageList(
  read: (url: string) => Promise<Buffer>,
  release: string,
  folder: string,
  arch: string,
): Promise<Package[]> {
  const root = `${release}/`;
  const there = filesOf((await read(`${root}InRelease`)).toString('latin1')).map(({ name }) => name.replace(/^\.\//, ''));
  const name = ['gz', 'xz'].map(form => `${folder}Packages.${form}`).find(each => there.includes(each));
  const url = `${root}${name ?? `${folder}Packages.gz`}`;
  const list = await listOf(await read(url));
  if (!list && url.endsWith('.xz')) throw noXz();
  return [...packagesOf(list)]
    .filter(({ Architecture }) => Architecture === arch || Architecture === 'all')
    .map(stanza => ({ ...stanza, root: rootOf(url) }));
}

/** The URL of a package's file. */
export const fileOf = ({ root, Filename = '' }: Package): string => `${root}/${Filename.replace(/^\.\//, '')}`;

function newestOf(spec: ClusterSpec, packages: Package[]): string {
  if (isExact(spec.kubernetes)) return spec.kubernetes;
  const versions = packages
    .filter(each => each.Package === 'kubeadm')
    .map(({ Version = '' }) => `v${Version.split('-')[0]}`)
    .filter(version => minorVersion(version) === spec.kubernetes);
  const newest = versions.sort(compareVersions).at(-1);
  if (!newest) throw lacks(`kubeadm ${spec.kubernetes}`, spec);
  return newest;
}

/** The packages of every step of a plan, with all that they need. */
function packageFiles(spec: ClusterSpec, version: string, packages: Package[]) {
  const exact = `${version.slice(1)}-*`;
  const names = [
    ...['kubelet', 'kubeadm', 'kubectl'].map(name => `${name}=${exact}`),
    ...['cri-tools', 'curl', 'gpg', 'openssl', 'ca-certificates', 'libseccomp2'],
    ...{ docker: ['containerd.io'], distribution: ['containerd'], github: [] }[spec.runtime],
    ...(minorOf(version) < 32 ? ['conntrack'] : []),
    ...(spec.network.proxy === 'ipvs' ? ['ipset', 'ipvsadm'] : []),
    ...(spec.timeServers.length || spec.mirror === 'aliyun' ? ['chrony'] : []),
  ];
  try {
    return withDependencies(names, packages).map(each => ({ url: fileOf(each), size: Number(each.Size ?? 0) }));
  } catch (error) {
    throw lacks((error as Error).message, spec);
  }
}

interface Descriptor {
  digest: string;
  size: number;
  platform?: { os: string; architecture: string };
}

/** All of an image for one processor: its manifests are read, its layers are still to come. */
export async function imageFiles(image: string, arch: string, read: (url: string) => Promise<Buffer>) {
  const [, registry = '', name = '', tag = ''] = /^([^/]+)\/(.+):([^:/]+)$/.exec(image) ?? [];
  const base = `https://${registryHost(registry)}/v2/${name}`;
  const manifestOf = async (reference: string) =>
    JSON.parse((await read(`${base}/manifests/${reference}`)).toString('utf8')) as {
      manifests?: Descriptor[];
      config?: Descriptor;
      layers?: Descriptor[];
    };
  // Resolved by its tag first, and fetched by its digest then.
  const text = await read(`${base}/manifests/${tag}`);
  let manifest = await manifestOf(`sha256:${createHash('sha256').update(text).digest('hex')}`);
  if (manifest.manifests) {
    const own = manifest.manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === arch);
    if (!own) throw new Error(`${image} is not there for ${arch}`);
    manifest = await manifestOf(own.digest);
  }
  return [manifest.config!, ...manifest.layers!].map(({ digest, size }) => ({ url: `${base}/blobs/${digest}`, size }));
}

const noXz = () =>
  new Problem({
    code: 'preflight',
    what: {
      en: 'the distribution’s lists are packed by xz, which this machine does not have',
      zh: '发行版清单使用 xz 压缩，而本机没有 xz',
    },
    remedy: {
      en: 'Install it: apt-get install xz-utils, or brew install xz.',
      zh: '请安装：apt-get install xz-utils 或 brew install xz。',
    },
  });

const lacks = (what: string, { mirror }: ClusterSpec) =>
  new Problem({
    code: 'preflight',
    what: { en: `${mirror} does not carry what is needed: ${what}`, zh: `${mirror} 缺少所需内容：${what}` },
    remedy: {
      en: 'Name another version in the cluster file, or the other mirror.',
      zh: '请在集群文件中写其他版本，或使用另一镜像源。',
    },
  });
