import {
  beside,
  blank,
  block,
  bold,
  cyan,
  dim,
  ends,
  green,
  type Line,
  red,
  type Span,
  windowOf,
  yellow,
} from '../components/line.js';
import { sized, wrap } from '../components/text.js';
import { phases } from '../engine/plan/phases.js';
import type { Plan } from '../engine/plan/plan.js';
import { placesIn } from '../engine/sources/sources.js';
import { countSteps, hostOf, type Mark, type PlanRow, planHosts, planRows, scriptsOf, stepOf } from '../state/review.js';
import { labelled } from './check.js';
import { moving, type Screen, type View } from './screen.js';

const rowsOf = ({ state }: View): PlanRow[] => (state.plan.plan ? planRows(state.plan.plan, state.ui.review) : []);

/** From this width on the script stands beside the steps even while it is being read. */
const WIDE = 100;
const leftColumns = (columns: number) => Math.max(38, Math.min(76, Math.floor(columns * 0.52)));
const isAlone = ({ state, columns }: View) => state.ui.review.pane === 'script' && columns < WIDE;
const scriptColumns = (view: View) => (isAlone(view) ? view.columns - 2 : view.columns - leftColumns(view.columns) - 3);

export const review: Screen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const { plan, state: at, problem } = state.plan;
    if (problem)
      return [
        [' ', bold(t.review.title)],
        blank,
        ...labelled('✗', problem.what[state.language], columns, red),
        ...labelled(t.check.remedy, problem.remedy[state.language], columns),
      ];
    if (!plan) return [[' ', bold(t.review.title)], blank, [' ', cyan(t.review.planning)]];
    const { needed, same } = countSteps(plan);
    const title = ends(
      [' ', bold(t.review.title), '  ', t.review.summary(planHosts(plan).length, needed, same)],
      at === 'checking'
        ? [cyan(t.review.checking), ' ']
        : [
            dim(
              t.review.version(
                plan.version,
                placesIn(plan.sources)
                  .map(place => t.mirror.places[place])
                  .join(' + '),
              ),
            ),
            ' ',
          ],
      columns,
    );
    const notes = plan.notes
      .slice(0, 3)
      .flatMap(note =>
        wrap(note[state.language], columns - 5).map((line, i): Line => [' ', yellow(i === 0 ? '! ' : '  '), yellow(line)]),
      )
      .slice(0, Math.max(2, Math.floor(height / 4)));
    const foot = [...notes, [' ', dim(t.review.legend)]];
    const room = height - 2 - foot.length;
    const left = leftColumns(columns);
    const body = isAlone(view)
      ? script(view, plan, room).map((line): Line => [' ', ...line])
      : beside(tree(view, plan, left - 1, room), script(view, plan, room), left, columns);
    return [title, blank, ...block(body, room), ...foot];
  },

  keys: view => {
    const { app, state, t } = view;
    const { plan, state: at } = state.plan;
    const { review } = state.ui;
    const rows = rowsOf(view);
    const row = rows[review.row];
    const patch = (change: Partial<typeof review>) => app.patchUi('review', change);
    const isScript = review.pane === 'script';
    const back = { keys: ['esc'], does: t.keys.back, run: () => (isScript ? patch({ pane: 'steps' }) : app.step(-1)) };
    if (!plan) return [back];
    const page = view.height - 6;
    const fold = () => {
      const { phase } = row!;
      const isClosed = review.closed.includes(phase);
      const closed = isClosed ? review.closed.filter(one => one !== phase) : [...review.closed, phase];
      const at = planRows(plan, { ...review, closed }).findIndex(one => one.kind === 'phase' && one.phase === phase);
      patch({ closed, row: Math.max(0, at), scroll: 0 });
    };
    const hosts = planHosts(plan);
    const turn = (by: number) => {
      const at = hosts.indexOf(hostOf(row!, review.host ?? undefined));
      patch({ host: hosts[(at + by + hosts.length) % hosts.length]!, scroll: 0 });
    };
    return [
      ...(at === 'done'
        ? [{ keys: ['enter'], does: t.keys.install, run: () => app.set({ overlay: 'install' as const }) }]
        : []),
      ...(isScript
        ? moving(t, scriptLines(view, plan).length, review.scroll, scroll => patch({ scroll }), page)
        : moving(t, rows.length, review.row, next => patch({ row: next, scroll: 0 }), page)),
      {
        keys: ['tab'],
        does: isScript ? t.keys.steps : t.keys.pane,
        run: () => patch({ pane: isScript ? 'steps' : 'script', scroll: 0 }),
      },
      ...(row && hosts.length > 1
        ? [
            {
              keys: ['left', 'right', 'h', 'l'],
              shown: '←→',
              does: t.keys.host,
              run: (key: string) => turn(key === 'left' || key === 'h' ? -1 : 1),
            },
          ]
        : []),
      {
        keys: ['d'],
        does: review.onlyNeeded ? t.keys.all : t.keys.needed,
        run: () => patch({ onlyNeeded: !review.onlyNeeded, row: 0, scroll: 0 }),
      },
      { keys: ['w'], does: t.keys.save, run: () => void app.savePlan() },
      ...(row && !isScript ? [{ keys: ['space'], does: t.keys.fold, run: fold }] : []),
      back,
    ];
  },
};

const marks: Record<Mark, Span> = { same: dim('·'), needed: cyan('+'), unknown: dim('?') };

function tree(view: View, plan: Plan, columns: number, height: number): Line[] {
  const { state, t } = view;
  const rows = rowsOf(view);
  if (rows.length === 0) return [[' ', green(`✓ ${t.review.empty}`)]];
  const hosts = planHosts(plan);
  // A column for each host where there is room; else the number of hosts that need the step.
  const cell = Math.min(8, Math.max(...hosts.map(host => host.length)) + 1);
  const isWide = hosts.length * cell <= columns - 24;
  const markWidth = isWide ? hosts.length * cell : 8;
  const nameWidth = columns - markWidth - 5;
  const { from, to } = windowOf(rows.length, state.ui.review.row, height);
  return rows.slice(from, to).map((row, i): Line => {
    const isChosen = from + i === state.ui.review.row;
    const pointer = isChosen ? (state.ui.review.pane === 'steps' ? cyan('▸') : dim('▹')) : ' ';
    if (row.kind === 'phase') {
      const name = `${row.isClosed ? '+' : '-'} ${phases[row.phase][state.language]}`;
      const heads: (Span | string)[] = isWide
        ? hosts.map(host => {
            const name = sized(host, cell, 'left', 'middle');
            if (!row.hosts.includes(host)) return ' '.repeat(cell);
            return host === state.ui.review.host ? bold(name) : dim(name);
          })
        : [dim(`${row.hosts.length}/${hosts.length}`)];
      return [' ', pointer, bold(sized(name, nameWidth + 2)), ' ', ...heads];
    }
    const wanted = Object.values(row.marks);
    const cells: (Span | string)[] = isWide
      ? hosts.flatMap(host => [row.marks[host] ? marks[row.marks[host]] : ' ', ' '.repeat(cell - 1)])
      : [dim(`+${wanted.filter(mark => mark !== 'same').length}/${wanted.length}`)];
    const isSame = wanted.every(mark => mark === 'same');
    const title = sized(`   ${row.title[state.language]}`, nameWidth + 2);
    return [' ', pointer, isChosen ? bold(title) : isSame ? dim(title) : title, ' ', ...cells];
  });
}

/** What the chosen row does, as it will run: of a step its pieces, of a phase the whole script. */
function scriptLines(view: View, plan: Plan): Line[] {
  const { state, t } = view;
  const columns = scriptColumns(view);
  const row = rowsOf(view)[state.ui.review.row];
  if (!row) return [];
  const host = hostOf(row, state.ui.review.host ?? undefined);
  const phase = phases[row.phase][state.language];
  if (row.kind === 'phase')
    return [
      [bold(t.review.whole(host, phase))],
      ...scriptsOf(plan, row.phase, host).flatMap(text => [blank, ...code(text, columns)]),
    ];
  const step = stepOf(plan, row, host);
  if (!step) return [];
  const part = (comment: string, text: string | null): Line[] => (text ? [blank, [dim(comment)], ...code(text, columns)] : []);
  return [
    [bold(`${host} · ${step.id}`), dim(step.seed ? `  ${step.seed}` : '')],
    ...wrap(step.why[state.language], columns).map((line): Line => [dim(line)]),
    ...(step.define ? [blank, ...code(step.define, columns)] : []),
    ...part(t.review.check, step.check),
    ...part(t.review.apply, step.apply),
    ...part(t.review.verify, step.verify),
  ];
}

/** Shell text, with long lines broken where they end: a script that is cut off cannot be trusted. */
const code = (text: string, columns: number): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .flatMap(line => {
      const isComment = line.trimStart().startsWith('#');
      return wrap(line.replace(/\t/g, '  '), columns - 2).map(
        (part, i): Line => [i > 0 ? dim('  ') : '', isComment ? dim(part) : part],
      );
    });

function script(view: View, plan: Plan, height: number): Line[] {
  const { review } = view.state.ui;
  const all = scriptLines(view, plan);
  const from = Math.max(0, Math.min(review.scroll, all.length - height));
  const shown = all.slice(from, from + height);
  const rest = all.length - from - height;
  const body = rest > 0 ? [...shown.slice(0, -1), [dim(`↓ ${rest + 1}`)]] : shown;
  // A mark where the arrow keys are, as colour alone would not say it.
  return review.pane === 'script' && body[0] ? [[cyan('▸ '), ...body[0]], ...body.slice(1)] : body;
}
