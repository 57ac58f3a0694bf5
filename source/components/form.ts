import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Language } from '../engine/text.js';
import type { Option, OptionContext } from '../state/options.js';
import { type Field, fieldLine } from './field.js';
import { blank, bold, cyan, dim, type Line, red, windowOf } from './line.js';
import { sized, width, wrap } from './text.js';

interface FormView {
  options: readonly Option[];
  spec: ClusterSpec;
  /** What the spec would say if nobody had chosen. */
  defaults: ClusterSpec;
  context: OptionContext;
  ui: { row: number; input: Field | null; error: string | null };
  language: Language;
  words: { isDefault: string; unset: string };
  columns: number;
  height: number;
}

/** A form: a row for each choice, and beneath what the chosen one means or what is wrong with it. */
export function form({ options, spec, defaults, context, ui, language, words, columns, height }: FormView): Line[] {
  const labels = Math.max(...options.map(option => width(option.label[language])));
  const room = columns - labels - 6;
  const { from, to } = windowOf(options.length, ui.row, Math.max(1, height - 3));
  const rows = options.slice(from, to).map((option, i): Line => {
    const isChosen = from + i === ui.row;
    const value = option.get(spec);
    const isDefault = value === option.get(defaults);
    const said = value === '' ? words.unset : (option.say?.[value]?.[language] ?? value);
    const choices = option.choices?.(context) ?? [];
    const label = sized(option.label[language], labels);
    const shown: Line =
      isChosen && ui.input
        ? fieldLine(ui.input, room)
        : [
            value === '' ? dim(said) : isDefault ? said : cyan(said),
            ...(isDefault && value !== '' ? [dim(`  ${words.isDefault}`)] : []),
            ...(isChosen && choices.length > 1 ? others(choices, value, room - width(said) - 12) : []),
          ];
    return [' ', isChosen ? cyan('▸ ') : '  ', isChosen ? bold(label) : label, '  ', ...shown];
  });
  const chosen = options[ui.row];
  const below: Line[] = ui.error
    ? wrap(ui.error, columns - 4).map((line, i) => [' ', red(i === 0 ? '✗ ' : '  '), red(line)])
    : chosen
      ? wrap(chosen.help[language], columns - 3).map(line => [' ', dim(line)])
      : [];
  return [...rows, blank, ...below.slice(0, 2)].slice(0, height);
}

/** What else may be chosen, as far as there is room to say it. */
function others(choices: readonly string[], value: string, room: number): Line {
  const said = choices.filter(choice => choice !== value).join('  ');
  return [dim(width(said) + 5 <= room ? `   ‹› ${said}` : `   ‹› ${choices.indexOf(value) + 1}/${choices.length}`)];
}
