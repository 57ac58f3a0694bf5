import type { ClusterSpec, HostSpec } from '../engine/spec/schema.js';

/** The spec as the walk begins. The schema's own defaults, written out: zod is too slow to load before the first screen. */
export const emptySpec: ClusterSpec = {
  name: 'k8s',
  kubernetes: 'v1.37',
  mirror: 'upstream',
  relay: false,
  sources: {},
  own: { noProxy: [] },
  network: { cni: 'flannel', pods: '10.244.0.0/16', services: '10.96.0.0/12', proxy: 'iptables' },
  runtime: 'docker',
  certificateNames: [],
  timeServers: [],
  firewall: 'open',
  swap: 'off',
  trustedKeys: [],
  ssh: {},
  hosts: [],
};

export const isControlPlane = (host: HostSpec): boolean => host.roles?.includes('control-plane') ?? false;

export const loginOf = (spec: ClusterSpec, host: HostSpec) => ({ user: 'root', port: 22, ...spec.ssh, ...host.ssh });

/** The hosts with at least one control plane among them: the first one where nobody has chosen. */
export function withRoles(hosts: readonly HostSpec[]): HostSpec[] {
  const isChosen = hosts.some(isControlPlane);
  return hosts.map((host, i) => (isChosen || i > 0 ? { ...host, roles: host.roles ?? ['worker'] } : withRole(host, true)));
}

/** `r` on a host: a worker becomes a control plane, a control plane a worker; the last one stays what it is. */
export function turnRole(hosts: readonly HostSpec[], name: string): HostSpec[] {
  const others = hosts.filter(host => host.name !== name);
  return hosts.map(host => (host.name === name ? withRole(host, !isControlPlane(host) || !others.some(isControlPlane)) : host));
}

/** These are the control planes, and the others are workers. */
export const withPlanes = (hosts: readonly HostSpec[], names: readonly string[]): HostSpec[] =>
  hosts.map(host => withRole(host, names.includes(host.name)));

const withRole = (host: HostSpec, isPlane: boolean): HostSpec =>
  isControlPlane(host) === isPlane && host.roles ? host : { ...host, roles: [isPlane ? 'control-plane' : 'worker'] };
