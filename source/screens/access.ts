import { form } from '../components/form.js';
import { sheet } from '../components/frame.js';
import { blank, bold, dim, type Line } from '../components/line.js';
import { wrap } from '../components/text.js';
import { accessOptions } from '../state/options.js';
import { emptySpec } from '../state/spec.js';
import { formField, formKeys } from './options.js';
import type { Screen } from './screen.js';

const CONTEXT = { versions: [] };

/** The sheet with user, port, key file and jump host for all hosts. */
export const access: Screen = {
  lines: ({ state, t, columns }) => {
    const note = wrap(t.access.note, columns - 3).map((line): Line => [' ', dim(line)]);
    const rows = form({
      options: accessOptions,
      spec: state.spec,
      defaults: emptySpec,
      context: CONTEXT,
      ui: state.ui.form,
      language: state.language,
      words: { isDefault: '', unset: t.access.empty },
      columns,
      height: accessOptions.length + 2,
    });
    return sheet([bold(t.access.title)], [...note, blank, ...rows], columns);
  },
  field: formField(accessOptions),
  keys: view => [
    ...formKeys(view, accessOptions, CONTEXT),
    { keys: ['esc', 'u'], shown: 'esc', does: view.t.keys.close, run: () => view.app.set({ overlay: null }) },
  ],
};
