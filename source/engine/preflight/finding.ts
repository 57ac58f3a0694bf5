import type { Text } from '../text.js';

/** Something that preflight found. `stop` keeps the plan from running, `warn` has to be read, `note` is good to know. */
export interface Finding {
  /** Kebab-case, stable: tests and documentation cite it. */
  id: string;
  level: 'stop' | 'warn' | 'note';
  /** null: about the cluster as a whole. */
  host: string | null;
  what: Text;
  /** What would go wrong later. */
  why: Text;
  remedy: Text;
}
