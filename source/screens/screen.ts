import { type Field, insert, typed } from '../components/field.js';
import { type Binding, bindingFor, type Press } from '../components/keys.js';
import type { Line } from '../components/line.js';
import type { Catalogue } from '../i18n/index.js';
import type { AppState } from '../state/state.js';
import type { App } from '../state/store.js';

/** What a screen is drawn from. */
export interface View {
  app: App;
  state: AppState;
  t: Catalogue;
  columns: number;
  /** Lines that the screen has for itself. */
  height: number;
}

/** The text field that has the keyboard: what is typed goes there first. */
export interface FieldFocus {
  field: Field;
  change: (field: Field) => void;
}

/** A screen is a picture of the state and a table of keys; it keeps nothing to itself. */
export interface Screen<V = View> {
  lines: (view: V) => Line[];
  keys: (view: V) => Binding[];
  field?: (view: V) => FieldFocus | null;
  paste?: (view: V, text: string) => void;
}

/** One key: the text field of the screen that has the keyboard comes first, then the key table. */
export function dispatch<V>(view: V, screen: Screen<V> | null, bindings: readonly Binding[], what: Press) {
  const focus = screen?.field?.(view) ?? null;
  if ('paste' in what) {
    if (screen?.paste) screen.paste(view, what.paste);
    else if (focus) focus.change(insert(focus.field, what.paste.replace(/\s*\n\s*/g, ' ')));
    return;
  }
  const isSpecial = what.key.length > 1 && what.key !== 'space';
  const binding = bindingFor([bindings], what.key);
  if (focus && !(isSpecial && binding)) {
    const next = typed(focus.field, what.key);
    if (next) focus.change(next);
    return;
  }
  binding?.run(what.key);
}

/** Keys that move through a list of `length` rows. */
export function moving(t: Catalogue, length: number, row: number, set: (row: number) => void, page = 10): Binding[] {
  const to = (next: number) => set(Math.max(0, Math.min(length - 1, next)));
  return [
    {
      keys: ['up', 'down', 'k', 'j'],
      shown: '↑↓',
      does: t.keys.move,
      run: key => to(row + (key === 'up' || key === 'k' ? -1 : 1)),
    },
    {
      keys: ['pageup', 'pagedown', 'ctrl-u', 'ctrl-d'],
      shown: 'PgUp PgDn',
      does: t.keys.page,
      quiet: true,
      run: key => to(row + (key === 'pageup' || key === 'ctrl-u' ? -page : page)),
    },
    {
      keys: ['home', 'g', 'end', 'G'],
      shown: 'g G',
      does: t.keys.top,
      quiet: true,
      run: key => to(key === 'home' || key === 'g' ? 0 : length - 1),
    },
  ];
}
