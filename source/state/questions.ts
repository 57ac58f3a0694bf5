import type { Ask } from '../engine/fleet.js';
import type { Holder } from '../engine/run/holder.js';

/** A question as the screens see it. The answer never becomes state. */
export type Question = { id: number; askedAt: number } & (
  | ({ kind: 'host-key' } & Parameters<Ask['hostKey']>[0])
  | ({ kind: 'secret' } & { question: Parameters<Ask['secret']>[0] })
  | { kind: 'take-over'; holders: Holder[] }
);

type Answer = boolean | string | null;

/**
 * A queue of what the engine asks. `show` is told whenever the list of open questions changes.
 * Secrets live in closures here and nowhere else.
 */
export function createQuestions(show: (open: Question[]) => void, now: () => number) {
  let open: Question[] = [];
  let last = 0;
  const waiting = new Map<number, (answer: Answer) => void>();
  /** A password that the operator gave for every host that asks the same; forgotten with the app, or before. */
  const shared = new Map<string, string>();
  /** What each host was told last, for whoever enters it once more; it is not told the same again when it says no. */
  const told = new Map<string, string>();
  const isNews = (question: Secret, value: string) => question.attempt === 1 || told.get(toldKey(question)) !== value;

  const put = (next: Question[]) => {
    open = next;
    show(open);
  };
  const enqueue = <A extends Answer>(make: (id: number) => Question) =>
    new Promise<A>(resolve => {
      const question = make(++last);
      waiting.set(question.id, resolve as (answer: Answer) => void);
      put([...open, question]);
    });
  const answer = (id: number, value: Answer) => {
    const resolve = waiting.get(id);
    waiting.delete(id);
    put(open.filter(question => question.id !== id));
    resolve?.(value);
  };

  const ask: Ask = {
    hostKey: question => enqueue<boolean>(id => ({ kind: 'host-key', id, askedAt: now(), ...question })),
    secret: question => {
      const known = shared.get(shareKey(question));
      if (known === undefined || !isNews(question, known))
        return enqueue<string | null>(id => ({ kind: 'secret', id, askedAt: now(), question }));
      told.set(toldKey(question), known);
      return Promise.resolve(known);
    },
  };

  return {
    ask,
    /** Whether hosts that somebody else is changing are taken from them. */
    takeOver: (holders: Holder[]) => enqueue<boolean>(id => ({ kind: 'take-over', id, askedAt: now(), holders })),
    accept: (ids: readonly number[]) => {
      for (const id of ids) answer(id, true);
    },
    /** No to everything that is open, and to nothing that comes later. */
    refuse: (ids: readonly number[]) => {
      for (const id of ids) answer(id, open.find(question => question.id === id)?.kind === 'secret' ? null : false);
    },
    /** @param forAll also for the other hosts that ask for the same user's password, now or later */
    secret: (id: number, value: string, forAll: boolean) => {
      const asked = open.find(question => question.id === id);
      if (asked?.kind !== 'secret') return;
      const key = shareKey(asked.question);
      if (forAll) shared.set(key, value);
      for (const each of open) {
        if (each.kind !== 'secret') continue;
        const isOther = forAll && shareKey(each.question) === key && isNews(each.question, value);
        if (each !== asked && !isOther) continue;
        told.set(toldKey(each.question), value);
        answer(each.id, value);
      }
    },
    /** What the host was told when it asked this last; undefined where it has not asked, or that is forgotten. */
    told: (question: Secret) => told.get(toldKey(question)),
    /** No host is told again what was given for all of its kind; those for sudo are another kind. */
    forget: (kind: Secret['kind']) => {
      for (const all of [shared, told]) for (const key of all.keys()) if (key.startsWith(`${kind}/`)) all.delete(key);
    },
    get open() {
      return open;
    },
  };
}

type Secret = Parameters<Ask['secret']>[0];

const shareKey = ({ kind, user, file }: Secret) => `${kind}/${user}/${file ?? ''}`;
const toldKey = (question: Secret) => `${shareKey(question)}/${question.host}`;

export type Questions = ReturnType<typeof createQuestions>;
