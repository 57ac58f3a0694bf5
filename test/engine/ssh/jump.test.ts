import { expect, it } from 'vitest';
import { clusterSpec } from '../../../source/engine/spec/schema.js';
import { byPassword, newKey, Person, problemOf, startHost, startOperator } from './server.js';

const jumpOf = (there: { port: number }) => `root@127.0.0.1:${there.port}`;

it('reaches many hosts through one connection, and verifies the keys of all', async () => {
  const [bastion, ...hosts] = await Promise.all([startHost(), startHost(), startHost(), startHost()]);
  const { connect, person } = startOperator();
  const remotes = await Promise.all(hosts.map(host => connect(host, { jump: jumpOf(bastion!) })));
  const said = await Promise.all(remotes.map((remote, i) => remote.run(`echo ${i}`)));
  expect(said.map(({ stdout }) => stdout)).toEqual(['0\n', '1\n', '2\n']);
  expect(bastion!.loggedIn).toBe(1);
  expect(person.asked.map(question => question.split(' ')[2]).sort()).toEqual(
    [bastion!, ...hosts].map(host => `[127.0.0.1]:${host!.port}`).sort(),
  );
});

it('lets more hosts through than may connect at once', async () => {
  const [bastion, there] = await Promise.all([startHost(), startHost()]);
  const { connect } = startOperator({ acceptNewHostKeys: true });
  const hosts = Array.from({ length: 40 }, (_, i) => ({ port: there!.port, address: `127.0.1.${i}` }));
  await Promise.all(hosts.map(host => connect(host, { jump: jumpOf(bastion!) })));
  expect([bastion!.loggedIn, there!.loggedIn]).toEqual([1, 40]);
  expect(bastion!.forwards).toEqual(expect.arrayContaining(hosts.map(({ address, port }) => `${address}:${port}`)));
});

it('comes back when the jump host does', async () => {
  const [bastion, there] = await Promise.all([startHost(), startHost()]);
  const remote = await startOperator({ acceptNewHostKeys: true }).connect(there!, { jump: jumpOf(bastion!) });
  bastion!.cut();
  expect((await remote.run('echo back')).stdout).toBe('back\n');
  expect([bastion!.connections, there!.connections]).toEqual([2, 2]);
});

it('stops when the key of the host behind has changed', async () => {
  const [bastion, there] = await Promise.all([startHost(), startHost()]);
  const remote = await startOperator({ acceptNewHostKeys: true }).connect(there!, { jump: jumpOf(bastion!) });
  there!.faults.hostKeys = [newKey().private];
  there!.cut();
  expect(await problemOf(remote.run('true'))).toMatchObject({ code: 'host-key' });
});

it('says which of the two cannot be reached', async () => {
  const [bastion, there] = await Promise.all([startHost(), startHost()]);
  const { connect } = startOperator({ acceptNewHostKeys: true });
  const gone = { port: there!.port };
  await there!.stop();
  const behind = await problemOf(connect(gone, { jump: jumpOf(bastion!) }));
  expect(behind).toMatchObject({ code: 'unreachable', host: 'n1', place: 'hosts[0].address' });
  expect(behind.what.en).toContain(`127.0.0.1:${gone.port}`);
  const jump = jumpOf(bastion!);
  await bastion!.stop();
  const other = startOperator({ acceptNewHostKeys: true });
  expect(await problemOf(other.connect(gone, { jump }))).toMatchObject({
    code: 'unreachable',
    host: 'n1',
    place: 'hosts[0].ssh.jump',
  });
});

it('asks for the password of the jump host by its own name, and does not offer it the one of the hosts', async () => {
  const [bastion, there] = await Promise.all([
    startHost({ login: byPassword('right') }),
    startHost({ login: byPassword('theirs') }),
  ]);
  const ask = new Person({ secrets: ['right'] });
  const { connect } = startOperator({ acceptNewHostKeys: true, ask, secrets: { password: 'theirs' } });
  await connect(there!, { jump: jumpOf(bastion!), identityFile: undefined });
  expect(ask.asked).toEqual(['password of root on 127.0.0.1, attempt 1']);
  expect(bastion!.logins).toEqual(['password']);
});

it('enters a jump host that is one of the cluster by its own key, and goes by the line that is open to it', async () => {
  const [bastion, there] = await Promise.all([startHost(), startHost({ login: byPassword('theirs') })]);
  const { connector, identityFile, person } = startOperator({ acceptNewHostKeys: true, secrets: { password: 'theirs' } });
  const address = '127.0.0.1';
  const all = clusterSpec.parse({
    hosts: [
      { name: 'n1', address, ssh: { port: bastion!.port, identityFile } },
      { name: 'n2', address, ssh: { port: there!.port, jump: jumpOf(bastion!) } },
    ],
  });
  const [n1, n2] = all.hosts;
  await (await connector.connect(all, n2!)).close();
  expect([person.asked, bastion!.loggedIn]).toEqual([[], 1]);

  const other = startOperator({ acceptNewHostKeys: true, secrets: { password: 'theirs' } });
  const first = await other.connector.connect(all, n1!);
  const alone = { ...all, hosts: [n2!] };
  const behind = await other.connector.connect(alone, n2!);
  expect([other.person.asked, bastion!.loggedIn]).toEqual([[], 2]);
  // Whoever is done with the jump host ends its line; what lies behind it opens one of its own.
  await first.close();
  expect((await behind.run('echo back')).stdout).toBe('back\n');
});
