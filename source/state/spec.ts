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

/** The hosts with exactly one control plane among them: the first one where nobody has chosen. */
export function withRoles(hosts: readonly HostSpec[]): HostSpec[] {
  const chosen = hosts.find(isControlPlane) ?? hosts[0];
  return hosts.map(host => ({ ...host, roles: [host === chosen ? 'control-plane' : 'worker'] }));
}

/** `r` on a host: it becomes the control plane, and the one that was so becomes a worker. */
export const makeControlPlane = (hosts: readonly HostSpec[], name: string): HostSpec[] =>
  hosts.map(host => ({ ...host, roles: [host.name === name ? 'control-plane' : 'worker'] }));
