import { blank, bold, cyan, dim, ends, green, type Line, padded, red, type Span, yellow } from '../components/line.js';
import { cut, sized, width, wrap } from '../components/text.js';
import { isSourceKind, type Offer, offersOf, placeNames, probeKinds, sourceKinds } from '../engine/sources/catalogue.js';
import type { SourceProbe } from '../engine/sources/report.js';
import { takenFrom } from '../state/state.js';
import { moving, type Screen, type View } from './screen.js';
import { sourceEvidence } from './source-evidence.js';

/** A row keeps its place, whoever is preferred. */
const rowsOf = ({ spec }: View['state']): Offer[] =>
  offersOf(spec).toSorted(
    (a, b) =>
      probeKinds.indexOf(a.kind) - probeKinds.indexOf(b.kind) || placeNames.indexOf(a.place) - placeNames.indexOf(b.place),
  );

/** Columns of one host, and of what a place carries. */
const CELL = 14;
const CARRIES = 10;
const MORE = 10;

export const mirror: Screen = {
  lines: view => {
    const { columns, height, state } = view;
    if (state.ui.mirror.evidence) {
      const { host, offer } = chosenCell(view);
      return sourceEvidence(view, host, offer, probeOf(view, host, offer));
    }
    const matrix = matrixLines(view);
    const below = [blank, ...verdict(view), blank, ...evidence(view)];
    // Room between the kinds where there is any.
    const isAiry = height >= 4 + matrix.length + probeKinds.length + below.length;
    const rows = rowsOf(view.state);
    const begins = (i: number) => i > 0 && rows[i - 1]!.kind !== rows[i - 2]?.kind;
    const body = isAiry ? matrix.flatMap((line, i) => (begins(i) ? [blank, line] : [line])) : matrix;
    return [title(view, columns), blank, ...body, ...below].slice(0, height);
  },

  keys: view => {
    const { app, state, t } = view;
    const { spec, sources, ui } = state;
    const hosts = spec.hosts.length;
    const rows = rowsOf(state);
    const row = Math.min(ui.mirror.row, rows.length - 1);
    const open = (evidence: boolean) => app.patchUi('mirror', { evidence });
    if (ui.mirror.evidence) return [{ keys: ['esc', 'e', 'enter'], does: t.keys.back, run: () => open(false) }];
    const turn = (by: number) => app.patchUi('mirror', { column: Math.max(0, Math.min(hosts - 1, ui.mirror.column + by)) });
    return [
      ...(sources.state === 'done' ? [{ keys: ['enter'], does: t.keys.accept, run: () => app.step(1) }] : []),
      {
        keys: ['space'],
        does: t.keys.take,
        run: () => app.takeFrom(rows[row]!),
      },
      {
        keys: ['m'],
        does: t.keys.mirror,
        run: () => app.chooseMirror(spec.mirror === 'aliyun' ? 'upstream' : 'aliyun'),
      },
      {
        keys: ['v'],
        does: spec.relay ? t.keys.direct : t.keys.relay,
        run: () => app.toggleRelay(),
      },
      { keys: ['o'], does: t.keys.own, run: () => app.openOwn() },
      ...moving(t, rows.length, row, row => app.patchUi('mirror', { row })),
      {
        keys: ['left', 'right', 'h', 'l'],
        shown: '←→',
        does: t.keys.host,
        run: key => turn(key === 'left' || key === 'h' ? -1 : 1),
      },
      { keys: ['e'], does: t.keys.evidence, run: () => open(true) },
      ...(sources.state === 'done' ? [{ keys: ['r'], does: t.keys.again, run: () => void app.probe() }] : []),
      { keys: ['esc'], does: t.keys.back, run: () => app.step(-1) },
    ];
  },
};

function title({ state, t }: View, columns: number): Line {
  const { sources } = state;
  const elapsed = sources.state === 'busy' ? state.now - sources.startedAt : (sources.ms ?? 0);
  const seconds = Math.max(0, Math.round(elapsed / 1000));
  const said = sources.state === 'busy' ? cyan(t.mirror.measuring(seconds)) : dim(t.mirror.measured(seconds));
  return ends([' ', bold(t.mirror.title)], sources.state === 'none' ? [] : [said, ' '], columns);
}

/** A row for each kind and place, a column for each host. */
function matrixLines(view: View): Line[] {
  const { state, t } = view;
  const { spec, ui } = state;
  const { shown, more } = hostColumns(view);
  const rows = rowsOf(state);
  const taken = takenFrom(spec, state.sources.report);
  const kindWidth = Math.max(...probeKinds.map(kind => width(t.mirror.kinds[kind])));
  const placeWidth = Math.max(...rows.map(({ place }) => width(t.mirror.places[place])));
  const chosenHost = spec.hosts[ui.mirror.column]?.name;
  const head: Line = [
    ' '.repeat(kindWidth + placeWidth + 8),
    ...shown.map(host => {
      const name = sized(cut(host, CELL - 2, 'middle'), CELL);
      return host === chosenHost ? bold(name) : dim(name);
    }),
    dim(more > 0 ? sized(t.mirror.more(more), MORE) : ''),
    dim(t.mirror.carries),
  ];
  const body = rows.map(({ kind, place }, i): Line => {
    const isTaken = !isSourceKind(kind) || taken[kind] === place;
    const isFirst = kind !== rows[i - 1]?.kind;
    const name = sized(t.mirror.places[place], placeWidth);
    return [
      ' ',
      isFirst ? sized(t.mirror.kinds[kind], kindWidth) : ' '.repeat(kindWidth),
      i === Math.min(ui.mirror.row, rows.length - 1) ? cyan(' ▸ ') : '   ',
      isTaken ? cyan('● ') : dim('○ '),
      isTaken ? bold(name) : name,
      '  ',
      ...shown.map(host => padded(probeCell(view, probeOf(view, host, { kind, place })), CELL)),
      ...(more > 0 ? [' '.repeat(MORE)] : []),
      carries(view, { kind, place }),
    ];
  });
  return [head, ...body];
}

const probeOf = ({ state }: View, host: string, { kind, place }: Offer): SourceProbe | undefined =>
  state.sources.report.find(probe => probe.host === host && probe.kind === kind && probe.place === place);

/** The hosts that have room beside each other, around the chosen one. */
function hostColumns({ state, columns }: View): { shown: string[]; more: number } {
  const names = state.spec.hosts.map(host => host.name);
  const room = columns - 27 - CARRIES;
  if (names.length * CELL <= room) return { shown: names, more: 0 };
  const count = Math.max(1, Math.floor((room - MORE) / CELL));
  const from = Math.min(Math.max(0, state.ui.mirror.column - Math.floor(count / 2)), names.length - count);
  return { shown: names.slice(from, from + count), more: names.length - count };
}

function probeCell({ state, t }: View, probe: SourceProbe | undefined): Span {
  if (!probe) return dim(state.sources.state === 'busy' ? '…' : '?');
  if (probe.unknown) return dim(`? ${t.mirror.unknown}`);
  if (!probe.ok) return red(`✗ ${probe.ms === null ? t.mirror.timeout : t.mirror.refused}`);
  const speed = probe.evidence?.speed;
  return probe.missing?.length
    ? yellow(`! ${probe.ms} ms`)
    : green(`✓${probe.ms === null ? '' : ` ${probe.ms} ms`}${speed ? ` ${perSecond(speed)}` : ''}`);
}

/** Megabytes a second in four columns: 0.4M, 31M. */
function perSecond({ bytes, ms }: { bytes: number; ms: number }): string {
  const megabytes = bytes / 1000 / ms;
  return `${megabytes < 9.5 ? megabytes.toFixed(1) : Math.round(megabytes)}M`;
}

/** Whose evidence would be shown. */
function chosenCell({ state }: View): { host: string; offer: Offer } {
  const rows = rowsOf(state);
  return {
    host: state.spec.hosts[state.ui.mirror.column]?.name ?? state.spec.hosts[0]!.name,
    offer: rows[Math.min(state.ui.mirror.row, rows.length - 1)]!,
  };
}

/** What a place has, in a few words: the newest version, or what it lacks. */
function carries({ state, t }: View, { kind, place }: Offer): Span {
  const probes = state.sources.report.filter(probe => probe.kind === kind && probe.place === place && probe.ok);
  const lacks = probes.find(probe => probe.missing?.length);
  if (lacks) return yellow(t.mirror.missing(lacks.missing!.length));
  const newest = probes.find(probe => probe.versions?.length)?.versions?.at(-1);
  if (newest) return { text: newest };
  return probes.some(probe => probe.missing) ? { text: t.mirror.complete } : dim(probes.length > 0 ? '' : '?');
}

function verdict({ state, t, columns }: View): Line[] {
  const { report, state: at, problem } = state.sources;
  if (problem)
    return [`✗ ${problem.what[state.language]}`, problem.remedy[state.language]].flatMap((text, i) =>
      wrap(text, columns - 3).map((line): Line => [' ', i === 0 ? red(line) : line]),
    );
  if (at !== 'done') return [state.spec.relay ? [' ', dim(t.mirror.byRelay)] : blank];
  const taken = takenFrom(state.spec, report);
  const names = [...new Set(Object.values(taken))];
  const broken = report.filter(
    probe => isSourceKind(probe.kind) && probe.place === taken[probe.kind] && !probe.ok && !probe.unknown,
  );
  const said =
    names.length === 1
      ? t.mirror.chosen(t.mirror.places[names[0]!])
      : names
          .map(name => [sourceKinds.filter(kind => taken[kind] === name).map(kind => t.mirror.kinds[kind]), name] as const)
          .map(([kinds, name]) => t.mirror.from(kinds, t.mirror.places[name]))
          .join(t.mirror.and);
  const place = broken[0] && t.mirror.places[broken[0].place];
  return [
    ...wrap(said, columns - 3).map((line): Line => [' ', bold(line)]),
    ...(state.spec.relay ? wrap(t.mirror.byRelay, columns - 3).map((line): Line => [' ', line]) : []),
    [' ', place ? yellow(`! ${t.mirror.broken(place, broken.length)}`) : green(`✓ ${t.mirror.works}`)],
  ];
}

/** What the chosen row says, on the chosen host: where it asked, what came back. */
function evidence(view: View): Line[] {
  const { state, t, columns } = view;
  const rows = rowsOf(state);
  const offer = rows[Math.min(state.ui.mirror.row, rows.length - 1)]!;
  const host = state.spec.hosts[state.ui.mirror.column];
  const probe = host && probeOf(view, host.name, offer);
  if (!host || !probe) return [blank];
  const said = probe.reason?.[state.language] ?? (probe.ms === null ? t.mirror.timeout : `${probe.ms} ms ${t.mirror.first}`);
  const details = [said, probe.key && t.mirror.key(probe.key), probe.missing?.join(' ')].filter(Boolean).join('  ');
  const indent = width(host.name) + 3;
  return [
    [' ', bold(host.name), '  ', dim(cut(probe.url, columns - indent - 2, 'middle'))],
    ...wrap(details, Math.min(100, columns - indent - 2)).map(
      (line): Line => [' '.repeat(indent), probe.ok || probe.unknown ? line : red(line)],
    ),
  ];
}
