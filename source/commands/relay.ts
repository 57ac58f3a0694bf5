import type { Fleet } from '../engine/fleet.js';
import type { RelayProgress } from '../engine/relay/relay.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';
import type { View } from '../views/view.js';
import type { ExitCode } from './exit.js';

/** Milliseconds between two words about what is being downloaded. */
const OFTEN = 10_000;

/**
 * Work on hosts, with the relay open meanwhile where the spec says so.
 * @param bundle a file that everything is taken from, in place of the sources
 */
export async function withRelay(
  view: View,
  spec: ClusterSpec,
  fleet: Fleet,
  work: (fleet: Fleet) => Promise<ExitCode>,
  bundle?: string,
): Promise<ExitCode> {
  if (!spec.relay) return work(fleet);
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  // Loaded where it is used: it is of no use to those who do without.
  const [{ openRelay }, { Line, Packed }, { Store }, { openBundle }] = await Promise.all([
    import('../engine/relay/relay.js'),
    import('../engine/relay/contents.js'),
    import('../engine/relay/store.js'),
    import('../engine/relay/bundle.js'),
  ]);
  const store = await Store.open();
  const contents = bundle ? new Packed(await openBundle(bundle, spec, fleet.facts, store)) : new Line(store);
  const relay = await openRelay(fleet.remotes, fleet.facts, { contents, store, spec });
  let last = 0;
  const clock = setInterval(() => {
    const progress = relay.progress();
    if (progress.downloads.length) note(words.underWay(progress, (progress.drawn - last) / (OFTEN / 1000)));
    last = progress.drawn;
  }, OFTEN);
  try {
    return await work({ ...fleet, fetching: relay.remotes, ahead: relay.ahead });
  } finally {
    clearInterval(clock);
    const progress = relay.progress();
    await relay.close();
    if (progress.served) note(words.ended(progress));
  }
}

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const nameOf = (url: string) => new URL(url).pathname.split('/').at(-1)!.slice(0, 40);

const words = {
  underWay: ({ drawn, downloads }: RelayProgress, perSecond: number): Text => {
    const names = downloads.slice(0, 3).map(({ url, received }) => `${nameOf(url)} ${megabytes(received)}`);
    const list = [...names, ...(downloads.length > 3 ? ['…'] : [])].join(', ');
    return {
      en: `relay: ${megabytes(drawn)} downloaded, ${megabytes(perSecond)}/s; under way: ${list}`,
      zh: `中继：已下载 ${megabytes(drawn)}，${megabytes(perSecond)}/s；正在下载：${list}`,
    };
  },
  ended: ({ drawn, served }: RelayProgress): Text => ({
    en: `relay closed: ${megabytes(drawn)} downloaded, ${megabytes(served)} given to the hosts`,
    zh: `中继已关闭：下载 ${megabytes(drawn)}，提供给主机 ${megabytes(served)}`,
  }),
};
