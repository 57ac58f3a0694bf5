import { fieldLine, fieldOf } from '../components/field.js';
import { bold, cyan, dim, ends, green, type Line, red, type Span, windowOf, yellow } from '../components/line.js';
import { logLines } from '../components/log-pane.js';
import { brief, clock, cut, sized } from '../components/text.js';
import type { Language } from '../engine/text.js';
import { type Cell, type Lane, presentCell, runningCells } from '../state/run.js';
import { isControlPlane } from '../state/spec.js';
import { laneLayout } from './lanes.js';
import type { Screen, View } from './screen.js';

const chosenHost = ({ state }: View): string | undefined => state.run.hosts[state.ui.install.row];
const logHeight = (view: View): number => Math.max(3, view.height - lanesHeight(view) - 2);
const lanesHeight = (view: View): number => laneLayout(view.state.run, view.columns, view.height).height;

export const install: Screen = {
  lines: view => [...lanes(view), ...log(view, logHeight(view))],

  field: ({ app, state }) => {
    const { search } = state.ui.install;
    return search && { field: search, change: next => app.patchUi('install', { search: next }) };
  },

  keys: view => {
    const { app, state, t } = view;
    const { install } = state.ui;
    const host = chosenHost(view);
    const ring = app.logs.of(host ?? '');
    const height = logHeight(view);
    const last = Math.max(ring.first, ring.total - height);
    const patch = (change: Partial<typeof install>) => app.patchUi('install', change);
    const find = (from: number, direction: 1 | -1, wanted = install.wanted) => {
      const hit = wanted ? ring.find(wanted, from, direction) : null;
      if (hit === null) {
        if (wanted) app.notify(t.install.notFound(wanted));
      } else patch({ top: hit });
    };
    if (install.search)
      return [
        {
          keys: ['enter'],
          does: t.keys.search,
          run: () => {
            const wanted = install.search!.text;
            patch({ search: null, wanted });
            find(ring.total - 1, -1, wanted);
          },
        },
        { keys: ['esc'], does: t.keys.cancel, run: () => patch({ search: null, wanted: '' }) },
      ];
    const scroll = (by: number) => {
      const next = (install.top ?? last) + by;
      patch({ top: next >= last ? null : Math.max(ring.first, next) });
    };
    const isRunning = state.run.state === 'running';
    const turn = (by: number) =>
      patch({ row: (install.row + by + state.run.hosts.length) % Math.max(1, state.run.hosts.length), top: null });
    return [
      ...(!isRunning && state.outcome
        ? [
            {
              keys: ['enter'],
              does: t.keys.result,
              run: () => app.goto(state.run.state === 'done' || state.run.state === 'same' ? 'done' : 'failure'),
            },
          ]
        : []),
      ...(state.run.hosts.length > 1
        ? [
            {
              keys: ['left', 'right', 'h', 'l', 'tab', 'shift-tab'],
              shown: '←→',
              does: t.keys.host,
              run: (key: string) => turn(key === 'left' || key === 'h' || key === 'shift-tab' ? -1 : 1),
            },
          ]
        : []),
      {
        keys: ['up', 'down', 'k', 'j'],
        shown: '↑↓',
        does: t.keys.scroll,
        run: key => scroll(key === 'up' || key === 'k' ? -1 : 1),
      },
      { keys: ['f', 'end', 'G'], does: t.keys.follow, run: () => patch({ top: null }) },
      { keys: ['/'], does: t.keys.search, run: () => patch({ search: fieldOf(install.wanted) }) },
      ...(install.wanted
        ? [
            {
              keys: ['n', 'N'],
              shown: 'n N',
              does: t.keys.nextHit,
              run: (key: string) => find((install.top ?? last) + (key === 'n' ? 1 : -1), key === 'n' ? 1 : -1),
            },
          ]
        : []),
      {
        keys: ['pageup', 'pagedown', 'ctrl-u', 'ctrl-d'],
        shown: 'PgUp PgDn',
        does: t.keys.page,
        quiet: true,
        run: key => scroll((key === 'pageup' || key === 'ctrl-u' ? -1 : 1) * (height - 1)),
      },
      { keys: ['home', 'g'], does: t.keys.top, quiet: true, run: () => patch({ top: ring.first }) },
      ...(isRunning
        ? [{ keys: ['ctrl-c'], shown: 'ctrl-c', does: t.keys.stop, run: () => app.interrupt() }]
        : [{ keys: ['esc'], does: t.keys.back, run: () => app.goto('review') }]),
    ];
  },
};

function lanes(view: View): Line[] {
  const { state, t, columns, height } = view;
  const { run } = state;
  const { phases, name, cell, messages, rows } = laneLayout(run, columns, height);
  const indent = ' '.repeat(name + 7);
  const head: Line = [
    indent,
    ...phases.map(phase => dim(sized(cut(t.install[cell < 10 ? 'short' : 'phases'][phase], cell - 1), cell))),
  ];
  const { from, to } = windowOf(run.hosts.length, state.ui.install.row, rows);
  const drawn = run.hosts.slice(from, to).flatMap((host, i): Line[] => {
    const lane = run.lanes[host];
    const isChosen = from + i === state.ui.install.row;
    const isControl = state.spec.hosts.some(one => one.name === host && isControlPlane(one));
    const label = sized(host, name, 'left', 'middle');
    const first: Line = [
      ' ',
      isChosen ? cyan('▸ ') : '  ',
      isChosen ? bold(label) : label,
      dim(isControl ? ' cp ' : '    '),
      ...phases.map(phase =>
        cellSpan(view, lane?.cells[phase], cell, lane !== undefined && presentCell(lane)?.phase === phase),
      ),
    ];
    const said = messageOf(view, lane);
    if (messages === 'beside')
      return [[...first, ' ', { ...said, text: cut(said.text, columns - name - 8 - cell * phases.length) }]];
    return messages === 'below' ? [first, [indent, { ...said, text: cut(said.text, columns - name - 8) }]] : [first];
  });
  return [head, ...drawn];
}

/** One phase on one host: a glyph, and how long it took or how far it is. */
function cellSpan({ state, t }: View, cell: Cell | undefined, columns: number, isPresent: boolean): Span {
  // Where a time has no room, the glyph alone says it.
  const say = (span: Span): Span => ({
    ...span,
    text: columns < 6 ? sized(span.text[0] ?? '', columns) : sized(span.text, columns),
  });
  if (!cell) return say({ text: '' });
  const took = cell.ms === null ? '' : brief(cell.ms);
  switch (cell.state) {
    case 'pending':
      return say(dim('·'));
    case 'waiting':
      return say(isPresent ? yellow(`… ${t.install.waits}`) : dim('·'));
    case 'running': {
      const since = cell.startedAt === null ? '' : brief(state.now - cell.startedAt);
      const far = columns >= 12 && cell.steps > 0 ? `${bar(cell.ended / cell.steps, 5)} ` : '';
      return say(cyan(`${far || '● '}${since}`));
    }
    case 'done':
    case 'same':
      return say(columns >= 12 ? green(`${bar(1, 5)} ${took} ✓`) : green(`✓ ${took}`));
    case 'failed':
      return say(red(`✗ ${took}`));
    case 'stopped':
      return say(yellow(`‖ ${took}`));
    case 'skipped':
      return say(dim('–'));
  }
}

const bar = (part: number, columns: number) => {
  const full = Math.round(Math.max(0, Math.min(1, part)) * columns);
  return '█'.repeat(full) + '░'.repeat(columns - full);
};

/** Seconds without a word from a host after which the lane says so. */
const SILENT_S = 20;

/** What a host is doing, or waits for, in a few words. */
function messageOf({ state, t }: View, lane: Lane | undefined): Span {
  if (!lane) return dim('');
  if (lane.lost) return red(t.install.lost(lane.lost));
  const present = presentCell(lane);
  if (!present) return dim(state.run.state === 'running' ? t.install.starting : '');
  const { cell } = present;
  const title = cell.step?.title[state.language] ?? '';
  if (cell.state === 'failed') return red(title);
  if (cell.state === 'waiting' && cell.waitsFor) return yellow(t.install.waitsFor(cell.waitsFor[state.language]));
  if (cell.state !== 'running') return dim('');
  const running = runningCells(lane);
  const silent = lane.heardAt === null ? 0 : Math.floor((state.now - lane.heardAt) / 1000);
  const said = running
    .map(one => stepOf(one, state.language))
    .filter(Boolean)
    .join(' | ');
  const waits = running.some(one => one.waitsFor);
  const text = `${said}${silent >= SILENT_S && !waits ? ` · ${t.install.silent(silent)}` : ''}`;
  return waits ? yellow(text) : { text };
}

/** `3/9 kubelet, kubeadm and kubectl: apt is locked by 4711` */
function stepOf({ step, steps, ended, waitsFor }: Cell, language: Language): string {
  if (!step) return waitsFor?.[language] ?? '';
  const count = steps > 1 ? `${Math.min(ended + 1, steps)}/${steps} ` : '';
  return `${count}${step.title[language]}${waitsFor ? `: ${waitsFor[language]}` : ''}`;
}

function log(view: View, height: number): Line[] {
  const { app, state, t, columns } = view;
  const { top, search, wanted } = state.ui.install;
  const host = chosenHost(view) ?? '';
  const ring = app.logs.of(host);
  const from = top === null ? Math.max(ring.first, ring.total - height) : Math.max(ring.first, top);
  const below = ring.total - from - height;
  const lane = state.run.lanes[host];
  const present = lane && presentCell(lane);
  const title = present?.cell.step?.title[state.language];
  const how = top === null || below <= 0 ? dim(t.install.following) : yellow(t.install.paused(below));
  const right: (Span | string)[] = [dim(t.install.lines(ring.total)), '  ', how, ' '];
  const head: Line = search
    ? [' ', cyan('/ '), ...fieldLine(search, columns - 6)]
    : ends([' ', bold(host), title ? ` · ${title}` : '', wanted ? dim(`  /${wanted}`) : ''], right, columns);
  const lines = logLines(ring.slice(from, height), wanted, columns - 1);
  return [[dim('─'.repeat(columns))], head, ...(lines.length ? lines : [[' ', dim(t.install.empty)] as Line])];
}

/** What stands at the right of the rail while an install runs. */
export const elapsed = ({ state }: View): Span[] =>
  state.run.startedAt === null ? [] : [bold(clock(state.run.ms ?? state.now - state.run.startedAt))];
