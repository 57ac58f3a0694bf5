import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoFleet } from '../../../source/demo/index.js';
import { type Authorized, type Entry, type Open, visit } from '../../../source/engine/discover/get-in.js';
import { makeOwnKey } from '../../../source/engine/discover/own-key.js';
import { Person } from '../ssh/server.js';

const PASSWORD = 'canary-7391';

/** Three hosts that take the password, or a key that was let in; all host keys are known. */
async function fleetOfPasswords(by: 'password' | 'key' = 'password') {
  const fleet = demoFleet({ hosts: 4, speed: Number.POSITIVE_INFINITY });
  onTestFinished(() => fleet.close());
  const hosts = fleet.spec.hosts.slice(0, 3);
  const machines = await Promise.all(hosts.map(({ name }) => fleet.host(name)));
  for (const host of machines) {
    host.logins.by = by;
    host.machine.password = PASSWORD;
  }
  const open: Open = ({ ask, onlyKey }) => fleet.connector(ask, onlyKey);
  const files = () =>
    Promise.all(machines.map(({ fs, name }) => fs.text(`${name === 'n2' ? '/home/ops' : '/root'}/.ssh/authorized_keys`)));
  return { fleet, hosts, machines, open, files, spec: fleet.spec };
}
const brief = (all: (Entry | Authorized)[]) => all.map(each => [each.host, each.is]);

it('tries one password on a group, lets a new key in and logs in with it alone', async () => {
  const { fleet, hosts, open, files, spec } = await fleetOfPasswords();
  const there = await visit(spec, hosts, PASSWORD, { open });
  expect(there.entries).toEqual([
    { host: 'n1', is: 'in', access: 'root' },
    { host: 'n2', is: 'in', access: 'sudo' },
    { host: 'n3', is: 'in', access: 'root' },
  ]);
  expect(await files(), 'nothing is changed by looking').toEqual([null, null, null]);

  const key = await makeOwnKey([join(fleet.folder, 'id_ed25519')]);
  const nobody = new Person();
  expect(brief(await there.authorize(key, nobody))).toEqual([
    ['n1', 'added'],
    ['n2', 'added'],
    ['n3', 'added'],
  ]);
  expect(await files()).toEqual([`${key.line}\n`, `${key.line}\n`, `${key.line}\n`]);
  expect(brief(await there.authorize(key, nobody)), 'again: no line twice').toEqual([
    ['n1', 'there'],
    ['n2', 'there'],
    ['n3', 'there'],
  ]);
  await there.close();
  expect(await files()).toEqual([`${key.line}\n`, `${key.line}\n`, `${key.line}\n`]);
  expect(nobody.asked).toEqual([]);
  expect(JSON.stringify(there)).not.toContain(PASSWORD);
});

it('tells no host more than two wrong passwords, and says on which it was wrong', async () => {
  const { hosts, machines, open, spec } = await fleetOfPasswords();
  machines[2]!.machine.password = 'another';
  const left = async (password: string) => {
    const there = await visit(spec, hosts, password, { open });
    await there.close();
    return there.entries.map(entry => (entry.is === 'in' ? 'in' : entry.problem.passwordsLeft));
  };
  expect(await left('wrong')).toEqual([1, 1, 1]);
  expect(await left(PASSWORD)).toEqual(['in', 'in', 0]);
  // It would be right, and comes too late.
  const late = await visit(spec, hosts.slice(2), 'another', { open });
  await late.close();
  expect(late.entries).toMatchObject([
    { is: 'out', problem: { code: 'login', remedy: { en: expect.stringContaining('not locked') }, passwordsLeft: 0 } },
  ]);
});

it('says where a host takes no password', async () => {
  const { hosts, open, spec } = await fleetOfPasswords('key');
  const there = await visit(spec, hosts, PASSWORD, { open });
  await there.close();
  for (const entry of there.entries) {
    expect(entry).toMatchObject({ is: 'out', problem: { code: 'login' } });
    expect(entry).not.toHaveProperty('problem.passwordsLeft');
  }
});

it('never overwrites a key', async () => {
  const { fleet } = await fleetOfPasswords();
  const files = ['one', 'two'].map(name => join(fleet.folder, name));
  const one = await makeOwnKey(files);
  const text = readFileSync(files[0]!, 'utf8');
  const two = await makeOwnKey(files);
  expect([one.file, two.file]).toEqual(files);
  expect(one.line).not.toBe(two.line);
  expect(readFileSync(files[0]!, 'utf8')).toBe(text);
  await expect(makeOwnKey(files)).rejects.toMatchObject({ details: { code: 'login' } });
  expect(existsSync(`${files[0]}.pub`)).toBe(true);
});
