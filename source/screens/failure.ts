import type { Binding } from '../components/keys.js';
import { blank, bold, cyan, dim, ends, type Line, red, yellow } from '../components/line.js';
import { clean, cut, sized, width, wrap } from '../components/text.js';
import { likelihoodWords } from '../engine/diagnose/symptom.js';
import type { ProblemDetails } from '../engine/errors.js';
import { type PhaseId, phases } from '../engine/plan/phases.js';
import { causesOf, eachOnce } from '../state/diagnosis-view.js';
import { presentCell } from '../state/run.js';
import { isControlPlane } from '../state/spec.js';
import { labelled } from './check.js';
import type { Screen, View } from './screen.js';

/** Every problem once: the run tells them as they happen and again at its end. */
const problemsOf = ({ state }: View): ProblemDetails[] => eachOnce([...(state.outcome?.problems ?? []), ...state.run.problems]);

const problemOf = (view: View): ProblemDetails | undefined => {
  const all = problemsOf(view);
  return all[Math.min(view.state.ui.failure.row, all.length - 1)];
};

/** The phase in which a host failed. */
function phaseOf({ state }: View, host: string | undefined): PhaseId | null {
  const lane = host === undefined ? undefined : state.run.lanes[host];
  const present = lane && presentCell(lane);
  return present?.cell.state === 'failed' ? present.phase : null;
}

interface Mend {
  key: string;
  /** `r` does it as well. */
  isRetry?: boolean;
  does: string;
  run: () => void;
}

/** Fixes of a failure that have a key of their own; more would be a choice that nobody can make. */
const MOST_FIXES = 3;
const MOST_CAUSES = 2;

const shownCauses = (view: View) => {
  const problem = problemOf(view);
  return problem ? causesOf(view.state.diagnosis, problem.host).slice(0, MOST_CAUSES) : [];
};

/** What may help, and can be done from here: the fixes of the causes first. */
function mends(view: View): Mend[] {
  const { app, state, t } = view;
  const problem = problemOf(view);
  const host = problem?.host;
  const phase = phaseOf(view, host);
  const fixes = shownCauses(view).flatMap(cause => cause.fixes.map(fix => ({ host: cause.host, fix })));
  const commands = fixes.flatMap(({ host, fix }) => (fix.by === 'commands' ? [{ host, fix }] : [])).slice(0, MOST_FIXES);
  const isDownload =
    fixes.some(({ fix }) => fix.by === 'mirror') || phase === 'packages' || phase === 'images' || phase === 'network';
  const isWorker = state.spec.hosts.some(one => one.name === host && !isControlPlane(one)) && state.spec.hosts.length > 1;
  return [
    ...commands.map(chosen => ({
      does: `${chosen.host === host ? '' : `${chosen.host}: `}${chosen.fix.title[state.language]}`,
      run: () => app.diagnosis.choose(chosen),
    })),
    { does: t.failure.retry, isRetry: true, run: () => void app.retry() },
    ...(isDownload ? [{ does: t.failure.mirror, run: () => app.goto('mirror') }] : []),
    ...(host && isWorker ? [{ does: t.failure.without(host), run: () => void app.without(host) }] : []),
  ].map((mend, i) => ({ ...mend, key: String(i + 1) }));
}

export const failure: Screen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const { run, logFile } = state;
    const all = problemsOf(view);
    const problem = problemOf(view);
    const isStopped = run.state === 'stopped' && (!problem || problem.code === 'stopped');
    const phase = phaseOf(view, problem?.host);
    const step = problem?.host
      ? presentCell(run.lanes[problem.host] ?? { cells: {}, lost: null, heardAt: null })?.cell.step
      : null;
    const where = [problem?.host, phase && phases[phase][state.language], phase && step?.title[state.language]]
      .filter(Boolean)
      .join(' · ');
    const which =
      all.length > 1 ? [dim(t.failure.of(Math.min(state.ui.failure.row, all.length - 1) + 1, all.length)), ' '] : [];
    const title = isStopped
      ? [' ', yellow('‖ '), bold(t.failure.stopped)]
      : ends([' ', red('✗ '), bold(where || t.app.screens.failure)], which, columns);

    const mend = mends(view);
    const foot: Line[] = [
      ...mend.map(({ key, does }, i): Line => [' ', bold(pad(i === 0 ? t.failure.mend : '')), cyan(key), `  ${does}`]),
      ...byHand(view),
      ...(run.left.length ? [blank, ...leftLines(view)] : []),
      ...(logFile ? [[' ', bold(pad(t.failure.log)), dim(logFile)] as Line] : []),
    ];
    const head: Line[] = [title, blank];
    if (problem && !isStopped) {
      head.push(...labelled(t.failure.what, problem.what[state.language], columns, red));
      // The title says where in a run it was; elsewhere the place is all there is.
      if (problem.place && !phase) head.push(...labelled(t.failure.place, problem.place, columns));
      const reasons = why(view, problem);
      if (problem.command)
        head.push(...command(view, problem.command, height - head.length - reasons.length - foot.length - 3));
      head.push(...reasons);
    }
    return [...head, blank, ...foot].slice(0, height);
  },

  keys: view => {
    const { app, state, t } = view;
    const all = problemsOf(view);
    const { row } = state.ui.failure;
    return [
      ...mends(view).map(
        ({ key, does, isRetry, run }): Binding => ({
          keys: isRetry ? [key, 'r'] : [key],
          shown: isRetry ? 'r' : key,
          does: isRetry ? t.keys.retry : does,
          run,
          quiet: !isRetry,
        }),
      ),
      { keys: ['l'], does: t.keys.log, run: () => openLog(view) },
      ...(state.diagnosis.state === 'done'
        ? [
            { keys: ['e'], does: t.keys.evidence, run: () => openEvidence(view) },
            { keys: ['b'], does: t.keys.bundle, run: () => void app.diagnosis.listBundle() },
          ]
        : []),
      { keys: ['s'], does: t.keys.leaveSaved, run: () => app.quit(state.run.state === 'stopped' ? 130 : 1) },
      ...(all.length > 1
        ? [
            {
              keys: ['left', 'right', 'tab'],
              shown: '←→',
              does: t.keys.problem,
              run: (key: string) => app.patchUi('failure', { row: (row + (key === 'left' ? all.length - 1 : 1)) % all.length }),
            },
          ]
        : []),
      { keys: ['esc'], does: t.keys.review, run: () => app.goto('review') },
    ];
  },
};

const pad = (text: string) => sized(text, 7);

function openLog(view: View) {
  const { app, state } = view;
  const at = state.run.hosts.indexOf(problemOf(view)?.host ?? '');
  app.patchUi('install', { row: Math.max(0, at), top: null });
  app.goto('install');
}

function openEvidence(view: View) {
  const { app, state } = view;
  const at = state.diagnosis.evidence.findIndex(({ host }) => host === problemOf(view)?.host);
  app.patchUi('evidence', { host: Math.max(0, at), top: 0 });
  app.set({ screen: 'evidence' });
}

/** Why it failed: while that is asked, the causes that fit, or else what the failing step itself knows to say. */
function why(view: View, problem: ProblemDetails): Line[] {
  const { state, t, columns } = view;
  const { diagnosis, now, language } = state;
  if (diagnosis.mending) {
    const { host, since, line } = diagnosis.mending;
    return [
      ...labelled(t.failure.why, t.failure.mending(host, Math.max(0, Math.floor((now - since) / 1000))), columns, cyan),
      ...(line ? [[' '.repeat(8), dim(cut(clean(line), columns - 10))] as Line] : []),
    ];
  }
  const causes = shownCauses(view).flatMap((cause, i) => {
    const word = likelihoodWords[cause.likelihood][language];
    const about = `${cause.host === problem.host ? '' : `${cause.host}: `}${cause.cause[language]}`;
    const [first, ...more] = labelled(i === 0 ? t.failure.why : '', about, columns - width(word) - 2);
    return [
      ends(first!, [yellow(word), ' '], columns),
      ...more,
      ...(cause.seen.where === 'command' ? [] : [[' '.repeat(8), dim(cut(clean(cause.seen.line), columns - 10))] as Line]),
    ];
  });
  if (causes.length > 0) return causes;
  const remedy = labelled(t.check.remedy, problem.remedy[language], columns);
  if (diagnosis.state !== 'busy') return remedy;
  const seconds = Math.max(0, Math.floor((now - diagnosis.startedAt) / 1000));
  const hosts = new Set(problemsOf(view).flatMap(({ host }) => host ?? [])).size;
  return [...remedy, ...labelled(t.failure.why, t.failure.collecting(Math.max(1, hosts), seconds), columns, dim)];
}

/** What only a person can do: one line, of the likeliest cause. */
function byHand(view: View): Line[] {
  const { state, columns } = view;
  const fix = shownCauses(view)
    .flatMap(({ fixes }) => fixes)
    .find(({ by }) => by === 'hand');
  if (!fix) return [];
  return wrap(fix.title[state.language], columns - 13)
    .slice(0, 2)
    .map((line, i): Line => [' ', pad(''), i === 0 ? '·  ' : '   ', line]);
}

/** What ran, how it ended and its last lines: as many as there is room for. */
function command(
  { t, columns }: View,
  { line, exitCode, lastLines }: NonNullable<ProblemDetails['command']>,
  room: number,
): Line[] {
  const said = lastLines.map(clean).slice(-Math.max(2, Math.min(20, room)));
  return [
    ...labelled(
      t.failure.command,
      `${cut(line.split('\n')[0]!, (columns - 12) * 2, 'middle')}  (${t.failure.ended(exitCode)})`,
      columns,
    ),
    ...said.map((one): Line => [' '.repeat(8), dim(cut(one, columns - 10))]),
  ];
}

function leftLines({ state, t, columns }: View): Line[] {
  const widest = Math.max(...state.run.left.map(({ host }) => host.length));
  return state.run.left.flatMap(({ host, state: left }, i) =>
    wrap(left[state.language], columns - widest - 11)
      .slice(0, 2)
      .map(
        (line, n): Line => [
          ' ',
          i === 0 && n === 0 ? bold(pad(t.failure.state)) : pad(''),
          n === 0 ? `${host.padEnd(widest)}  ` : ' '.repeat(widest + 2),
          line,
        ],
      ),
  );
}
