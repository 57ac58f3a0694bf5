import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { sanitize } from '../ssh/sanitize.js';
import type { Reach } from './reach.js';
import script from './reach-rules.sh';

const MOST_RULES = 3;

/**
 * Asks each host on which ports are closed for its own rules that may close them. One reading, as root; nothing for a host that
 * has none, or where they cannot be read.
 * @param remotes by name
 */
export async function closingRules(
  all: readonly Reach[],
  remotes: Record<string, Remote>,
  signal?: AbortSignal,
): Promise<Record<string, string[]>> {
  const closed = new Map<string, Set<number>>();
  for (const { to, port, is } of all)
    if (is === 'dropped' || is === 'refused' || is === 'no-route') closed.set(to, (closed.get(to) ?? new Set()).add(port));
  const found = await Promise.all(
    [...closed].map(async ([name, ports]) => {
      const remote = remotes[name];
      if (!remote || remote.access === 'none') return [name, []] as const;
      const said = await remote.run(script, { timeout: 10_000, signal }).catch(ignoreProblem);
      return [name, rulesThatClose(said?.stdout ?? '', ports)] as const;
    }),
  );
  signal?.throwIfAborted();
  return Object.fromEntries(found);
}

const ignoreProblem = (error: unknown) => {
  if (!(error instanceof Problem)) throw error;
  return null;
};

/** The rules of iptables-save or of `nft list ruleset` that turn away what comes in to one of some ports. Pure. */
export function rulesThatClose(text: string, ports: ReadonlySet<number>): string[] {
  let hook = 'input';
  const rules: string[] = [];
  for (const raw of text.split('\n')) {
    const line = sanitize(raw.trim());
    hook = /\bhook (\w+)/.exec(line)?.[1] ?? hook;
    if (line === '}') hook = 'input'; // chains without a hook are called from others
    const isInbound = hook === 'input' && !/^-A (FORWARD|OUTPUT)\b/.test(line);
    if (isInbound && turnsAway(line) && speaksOf(line, ports)) rules.push(line);
  }
  return [...new Set(rules)].slice(0, MOST_RULES);
}

const turnsAway = (line: string) =>
  /^:INPUT DROP|-j (DROP|REJECT)\b|policy drop;/.test(line) || (!line.startsWith('-A') && /\b(drop|reject)\b/.test(line));

/** A rule that names no port is for all of them; one that names where it comes from or by which device may be. */
function speaksOf(line: string, ports: ReadonlySet<number>): boolean {
  const said = /(?:--dports?|\bdport) (?:\{ ?)?([\d,:\- ]+)/.exec(line)?.[1];
  if (said === undefined) return !/\b(ct)?state (invalid|INVALID)\b|--dport/.test(line);
  return said.split(/[, ]+/).some(range => {
    const [first, last = first] = range.split(/[:-]/).map(Number);
    return [...ports].some(port => port >= first! && port <= last!);
  });
}
