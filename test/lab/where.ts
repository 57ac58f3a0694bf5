import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The lab: real Debian hosts and the outside sites that they install from. It stands beside the checkout, and builds itself. */
export const cli = join(import.meta.dirname, '../../../shared/lab/lab');

/** The hosts that the tests have to themselves: three, or those of K8S_TUI_LAB_HOSTS (n7,n8,n9) where several share a lab. */
export const labHosts: readonly string[] = process.env.K8S_TUI_LAB_HOSTS?.split(',') ?? ['n1', 'n2', 'n3'];

/** The lab is somebody else's to bring up and to clear. */
export const isShared = process.env.K8S_TUI_LAB_HOSTS !== undefined;

/** Why the lab cannot be used here; null where it can. */
export function whyNot(): string | null {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  if (!existsSync(cli)) return `there is none at ${cli}`;
  return null;
}
