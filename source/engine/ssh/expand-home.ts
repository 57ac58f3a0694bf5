import { homedir } from 'node:os';
import { join } from 'node:path';

/** A path as a shell would have it that begins with ~/. */
export const expandHome = (file: string): string => (file.startsWith('~/') ? join(homedir(), file.slice(2)) : file);
