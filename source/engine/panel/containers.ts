import { unpacked } from './packed.js';

export interface Container {
  id: string;
  name: string;
  pod: string;
  namespace: string;
  image: string;
  state: 'running' | 'exited' | 'created' | 'unknown';
  /** How often it was started again. */
  restarts: number;
  /** Epoch ms. */
  createdAt: number;
}

interface CrictlContainer {
  id: string;
  state: string;
  createdAt: string;
  metadata: { name: string; attempt?: number };
  image?: { image?: string; userSpecifiedImage?: string };
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** `crictl ps -a -o json`, packed; of a container that was started again, the newest alone. */
export function parseContainers(lines: string[]): Container[] | null {
  let said: CrictlContainer[];
  try {
    said = JSON.parse(unpacked(lines.join(''))).containers ?? [];
  } catch {
    return null;
  }
  const all = said.map(
    ({ id, state, createdAt, metadata, image, labels = {}, annotations = {} }): Container => ({
      id,
      name: metadata.name,
      pod: labels['io.kubernetes.pod.name'] ?? '',
      namespace: labels['io.kubernetes.pod.namespace'] ?? '',
      image: image?.userSpecifiedImage || image?.image || '',
      state: states[state] ?? 'unknown',
      restarts: Number(annotations['io.kubernetes.container.restartCount'] ?? metadata.attempt ?? 0),
      createdAt: Math.round(Number(createdAt) / 1e6),
    }),
  );
  return newestOf(all);
}

/**
 * The same where there is no crictl: the links of kubelet's, `POD_NAMESPACE_NAME-ID.log /var/log/pods/.../RESTARTS.log SECONDS`, and
 * `ctr containers ls`.
 */
export function parseLogs(links: string[], images: ReadonlyMap<string, string>): Container[] {
  return newestOf(
    links.flatMap((line): Container[] => {
      const [, pod = '', namespace = '', name = '', id, restarts, seconds] =
        /^(.+)_(.+)_(.+)-([0-9a-f]{64})\.log \S+\/(\d+)\.log ([\d.]+)$/.exec(line) ?? [];
      if (!id) return [];
      const createdAt = Math.round(Number(seconds) * 1000);
      return [
        { id, name, pod, namespace, image: images.get(id) ?? '', state: 'exited', restarts: Number(restarts), createdAt },
      ];
    }),
  );
}

function newestOf(all: Container[]): Container[] {
  const newest = new Map<string, Container>();
  for (const container of all) {
    const key = `${container.namespace}/${container.pod}/${container.name}`;
    if (!newest.has(key) || newest.get(key)!.createdAt < container.createdAt) newest.set(key, container);
  }
  return [...newest.values()];
}
const states: Record<string, Container['state']> = {
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_CREATED: 'created',
};

/** The container, with the kernel's word on whether it runs. */
export const running = (container: Container, tasks: ReadonlySet<string>): Container =>
  container.state === 'running' || container.state === 'exited'
    ? { ...container, state: tasks.has(container.id) ? 'running' : 'exited' }
    : container;

/** What `ctr containers ls` says: images by the container's id. */
export const parseImages = (lines: string[]) => new Map(lines.map(line => line.split(/\s+/) as [string, string]));
