import type { Facts } from '../facts/facts.js';
import type { Plan } from '../plan/plan.js';
import { kubeadmImages, networkImages, roamingImages } from '../sources/images.js';
import type { Line } from './contents.js';
import { type Package, withDependencies } from './dependencies.js';
import type { Store } from './store.js';
import { fileOf, imageFiles, packageList } from './wanted.js';

/**
 * Fetches what the hosts of a plan are about to ask for, one thing after the other and in the order in which they will: so the
 * line has something to do while they unpack, configure and wait for each other. What a host asks for meanwhile is the same
 * download. Never rejects: what cannot be had is told to the host that asks for it.
 */
export async function fetchAhead(plan: Plan, line: Line, store: Store): Promise<void> {
  const { spec, version, sources } = plan;
  const read = async (url: string) => store.read(await line.whole(url));
  const fetch = async (urls: string[]) => {
    for (const url of urls) await line.whole(url);
  };
  const isOpen = (id: string) => plan.tasks.some(({ steps }) => steps.some(step => step.id === id && step.state !== 'same'));

  try {
    for (const { os, arch } of systemsOf(plan)) {
      const docker = `${sources.dockerPackages}/${os.id}/dists/${os.codename}`;
      const kubernetes = isOpen('containerd') || isOpen('kubernetes_packages') ? sources.kubernetesPackages : null;
      const lists = kubernetes ? await packageList(read, kubernetes, '', arch) : [];
      if (isOpen('containerd')) {
        if (spec.runtime === 'docker') {
          const list = await packageList(read, docker, `stable/binary-${arch}/`, arch);
          await fetch(withDependencies(['containerd.io'], list).map(fileOf));
        }
        await fetch(withDependencies(['cri-tools'], lists).map(fileOf));
      }
      if (isOpen('kubernetes_packages')) await fetch(exactly(version, lists).map(fileOf));
      if (isOpen('images') || isOpen('images_of_network')) {
        const images = [
          ...kubeadmImages(version, sources),
          ...networkImages(spec.network.cni, sources),
          ...roamingImages(spec.network.cni, version, sources),
        ];
        for (const image of new Set(images)) await fetch((await imageFiles(image, arch, read)).map(({ url }) => url));
      }
    }
  } catch {
    // The host that needs it tries again, and says why not.
  }
}

const exactly = (version: string, lists: Package[]) =>
  withDependencies(
    ['kubelet', 'kubeadm', 'kubectl'].map(name => `${name}=${version.slice(1)}-*`),
    lists,
  );

/** Each kind of host once. */
function systemsOf({ facts }: Plan): Pick<Facts, 'os' | 'arch'>[] {
  return [...new Map(Object.values(facts).map(({ os, arch }) => [`${os.id} ${os.codename} ${arch}`, { os, arch }])).values()];
}
