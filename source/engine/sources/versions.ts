/** Versions as numbers, so that v1.37.10 is newer than v1.37.2. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map(version => version.replace(/^v/, '').split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (one![i] ?? 0) - (other![i] ?? 0);
    if (difference) return difference;
  }
  return 0;
}

/** v1.37 of v1.37.2 and of v1.37 */
export const minorVersion = (version: string): string => version.split('.').slice(0, 2).join('.');
/** v1.37 says a minor, v1.37.2 a version. */
export const isExact = (version: string): boolean => version.split('.').length === 3;
