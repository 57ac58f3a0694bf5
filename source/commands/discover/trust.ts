import { type Candidate, placeOf } from '../../engine/discover/candidate.js';
import { confirmKeys, type Expected } from '../../engine/discover/expected.js';
import { type FetchOptions, fetchHostKeys, type ShownKey } from '../../engine/discover/keys.js';
import { greet } from '../../engine/discover/scan.js';
import { acceptKeys } from '../../engine/discover/trust.js';
import type { Connector } from '../../engine/fleet.js';
import type { Target } from '../../engine/ssh/errors.js';
import { parseJump } from '../../engine/ssh/jump.js';
import { KnownHosts } from '../../engine/ssh/known-hosts.js';
import type { Text } from '../../engine/text.js';
import type { Session } from '../session.js';
import { type Row, specOf } from './row.js';

const targetOf = ({ host: { address, port = 22, user = 'root' } }: Row): Target => ({
  host: address,
  address,
  port,
  user,
});

/** The host that a row is behind. */
function hopOf(row: Row): Candidate {
  const { address, port, user } = parseJump(row.host.jump!, targetOf(row));
  return { address, port, user, from: row.host.from };
}

/** The hosts that others are behind, each once, where they are not among the rows themselves. */
function hopsOf(rows: readonly Row[]): Row[] {
  const places = new Set(rows.filter(({ host }) => !host.jump).map(({ host }) => placeOf(host)));
  const hops = rows.filter(({ host }) => host.jump).map(hopOf);
  const other = new Map(hops.filter(hop => !places.has(placeOf(hop))).map(hop => [placeOf(hop), hop]));
  return [...other.values()].map(host => ({ host, isNamed: true, banner: '' }));
}

/** Shows each row's host key, as known_hosts and the expected fingerprints speak of it. Nobody is logged in to. */
async function judgeKeys(rows: Row[], expected: readonly Expected[], options: FetchOptions): Promise<void> {
  const { signal, dial } = options;
  // What a scan has not heard yet. Why a host does not answer is said with its key.
  const greetings = rows.map(async row => {
    const { address, port } = targetOf(row);
    if (!dial) row.banner ||= (await greet(address, port, signal).catch(() => null))?.banner ?? '';
  });
  const said = await fetchHostKeys(rows.map(targetOf), options);
  await Promise.all(greetings);
  for (const [i, key] of said.entries()) {
    if ('fingerprint' in key) take(rows[i]!, key);
    else rows[i]!.problem = key;
  }
  if (!expected.length) return;
  const shown = rows.filter(({ key }) => key);
  const { keys } = await confirmKeys(
    shown.map(({ key }) => key!),
    expected,
    options,
  );
  for (const [i, key] of keys.entries()) take(shown[i]!, key);
}

/**
 * Accepts the keys that were expected, then all other new ones at once: by the flag or by someone who has read them. Without
 * either their hosts are not entered.
 */
async function trust(rows: readonly Row[], known: KnownHosts, session: Session, note: (text: Text) => void): Promise<void> {
  const fresh = rows.filter(({ key }) => key?.is === 'new');
  const accept = (some: readonly Row[], words: (count: number, file: string) => Text) => {
    const keys = acceptKeys(
      some.map(({ key }) => key!),
      known,
    );
    // It stays said that the key was new.
    for (const [i, { place }] of keys.entries()) Object.assign(some[i]!, { key: { ...some[i]!.key!, place }, isTrusted: true });
    if (some.length) note(words(some.length, known.file));
  };
  accept(
    fresh.filter(({ key }) => key!.expected),
    said.asExpected,
  );
  const others = fresh.filter(({ key }) => !key!.expected);
  if (!others.length) return;
  if (!session.acceptNewHostKeys) {
    const list = others.map(({ host, key }) => `  ${host.address}  ${key!.type}  ${key!.fingerprint}`).join('\n');
    const answer = await session.terminal?.line(`${list}\n${said.ask(others.length)[session.language]}`);
    if (answer?.trim().toLowerCase() !== 'yes') return note(said.notTrusted(others.length));
  }
  accept(others, said.trusted);
}

/** First those that are reached directly and the jump hosts; then, through these, those behind them. */
export async function trustAll(
  rows: Row[],
  connectorOf: (row: Row) => Connector,
  expected: readonly Expected[],
  session: Session,
  note: (text: Text) => void,
): Promise<void> {
  const known = new KnownHosts();
  const options = { known, signal: session.stop };
  const behind = rows.filter(({ host }) => host.jump);
  const direct = [...rows.filter(({ host }) => !host.jump), ...hopsOf(rows)];
  await judgeKeys(direct, expected, options);
  await trust(direct, known, session, note);
  const spec = specOf(behind);
  await Promise.all(
    behind.map(async (row, i) => {
      const hop = direct.find(({ host }) => placeOf(host) === placeOf(hopOf(row)))!;
      if (!hop.isTrusted) row.problem = hop.problem;
      else
        await judgeKeys([row], expected, {
          ...options,
          dial: (_address, _port, signal) => connectorOf(row).dial!(spec, spec.hosts[i]!, signal),
        });
    }),
  );
  await trust(behind, known, session, note);
}

const keysAre = (count: number, one: string, more: string) =>
  count === 1 ? `1 host key ${one}` : `${count} host keys ${more}`;

const said = {
  ask: (count: number): Text => ({
    en: `Nothing is known of ${count === 1 ? 'this host key. Type yes to trust it' : `these ${count} host keys. Type yes to trust them all`}: `,
    zh: `以上 ${count} 个主机密钥未知。输入 yes 表示全部信任：`,
  }),
  notTrusted: (count: number): Text => ({
    en: `${count === 1 ? '1 host key is new, and its host was' : `${count} host keys are new, and their hosts were`} not logged in to; --accept-new-host-keys trusts and records them, --expect compares them`,
    zh: `有 ${count} 个新的主机密钥，未登录这些主机；使用 --accept-new-host-keys 可信任并记录，使用 --expect 可核对`,
  }),
  trusted: (count: number, file: string): Text => ({
    en: `${keysAre(count, 'was', 'were')} added to ${file}`,
    zh: `已将 ${count} 个主机密钥写入 ${file}`,
  }),
  asExpected: (count: number, file: string): Text => ({
    en: `${keysAre(count, 'is', 'are')} as expected, now in ${file}`,
    zh: `${count} 个主机密钥与预期一致，已写入 ${file}`,
  }),
};

function take(row: Row, key: ShownKey): void {
  row.key = key;
  row.isTrusted = key.is === 'known';
  if (key.problem) row.problem = key.problem;
}
