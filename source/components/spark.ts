const bars = '▁▂▃▄▅▆▇█';

/** The last `columns` of percentages as one bar each, the newest at the right; blank where there are fewer. */
export function sparkline(percents: readonly number[], columns: number): string {
  const bar = (percent: number) => bars[Math.min(bars.length - 1, Math.floor((percent / 100) * bars.length))]!;
  return percents.slice(-columns).map(bar).join('').padStart(columns);
}
