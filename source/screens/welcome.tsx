import { Box } from 'ink';
import SelectInput from 'ink-select-input';
import type { Binding } from '../components/keys.js';
import { blank, bold, cyan, dim, type Line, Lines, yellow } from '../components/line.js';
import { cut, sized, width, wrap } from '../components/text.js';
import { type NamedSession, sessionState } from '../state/sessions.js';
import { moving, type View } from './screen.js';

interface Item {
  key: string;
  label: string;
  value: string;
  hint: string;
}

/** Demo sits before the saved sessions, which are read from disk a moment later: nothing that is shown moves. */
function itemsOf({ state, t, app }: View): Item[] {
  const resume = (session: NamedSession): Item => ({
    key: `resume ${session.name}`,
    value: `resume ${session.name}`,
    label: t.welcome.resume(session.name),
    hint: t.welcome.resumeHint(
      session.spec.hosts.length,
      sessionState(session)[state.language],
      t.welcome.ago(Math.floor((state.now - session.savedAt) / 60_000)),
    ),
  });
  return [
    { key: 'new', value: 'new', label: t.welcome.fresh, hint: t.welcome.freshHint },
    ...(app.hasDemo ? [{ key: 'demo', value: 'demo', label: t.welcome.demo, hint: t.welcome.demoHint }] : []),
    ...state.sessions.map(resume),
  ];
}

function choose({ app, state }: View, { value }: Item) {
  if (value === 'new') app.begin();
  else if (value === 'demo') void app.beginDemo();
  else app.resume(state.sessions.find(session => `resume ${session.name}` === value)!);
}

export function Welcome({ view }: { view: View }) {
  const { t, columns, height } = view;
  const items = itemsOf(view);
  const row = Math.min(view.state.ui.welcome.row, items.length - 1);
  const widest = Math.max(...items.map(item => width(item.label)));
  const head: Line[] = [
    blank,
    [' ', bold(t.welcome.title)],
    ...wrap(t.welcome.how, Math.min(76, columns - 3)).map((line): Line => [' ', dim(line)]),
    blank,
  ];
  const [needs, ...points] = t.welcome.needs;
  const unread = view.state.unreadSessions.flatMap(note =>
    wrap(note[view.state.language], Math.min(120, columns - 5)).map((line, i): Line => [' ', yellow(i ? '  ' : '! '), line]),
  );
  const foot: Line[] = [
    ...(unread.length ? [blank, ...unread] : []),
    blank,
    [' ', dim(needs!)],
    ...points.flatMap(point =>
      wrap(point, Math.min(76, columns - 6)).map((line, i): Line => ['   ', dim(i === 0 ? '· ' : '  '), dim(line)]),
    ),
  ];
  const room = Math.max(2, height - head.length);
  // Whoever was here before knows what it needs; what became of a session is news.
  const below = unread.length ? Math.min(unread.length + 1, room >> 1) : foot.length;
  const limit = Math.max(2, Math.min(items.length, room - below));
  const rest = Math.max(0, room - Math.min(limit, items.length));
  return (
    <Box flexDirection="column">
      <Lines lines={head} columns={columns} />
      <SelectInput
        key={row}
        items={items}
        limit={limit}
        initialIndex={row}
        isFocused={false}
        indicatorComponent={Indicator}
        itemComponent={({ label, isSelected }) => {
          const item = items.find(one => one.label === label);
          const title = sized(label, widest);
          const hint = dim(`   ${cut(item?.hint ?? '', columns - widest - 9)}`);
          return <Lines lines={[[isSelected ? { ...cyan(title), bold: true } : title, hint]]} columns={columns - 4} />;
        }}
      />
      <Lines lines={foot.slice(0, rest)} columns={columns} />
    </Box>
  );
}

const Indicator = ({ isSelected = false }: { isSelected?: boolean }) => (
  <Lines lines={[[isSelected ? cyan('  ▸ ') : '    ']]} columns={4} />
);

/**
 * The menu only draws what is chosen: its own key handling misses a key that comes in one go with another one, and these
 * keys are to stand in the key table.
 */
export function welcomeKeys(view: View): Binding[] {
  const { app, state, t } = view;
  const items = itemsOf(view);
  const { row } = state.ui.welcome;
  return [
    ...moving(t, items.length, row, next => app.patchUi('welcome', { row: next })),
    { keys: ['enter'], does: t.keys.open, run: () => choose(view, items[Math.min(row, items.length - 1)]!) },
    {
      keys: items.slice(0, 9).map((_, i) => String(i + 1)),
      shown: `1-${Math.min(9, items.length)}`,
      does: t.keys.open,
      quiet: true,
      run: key => choose(view, items[Number(key) - 1]!),
    },
    ...panelKeys(view),
    { keys: ['q'], does: t.keys.quit, run: () => app.quit(0) },
  ];
}

/** A cluster that was installed has a panel. */
function panelKeys({ app, state, t }: View): Binding[] {
  const at = state.ui.welcome.row - (app.hasDemo ? 2 : 1);
  const session = state.sessions[at];
  if (session?.result !== 'done' && session?.result !== 'same') return [];
  return [{ keys: ['p'], does: t.keys.panel, run: () => app.openPanel(session.spec) }];
}
