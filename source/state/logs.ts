import { clean } from '../components/text.js';
import type { EngineEvent } from '../engine/events.js';
import { servedBy } from '../engine/sources/stand-in.js';
import type { Language } from '../engine/text.js';

export interface LogEntry {
  at: number;
  kind: 'output' | 'step' | 'wait' | 'problem';
  text: string;
}

const MOST_LINES = 2000;
const MOST_CHARACTERS = 500;

/** The last lines of one host's log. A line keeps its number when older ones fall out. */
export class Ring {
  #entries: LogEntry[] = [];
  #dropped = 0;

  constructor(readonly size = MOST_LINES) {}

  push(entry: LogEntry) {
    this.#entries.push(entry);
    // Shifting one by one is slow on long arrays: half a ring at a time is not.
    if (this.#entries.length >= this.size * 1.5)
      this.#dropped += this.#entries.splice(0, this.#entries.length - this.size).length;
  }

  /** Lines that were ever written. */
  get total() {
    return this.#dropped + this.#entries.length;
  }

  /** The number of the oldest line that is still here. */
  get first() {
    return this.#dropped;
  }

  slice(from: number, count: number): LogEntry[] {
    const start = Math.max(0, from - this.#dropped);
    return this.#entries.slice(start, start + count);
  }

  /** The number of the nearest line before or after `from` that holds a text, or null. */
  find(text: string, from: number, direction: 1 | -1): number | null {
    const wanted = text.toLowerCase();
    for (let n = from; n >= this.#dropped && n < this.total; n += direction)
      if (this.#entries[n - this.#dropped]!.text.toLowerCase().includes(wanted)) return n;
    return null;
  }
}

/** The logs of a run, a ring for each host. They change too often to be state: the store only counts their versions. */
export class Logs {
  #rings = new Map<string, Ring>();

  of(host: string): Ring {
    let ring = this.#rings.get(host);
    if (!ring) {
      ring = new Ring();
      this.#rings.set(host, ring);
    }
    return ring;
  }

  clear() {
    this.#rings.clear();
  }

  add(event: EngineEvent, language: Language) {
    const entry = entryOf(event, language);
    if (entry) this.of(entry.host).push({ ...entry.entry, text: clean(entry.entry.text).slice(0, MOST_CHARACTERS) });
  }
}

function entryOf(event: EngineEvent, language: Language): { host: string; entry: LogEntry } | null {
  const say = (host: string, kind: LogEntry['kind'], text: string) => ({ host, entry: { at: event.at, kind, text } });
  switch (event.type) {
    case 'step-output':
      return say(event.host, 'output', event.line);
    case 'step-started':
      return say(event.host, 'step', event.title[language]);
    case 'step-waiting':
      return say(event.host, 'wait', event.for);
    case 'source-changed':
      return say(event.host, 'wait', servedBy(event)[language]);
    case 'host-lost':
      return say(event.host, 'problem', event.reason);
    case 'problem':
      return event.problem.host ? say(event.problem.host, 'problem', event.problem.what[language]) : null;
    default:
      return null;
  }
}
