import type { Finding } from '../engine/preflight/finding.js';

/** The same finding on several hosts stands on one row; `hosts` is empty where it is about the cluster as a whole. */
export interface FindingRow extends Omit<Finding, 'host'> {
  hosts: string[];
}

/** Findings by weight, those that say the same of several hosts together. */
export function findingRows(findings: readonly Finding[]): FindingRow[] {
  const rows = new Map<string, FindingRow>();
  for (const { host, ...finding } of findings) {
    const key = `${finding.level} ${finding.id} ${finding.what.en} ${finding.remedy.en}`;
    const row = rows.get(key) ?? { ...finding, hosts: [] };
    if (host !== null && !row.hosts.includes(host)) row.hosts.push(host);
    rows.set(key, row);
  }
  const weight = { stop: 0, warn: 1, note: 2 };
  return [...rows.values()].sort((a, b) => weight[a.level] - weight[b.level]);
}
