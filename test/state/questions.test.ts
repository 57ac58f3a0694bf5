import { expect, it } from 'vitest';
import { createQuestions, type Question } from '../../source/state/questions.js';

const password = (host: string, attempt = 1, user = 'root') => ({ host, user, kind: 'password' as const, attempt });
const hostKey = (host: string) => ({ host, address: '10.0.0.1', type: 'ssh-ed25519', fingerprint: `SHA256:${host}` });

function open() {
  let shown: Question[] = [];
  const questions = createQuestions(
    next => {
      shown = next;
    },
    () => 42,
  );
  return { questions, shown: () => shown };
}

it('queues host keys and answers those that are named', async () => {
  const { questions, shown } = open();
  const answers = ['n1', 'n2', 'n3'].map(host => questions.ask.hostKey(hostKey(host)));
  expect(shown().map(({ askedAt }) => askedAt)).toEqual([42, 42, 42]);
  questions.accept(
    shown()
      .slice(0, 2)
      .map(({ id }) => id),
  );
  expect(shown()).toHaveLength(1);
  questions.refuse(shown().map(({ id }) => id));
  expect(await Promise.all(answers)).toEqual([true, true, false]);
  expect(shown()).toEqual([]);
});

it('answers every host that asks the same with one password, also those that ask later, but never twice', async () => {
  const { questions, shown } = open();
  const first = questions.ask.secret(password('n1'));
  const second = questions.ask.secret(password('n2'));
  const other = questions.ask.secret(password('n3', 1, 'admin'));
  questions.secret(shown()[0]!.id, 'canary-7', true);
  expect(await Promise.all([first, second, questions.ask.secret(password('n4'))])).toEqual([
    'canary-7',
    'canary-7',
    'canary-7',
  ]);
  const again = questions.ask.secret(password('n4', 2));
  expect(shown()).toHaveLength(2);
  expect(JSON.stringify(shown())).not.toContain('canary');
  questions.refuse(shown().map(({ id }) => id));
  expect(await Promise.all([other, again])).toEqual([null, null]);
});

it('gives a password to one host only where that is wanted', async () => {
  const { questions, shown } = open();
  const first = questions.ask.secret(password('n1'));
  void questions.ask.secret(password('n2'));
  questions.secret(shown()[0]!.id, 'one', false);
  expect(await first).toBe('one');
  expect(shown()).toMatchObject([{ question: { host: 'n2' } }]);
});

it('tells a second password to all that said no to the first, and the first to none of them again', async () => {
  const { questions, shown } = open();
  const first = ['n1', 'n2'].map(host => questions.ask.secret(password(host)));
  questions.secret(shown()[0]!.id, 'wrong', true);
  expect(await Promise.all(first)).toEqual(['wrong', 'wrong']);
  const again = ['n1', 'n2'].map(host => questions.ask.secret(password(host, 2)));
  expect(shown()).toHaveLength(2);
  questions.secret(shown()[0]!.id, 'right', true);
  const late = questions.ask.secret(password('n3'));
  expect(await Promise.all([...again, late])).toEqual(['right', 'right', 'right']);
});

it('forgets passwords when told to, and keeps those for sudo', async () => {
  const { questions, shown } = open();
  const sudo = (host: string) => ({ ...password(host), kind: 'sudo' as const });
  void questions.ask.secret(password('n1'));
  questions.secret(shown()[0]!.id, 'canary-7', true);
  void questions.ask.secret(sudo('n1'));
  questions.secret(shown()[0]!.id, 'canary-8', true);
  expect([questions.told(password('n1')), questions.told(sudo('n1'))]).toEqual(['canary-7', 'canary-8']);
  questions.forget('password');
  expect([questions.told(password('n1')), questions.told(sudo('n1'))]).toEqual([undefined, 'canary-8']);
  void questions.ask.secret(password('n2'));
  expect(shown()).toHaveLength(1);
  expect(await questions.ask.secret(sudo('n2'))).toBe('canary-8');
});
