import type { Facts } from '../facts/facts.js';
import type { SourceReport } from '../sources/report.js';
import type { ClusterSpec } from '../spec/schema.js';
import { type Check, lookAt } from './check.js';
import * as planes from './checks/control-planes.js';
import * as identity from './checks/identity.js';
import * as network from './checks/network.js';
import * as packages from './checks/packages.js';
import * as resources from './checks/resources.js';
import * as runtime from './checks/runtime.js';
import * as state from './checks/state.js';
import * as system from './checks/system.js';
import * as versions from './checks/versions.js';
import type { Finding } from './finding.js';

/** All that preflight looks at, in the order in which an operator wants to hear of it. */
export const checks: Check[] = [
  system.osSupported,
  system.archSupported,
  system.systemdRuns,
  system.rootReached,
  system.toolsForFacts,

  identity.oneMachineTwice,
  state.otherInstallers,
  state.ledgerOfOthers,
  state.clusterOfOthers,
  state.partialOfOthers,
  state.roleKept,
  state.madeOtherwise,
  state.sameAuthority,
  state.versionSkew,
  state.leftovers,

  planes.oddNumber,

  resources.cpus,
  resources.memory,
  resources.disks,
  resources.inodes,
  resources.writable,
  resources.swap,

  system.kernelNewEnough,
  system.modulesThere,
  system.cgroupVersion,
  system.selinuxEnforces,

  network.addressIsHere,
  network.overlaps,
  network.ports,
  network.firewall,
  network.nameservers,
  network.proxies,

  identity.macs,
  identity.hostnames,
  identity.productUuids,
  identity.machineIds,
  identity.clocks,
  identity.operatorClock,
  identity.clockKept,

  packages.dpkg,
  packages.aptLock,
  packages.cloudInit,
  packages.newerPackages,
  packages.held,
  packages.toolsMissing,

  runtime.containerdNewEnough,
  runtime.distributionNewEnough,
  runtime.containerdOfOthers,

  versions.maintained,
  versions.known,
  versions.calico,
  versions.operatorUntried,
];

const levels: Finding['level'][] = ['stop', 'warn', 'note'];

/**
 * Everything that would go wrong later, or is good to know before: all hosts, all at once, stops first. Pure.
 * What is wrong with the sources themselves is said by chooseSources; the report serves here for versions.
 * @param facts of the hosts that answered, by name
 */
export function preflight(spec: ClusterSpec, facts: Record<string, Facts>, report: SourceReport = []): Finding[] {
  const look = lookAt(spec, facts, report);
  const found = checks.flatMap(check => check.find(look));
  return found.sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
}
