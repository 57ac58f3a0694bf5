import type { Ask } from '../engine/fleet.js';
import type { Holder } from '../engine/run/lock.js';

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
  /** A password that the operator gave for every host that asks the same; forgotten with the app. */
  const shared = new Map<string, string>();

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
      const known = question.attempt === 1 ? shared.get(shareKey(question)) : undefined;
      return known !== undefined
        ? Promise.resolve(known)
        : enqueue<string | null>(id => ({ kind: 'secret', id, askedAt: now(), question }));
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
      answer(id, value);
      if (!forAll) return;
      const key = shareKey(asked.question);
      shared.set(key, value);
      for (const other of open)
        if (other.kind === 'secret' && other.question.attempt === 1 && shareKey(other.question) === key)
          answer(other.id, value);
    },
    get open() {
      return open;
    },
  };
}

const shareKey = ({ kind, user, file }: { kind: string; user: string; file?: string }) => `${kind}/${user}/${file ?? ''}`;

export type Questions = ReturnType<typeof createQuestions>;
