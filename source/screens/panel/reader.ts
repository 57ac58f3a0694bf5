import { fieldLine, fieldOf } from '../../components/field.js';
import { blank, bold, cyan, dim, ends, green, type Line, red, yellow } from '../../components/line.js';
import { cut, wrap } from '../../components/text.js';
import type { ReaderView } from '../../state/panel/state.js';
import { listKeys } from './keys.js';
import type { PanelScreen, PanelView } from './view.js';

/** A log, a file, the words of an act: line by line, with follow, search, wrap and a range of time. */
export const reader: PanelScreen = {
  lines: view => {
    const { state, columns, height } = view;
    const reader = state.reader!;
    const command = reader.command?.split('\n').map((line): Line => [' ', dim(cut(`$ ${line}`, columns - 2))]) ?? [];
    const head = [title(view, reader), ...command.slice(0, 3)];
    const foot = [...problem(view, reader), ...(reader.search ? [search(view, reader)] : [])];
    return [...head, ...body(view, reader, height - head.length - foot.length), ...foot];
  },

  field: ({ app, state }) => {
    const search = state.reader?.search;
    return search ? { field: search, change: next => app.reader.patch({ search: next }) } : null;
  },

  copied: ({ app, state }) => app.reader.ring.slice(eye(app, state.reader!), 1)[0]?.text ?? null,

  keys: view => {
    const { app, state, t, terminal, height } = view;
    const reader = state.reader!;
    const { ring } = app.reader;
    if (reader.search)
      return [
        {
          keys: ['enter'],
          does: t.keys.search,
          run: () => {
            const wanted = reader.search!.text;
            app.reader.patch({ search: null, wanted });
            app.reader.find(eye(app, reader), -1, wanted);
          },
        },
        { keys: ['esc'], does: t.keys.cancel, run: () => app.reader.patch({ search: null, wanted: '' }) },
      ];
    const last = ring.total - 1;
    const move = (to: number) =>
      app.reader.patch({ at: to >= last && reader.source?.kind === 'log' ? null : Math.max(ring.first, to) });
    const isLog = reader.source?.kind === 'log';
    return [
      { keys: ['up', 'down'], shown: '↑↓', does: t.keys.scroll, run: key => move(eye(app, reader) + (key === 'up' ? -1 : 1)) },
      ...listKeys(t, ring.total, eye(app, reader), move)
        .slice(1, 2)
        .map(binding => ({
          ...binding,
          run: (key: string) => move(eye(app, reader) + (key === 'pageup' || key === 'ctrl-u' ? -1 : 1) * (height - 4)),
        })),
      { keys: ['home', 'g'], does: t.keys.top, quiet: true, run: () => app.reader.patch({ at: ring.first }) },
      { keys: ['end', 'G'], does: t.panel.keys.follow, quiet: true, run: () => app.reader.patch({ at: isLog ? null : last }) },
      ...(isLog
        ? [
            { keys: ['f'], does: t.panel.keys.follow, run: () => void app.reader.again({ follow: !reader.follow }) },
            { keys: ['t'], does: t.panel.keys.range, run: () => void app.reader.again({ range: app.reader.nextRange() }) },
          ]
        : []),
      { keys: ['/'], does: t.keys.search, run: () => app.reader.patch({ search: fieldOf(reader.wanted) }) },
      ...(reader.wanted
        ? [
            {
              keys: ['n', 'N'],
              shown: 'n N',
              does: t.keys.nextHit,
              run: (key: string) =>
                app.reader.find(eye(app, reader) + (key === 'n' ? -1 : 1), key === 'n' ? -1 : 1, reader.wanted),
            },
          ]
        : []),
      { keys: ['w'], does: t.panel.keys.wrap, run: () => app.reader.patch({ wrap: !reader.wrap }) },
      ...(reader.command
        ? [{ keys: ['Y'], does: t.panel.keys.copyCommand, quiet: true, run: () => app.copy(terminal, reader.command!) }]
        : []),
      { keys: ['esc'], does: t.keys.back, run: () => app.back() },
    ];
  },
};

/** The line that the eye is on, by its number. */
const eye = ({ reader: { ring } }: PanelView['app'], { at }: ReaderView): number =>
  at === null ? ring.total - 1 : Math.max(ring.first, Math.min(at, ring.total - 1));

function title({ app, t, columns }: PanelView, reader: ReaderView): Line {
  const { ring } = app.reader;
  const state =
    reader.state === 'failed'
      ? red(`✗ ${t.panel.failed}`)
      : reader.state === 'ended'
        ? dim(t.panel.ended)
        : reader.at !== null && reader.state === 'following'
          ? yellow(t.panel.paused(Math.max(0, ring.total - 1 - eye(app, reader))))
          : reader.state === 'following'
            ? green(`● ${t.panel.following}`)
            : cyan(t.panel.waiting);
  const range = reader.source?.kind === 'log' ? `${t.panel.ranges(reader.range)} · ` : '';
  return ends([' ', bold(reader.title)], [dim(`${range}${t.panel.lines(ring.total)}  `), state, ' '], columns);
}

function problem({ state, columns }: PanelView, { problem }: ReaderView): Line[] {
  if (!problem) return [];
  const { language } = state;
  const last = problem.command?.lastLines.slice(-3) ?? [];
  return [
    ...wrap(problem.what[language], columns - 4).map((line, i): Line => [' ', red(`${i ? '  ' : '✗ '}${line}`)]),
    ...last.map((line): Line => ['   ', dim(cut(line, columns - 4))]),
    ...wrap(problem.remedy[language], columns - 4).map((line): Line => ['   ', line]),
  ];
}

const search = ({ t, columns }: PanelView, { search }: ReaderView): Line => [
  ' ',
  bold(t.keys.search),
  ' ',
  ...fieldLine(search!, columns - 14),
];

function body({ app, t, columns }: PanelView, reader: ReaderView, height: number): Line[] {
  const { ring } = app.reader;
  if (ring.total === 0)
    return [
      blank,
      [' ', dim(reader.state === 'reading' ? t.panel.waiting : reader.state === 'failed' ? '' : t.panel.empty)],
    ].concat(Array.from({ length: Math.max(0, height - 2) }, () => []));
  const here = eye(app, reader);
  const isLast = reader.at === null;
  // Around the line that the eye is on; where it follows, all lines up to the last.
  const from = isLast ? here - height + 1 : here - Math.floor(height / 2);
  const first = Math.max(ring.first, Math.min(from, ring.total - height));
  const entries = ring.slice(first, height);
  const lines: Line[] = [];
  let eyeRow = 0;
  entries.forEach((entry, i) => {
    const isEye = first + i === here && !isLast;
    if (isEye) eyeRow = lines.length;
    const pieces = reader.wrap ? wrap(entry.text, columns - 4) : [cut(entry.text, columns - 3)];
    pieces.forEach((piece, n) => {
      lines.push([isEye && n === 0 ? cyan('▸') : ' ', ' ', ...highlighted(piece, reader.wanted)]);
    });
  });
  const skip = isLast
    ? Math.max(0, lines.length - height)
    : Math.max(0, Math.min(eyeRow - Math.floor(height / 2), lines.length - height));
  return Array.from({ length: height }, (_, i) => lines[skip + i] ?? blank);
}

function highlighted(text: string, wanted: string): Line {
  const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
  if (at < 0) return [text];
  const hit = { text: text.slice(at, at + wanted.length), color: 'yellow', bold: true } as const;
  return [text.slice(0, at), hit, text.slice(at + wanted.length)];
}
