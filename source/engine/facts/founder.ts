import { controlPlanes, firstControlPlane } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import type { Facts } from './facts.js';

/** The control plane that others join: one that stands already, or else the first that is named, which `kubeadm init` runs on. */
export const founder = (spec: ClusterSpec, fleet: Record<string, Facts>): HostSpec =>
  controlPlanes(spec).find(({ name }) => fleet[name]?.cluster.state === 'control-plane') ?? firstControlPlane(spec);
