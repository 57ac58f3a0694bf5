import { fieldLine } from '../../components/field.js';
import { sheet } from '../../components/frame.js';
import { blank, bold, cyan, dim, type Line, red, yellow } from '../../components/line.js';
import { sized, width, wrap } from '../../components/text.js';
import type { Screen } from '../screen.js';
import { currentRow } from './row.js';

const paragraph = (text: string, columns: number, paint: (text: string) => Line[number] = String): Line[] =>
  wrap(text, columns - 3).map(line => [' ', paint(line)]);

/** Which networks a scan shall ask: nothing is sent before Enter. */
export const scanSheet: Screen = {
  lines: ({ state, t, columns }) => {
    const { input, own, count, error } = state.ui.discovery.scan;
    const words = t.discovery.scan;
    const widest = Math.max(0, ...own.map(({ network }) => width(network)));
    const offered = own
      .slice(0, 4)
      .map(
        (each): Line => [
          '   ',
          each.network === input.text ? cyan('● ') : '○ ',
          sized(each.network, widest),
          '  ',
          dim(words.own(each.interface, each.address)),
        ],
      );
    return sheet(
      [yellow('? '), bold(words.title)],
      [
        ...(own.length ? offered : paragraph(words.none, columns, dim)),
        [' ', cyan('▸ '), bold(words.label), '  ', ...fieldLine(input, columns - width(words.label) - 8)],
        ...(error
          ? paragraph(`✗ ${error.what[state.language]}. ${error.remedy[state.language]}`, columns, red)
          : paragraph(count ? words.count(count) : '', columns)),
        ...paragraph(words.hint, columns, dim),
      ],
      columns,
    );
  },
  field: ({ app, state }) => ({ field: state.ui.discovery.scan.input, change: field => app.finder.typeNetworks(field) }),
  keys: ({ app, state, t }) => {
    const { count, error, own } = state.ui.discovery.scan;
    return [
      ...(count && !error ? [{ keys: ['enter'], does: t.discovery.keys.scanGo, run: () => void app.finder.scan() }] : []),
      ...(own.length > 1 ? [{ keys: ['tab'], does: t.discovery.keys.nextNetwork, run: () => app.finder.nextNetwork() }] : []),
      { keys: ['esc'], does: t.keys.cancel, run: () => app.set({ overlay: null }) },
    ];
  },
};

/** The host that one host is reached through. */
export const jumpSheet: Screen = {
  lines: view => {
    const { state, t, columns } = view;
    const words = t.discovery.jump;
    return sheet(
      [yellow('? '), bold(words.title(currentRow(view)?.host?.name ?? ''))],
      [
        [' ', cyan('▸ '), bold(words.label), '  ', ...fieldLine(state.ui.discovery.jump, columns - width(words.label) - 8)],
        ...paragraph(words.hint, columns, dim),
      ],
      columns,
    );
  },
  field: ({ app, state }) => ({ field: state.ui.discovery.jump, change: jump => app.patchUi('discovery', { jump }) }),
  keys: view => {
    const { app, state, t } = view;
    const name = currentRow(view)?.host?.name;
    return [
      ...(name
        ? [{ keys: ['enter'], does: t.keys.accept, run: () => void app.setJump(name, state.ui.discovery.jump.text) }]
        : []),
      { keys: ['esc'], does: t.keys.cancel, run: () => app.set({ overlay: null }) },
    ];
  },
};

/** What letting a key in changes, before it is done. */
export const keySheet: Screen = {
  lines: ({ app, state, t, columns }) => {
    const offer = state.keyOffer;
    if (!offer) return [];
    const words = t.discovery.key;
    const users = [
      ...new Set(state.spec.hosts.filter(({ name }) => offer.hosts.includes(name)).map(host => app.entry.userOf(host))),
    ];
    const line = offer.key?.line.replace(/^(\S+ .{12}).*?(.{8}( .*)?)$/, '$1…$2') ?? '';
    return sheet(
      [yellow('? '), bold(words.title(offer.hosts.length)), ` ${offer.hosts.slice(0, 6).join(', ')}`],
      [
        ...(offer.key ? users.flatMap(user => paragraph(words.line(user, line), columns)) : paragraph(words.make, columns)),
        ...paragraph(words.after, columns, dim),
        offer.state === 'busy' ? [' ', cyan(words.busy(offer.done, offer.hosts.length))] : blank,
      ],
      columns,
    );
  },
  keys: ({ app, state, t }) =>
    state.keyOffer?.state === 'busy'
      ? [{ keys: ['esc'], does: t.keys.cancel, run: () => app.entry.stop() }]
      : [
          { keys: ['y'], does: t.discovery.keys.install, run: () => void app.entry.install() },
          ...(state.keyOffer?.key
            ? [{ keys: ['n'], does: t.discovery.keys.newKey, run: () => void app.entry.install(true) }]
            : []),
          { keys: ['esc'], does: t.keys.cancel, run: () => app.set({ overlay: null, keyOffer: null }) },
        ],
};

/** Nodes that would be known by public addresses: not without a yes. */
export const publicSheet: Screen = {
  lines: ({ state, t, columns }) =>
    sheet(
      [yellow('! '), bold(t.discovery.public.title(state.discovery.advice.isPublic.slice(0, 6).join(', ')))],
      paragraph(t.discovery.public.hint, columns),
      columns,
    ),
  keys: ({ app, t }) => [
    {
      keys: ['y'],
      does: t.discovery.keys.agree,
      run: () => {
        app.group.agree();
        app.set({ overlay: null });
        app.step(1);
      },
    },
    { keys: ['esc', 'n'], shown: 'esc', does: t.keys.back, run: () => app.set({ overlay: null }) },
  ],
};
