import type { Program } from '../machine/machine.js';
import { debianPackages, repositoryOf } from '../world/packages.js';
import { archives } from './archives.js';
import { basic } from './basic.js';
import { containers } from './containers.js';
import { crypto } from './crypto.js';
import { files } from './files.js';
import { kernel } from './kernel.js';
import { kubeadmPrograms } from './kubeadm.js';
import { kubectlPrograms } from './kubectl.js';
import { network } from './network.js';
import { packagePrograms } from './packages.js';
import { reading } from './reading.js';
import { systemd } from './systemd.js';
import { tool, toolNames } from './tools.js';

/** Everything that the machines of the demo can run, by name. */
export const programs: Record<string, Program> = {
  ...Object.fromEntries(toolNames.map(name => [name, tool(name)])),
  ...basic,
  ...files,
  ...reading,
  ...archives,
  ...systemd,
  ...packagePrograms,
  ...kernel,
  ...network,
  ...crypto,
  ...containers,
  ...kubeadmPrograms,
  ...kubectlPrograms,
};

/** Those that a fresh Debian has: all that no package has to bring first. */
export function programsOfDebian(): string[] {
  const brought = [...debianPackages, ...repositoryOf('docker'), ...repositoryOf('kubernetes')].flatMap(entry =>
    Object.keys(entry.files ?? {}).map(path => path.slice(path.lastIndexOf('/') + 1)),
  );
  const missing = new Set(brought.filter(name => name !== 'curl'));
  return Object.keys(programs).filter(name => !missing.has(name) && name !== 'jq' && name !== 'tree');
}
