/** What a script says to the run, a line each, after the mark. The prelude's `say` prints them. */
export type Said =
  | { kind: 'start' | 'same' | 'needed' | 'changed' | 'stopped'; step: string }
  | { kind: 'failed'; step: string; code: number | 'verify' }
  | { kind: 'run' | 'wait'; text: string }
  | { kind: 'value'; name: string; value: string }
  /** Something came from a stand-in, since the source that was chosen failed. */
  | { kind: 'instead'; source: string; what: string };

const mark = '##k8s-tui ';

/** The message in a line of a script's output; null for a line that is just output. */
export function parseSaid(line: string): Said | null {
  if (!line.startsWith(mark)) return null;
  const [, kind, rest = ''] = /^(\S+) ?(.*)$/.exec(line.slice(mark.length)) ?? [];
  const [first = '', ...more] = rest.split(' ');
  switch (kind) {
    case 'start':
    case 'same':
    case 'needed':
    case 'changed':
    case 'stopped':
      return { kind, step: first };
    case 'failed':
      return { kind, step: first, code: more[0] === 'verify' ? 'verify' : Number(more[0]) };
    case 'run':
    case 'wait':
      return { kind, text: rest };
    case 'instead':
      return { kind, source: first, what: more.join(' ') };
    case 'value':
      return { kind, name: first, value: more.join(' ') };
    default:
      return null;
  }
}
