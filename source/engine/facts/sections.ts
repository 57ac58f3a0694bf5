/** What a script printed, by section: a line `@@ name` begins one, or goes on with it. Empty lines are left out. */
export function sections(stdout: string): (name: string) => string[] {
  const found = sectionsOf(stdout);
  return name => found.get(name) ?? [];
}

/** The same, for whoever has to know which of them were printed. */
export function sectionsOf(stdout: string): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of stdout.split('\n')) {
    const head = line.startsWith('@@ ') ? /^@@ ([a-z-]+)\r?$/.exec(line) : null;
    if (head) {
      lines = found.get(head[1]!) ?? [];
      found.set(head[1]!, lines);
    } else if (line.trim()) lines.push(line.trimEnd());
  }
  return found;
}
