// What a spec says of its hosts. Apart from the schema, so that who only asks does not load what reads a file.
import type { ClusterSpec, HostSpec } from './schema.js';

export const isControlPlane = (host: HostSpec): boolean => host.roles?.includes('control-plane') ?? false;
export const controlPlanes = (spec: ClusterSpec): HostSpec[] => spec.hosts.filter(isControlPlane);
/** The control plane that `kubeadm init` runs on. */
export const firstControlPlane = (spec: ClusterSpec): HostSpec => controlPlanes(spec)[0] ?? spec.hosts[0]!;
export const workers = (spec: ClusterSpec): HostSpec[] => spec.hosts.filter(host => !isControlPlane(host));
/** The address by which the nodes know a host. */
export const nodeAddress = (host: HostSpec): string => host.internalAddress ?? host.address;
/** How to get into one host: its own words, then the defaults for all. */
export const sshOf = (spec: ClusterSpec, host: HostSpec) => ({ user: 'root', port: 22, ...spec.ssh, ...host.ssh });
