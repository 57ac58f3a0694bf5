import { blank, bold, cyan, dim, ends, type Line } from '../components/line.js';
import { clean, cut } from '../components/text.js';
import { sectionNames } from '../engine/diagnose/evidence.js';
import { moving, type Screen, type View } from './screen.js';

const evidenceOf = ({ state }: View) =>
  state.diagnosis.evidence[Math.min(state.ui.evidence.host, state.diagnosis.evidence.length - 1)];

/** All that a host told, section by section. */
function rowsOf(view: View): { title: boolean; text: string }[] {
  const evidence = evidenceOf(view);
  return sectionNames.flatMap(name => {
    const lines = evidence?.sections[name] ?? [];
    return lines.length ? [{ title: true, text: name }, ...lines.map(text => ({ title: false, text: clean(text) }))] : [];
  });
}

/** What the hosts told after a failure, to be read as it is. */
export const evidence: Screen = {
  lines: view => {
    const { state, t, columns, height } = view;
    const host = evidenceOf(view)?.host;
    if (!host) return [[' ', dim(t.evidence.none)]];
    const rows = rowsOf(view);
    const room = height - 2;
    const top = Math.max(0, Math.min(state.ui.evidence.top, rows.length - room));
    const shown = rows.slice(top, top + room);
    return [
      ends([' ', bold(t.evidence.title(host))], [dim(t.evidence.position(top + 1, rows.length)), ' '], columns),
      blank,
      ...shown.map(({ title, text }): Line => (title ? [' ', cyan(`── ${text}`)] : ['   ', cut(text, columns - 4)])),
    ];
  },
  keys: view => {
    const { app, state, t, height } = view;
    const { host, top } = state.ui.evidence;
    const rows = rowsOf(view);
    const last = Math.max(0, rows.length - (height - 2));
    const hosts = state.diagnosis.evidence.length;
    return [
      { keys: ['esc', 'enter', 'e'], shown: 'esc', does: t.keys.card, run: () => app.set({ screen: 'failure' }) },
      ...moving(t, last + 1, Math.min(top, last), to => app.patchUi('evidence', { top: to }), height - 3),
      {
        keys: ['tab'],
        does: t.keys.section,
        run: () => {
          const next = rows.findIndex(({ title }, i) => title && i > top);
          app.patchUi('evidence', { top: Math.min(last, next < 0 || top >= last ? 0 : next) });
        },
      },
      ...(hosts > 1
        ? [
            {
              keys: ['left', 'right'],
              shown: '←→',
              does: t.keys.host,
              run: (key: string) =>
                app.patchUi('evidence', { host: (host + (key === 'left' ? hosts - 1 : 1)) % hosts, top: 0 }),
            },
          ]
        : []),
    ];
  },
};
