import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unreachable } from '../../../source/engine/ssh/errors.js';
import { byKey, byPassword, newKey, Person, problemOf, startHost, startOperator } from './server.js';

const noKey = { identityFile: undefined, user: 'ops' };

describe('a password', () => {
  it.each(['password', 'keyboard-interactive'] as const)(
    'is asked for where the host takes one, and lets in (%s)',
    async method => {
      const there = await startHost({ login: byPassword('right', method) });
      const { connect, person } = startOperator({ ask: new Person({ secrets: ['right'] }) });
      const remote = await connect(there, { ...noKey, user: 'root' });
      expect((await remote.run('echo in')).stdout).toBe('in\n');
      expect(person.asked.slice(1)).toEqual(['password of root on n1, attempt 1']);
      expect(there.logins).toEqual([method]);
    },
  );

  it('may be wrong once', async () => {
    const there = await startHost({ login: byPassword('right') });
    const { connect, person } = startOperator({ ask: new Person({ secrets: ['wrong', 'right'] }) });
    await connect(there, { ...noKey, user: 'root' });
    expect(person.asked.slice(1)).toEqual(['password of root on n1, attempt 1', 'password of root on n1, attempt 2']);
  });

  it('is tried no more than twice', async () => {
    const there = await startHost({ login: byPassword('right') });
    const { connect } = startOperator({ ask: new Person({ secrets: ['wrong', 'wrong too', 'right'] }) });
    const problem = await problemOf(connect(there, noKey));
    expect(problem).toMatchObject({ code: 'login', host: 'n1', place: 'hosts[0].ssh' });
    expect(problem.what.en).toMatch(/does not let ops in; tried: password \(wrong\); it takes: password/);
    expect(JSON.stringify(problem)).not.toContain('wrong too');
    expect(there.logins).toEqual(['password', 'password']);
  });

  it('is not sent when nobody gives one', async () => {
    const there = await startHost({ login: byPassword('right') });
    const problem = await problemOf(startOperator().connect(there, noKey));
    expect(problem.what.en).toMatch(/no key and no password to offer; it takes: password/);
    expect(there.logins).toEqual([]);
  });

  it('from the environment is tried before anybody is asked', async () => {
    const there = await startHost({ login: byPassword('right') });
    const { connect, person } = startOperator({ secrets: { password: 'right' } });
    await connect(there, { ...noKey, user: 'root' });
    expect(person.asked).toHaveLength(1); // the host key
  });

  it('that has expired is said to be so', async () => {
    const there = await startHost({
      login: context =>
        context.method === 'password' ? context.requestChange('Change it', () => {}) : context.reject(['password']),
    });
    const problem = await problemOf(startOperator({ ask: new Person({ secrets: ['old'] }) }).connect(there, noKey));
    expect(problem.what.en).toBe('the password of ops has expired');
    expect(problem.remedy.en).toContain(`ssh -p ${there.port} ops@127.0.0.1`);
  });

  it('goes with a key where a host wants both, also when it comes back', async () => {
    const there = await startHost({
      login: context => {
        if (context.method === 'password')
          return context.password === 'right' ? context.accept() : context.reject(['password']);
        if (context.method !== 'publickey') return context.reject(['publickey']);
        return context.signature ? context.reject(['password'], true) : byKey(context);
      },
    });
    const { connect, person } = startOperator({ ask: new Person({ secrets: ['right'] }) });
    const remote = await connect(there);
    there.cut();
    expect((await remote.run('echo back')).stdout).toBe('back\n');
    expect(person.asked.slice(1)).toEqual(['password of root on n1, attempt 1']);
  });
});

describe('a key', () => {
  it('lets in without a question', async () => {
    const there = await startHost();
    const { connect, person } = startOperator({ acceptNewHostKeys: true });
    expect(await connect(there)).toMatchObject({ name: 'n1', user: 'root', access: 'root' });
    expect(person.asked).toEqual([]);
  });

  it.each([
    ['missing', undefined, 'there is no such file'],
    ['junk', 'not a key', 'Unsupported key format'],
  ])('that is %s is a problem of its own', async (name, text, why) => {
    const there = await startHost();
    const { connect, directory } = startOperator();
    const identityFile = join(directory, name);
    if (text) writeFileSync(identityFile, text);
    const problem = await problemOf(connect(there, { identityFile }));
    expect(problem).toMatchObject({ code: 'login', place: 'hosts[0].ssh.identityFile' });
    expect(problem.what.en).toContain(why);
    expect(there.connections).toBe(0);
  });

  const locked = newKey('ed25519', { passphrase: 'sesame', cipher: 'aes256-ctr', rounds: 4 });
  const lockedKey = ssh2.utils.parseKey(locked.public) as ssh2.ParsedKey;
  const byLockedKey = (context: ssh2.AuthContext) =>
    context.method === 'publickey' && context.key.data.equals(lockedKey.getPublicSSH())
      ? context.accept()
      : context.reject(['publickey']);

  it('that is encrypted is asked about once for all hosts', async () => {
    const hosts = [await startHost({ login: byLockedKey }), await startHost({ login: byLockedKey })];
    const { connect, person, directory } = startOperator({
      acceptNewHostKeys: true,
      ask: new Person({ secrets: ['wrong', 'sesame'] }),
    });
    const identityFile = join(directory, 'locked');
    writeFileSync(identityFile, locked.private);
    const remotes = await Promise.all(hosts.map(host => connect(host, { identityFile })));
    expect(await Promise.all(remotes.map(async remote => (await remote.run('echo in')).stdout))).toEqual(['in\n', 'in\n']);
    expect(person.asked).toEqual(['passphrase of root on n1, attempt 1', 'passphrase of root on n1, attempt 2']);
  });

  it('that is encrypted is not asked about where a host would not take it', async () => {
    const there = await startHost({
      login: context => (context.method === 'publickey' ? context.reject(['password']) : byPassword('right')(context)),
    });
    const { connect, person, directory } = startOperator({ acceptNewHostKeys: true, ask: new Person({ secrets: ['right'] }) });
    const identityFile = join(directory, 'locked');
    writeFileSync(identityFile, locked.private);
    await connect(there, { identityFile });
    expect(person.asked).toEqual(['password of root on n1, attempt 1']);
  });

  it('that stays locked ends in a problem that says so', async () => {
    const there = await startHost({ login: byLockedKey });
    const { connect, directory } = startOperator({ acceptNewHostKeys: true });
    const identityFile = join(directory, 'locked');
    writeFileSync(identityFile, locked.private);
    expect((await problemOf(connect(there, { identityFile }))).what.en).toContain(`${identityFile} (no passphrase)`);
  });
});

it("logs in nowhere in a simulation with what is the operator's own", async () => {
  const there = await startHost({
    login: context => (context.method === 'none' ? context.accept() : context.reject(['none'])),
  });
  const { connect, connector } = startOperator({ acceptNewHostKeys: true, simulation: true });
  await connect(there, { identityFile: undefined });
  expect([connector.simulation, there.logins]).toEqual([true, []]);
});

describe('a host that cannot be reached', () => {
  it('because nothing listens there', async () => {
    const there = await startHost();
    const { port } = there;
    await there.stop();
    const problem = await problemOf(startOperator().connect({ port }));
    expect(problem).toMatchObject({ code: 'unreachable', host: 'n1', place: 'hosts[0].address' });
    expect(problem.what.en).toBe(`cannot reach 127.0.0.1:${port}: the connection was refused: nothing listens on that port`);
  });

  const listen = async (onConnection: (socket: Socket) => void) => {
    const server = createServer(onConnection);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { port: (server.address() as { port: number }).port };
  };

  it('because it never says a word', async () => {
    const there = await listen(() => {});
    expect((await problemOf(startOperator({}, { keyExchange: 100 }).connect(there))).what.en).toContain('no answer in time');
  });

  it.each([
    ['in order', (socket: Socket) => void socket.end()],
    // As the kernel does it where our greeting was not read any more.
    ['by a reset', (socket: Socket) => void socket.once('data', () => socket.resetAndDestroy())],
  ])('because it hangs up %s, which is tried again first: it may have too many logins under way', async (_, hangUp) => {
    let connections = 0;
    const there = await listen(socket => {
      connections++;
      hangUp(socket);
    });
    expect((await problemOf(startOperator().connect(there))).what.en).toContain('the connection was cut before the login');
    expect(connections).toBe(4);
  });

  it('because it speaks something else', async () => {
    const there = await listen(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await problemOf(startOperator().connect(there))).toMatchObject({ code: 'unreachable' });
  });

  it('because it never ends the login', async () => {
    const there = await startHost({ login: () => {} });
    const work = startOperator({ acceptNewHostKeys: true }, { login: 100 }).connect(there);
    expect((await problemOf(work)).what.en).toContain('no answer in time');
  });

  it('because it only knows what is no longer safe', async () => {
    const there = await startHost({ hostKeys: [newKey('rsa').private], algorithms: { serverHostKey: ['ssh-rsa'] } });
    const problem = await problemOf(startOperator().connect(there));
    expect(problem.what.en).toContain('only algorithms that are no longer safe');
  });

  it.each([
    ['ENOTFOUND', 'no such name in DNS'],
    ['EHOSTUNREACH', 'no route to the host'],
    ['ETIMEDOUT', 'no answer in time'],
  ])('%s', (code, words) => {
    const target = { host: 'n1', address: 'n1.example', port: 22, user: 'root' };
    expect(unreachable(target, Object.assign(new Error(`connect ${code}`), { code })).details.what.en).toBe(
      `cannot reach n1.example: ${words}`,
    );
  });
});

describe('stopping', () => {
  it('while a host does not answer', async () => {
    const there = await startHost({ login: () => stop.abort() });
    const stop = new AbortController();
    const work = startOperator({ acceptNewHostKeys: true }).connect(there, {}, stop.signal);
    expect(await problemOf(work)).toMatchObject({ code: 'stopped' });
  });

  it('while a person is asked', async () => {
    const there = await startHost({ login: byPassword('right') });
    const stop = new AbortController();
    const person = new Person();
    const ask = {
      hostKey: person.hostKey,
      secret: async () => {
        stop.abort();
        return 'right';
      },
    };
    expect(await problemOf(startOperator({ ask }).connect(there, noKey, stop.signal))).toMatchObject({ code: 'stopped' });
    expect(there.logins).toEqual([]);
  });
});

it('lets a crowd in, eight at a time', async () => {
  const there = await startHost();
  const { connect } = startOperator({ acceptNewHostKeys: true });
  await Promise.all(Array.from({ length: 20 }, () => connect(there)));
  expect(there.connections).toBe(20);
  expect(there.mostAtTheDoor).toBe(8);
});
