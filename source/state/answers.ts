import type { Questions } from './questions.js';

/** A question that has just appeared is not answered by a key that was meant for another one. */
const READ_MS = 300;

/** What the operator answers. @param show is told how long the password is that is being typed */
export function createAnswers(questions: Questions, now: () => number, show: (length: number) => void) {
  let secret = '';
  return {
    /** A password as it is typed: it stays here, the state only learns how long it is. */
    secret: {
      set(value: string) {
        secret = value;
        show(value.length);
      },
      get: () => secret,
      send(forAll: boolean) {
        const question = questions.open[0];
        const value = secret;
        secret = '';
        if (question) questions.secret(question.id, value, forAll);
      },
    },
    /** Yes to the questions that were on the screen long enough to be read. */
    accept: (ids: readonly number[]) => {
      const readBy = now() - READ_MS;
      questions.accept(questions.open.filter(({ id, askedAt }) => ids.includes(id) && askedAt <= readBy).map(({ id }) => id));
    },
    refuse(ids: readonly number[]) {
      secret = '';
      questions.refuse(ids);
    },
  };
}

export type Answers = ReturnType<typeof createAnswers>;
