import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where logs and sessions lie: `$XDG_STATE_HOME/k8s-tui`, by default `~/.local/state/k8s-tui`. */
export const stateFolder = (): string => join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'k8s-tui');
