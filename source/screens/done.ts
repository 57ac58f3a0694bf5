import { blank, bold, cyan, dim, green, type Line, yellow } from '../components/line.js';
import { brief, clock, sized, wrap } from '../components/text.js';
import { phaseIds, phases } from '../engine/plan/phases.js';
import type { Screen, View } from './screen.js';

export const done: Screen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const { run, outcome, spec, logFile } = state;
    const kubeconfig = outcome?.kubeconfig;
    const title: Line = [
      ' ',
      green('✓ '),
      bold(run.state === 'same' ? t.done.same(spec.name) : t.done.title(spec.name)),
      run.ms === null ? '' : `  ${t.done.took(clock(run.ms))}`,
    ];
    const context = kubeconfig ? ` --context ${kubeconfig.context}` : '';
    const lines: Line[] = [
      title,
      blank,
      ...(state.simulation ? [] : [kubeconfigLine(view), blank]),
      ...(state.simulation
        ? wrap(t.done.simulated, columns - 15).map((line, i): Line => [' ', bold(sized(i === 0 ? t.done.next : '', 12)), line])
        : [
            [' ', bold(sized(t.done.next, 12)), cyan(`kubectl${context} get nodes -o wide`)],
            [' ', ' '.repeat(12), cyan(`kubectl${context} get pods -A`)],
          ]),
      blank,
      ...times(view),
      ...(run.standIns.length ? [blank, ...standIns(view)] : []),
      ...(run.left.length ? [blank, ...states(view)] : []),
      ...(logFile ? [blank, [' ', bold(sized(t.done.log, 12)), dim(logFile)] as Line] : []),
    ];
    return lines.slice(0, height);
  },
  keys: ({ app, t }) => [
    { keys: ['enter', 'p'], does: t.keys.panel, run: () => app.openPanel() },
    { keys: ['q'], does: t.keys.quit, run: () => app.quit(0) },
    { keys: ['l'], does: t.keys.log, run: () => app.goto('install') },
    { keys: ['esc'], does: t.keys.review, run: () => app.goto('review') },
  ],
};

function kubeconfigLine({ state, t }: View): Line {
  const kubeconfig = state.outcome?.kubeconfig;
  return [
    ' ',
    bold(sized(t.done.kubeconfig, 12)),
    kubeconfig ? kubeconfig.path : dim(t.done.none),
    dim(kubeconfig ? `  ${t.done.context} ${kubeconfig.context}` : ''),
  ];
}

/** Time per phase, from its first host's beginning to its last one's end; phases run beside each other, so they do not add up. */
function times({ state, t, columns }: View): Line[] {
  const { spans, ms, startedAt } = state.run;
  const total = ms ?? 0;
  const room = Math.max(8, Math.min(40, columns - 36));
  return phaseIds.flatMap((phase, i): Line[] => {
    const span = spans[phase];
    if (!span || startedAt === null) return [];
    const at = total ? Math.floor(((span.from - startedAt) / total) * room) : 0;
    const long = total ? Math.max(1, Math.round(((span.to - span.from) / total) * room)) : 1;
    return [
      [
        ' ',
        i === phaseIds.findIndex(one => spans[one]) ? bold(sized(t.done.times, 12)) : ' '.repeat(12),
        sized(phases[phase][state.language], 14),
        sized(brief(span.to - span.from), 6, 'right'),
        '  ',
        ' '.repeat(Math.min(at, room - 1)),
        green('█'.repeat(Math.max(1, Math.min(long, room - at)))),
      ],
    ];
  });
}

/** What did not come from where it was to come from. */
function standIns({ state, t, columns }: View): Line[] {
  return state.run.standIns.flatMap(({ host, text }, i) =>
    wrap(`${host}  ${text[state.language]}`, columns - 16).map(
      (line, n): Line => [' ', i === 0 && n === 0 ? bold(sized(t.done.standIns, 12)) : ' '.repeat(12), yellow(line)],
    ),
  );
}

/** The state in which each host was left. */
export function states({ state, t, columns }: View): Line[] {
  const widest = Math.min(16, Math.max(...state.run.left.map(({ host }) => host.length)));
  return state.run.left.flatMap(({ host, state: left }, i) =>
    wrap(left[state.language], columns - widest - 18).map(
      (line, n): Line => [
        ' ',
        i === 0 && n === 0 ? bold(sized(t.done.hosts, 12)) : ' '.repeat(12),
        n === 0 ? sized(host, widest + 2, 'left', 'middle') : ' '.repeat(widest + 2),
        dim(line),
      ],
    ),
  );
}
