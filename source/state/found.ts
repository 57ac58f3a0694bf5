import type { Field } from '../components/field.js';
import type { Candidate } from '../engine/discover/candidate.js';
import type { ShownKey } from '../engine/discover/keys.js';
import { placeOf } from '../engine/discover/place.js';
import type { Reach } from '../engine/discover/reach.js';
import type { OwnNetwork } from '../engine/discover/scan.js';
import type { ProblemDetails } from '../engine/errors.js';
import type { Finding } from '../engine/preflight/finding.js';
import type { HostSpec } from '../engine/spec/schema.js';
import { memo, steady } from './memo.js';
import type { AppState, HostView } from './state.js';

/** A host that was named or that answered, chosen or not. */
export interface Found {
  place: string;
  candidate: Candidate;
  /** What stands at its SSH port; `named` as long as nobody has asked. */
  is: 'ssh' | 'other' | 'refused' | 'named';
  /** The first line that it said there. */
  banner: string;
}

/** What discovery has found out so far. */
export interface Discovery {
  /** In the order in which they came. */
  list: Found[];
  scan: { state: 'none' | 'busy' | 'done' | 'stopped'; networks: string[]; asked: number; of: number };
  /** Host keys, or why there is none, by place. */
  keys: Record<string, ShownKey | ProblemDetails>;
  /** How many keys are still awaited. */
  keysAwaited: number;
  reach: { state: 'none' | 'busy' | 'done'; startedAt: number; ms: number; found: Reach[]; findings: Finding[] };
  /** What is doubtful about the ready hosts as a group; `isPublic` names nodes known by public addresses. */
  advice: { findings: Finding[]; notes: string[]; isPublic: string[]; isAgreed: boolean };
  /** Somebody has said which host is the control plane. */
  isRoleChosen: boolean;
}

export const nothingFound: Discovery = {
  list: [],
  scan: { state: 'none', networks: [], asked: 0, of: 0 },
  keys: {},
  keysAwaited: 0,
  reach: { state: 'none', startedAt: 0, ms: 0, found: [], findings: [] },
  advice: { findings: [], notes: [], isPublic: [], isAgreed: false },
  isRoleChosen: false,
};

export const sorts = ['found', 'name', 'address', 'role', 'access'] as const;
export type Sort = (typeof sorts)[number];

/** What the hosts' screens remember of where somebody is. */
export interface DiscoveryUi {
  pane: 'table' | 'keys' | 'reach';
  filter: Field | null;
  isFiltering: boolean;
  sort: Sort;
  scan: { input: Field; own: OwnNetwork[]; count: number; error: ProblemDetails | null };
  jump: Field;
  keys: { row: number; furthest: number; art: boolean; input: Field | null; said: string[] };
  reach: { row: number; column: number };
}

export const firstDiscoveryUi: DiscoveryUi = {
  pane: 'table',
  filter: null,
  isFiltering: false,
  sort: 'found',
  scan: { input: { text: '', cursor: 0 }, own: [], count: 0, error: null },
  jump: { text: '', cursor: 0 },
  keys: { row: 0, furthest: 0, art: false, input: null, said: [] },
  reach: { row: 0, column: 1 },
};

/** One line of the table, with all that is known of it. It keeps its place whether it is chosen or not. */
export interface HostRow {
  place: string;
  address: string;
  /** Chosen for the cluster. */
  host: HostSpec | undefined;
  found: Found | undefined;
  /** Of a chosen host. */
  known: HostView | undefined;
  key: ShownKey | ProblemDetails | undefined;
}

export const placeOfHost = ({ address, ssh }: HostSpec): string => placeOf({ address, port: ssh?.port });

export const rowsOf = ({ spec, discovery, hosts }: AppState): readonly HostRow[] =>
  rowsOfHosts(spec.hosts, discovery.list, discovery.keys, hosts);

const kept = steady<HostRow>(({ place }) => place);
const rowsOfHosts = memo(
  (
    hosts: readonly HostSpec[],
    list: readonly Found[],
    keys: Discovery['keys'],
    known: AppState['hosts'],
  ): readonly HostRow[] => {
    const chosen = new Map(hosts.map(host => [placeOfHost(host), host]));
    const row = (place: string, host: HostSpec | undefined, found: Found | undefined): HostRow => ({
      place,
      address: found?.candidate.address ?? host!.address,
      host,
      found,
      known: host && known[host.name],
      key: keys[place],
    });
    const rows = list.map(found => row(found.place, chosen.get(found.place), found));
    for (const { place } of list) chosen.delete(place);
    return kept([...rows, ...[...chosen].map(([place, host]) => row(place, host, undefined))]);
  },
);

/** The rows as they are shown: those that the filter lets through, in the order that was asked for. */
export function shownRows(state: AppState): readonly HostRow[] {
  const { filter, sort } = state.ui.discovery;
  return sorted(filtered(rowsOf(state), filter?.text.trim().toLowerCase() ?? ''), sort);
}

const filtered = memo((rows: readonly HostRow[], text: string): readonly HostRow[] => {
  const words = text.split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter(row => {
    const said = wordsOf(row).toLowerCase();
    return words.every(word => said.includes(word));
  });
});

const inOrder = new Intl.Collator('en', { numeric: true });

const sorted = memo((rows: readonly HostRow[], sort: Sort): readonly HostRow[] => {
  if (sort === 'found') return rows;
  return orderOf(rows.map(keyOf[sort]).join('\n')).map(i => rows[i]!);
});

/** Which of some lines comes first, and next. */
const orderOf = memo((lines: string): number[] => {
  const keys = lines.split('\n');
  return keys.map((_, i) => i).sort((a, b) => inOrder.compare(keys[a]!, keys[b]!));
});

const wordsOf = ({ address, host, found, known }: HostRow) =>
  [
    host?.name ?? found?.candidate.name,
    address,
    host?.roles?.join(' '),
    known?.facts?.os.pretty,
    known?.facts?.hostname,
    found?.banner,
    found?.candidate.from,
  ]
    .filter(Boolean)
    .join(' ');

/** What is not chosen stands below what is. */
const last = '\uffff';
const keyOf: Record<Exclude<Sort, 'found'>, (row: HostRow) => string> = {
  name: ({ host, found }) => host?.name ?? found?.candidate.name ?? last,
  address: ({ address }) => address,
  role: ({ host }) => (host ? (host.roles?.[0] ?? '') : last),
  access: ({ host, known }) => (host ? (known?.state ?? '') : last),
};

/** A host that may be chosen: something of SSH is there, or nobody has looked. */
export const mayBeChosen = ({ found }: HostRow): boolean => !found || found.is === 'ssh' || found.is === 'named';

/** Adds what is new, in its order; what is known learns its banner. */
export function remembered(list: readonly Found[], more: readonly Found[]): Found[] {
  const all = new Map(list.map(each => [each.place, each]));
  for (const each of more) {
    const before = all.get(each.place);
    all.set(each.place, before ? { ...before, ...(each.is !== 'named' && { is: each.is, banner: each.banner }) } : each);
  }
  return [...all.values()];
}

/** A host of the spec as it was found. */
export const foundOfHost = ({ name, address, roles, internalAddress, ssh }: HostSpec): Found => ({
  place: placeOf({ address, port: ssh?.port }),
  candidate: { name, address, ...ssh, role: roles?.[0], internalAddress, from: '' },
  is: 'named',
  banner: '',
});

/** The keys of the rows that showed one, with their rows. */
export const shownKeys = (state: AppState) => keysOfRows(rowsOf(state));

const keysOfRows = memo((rows: readonly HostRow[]) =>
  rows.flatMap((row): { row: HostRow; said: ShownKey | ProblemDetails }[] => (row.key ? [{ row, said: row.key }] : [])),
);

export const isKey = (said: ShownKey | ProblemDetails): said is ShownKey => 'fingerprint' in said;
