import { type Field, fieldLine, fieldOf } from '../../components/field.js';
import type { Binding } from '../../components/keys.js';
import { blank, bold, cyan, dim, type Line, red, yellow } from '../../components/line.js';
import { sized, wrap } from '../../components/text.js';
import { rowsOf } from '../../state/found.js';
import type { View } from '../screen.js';
import { addressOf } from './row.js';

/** The field is open while there are no hosts, or when somebody adds or edits one. */
export const inputOf = ({ state }: Pick<View, 'state'>): Field | null =>
  state.ui.hosts.input ?? (rowsOf(state).length === 0 ? fieldOf('') : null);

/** One network, which is scanned rather than added. */
const isNetwork = (text: string) => /^\s*\d+\.\d+\.\d+\.\d+\/\d+\s*$/.test(text);

export function pasted({ app, state }: View, text: string): void {
  if (text.includes('\n') || !inputOf({ state })) void app.addHosts(`${state.ui.hosts.input?.text ?? ''}${text}`);
  else {
    const { text: before, cursor } = state.ui.hosts.input ?? fieldOf('');
    app.patchUi('hosts', {
      input: { text: before.slice(0, cursor) + text + before.slice(cursor), cursor: cursor + text.length },
      problems: [],
    });
  }
}

export function inputKeys({ app, state, t }: View, input: Field): Binding[] {
  const { editing } = state.ui.hosts;
  const isFirst = rowsOf(state).length === 0;
  return [
    {
      keys: ['enter'],
      does: editing ? t.keys.accept : t.keys.add,
      run: () => {
        if (editing) void app.replaceHost(editing, input.text);
        else if (isNetwork(input.text)) {
          app.patchUi('hosts', { input: null, problems: [] });
          void app.finder.openScan(input.text.trim());
        } else if (input.text.trim()) void app.addHosts(input.text);
        else app.patchUi('hosts', { input: null });
      },
    },
    ...(isFirst ? [{ keys: ['tab'], does: t.keys.access, run: () => app.openAccess() }] : []),
    {
      keys: ['esc'],
      does: isFirst && !input.text ? t.keys.back : t.keys.cancel,
      run: () => {
        if (isFirst && !input.text) app.step(-1);
        else app.patchUi('hosts', { input: null, editing: null, problems: [], duplicates: [] });
      },
    },
    ...(editing
      ? []
      : [
          { keys: ['ctrl-n'], does: t.discovery.keys.scan, run: () => void app.finder.openScan() },
          { keys: ['ctrl-s'], does: t.discovery.keys.named, run: () => void app.finder.readNamed() },
        ]),
    { keys: ['f1'], shown: 'F1', does: t.keys.help, run: () => app.set({ overlay: 'help' }) },
  ];
}

export function empty(view: View): Line[] {
  const { t } = view;
  const widest = Math.max(...t.hosts.examples.map(([example]) => example!.length));
  return [
    blank,
    [' ', bold(t.hosts.none)],
    blank,
    ...t.hosts.examples.map(([example, means]): Line => ['   ', sized(example!, widest), '   ', dim(means!)]),
    blank,
    ...wrap(t.hosts.pasteHint, view.columns - 3).map((line): Line => [' ', dim(line)]),
    blank,
    ...inputLines(view),
  ];
}

export function inputLines(view: View): Line[] {
  const { state, t, columns } = view;
  const field = inputOf(view)!;
  const { editing, problems, duplicates } = state.ui.hosts;
  const label = editing ? t.hosts.inputEdit(editing) : t.hosts.input;
  const others = editing ? state.spec.hosts.filter(host => host.name !== editing) : state.spec.hosts;
  const preview = field.text.trim() ? view.app.previewHosts(field.text, others) : null;
  const said: Line[] = problems.map(({ line, entry, what }) => [
    ' ',
    red(`✗ ${t.hosts.wrong(line, entry, what[state.language])}`),
  ]);
  if (duplicates.length > 0)
    said.push([' ', yellow(`! ${t.hosts.duplicates(duplicates.length, [...new Set(duplicates)].join(', '))}`)]);
  if (problems.length === 0 && preview && preview.hosts.length > 0)
    said.push([
      ' ',
      dim(t.hosts.preview(preview.hosts.length, preview.hosts.map(host => `${host.name} ${addressOf(host)}`).join(', '))),
    ]);
  return [
    [' ', cyan('▸ '), bold(label), '  ', ...fieldLine(field, columns - label.length - 8)],
    ...(said.length ? said.slice(0, 4) : [blank]),
  ];
}
