import type { StoreApi } from 'zustand/vanilla';
import { clean } from '../../components/text.js';
import type { Remote } from '../../engine/remote.js';
import type { Catalogue } from '../../i18n/index.js';
import { problemOf } from '../faults.js';
import { Ring } from '../logs.js';
import { type Cluster, commandOf, type Range, read, type Source } from './source.js';
import type { PanelAppState, ReaderView } from './state.js';

/** Lines come in faster than anybody reads: the screen hears of them so often at most. */
const SHOWN_EVERY = 150;
const MOST_LINES = 10_000;
const MOST_CHARACTERS = 2000;

export const ranges: readonly Range[] = [
  { lines: 100 },
  { minutes: 5 },
  { minutes: 60 },
  { minutes: 24 * 60 },
  { lines: 5000 },
];

interface Parts {
  store: StoreApi<PanelAppState>;
  cluster: () => Cluster | null;
  notify: (text: string, level?: 'good' | 'bad' | 'plain') => void;
  t: Catalogue;
  remoteOf: (host: string) => Remote | null;
}

const shortened = (line: string) => (line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}…` : line);

type Work = (onLine: (line: string) => void, signal: AbortSignal) => Promise<void>;

/** What is being read, one thing at a time. */
export function createReader({ store, cluster, notify, t, remoteOf }: Parts) {
  const { getState, setState } = store;
  let ring = new Ring(MOST_LINES);
  let reading = new AbortController();
  let showing: NodeJS.Timeout | null = null;

  const patch = (change: Partial<ReaderView>) => setState(({ reader }) => ({ reader: reader && { ...reader, ...change } }));
  const show = () => {
    showing = null;
    patch({ version: ring.total });
  };
  const stop = () => {
    reading.abort();
    if (showing) clearTimeout(showing);
    showing = null;
  };

  /** Reads anew into an empty ring. */
  const start = async (work: Work) => {
    stop();
    const own = new AbortController();
    reading = own;
    const lines = new Ring(MOST_LINES);
    ring = lines;
    const isMine = () => reading === own && !own.signal.aborted;
    try {
      await work(line => {
        lines.push({ at: 0, kind: 'output', text: shortened(clean(line)) });
        if (isMine()) showing ??= setTimeout(show, SHOWN_EVERY);
      }, own.signal);
      if (isMine()) patch({ state: 'ended', version: lines.total });
    } catch (error) {
      const problem = problemOf(error);
      if (isMine()) patch({ state: 'failed', problem, version: lines.total });
    }
  };

  const source = async (wanted: Source) => {
    const remote = remoteOf(wanted.host);
    const on = cluster();
    const { reader } = getState();
    if (!remote || !on || !reader) return patch({ state: 'failed' });
    const { range, follow } = reader;
    patch({ state: follow ? 'following' : 'reading', problem: null, at: follow ? null : 0, version: 0 });
    patch({ command: commandOf(on, wanted, { range, follow }) });
    await start((onLine, signal) => read(on, remote, wanted, { range, follow, onLine, signal }));
  };

  const begin = (view: Pick<ReaderView, 'source' | 'title' | 'command' | 'follow'>) =>
    setState(({ pages }) => ({
      pages: pages.at(-1) === 'reader' ? pages : [...pages, 'reader'],
      notice: null,
      reader: {
        ...view,
        state: 'reading',
        problem: null,
        range: ranges[0]!,
        at: view.follow ? null : 0,
        wrap: false,
        search: null,
        wanted: '',
        version: 0,
      },
    }));

  return {
    get ring() {
      return ring;
    },
    patch,
    stop,

    async open(wanted: Source) {
      if (!remoteOf(wanted.host)) return;
      begin({ source: wanted, title: t.panel.reading(wanted), command: null, follow: wanted.kind === 'log' });
      await source(wanted);
    },

    /** The words of something that is done, as they come; they go on when the page is left. */
    async show(title: string, command: string, work: (onLine: (line: string) => void) => Promise<void>) {
      begin({ source: null, title, command, follow: true });
      patch({ state: 'following' });
      await start(work);
    },

    /** The next range of time, or with following switched: read anew. */
    async again(change: Partial<Pick<ReaderView, 'range' | 'follow'>>) {
      patch(change);
      const wanted = getState().reader?.source;
      if (wanted) await source(wanted);
    },

    nextRange(): Range {
      const { range } = getState().reader!;
      const at = ranges.findIndex(one => JSON.stringify(one) === JSON.stringify(range));
      return ranges[(at + 1) % ranges.length]!;
    },

    /** The next line that holds what is wanted. */
    find(from: number, direction: 1 | -1, wanted: string) {
      const hit = wanted ? ring.find(wanted, from, direction) : null;
      if (hit !== null) patch({ at: hit });
      else if (wanted) notify(t.install.notFound(wanted));
    },
  };
}

export type Reader = ReturnType<typeof createReader>;
