import { expect, it } from 'vitest';
import { byPassword, Person, problemOf, startHost, startOperator } from './server.js';

const noKey = { identityFile: undefined, user: 'ops' };
const wrong = (n: number) => new Person({ secrets: Array.from({ length: n }, (_, i) => `wrong ${i}`) });

it('no host hears more than two wrong passwords, over all connectors', async () => {
  const there = await startHost({ login: byPassword('right') });
  const first = startOperator({ ask: wrong(1) });
  expect(await problemOf(first.connect(there, noKey))).toMatchObject({ code: 'login', passwordsLeft: 1 });
  const second = startOperator({ secrets: { password: 'also wrong' }, ask: wrong(2) });
  expect(await problemOf(second.connect(there, noKey))).toMatchObject({ code: 'login', passwordsLeft: 0 });
  expect(there.logins).toEqual(['password', 'password']);
  // Who would know it now is not even asked, and the host is not told.
  const third = startOperator({ ask: new Person({ secrets: ['right'] }), secrets: { password: 'right' } });
  expect(await problemOf(third.connect(there, noKey))).toMatchObject({ passwordsLeft: 0 });
  expect(third.person.asked.filter(question => question.startsWith('password'))).toEqual([]);
  expect(there.logins).toEqual(['password', 'password']);
});

it('a crowd that has a wrong password is stopped after the second, one that has a right one is let in', async () => {
  const wary = await startHost({ login: byPassword('right') });
  const crowd = startOperator({ acceptNewHostKeys: true, secrets: { password: 'wrong' } });
  await Promise.all(Array.from({ length: 5 }, () => problemOf(crowd.connect(wary, noKey))));
  expect(wary.logins).toHaveLength(2);

  const open = await startHost({ login: byPassword('right') });
  const known = startOperator({ acceptNewHostKeys: true, secrets: { password: 'right' } });
  await Promise.all(Array.from({ length: 5 }, () => known.connect(open, { ...noKey, user: 'root' })));
  expect(open.loggedIn).toBe(5);
});

it('a password that is right ends the count', async () => {
  const there = await startHost({ login: byPassword('right') });
  for (let round = 0; round < 3; round++) {
    const { connect } = startOperator({ ask: new Person({ secrets: ['wrong', 'right'] }) });
    await connect(there, { ...noKey, user: 'root' });
  }
  expect(there.loggedIn).toBe(3);
});

it('a host that hangs up on a wrong password has heard it all the same', async () => {
  const there = await startHost({
    login: context => (context.method === 'password' ? there.cut() : context.reject(['password'])),
  });
  for (let round = 0; round < 3; round++) await problemOf(startOperator({ ask: wrong(2) }).connect(there, noKey));
  expect(there.logins).toEqual(['password', 'password']);
});

it('a password that became wrong is not tried over and over when the line is to come back', async () => {
  let password = 'right';
  const there = await startHost({ login: context => byPassword(password)(context) });
  const remote = await startOperator({ ask: new Person({ secrets: ['right'] }) }).connect(there, { ...noKey, user: 'root' });
  password = 'changed';
  there.logins.length = 0;
  there.cut();
  expect(await problemOf(remote.run('true'))).toMatchObject({ code: 'login' });
  expect(there.logins).toEqual(['password', 'password']);
});
