import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fingerprint, KnownHosts } from '../../../source/engine/ssh/known-hosts.js';
import { newKey, Person, problemOf, startHost, startOperator } from './server.js';

describe('a host of which nothing is known', () => {
  it('is asked about once, written down, and then known', async () => {
    const there = await startHost();
    const { connect, person, knownHostsFile, notes } = startOperator();
    const name = `[127.0.0.1]:${there.port}`;
    const print = fingerprint(there.fingerprints[0]!);
    await connect(there);
    await connect(there);
    expect(person.asked).toEqual([`host key ${name} ssh-ed25519 ${print}`]);
    expect(readFileSync(knownHostsFile, 'utf8')).toBe(`${name} ssh-ed25519 ${there.fingerprints[0]!.toString('base64')}\n`);
    expect(notes.join()).toContain(print);
  });

  it('is left alone when the answer is no: nothing is written, nobody logs in', async () => {
    const there = await startHost();
    const { connect, knownHostsFile } = startOperator({ ask: new Person({ hostKey: false }) });
    const problem = await problemOf(connect(there));
    expect(problem).toMatchObject({ code: 'host-key', host: 'n1', place: 'hosts[0].address' });
    expect(problem.what.en).toContain(fingerprint(there.fingerprints[0]!));
    expect(() => readFileSync(knownHostsFile)).toThrow(/ENOENT/);
    expect(there.logins).toEqual([]);
  });

  it('is not asked about where new keys are accepted', async () => {
    const there = await startHost();
    const { connect, person, knownHostsFile } = startOperator({ acceptNewHostKeys: true });
    await connect(there);
    expect(person.asked).toEqual([]);
    expect(readFileSync(knownHostsFile, 'utf8')).toContain(there.fingerprints[0]!.toString('base64'));
  });

  it('may not show another key once the first was accepted', async () => {
    const there = await startHost();
    const ask = new Person();
    const { connect, knownHostsFile } = startOperator({
      ask: {
        ...ask,
        hostKey: async () => {
          there.faults.hostKeys = [newKey().private];
          return true;
        },
      },
    });
    expect(await problemOf(connect(there))).toMatchObject({ code: 'host-key' });
    expect(there.logins).toEqual([]);
    expect(readFileSync(knownHostsFile, 'utf8').split('\n')).toHaveLength(2);
  });

  it('is trusted for the run where its key cannot be written down', async () => {
    const there = await startHost();
    const { connect, notes, person } = startOperator({ knownHostsFile: '/proc/known_hosts' });
    const remote = await connect(there);
    there.cut();
    expect((await remote.run('echo still here')).stdout).toBe('still here\n');
    expect(person.asked).toHaveLength(1);
    expect(notes.join()).toContain('for this run only');
  });
});

describe('a changed key', () => {
  const changed = async (acceptNewHostKeys: boolean) => {
    const there = await startHost();
    const made = startOperator({ acceptNewHostKeys });
    const old = newKey().public.split(' ')[1]!;
    writeFileSync(made.knownHostsFile, `# mine\n[127.0.0.1]:${there.port} ssh-ed25519 ${old}\n`);
    return { there, made, old, problem: await problemOf(made.connect(there)) };
  };
  it.each([false, true])('stops, and says all that is needed (new keys accepted: %s)', async acceptNew => {
    const { there, made, old, problem } = await changed(acceptNew);
    expect(problem.code).toBe('host-key');
    expect(problem.what.en).toContain(fingerprint(there.fingerprints[0]!));
    expect(problem.what.en).toContain(fingerprint(Buffer.from(old, 'base64')));
    expect(problem.what.en).toContain(`${made.knownHostsFile}:2`);
    expect(problem.remedy.en).toContain(`ssh-keygen -f ${made.knownHostsFile} -R '[127.0.0.1]:${there.port}'`);
    expect([there.logins, made.person.asked]).toEqual([[], []]);
  });

  it('stops when it is of another type than the one that is known', async () => {
    const there = await startHost();
    const made = startOperator({ acceptNewHostKeys: true });
    const rsa = newKey('rsa').public.split(' ')[1]!;
    writeFileSync(made.knownHostsFile, `[127.0.0.1]:${there.port} ssh-rsa ${rsa}\n`);
    expect((await problemOf(made.connect(there))).what.en).toContain('has changed');
  });

  it('stops a host that comes back with it', async () => {
    const there = await startHost();
    const remote = await startOperator().connect(there);
    const logins = there.logins.length;
    there.faults.hostKeys = [newKey().private];
    there.cut();
    expect(await problemOf(remote.run('echo never'))).toMatchObject({ code: 'host-key' });
    expect([there.logins.length, there.commands]).toEqual([logins, []]);
  });
});

it('asks a host for the type of key that is known of it', async () => {
  const [ed, rsa] = [newKey(), newKey('rsa')];
  const there = await startHost({ hostKeys: [ed.private, rsa.private] });
  const { connect, knownHostsFile, person } = startOperator();
  writeFileSync(knownHostsFile, `[127.0.0.1]:${there.port} ${rsa.public}\n`);
  await connect(there);
  expect(person.asked).toEqual([]);
});

it('refuses a revoked key', async () => {
  const there = await startHost();
  const { connect, knownHostsFile } = startOperator({ acceptNewHostKeys: true });
  writeFileSync(knownHostsFile, `@revoked * ssh-ed25519 ${there.fingerprints[0]!.toString('base64')}\n`);
  expect((await problemOf(connect(there))).what.en).toContain(`revoked in ${knownHostsFile}:1`);
});

it('says that it does not know certificate authorities, and verifies the plain key', async () => {
  const there = await startHost();
  const { connect, knownHostsFile, notes, person } = startOperator();
  writeFileSync(knownHostsFile, `@cert-authority [127.0.0.1]:* ${newKey().public}\n`);
  await connect(there);
  expect(notes[0]).toContain('host certificates are not supported');
  expect(person.asked).toHaveLength(1);
});

it('stops where the known keys cannot be read', async () => {
  const there = await startHost();
  const { connect, directory } = startOperator({ knownHostsFile: '/proc/self' });
  chmodSync(directory, 0o700);
  expect(await problemOf(connect(there))).toMatchObject({ code: 'host-key' });
  expect(new KnownHosts('/nowhere/known_hosts').of('n1', 22)).toEqual([]);
});
