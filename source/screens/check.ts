import { blank, bold, cyan, dim, ends, green, type Line, red, type Span, yellow } from '../components/line.js';
import { table } from '../components/table.js';
import { sized, width, wrap } from '../components/text.js';
import { type FindingRow, findingRows } from '../state/findings.js';
import { stops } from '../state/state.js';
import { moving, type Screen, type View } from './screen.js';

export const check: Screen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const { state: at, problem } = state.check;
    const findings = findingRows(state.check.findings);
    const count = (level: FindingRow['level']) => findings.filter(finding => finding.level === level).length;
    const title = ends(
      [' ', bold(t.check.title), '  ', at === 'done' ? t.check.summary(count('stop'), count('warn'), count('note')) : ''],
      [],
      columns,
    );
    if (at !== 'done') return [title, blank, [' ', cyan(t.check.running)]];
    if (problem)
      return [
        title,
        blank,
        ...labelled('✗', problem.what[state.language], columns, red),
        ...(problem.place ? labelled(t.check.place, problem.place, columns) : []),
        ...labelled(t.check.remedy, problem.remedy[state.language], columns),
      ];
    if (findings.length === 0) return [title, blank, [' ', green(`✓ ${t.check.good}`)], blank, [' ', dim(t.check.goodHint)]];

    const chosen = findings[Math.min(state.ui.check.row, findings.length - 1)]!;
    const about = [
      ...labelled(t.check.why, chosen.why[state.language], columns),
      ...labelled(t.check.remedy, chosen.remedy[state.language], columns),
      ...(stops(state.check.findings).length > 0 ? [blank, [' ', yellow(t.check.stopped)]] : []),
    ];
    const room = Math.max(2, Math.min(findings.length + 1, height - 3 - about.length));
    const list = table(
      [
        { title: t.check.columns.level, cell: finding => level(view, finding) },
        { title: t.check.columns.host, cell: finding => hostsOf(view, finding), max: columns >= 120 ? 30 : 18 },
        { title: t.check.columns.what, cell: finding => finding.what[state.language], max: 200, min: 20 },
      ],
      findings,
      { room: columns - 2, height: room, chosen: state.ui.check.row },
    );
    return [title, blank, ...list, blank, ...about];
  },

  keys: ({ app, state, t }) => {
    const { findings, state: at, problem } = state.check;
    const rows = findingRows(findings).length;
    const mayGoOn = at === 'done' && !problem && stops(findings).length === 0;
    return [
      ...(mayGoOn ? [{ keys: ['enter'], does: t.keys.goOn, run: () => app.step(1) }] : []),
      ...(at === 'done' ? [{ keys: ['r'], does: t.keys.checkAgain, run: () => void app.checkAgain() }] : []),
      ...moving(t, rows, state.ui.check.row, row => app.patchUi('check', { row })),
      { keys: ['esc'], does: t.keys.back, run: () => app.step(-1) },
    ];
  },
};

const hostsOf = ({ state, t }: View, { hosts }: FindingRow): string =>
  hosts.length === 0
    ? t.check.cluster
    : hosts.length === state.spec.hosts.length && hosts.length > 2
      ? t.check.everyHost
      : hosts.join(' ');

function level({ t }: View, { level }: FindingRow): Span {
  const word = t.check.levels[level];
  return level === 'stop' ? red(`✗ ${word}`) : level === 'warn' ? yellow(`! ${word}`) : dim(`· ${word}`);
}

/** A paragraph with a word in front of it. */
export function labelled(
  label: string,
  text: string,
  columns: number,
  paint: (text: string) => Span = text => ({ text }),
): Line[] {
  const indent = Math.max(7, width(label) + 2);
  return wrap(text, columns - indent - 2).map((line, i) => [
    ' ',
    i === 0 ? bold(sized(label, indent)) : ' '.repeat(indent),
    paint(line),
  ]);
}
