import type { ProblemDetails } from '../errors.js';
import { type Shell, sh } from '../sh.js';
import type { Text } from '../text.js';
import type { Evidence, SectionName } from './evidence.js';
import { recentLines } from './recent.js';

/** In the order in which causes are told. */
export const likelihoods = ['sure', 'likely', 'possible'] as const;
export type Likelihood = (typeof likelihoods)[number];

/** How sure it is, in words. */
export const likelihoodWords: Record<Likelihood, Text> = {
  sure: { en: 'this is it', zh: '确定' },
  likely: { en: 'likely', zh: '很可能' },
  possible: { en: 'possible', zh: '可能' },
};

/** Something that may mend it. Commands run as root on the host; the others are for the program or a person to do. */
export type Fix = { title: Text } & (
  | { by: 'commands'; commands: Shell }
  /** The plan run again does it: its steps look at what is there. */
  | { by: 'again' }
  | { by: 'mirror' }
  | { by: 'hand' }
);

/** Where a symptom shows: a section of the evidence, the facts, or the last lines of the command that failed. */
export type Place = SectionName | 'facts' | 'command';

/** The line that gave it away. */
export interface Hit {
  where: Place;
  line: string;
  /** The groups of the pattern. */
  match: readonly string[];
}

/** All that a symptom may look at. */
export interface Look extends Evidence {
  /** The failure that is asked about, where it was on this host. */
  problem: ProblemDetails | null;
  /** This host shows that something is wrong. What journals say of hosts that are well is history. */
  isUnwell: boolean;
  /** k8s-tui made this host what it is: the plan can be run again, and what is changed is kept in the ledger. */
  isOurs: boolean;
  isControlPlane: boolean;
}

/** One row of the table: what shows → what it means → what mends it. */
export interface Symptom {
  /** Kebab-case, stable: tests and documentation cite it. */
  id: string;
  likelihood: Likelihood;
  find: (look: Look) => Hit | null;
  cause: Text | ((hit: Hit, look: Look) => Text);
  fixes?: (hit: Hit, look: Look) => Fix[];
  /** Symptoms that follow from this one, on the same host: they are not told beside it. */
  explains?: readonly string[];
}

const JOURNALS: readonly SectionName[] = ['kubelet', 'containerd', 'container-logs', 'events', 'pods', 'kernel'];

/** The failing command's words, or the last line of these sections that matches. */
export const said =
  (pattern: RegExp, places: readonly SectionName[] = JOURNALS) =>
  (look: Look): Hit | null => {
    const command = look.problem?.command?.lastLines ?? [];
    return lineIn('command', command, pattern) ?? (look.isUnwell ? inSections(look, places, pattern) : null);
  };

/** Something that is so, whatever anybody said: the sentence that shows it. */
export const is =
  (where: Place, see: (look: Look) => string | false | null | undefined) =>
  (look: Look): Hit | null => {
    const line = see(look);
    return line ? { where, line, match: [line] } : null;
  };

export const either =
  (...finds: Symptom['find'][]) =>
  (look: Look): Hit | null => {
    for (const find of finds) {
      const hit = find(look);
      if (hit) return hit;
    }
    return null;
  };

function inSections(look: Look, places: readonly SectionName[], pattern: RegExp): Hit | null {
  for (const place of places) {
    const hit = lineIn(place, recentLines(look, place), pattern);
    if (hit) return hit;
  }
  return null;
}

function lineIn(where: Place, lines: readonly string[], pattern: RegExp): Hit | null {
  const line = lines.findLast(one => pattern.test(one));
  return line === undefined ? null : { where, line: line.trim(), match: [...pattern.exec(line)!] };
}

/** `name=value` and `unit.Property=value` of a section. */
export const valueIn = (look: Pick<Evidence, 'sections'>, section: SectionName, name: string): string | null =>
  look.sections[section]?.find(line => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;

export const unitIs = (look: Evidence, unit: 'kubelet' | 'containerd', property = 'ActiveState') =>
  valueIn(look, 'units', `${unit}.${property}`);

/** A file of /etc/kubernetes that the node's role shows by. */
export const hasFile = (look: Evidence, file: string): boolean => look.sections.role?.includes(file) ?? false;

export const again = (en = 'run the plan again', zh = '重新运行计划'): Fix => ({ by: 'again', title: { en, zh } });
export const byHand = (en: string, zh: string): Fix => ({ by: 'hand', title: { en, zh } });
export const run = (en: string, zh: string, commands: Shell): Fix => ({ by: 'commands', title: { en, zh }, commands });
/** Clusters that others made may lack it, and a pipe from it would restart nothing in silence. */
export const needsCrictl = sh`command -v crictl >/dev/null || { echo 'crictl is not here: apt-get install cri-tools, then this again'; exit 1; }`;
export const otherMirror: Fix = { by: 'mirror', title: { en: 'choose another mirror', zh: '改用其他镜像源' } };
