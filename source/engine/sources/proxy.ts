import { raw, type Shell, sh } from '../sh.js';
import { nodeAddress } from '../spec/hosts.js';
import type { ClusterSpec } from '../spec/schema.js';
import { endpointName } from '../steps/kubeadm-config.js';
import { PROXY_PASSWORD } from './passwords.js';

const unique = (values: readonly string[]) => [...new Set(values)];

/** What hosts reach without the proxy: themselves and each other, pods, services, and the sources that are the operator's own. */
export function directly(spec: ClusterSpec): string[] {
  const { own, network, hosts } = spec;
  return unique([
    'localhost',
    '127.0.0.1',
    ...hosts.flatMap(host => [host.name, host.address, nodeAddress(host)]),
    endpointName(spec),
    network.pods,
    network.services,
    '.svc',
    '.cluster.local',
    ...ownHosts(spec),
    ...own.noProxy,
  ]);
}

/** The hosts of the operator's own sources, by name. */
export function ownHosts({ own }: Pick<ClusterSpec, 'own'>): string[] {
  const urls = [own.kubernetesPackages, own.dockerPackages, own.osPackages].flatMap(url =>
    url ? [new URL(url).hostname] : [],
  );
  const registry = own.registry?.replace(/[:/].*$/, '');
  return unique([...(registry ? [registry] : []), ...urls]);
}

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, letter => `%${letter.charCodeAt(0).toString(16)}`);

/** The function `proxy_url`, which prints the proxy with its login; null where there is no proxy. */
export function proxyUrl({ own }: Pick<ClusterSpec, 'own'>): Shell | null {
  if (!own.proxy) return null;
  const { protocol, host } = new URL(own.proxy);
  if (!own.proxyUser) return sh`proxy_url() { echo ${`${protocol}//${host}`}; }`;
  return sh`
    # each byte of the password as %xx: whatever it is, it is a part of a URL
    proxy_url() { echo ${`${protocol}//${encoded(own.proxyUser)}:`}"$(printf %s "$${raw(PROXY_PASSWORD)}" | od -An -v -tx1 | tr -d '\n' | tr ' ' %)"${`@${host}`}; }
  `;
}
