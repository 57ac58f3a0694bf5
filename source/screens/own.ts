import { form } from '../components/form.js';
import { sheet } from '../components/frame.js';
import { blank, bold, dim, type Line } from '../components/line.js';
import { wrap } from '../components/text.js';
import { ownOptions } from '../state/own-options.js';
import { emptySpec } from '../state/spec.js';
import { formField, formKeys } from './options.js';
import type { Screen } from './screen.js';

const CONTEXT = { versions: [] };

/** The sheet with the operator's own registry, mirrors and proxy. */
export const own: Screen = {
  lines: ({ state, t, columns }) => {
    const note = wrap(t.own.note, columns - 3).map((line): Line => [' ', dim(line)]);
    const rows = form({
      options: ownOptions,
      spec: state.spec,
      defaults: emptySpec,
      context: CONTEXT,
      ui: state.ui.form,
      language: state.language,
      words: { isDefault: '', unset: '—' },
      columns,
      height: ownOptions.length + 3,
    });
    return sheet([bold(t.own.title)], [...note, blank, ...rows], columns);
  },
  field: formField(ownOptions),
  keys: view => [
    ...formKeys(view, ownOptions, CONTEXT),
    ...(view.state.ui.form.input
      ? []
      : [{ keys: ['esc', 'o'], shown: 'esc', does: view.t.keys.close, run: () => view.app.closeOwn() }]),
  ],
};
