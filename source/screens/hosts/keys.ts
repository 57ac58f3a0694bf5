import { fieldLine, fieldOf } from '../../components/field.js';
import {
  blank,
  block,
  bold,
  cyan,
  dim,
  ends,
  green,
  type Line,
  red,
  type Span,
  windowOf,
  yellow,
} from '../../components/line.js';
import { sized, width, wrap } from '../../components/text.js';
import type { ShownKey } from '../../engine/discover/keys.js';
import { randomart } from '../../engine/discover/randomart.js';
import { findTwins } from '../../engine/discover/twins.js';
import { isKey, shownKeys } from '../../state/found.js';
import { moving, type Screen, type View } from '../screen.js';
import { nameOf } from './row.js';

/** A fingerprint is never cut off: where it has no room beside its host it stands below. */
const isBelow = ({ columns }: View) => columns < 79;
const ART = 11;
const VERDICT = 8;

const back = ({ app }: View) => {
  app.trust.stop();
  app.patchUi('discovery', { pane: 'table' });
};
const freshOf = (all: ReturnType<typeof shownKeys>): ShownKey[] =>
  all.flatMap(({ said }) => (isKey(said) && said.is === 'new' ? [said] : []));

/** The new keys on the lines that have been on the screen. */
function seen(view: View): ShownKey[] {
  const all = shownKeys(view.state);
  const { furthest } = view.state.ui.discovery.keys;
  return freshOf(all.slice(0, windowOf(all.length, furthest, rowsIn(view)).to));
}

const rowsIn = (view: View) => {
  const { art, input } = view.state.ui.discovery.keys;
  const room = view.height - 4 - (art ? ART : input ? 5 : 4);
  return Math.max(1, isBelow(view) ? Math.floor(room / 2) : room);
};

/** The review of host keys: what is known and from where, what is new, what has changed, what is there twice. */
export const keys: Screen = {
  lines(view) {
    const { state, t, columns } = view;
    const all = shownKeys(state);
    const { row } = state.ui.discovery.keys;
    const chosen = Math.max(0, Math.min(row, all.length - 1));
    const count = (test: (key: ShownKey) => boolean) => all.filter(({ said }) => isKey(said) && test(said)).length;
    const blocked = count(({ problem }) => problem !== undefined);
    const said = t.discovery.trust.count(
      count(({ is }) => is === 'known'),
      count(({ is }) => is === 'new'),
      blocked,
    );
    const awaited = state.discovery.keysAwaited;
    const title = ends(
      [' ', bold(t.discovery.trust.title), `  ${said}`],
      awaited > 0 ? [cyan(t.discovery.trust.awaited(awaited)), ' '] : [],
      columns,
    );
    if (all.length === 0) return [title, blank, [' ', dim(awaited > 0 ? '' : t.discovery.trust.empty)]];
    const shown = windowOf(all.length, chosen, rowsIn(view));
    const names = Math.min(16, Math.max(...all.map(({ row }) => width(labelOf(row)))));
    const lines = all.slice(shown.from, shown.to).flatMap((each, i) => keyLines(view, each, shown.from + i === chosen, names));
    return [title, blank, ...lines, blank, ...below(view, all, chosen)];
  },

  field: ({ app, state }) => {
    const { input } = state.ui.discovery.keys;
    return input && { field: input, change: next => patch(app, state, { input: next }) };
  },

  paste: ({ app }, text) => void app.trust.expect(text),

  keys(view) {
    const { app, state, t } = view;
    const words = t.discovery.keys;
    const ui = state.ui.discovery.keys;
    const all = shownKeys(state);
    if (ui.input)
      return [
        { keys: ['enter'], does: t.keys.accept, run: () => void app.trust.expect(ui.input!.text) },
        { keys: ['esc'], does: t.keys.cancel, run: () => patch(app, state, { input: null }) },
      ];
    const said = all[Math.min(ui.row, all.length - 1)]?.said;
    const fresh = said && isKey(said) && said.is === 'new' ? said : null;
    const read = seen(view);
    return [
      ...(fresh ? [{ keys: ['enter'], does: words.accept, run: () => void app.trust.accept([fresh]) }] : []),
      ...(read.length ? [{ keys: ['A'], does: words.acceptSeen(read.length), run: () => void app.trust.accept(read) }] : []),
      { keys: ['esc', 't'], shown: 'esc', does: t.keys.back, run: () => back(view) },
      { keys: ['v'], does: words.art, run: () => patch(app, state, { art: !ui.art }) },
      { keys: ['p'], does: words.expect, run: () => patch(app, state, { input: fieldOf('') }) },
      { keys: ['n'], does: words.again, run: () => void app.trust.read() },
      ...moving(t, all.length, ui.row, row => patch(app, state, { row, furthest: Math.max(ui.furthest, row), said: [] })),
    ];
  },
};

function patch(app: View['app'], state: View['state'], change: Partial<View['state']['ui']['discovery']['keys']>) {
  app.patchUi('discovery', { keys: { ...state.ui.discovery.keys, ...change } });
}

const labelOf = (row: Parameters<typeof nameOf>[0]) => (nameOf(row) === '—' ? row.address : nameOf(row));

function keyLines(view: View, { row, said }: ReturnType<typeof shownKeys>[number], isChosen: boolean, names: number): Line[] {
  const { t } = view;
  const mark = isChosen ? cyan('▸ ') : '  ';
  const label = sized(labelOf(row), names, 'left', 'middle');
  const name = isChosen ? bold(label) : label;
  if (!isKey(said))
    return [[' ', mark, red(`✗ ${sized(t.discovery.trust.none, VERDICT)} `), name], ...(isBelow(view) ? [blank] : [])];
  const verdict = verdictOf(view, said);
  return isBelow(view)
    ? [
        [' ', mark, verdict, name, '  ', dim(shortType(said.type))],
        ['     ', said.fingerprint],
      ]
    : [[' ', mark, verdict, name, '  ', said.fingerprint]];
}

const shortType = (type: string) => type.replace(/^ssh-|^ecdsa-sha2-/, '');

function verdictOf({ t }: View, { is }: ShownKey): Span {
  const word = sized(t.discovery.trust.is[is], VERDICT);
  return is === 'known' ? green(`✓ ${word} `) : is === 'new' ? yellow(`? ${word} `) : red(`✗ ${word} `);
}

/** What is to be said of the key under the cursor, or the field for fingerprints from elsewhere. */
function below(view: View, all: ReturnType<typeof shownKeys>, chosen: number): Line[] {
  const { state, t, columns } = view;
  const { input, art, said: notes } = state.ui.discovery.keys;
  const words = t.discovery.trust;
  if (input)
    return [
      [' ', cyan('▸ '), bold(words.paste), '  ', ...fieldLine(input, columns - width(words.paste) - 8)],
      ...wrap(words.pasteHint, columns - 3).map((line): Line => [' ', dim(line)]),
    ];
  const { row, said } = all[chosen]!;
  const text = (paint: (text: string) => Span | string, words: string, room = columns - 3): Line[] =>
    wrap(words, room).map(line => [' ', paint(line)]);
  const told = notes.flatMap(note => text(yellow, note));
  if (!isKey(said)) return [...told, ...text(red, said.what[state.language]), ...text(String, said.remedy[state.language])];
  const room = art ? columns - 24 : columns - 3;
  const about: Line[] = [
    ...told,
    [' ', bold(row.address), dim(`  ${shortType(said.type)}`)],
    ...(said.problem
      ? [...text(red, said.problem.what[state.language], room), ...text(String, said.problem.remedy[state.language], room)]
      : said.is === 'known'
        ? text(dim, words.known(said.place ?? ''), room)
        : text(dim, said.expected ? words.expected(said.expected) : words.fresh, room)),
    ...twinWords(view, all, row.address).flatMap(line => text(yellow, line, room)),
  ];
  if (!art) return about;
  const drawn = randomart(said.key);
  return block(about, ART).map((line, i) => ends(line, [dim(drawn[i] ?? ''), '  '], columns));
}

function twinWords({ state, t }: View, all: ReturnType<typeof shownKeys>, address: string): string[] {
  const hosts = all.flatMap(({ row, said }) =>
    isKey(said)
      ? [
          {
            address: row.address,
            fingerprint: said.fingerprint,
            facts: row.host && state.hosts[row.host.name]?.facts,
          },
        ]
      : [],
  );
  const words = {
    'one-host': t.discovery.trust.sameHost,
    cloned: t.discovery.trust.cloned,
    unknown: t.discovery.trust.sameKey,
  };
  return findTwins(hosts)
    .filter(twins => twins.hosts.some(host => host.address === address))
    .map(({ is, hosts }) =>
      words[is](
        hosts
          .map(host => host.address)
          .filter(other => other !== address)
          .join(', '),
      ),
    );
}
