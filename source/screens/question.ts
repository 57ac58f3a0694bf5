import { fieldLine } from '../components/field.js';
import { sheet } from '../components/frame.js';
import type { Binding } from '../components/keys.js';
import { blank, bold, cyan, dim, type Line, yellow } from '../components/line.js';
import { sized, width, wrap } from '../components/text.js';
import { presence } from '../engine/run/holder.js';
import type { Catalogue } from '../i18n/index.js';
import type { Answers } from '../state/answers.js';
import type { Question } from '../state/questions.js';
import type { AppState } from '../state/state.js';
import type { Screen } from './screen.js';

/** Whoever asks: the walk, or the panel. */
export interface View {
  app: Answers & { patchUi: (part: 'question', change: Partial<AppState['ui']['question']>) => void; reviewKeys?: () => void };
  state: Pick<AppState, 'questions' | 'language'> & {
    spec: { hosts: readonly unknown[] };
    ui: Pick<AppState['ui'], 'question'>;
  };
  t: Catalogue;
  columns: number;
}

type HostKey = Extract<Question, { kind: 'host-key' }>;

const MASK = '••••••••';

const hostKeysOf = ({ state }: View): HostKey[] => state.questions.filter(question => question.kind === 'host-key');

/** How much room the keys take beside their fingerprint: SHA256 and its colon take 50 columns, what lies between 10. */
function besideFingerprint(keys: readonly HostKey[]) {
  const longest = (of: (one: HostKey) => string) => Math.max(...keys.map(one => width(of(one))));
  const name = Math.min(
    16,
    longest(one => one.host),
  );
  const type = longest(one => shortType(one.type));
  return { name, type, address: longest(addressBeside), taken: name + type + 60 };
}
/** A host that has no other name is named once. */
const addressBeside = ({ host, address }: HostKey) => (host === address ? '' : address);
const SHORT_ADDRESS = 8;

/** A fingerprint is never cut off: where it has no room beside its host it stands below. */
function isBelow(view: View): boolean {
  const { address, taken } = besideFingerprint(hostKeysOf(view).slice(0, 6));
  return taken + Math.min(address, SHORT_ADDRESS) > view.columns;
}

/** The keys that are on the screen: those are the ones that `a` accepts. */
const shownKeys = (view: View): HostKey[] => hostKeysOf(view).slice(0, isBelow(view) ? 3 : 6);

/** What the engine asks of the operator, one sheet at a time; several host keys stand on one. */
export const question: Screen<View> = {
  lines: view => sheets[view.state.questions[0]!.kind](view),

  field: ({ app, state }) => {
    if (state.questions[0]?.kind !== 'secret') return null;
    const text = app.secret.get();
    return { field: { text, cursor: text.length }, change: field => app.secret.set(field.text) };
  },

  paste: ({ app, state }, text) => {
    if (state.questions[0]?.kind === 'secret') app.secret.set(app.secret.get() + text.replace(/\n+$/, ''));
  },

  keys: view => {
    const { app, state, t } = view;
    const ids = shownKeys(view).map(({ id }) => id);
    if (state.questions[0]?.kind === 'host-key')
      return [
        { keys: ['a', 'y'], shown: 'a', does: t.keys.acceptShown(ids.length), run: () => app.accept(ids) },
        { keys: ['n', 'esc'], shown: 'esc', does: t.keys.refuseAll(ids.length), run: () => app.refuse(ids) },
        ...(app.reviewKeys ? [{ keys: ['t'], does: t.discovery.keys.closer, run: app.reviewKeys }] : []),
      ];
    if (state.questions[0]?.kind === 'take-over') return takeOverKeys(view);
    const { forAll, shown } = state.ui.question;
    return [
      { keys: ['enter'], does: t.keys.send, run: () => app.secret.send(forAll && isShared(state)) },
      ...(isShared(state)
        ? [{ keys: ['tab'], does: t.keys.forAll, run: () => app.patchUi('question', { forAll: !forAll }) }]
        : []),
      { keys: ['ctrl-r'], does: t.keys.reveal, run: () => app.patchUi('question', { shown: !shown }) },
      { keys: ['esc'], does: t.keys.refuse, run: () => app.refuse([state.questions[0]!.id]) },
    ];
  },
};

function hostKeys(view: View): Line[] {
  const { t, columns } = view;
  const all = hostKeysOf(view);
  const shown = shownKeys(view);
  const below = isBelow(view);
  const { name, type, address: longest, taken } = besideFingerprint(shown);
  const address = Math.min(longest, below ? columns - name - type - 9 : columns - taken);
  const rows = shown.flatMap((one): Line[] => {
    const who: Line = [
      '   ',
      bold(sized(one.host, name, 'left', 'middle')),
      longest ? '  ' : '',
      sized(addressBeside(one), address, 'left', 'middle'),
      '  ',
      dim(sized(shortType(one.type), type)),
    ];
    return below ? [who, ['     ', one.fingerprint]] : [[...who, '  ', one.fingerprint]];
  });
  const more = all.length - shown.length;
  const hint = wrap(t.question.keysHint, columns - 2).map((line): Line => [' ', dim(line)]);
  return sheet(
    [yellow('? '), bold(t.question.keys(all.length))],
    [...rows, ...(more > 0 ? [[' ', dim(`  ${t.question.more(more)}`)] as Line] : []), blank, ...hint],
    columns,
  );
}

/** Somebody else is at the hosts. The key is one that nobody presses by the way. */
function takeOver({ state, t, columns }: View): Line[] {
  const asked = state.questions[0];
  if (asked?.kind !== 'take-over') return [];
  const shown = asked.holders.slice(0, 4);
  const since = shown.map(holder => presence(holder)[state.language]);
  const room = columns - 21 - Math.max(...since.map(width));
  const who = Math.min(room, Math.max(...shown.map(holder => width(holder.who))));
  const rows = shown.map(
    (holder, i): Line => [
      '   ',
      bold(sized(holder.host, 12, 'left', 'middle')),
      '  ',
      sized(holder.who, who, 'left', 'middle'),
      '  ',
      dim(since[i]!),
    ],
  );
  const more = asked.holders.length - shown.length;
  const hint = wrap(t.question.takeOverHint, columns - 2).map((line): Line => [' ', dim(line)]);
  return sheet(
    [yellow('! '), bold(t.question.takeOver(asked.holders.length))],
    [...rows, ...(more > 0 ? [[' ', dim(`  ${t.question.more(more)}`)] as Line] : []), blank, ...hint],
    columns,
  );
}

const takeOverKeys = ({ app, state, t }: View): Binding[] => [
  { keys: ['T'], does: t.keys.takeOver, run: () => app.accept([state.questions[0]!.id]) },
  { keys: ['esc', 'n'], shown: 'esc', does: t.keys.leaveThem, run: () => app.refuse([state.questions[0]!.id]) },
];

/** The hosts that wait for the password of the user who is asked about. */
function passwordGroup(questions: readonly Question[]): string[] {
  const [first] = questions;
  if (first?.kind !== 'secret' || first.question.kind !== 'password') return [];
  return questions.flatMap(each =>
    each.kind === 'secret' && each.question.kind === 'password' && each.question.user === first.question.user
      ? [each.question.host]
      : [],
  );
}

/** One password for all of them: how many, whose, how often it is tried and what comes after. */
function groupPassword(view: View, hosts: readonly string[], user: string, attempt: number): Line[] {
  const { t, columns } = view;
  const words = t.question;
  const text = (said: string) => wrap(said, columns - 3).map((line): Line => [' ', dim(line)]);
  const names = hosts.slice(0, 8).join(', ');
  return sheet(
    [yellow('? '), bold(words.group(user, hosts.length))],
    [
      ...wrap(hosts.length > 8 ? `${names}, ${words.more(hosts.length - 8)}` : names, columns - 5).map(
        (line): Line => ['   ', line],
      ),
      blank,
      ...(attempt > 1 ? [[' ', yellow(`! ${words.again}`)] as Line] : []),
      [' ', cyan('▸ '), ...typedSecret(view)],
      blank,
      ...text(words.groupRule(hosts.length)),
      ...text(words.groupNext),
      ...text(words.never),
    ],
    columns,
  );
}

function typedSecret({ app, state, columns }: View): Line {
  const { shown, length } = state.ui.question;
  const text = shown ? app.secret.get() : length > 0 ? MASK : '';
  return fieldLine({ text, cursor: text.length }, columns - 6);
}

const sheets = { 'host-key': hostKeys, secret, 'take-over': takeOver } satisfies Record<
  Question['kind'],
  (view: View) => Line[]
>;

const shortType = (type: string) => type.replace(/^ssh-|^ecdsa-sha2-/, '');

/** Several hosts may ask for the same password; a registry and a proxy have one for all. */
const isShared = ({ questions: [asked], spec }: View['state']) =>
  asked?.kind === 'secret' && !['registry', 'proxy'].includes(asked.question.kind) && spec.hosts.length > 1;

function secret(view: View): Line[] {
  const { state, t, columns } = view;
  const asked = state.questions[0];
  if (asked?.kind !== 'secret') return [];
  const { host, user, kind, file, attempt } = asked.question;
  const title = kind === 'passphrase' ? t.question.passphrase(file ?? '') : t.question[kind](user, host);
  const group = passwordGroup(state.questions);
  const { forAll } = state.ui.question;
  if (group.length > 1 && forAll) return groupPassword(view, group, user, attempt);
  const others = state.questions.length - 1;
  return sheet(
    [yellow('? '), bold(title), others > 0 ? dim(`   ${t.question.others(others)}`) : ''],
    [
      ...(attempt > 1 ? [[' ', yellow(`! ${t.question.again}`)] as Line] : []),
      [' ', cyan('▸ '), ...typedSecret(view)],
      blank,
      ...(isShared(state) ? [[' ', forAll ? cyan('[x] ') : '[ ] ', t.question.forAll(user)] as Line] : []),
      [' ', dim(t.question.never)],
    ],
    columns,
  );
}
