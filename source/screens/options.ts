import { fieldOf } from '../components/field.js';
import { form } from '../components/form.js';
import type { Binding } from '../components/keys.js';
import { blank, bold, dim } from '../components/line.js';
import { clusterOptions, type Option, type OptionContext } from '../state/options.js';
import { emptySpec } from '../state/spec.js';
import { takenFrom } from '../state/state.js';
import { moving, type Screen, type View } from './screen.js';

/** The field of the row that is being typed. */
export const formField = (rows: readonly Option[]) => (view: View) => {
  const { input, row } = view.state.ui.form;
  return input && rows[row]
    ? { field: input, change: (field: typeof input) => view.app.patchUi('form', { input: field, error: null }) }
    : null;
};

export const options: Screen = {
  lines: ({ state, t, columns, height }) => [
    [' ', bold(t.options.title), '  ', dim(t.options.note)],
    blank,
    ...form({
      options: clusterOptions,
      spec: state.spec,
      defaults: { ...emptySpec, mirror: state.spec.mirror, sources: state.spec.sources },
      context: contextOf(state),
      ui: state.ui.form,
      language: state.language,
      words: t.form,
      columns,
      height: height - 2,
    }),
  ],
  field: formField(clusterOptions),
  keys: view => [
    ...formKeys(view, clusterOptions, contextOf(view.state)),
    ...(view.state.ui.form.input ? [] : [{ keys: ['esc'], does: view.t.keys.back, run: () => view.app.step(-1) }]),
  ],
};

/** Versions that the chosen place has on every host that asked it. */
function contextOf({ sources, spec }: View['state']): OptionContext {
  const place = takenFrom(spec, sources.report)['kubernetes-packages'];
  const lists = sources.report
    .filter(probe => probe.place === place && probe.kind === 'kubernetes-packages' && probe.versions)
    .map(probe => probe.versions!);
  const [first = [], ...others] = lists;
  return { versions: first.filter(version => others.every(list => list.includes(version))) };
}

/** Where the form is a sheet, enter leads nowhere else. */
const isSheet = ({ overlay }: View['state']) => overlay === 'access' || overlay === 'own';

/** The keys of a form: enter goes on, space changes, arrows choose; while a field is open, enter accepts it. */
export function formKeys({ app, state, t }: View, rows: readonly Option[], context: OptionContext): Binding[] {
  const { row, input } = state.ui.form;
  const option = rows[Math.min(row, rows.length - 1)]!;
  const set = (value: string): boolean => {
    const wrong = option.check?.(value);
    if (wrong) app.patchUi('form', { error: wrong[state.language] });
    else app.setSpec(option.set(state.spec, value));
    return !wrong;
  };
  if (input) {
    const accept = (by: number) => () => {
      if (set(input.text.trim()))
        app.patchUi('form', { input: null, error: null, row: Math.max(0, Math.min(rows.length - 1, row + by)) });
    };
    return [
      { keys: ['enter'], does: t.keys.accept, run: accept(0) },
      { keys: ['tab', 'down'], shown: 'tab', does: t.keys.next, run: accept(1) },
      { keys: ['shift-tab', 'up'], does: t.keys.back, quiet: true, run: accept(-1) },
      { keys: ['esc'], does: t.keys.cancel, run: () => app.patchUi('form', { input: null, error: null }) },
      { keys: ['f1'], shown: 'F1', does: t.keys.help, run: () => app.set({ overlay: 'help' }) },
    ];
  }
  const choices = option.choices?.(context) ?? [];
  const at = choices.indexOf(option.get(state.spec));
  const isTyped = !option.choices || option.id === 'kubernetes';
  const turn = (by: number) => set(choices[(at + by + choices.length) % choices.length]!);
  return [
    ...(isSheet(state) ? [] : [{ keys: ['enter'], does: t.keys.goOn, run: () => app.step(1) }]),
    isTyped
      ? {
          keys: isSheet(state) ? ['enter', 'space', 'e'] : ['space', 'e'],
          does: t.keys.edit,
          run: () => app.patchUi('form', { input: fieldOf(option.get(state.spec)), error: null }),
        }
      : { keys: ['space'], does: t.keys.change, run: () => turn(1) },
    ...(choices.length > 1
      ? [
          {
            keys: ['left', 'right', 'h', 'l'],
            shown: '←→',
            does: t.keys.choose,
            run: (key: string) => turn(key === 'left' || key === 'h' ? -1 : 1),
          },
        ]
      : []),
    ...moving(t, rows.length, row, next => app.patchUi('form', { row: next, error: null })),
    {
      keys: ['tab', 'shift-tab'],
      does: t.keys.next,
      quiet: true,
      run: key => app.patchUi('form', { row: (row + (key === 'tab' ? 1 : rows.length - 1)) % rows.length, error: null }),
    },
  ];
}
