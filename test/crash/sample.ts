/** `CRASH=all`: every case; `CRASH=40`: so many that SEED chooses; by itself a few, so that `npm test` stays quick. */
export const isWhole = process.env.CRASH === 'all';
export const sampleSize = (few: number): number => Number(process.env.CRASH) || few;

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Some of a list, each at most once, in the list's order. */
export function pick<T>(list: readonly T[], count: number, next: () => number): T[] {
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, list.length)) chosen.add(Math.floor(next() * list.length));
  return list.filter((_, i) => chosen.has(i));
}

/** Rows as a table of results: how often each fault ended how. */
export function table(rows: readonly { what: string; when: string; end: string }[]): string {
  const counts = new Map<string, number>();
  for (const { what, when, end } of rows) {
    const key = `${what.padEnd(18)} ${when.padEnd(7)} ${end}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const lines = [...counts].sort().map(([key, count]) => `${String(count).padStart(5)}  ${key}`);
  return ['', 'cases  fault              when    end of the next run', ...lines, ''].join('\n');
}
