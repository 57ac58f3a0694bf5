import { rowsOf } from '../../state/found.js';
import type { Screen, View } from '../screen.js';
import { empty, inputKeys, inputOf, pasted } from './add.js';
import { keys } from './keys.js';
import { reach } from './reach.js';
import { listed, listedKeys } from './table.js';

const table: Screen = {
  lines: view => (rowsOf(view.state).length === 0 ? empty(view) : listed(view)),

  field(view) {
    const { filter, isFiltering } = view.state.ui.discovery;
    if (isFiltering && filter)
      return {
        field: filter,
        change: next => {
          view.app.patchUi('discovery', { filter: next });
          view.app.patchUi('hosts', { row: 0 });
        },
      };
    const field = inputOf(view);
    return field && { field, change: input => view.app.patchUi('hosts', { input, problems: [], duplicates: [] }) };
  },

  paste: pasted,

  keys(view) {
    const input = inputOf(view);
    return input ? inputKeys(view, input) : listedKeys(view);
  },
};

const panes = { table, keys, reach };
const paneOf = ({ state }: View): Screen => panes[state.ui.discovery.pane];

/** The hosts: the table where all lands, the review of their keys, and how they reach each other. */
export const hosts: Screen = {
  lines: view => paneOf(view).lines(view),
  keys: view => paneOf(view).keys(view),
  field: view => paneOf(view).field?.(view) ?? null,
  paste: (view, text) => paneOf(view).paste?.(view, text),
};
