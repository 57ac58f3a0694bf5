const terminalSequences = new RegExp(
  [
    '(?:\\x1b\\]|\\x9d)[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)?', // OSC
    '(?:\\x1b[PX^_]|[\\x90\\x98\\x9e\\x9f])[^\\x1b\\x9c]*(?:\\x1b\\\\|\\x9c)?', // DCS, SOS, PM, APC
    '(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]?', // CSI
    '\\x1b[ -/]*[0-~]?', // any other escape
  ].join('|'),
  'g',
);
// C0 but the tab, DEL, C1, line separators and the marks that turn the direction of writing.
const controls = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * A line from a host as it may be shown and written down: without escape sequences, control characters and marks that turn
 * the direction of writing. Of a progress bar that overwrites itself the last state is left.
 */
export function sanitize(line: string): string {
  if (line.search(controls) < 0) return line;
  const last = line.replace(/\r+$/, '').split('\r').at(-1)!;
  return last.replace(terminalSequences, '').replace(controls, '');
}
