import type { Evidence, SectionName } from './evidence.js';

/** Events are told for an hour; what was last seen longer ago has passed. */
const MOST_MINUTES = 5;
/** What still fails is said again within this time, kubelet's slowest round twice. */
const MOST_MS = 60_000;

/** The lines of a section that tell of now: of the last run of a service, of events that were seen lately. */
export function recentLines(
  { sections, facts }: Pick<Evidence, 'sections' | 'facts'>,
  section: SectionName,
): readonly string[] {
  const lines = sections[section] ?? [];
  if (section === 'kubelet' || section === 'containerd') return lastMinute(lastRun(lines, section));
  if (section === 'container-logs') return lines.filter(line => !(facts.time.epochMs - timeOf(line) > MOST_MINUTES * 60_000));
  if (section !== 'events') return lines;
  const unwell = (sections.pods ?? []).map(line => line.split(/\s+/)[1]);
  // A pod that runs by now has got over it.
  const isOver = (line: string) => {
    const pod = / pod\/([\w.-]+) /.exec(line)?.[1];
    return pod !== undefined && !unwell.includes(pod);
  };
  return lines.filter(line => wasSeenLately(line) && !isOver(line));
}

/** The first time in a line, as if it were UTC; not a number where there is none. */
const timeOf = (line: string) => Date.parse(`${/\d{4}-\d\d-\d\dT[\d:]{8}/.exec(line)?.[0]}Z`);

/** A process that has only just begun has not failed yet: then the one before it counts too. */
function lastRun(lines: readonly string[], program: string): readonly string[] {
  const pidOf = (line: string) => new RegExp(` ${program}\\[(\\d+)\\]: `).exec(line)?.[1];
  const pids = [...new Set(lines.map(pidOf).filter(pid => pid !== undefined))];
  const isOf = (pid: string) => (line: string) => pidOf(line) === pid;
  const last = pids.at(-1);
  if (last === undefined) return lines;
  const hasFailed = lines.some(
    line => isOf(last)(line) && /command failed|fatal|panic|failed to (load|start|listen)/i.test(line),
  );
  const from = hasFailed || pids.length < 2 ? last : pids.at(-2)!;
  return lines.slice(lines.findIndex(isOf(from)));
}

/** Counted from its last line: a service that is down has said nothing since. */
function lastMinute(lines: readonly string[]): readonly string[] {
  const last = timeOf(lines.findLast(line => !Number.isNaN(timeOf(line))) ?? '');
  return lines.filter(line => !(last - timeOf(line) > MOST_MS));
}

/** `default   69s   Warning ...`: the second column is its age. */
function wasSeenLately(line: string): boolean {
  const age = line.trim().split(/\s+/)[1] ?? '';
  const [, days, hours, minutes] = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:\d+s)?$/.exec(age) ?? [];
  return !days && !hours && Number(minutes ?? 0) < MOST_MINUTES;
}
