import type { Facts } from '../facts/facts.js';
import { founder } from '../facts/founder.js';
import type { Shell } from '../sh.js';
import type { Sources } from '../sources/sources.js';
import { controlPlanes, isControlPlane } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import type { Text } from '../text.js';

/** All that a step may look at: what was asked for, what the hosts say, where things come from. */
export interface Context {
  spec: ClusterSpec;
  host: HostSpec;
  facts: Facts;
  /** Facts of all hosts by name. */
  fleet: Record<string, Facts>;
  sources: Sources;
  /** The exact version, e.g. v1.37.2. */
  version: string;
}

export type Piece = Shell | ((context: Context) => Shell);

/** A whole file that a step is about: `file_<id> COMMAND...` hands it to a command of the script. Where check and apply say nothing else, they compare and put it. */
export interface StepFile {
  path: string;
  /** Octal, e.g. 644. */
  mode: string;
  content: string;
}

/** One thing that has to be so on a host. The pieces are plain POSIX shell that runs as root after the prelude. */
export interface Step {
  /** Snake case: also the end of the names of its shell functions. */
  id: string;
  /** The step of the hand-written procedure that this one replaces: S01 ... S22. */
  seed?: string;
  title: Text;
  /** Why it has to be so, in one sentence: shown beside the script. */
  why: Text;
  /** Where it applies; everywhere unless told. */
  on?: (context: Context) => boolean;
  file?: (context: Context) => StepFile;
  /** Further shell functions that the pieces share. */
  define?: Piece;
  /** Exits with 0 where it is so already. Changes nothing. */
  check?: Piece;
  apply?: Piece;
  /** Exits with 0 where it is so now; the check unless told. */
  verify?: Piece;
  /** In a task that looks at what was changed: its check says whether that look was ever taken. */
  proof?: true;
  /** What undo runs for a line `step <id>` of the ledger: it knows only the ledger. Files, packages, units ... come back by themselves. */
  undo?: Shell;
}

export const hasSeveralPlanes = ({ spec }: Pick<Context, 'spec'>): boolean => controlPlanes(spec).length > 1;

/** The hosts that are no part of the cluster yet and will join it. */
export const joining = ({ spec, fleet }: Pick<Context, 'spec' | 'fleet'>): HostSpec[] =>
  spec.hosts.filter(
    host =>
      host !== founder(spec, fleet) && fleet[host.name]!.cluster.state !== (isControlPlane(host) ? 'control-plane' : 'worker'),
  );

/** Minor version as a number: 37 of v1.37.2. */
export const minorOf = (version: string): number => Number(version.split('.')[1]);

/** Containers share the kernel of the machine around them: its clock, its swap and some of its settings are not theirs to change. */
export const isContainer = (facts: Facts): boolean =>
  /^(systemd-nspawn|lxc|lxc-libvirt|docker|podman|openvz|rkt|wsl|proot|container-other)$/.test(facts.virtualization);
