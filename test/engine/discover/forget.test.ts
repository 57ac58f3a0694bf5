import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapSnapshot, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { type Open, visit } from '../../../source/engine/discover/get-in.js';
import { makeOwnKey } from '../../../source/engine/discover/own-key.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';
import { sshConnector } from '../../../source/engine/ssh/connector.js';
import { Person, startHost } from '../ssh/server.js';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** Whether a string is anywhere among the objects of this process. */
async function isHeld(isIt: (text: string) => boolean): Promise<boolean> {
  // What is being closed has told so, and is let go of in the next turns.
  for (let turns = 0; turns < 3; turns++) await turn();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  let text = '';
  for await (const chunk of getHeapSnapshot()) text += chunk;
  return (JSON.parse(text) as { strings: string[] }).strings.some(isIt);
}

it('a password is held by no object once the visit is over', async () => {
  // Nobody here remembers it: its digest tells whether somebody does.
  let print = '';
  const there = await startHost({
    login: context =>
      context.method === 'password' && digest(context.password) === print
        ? context.accept()
        : context.reject(['publickey', 'password']),
  });
  const folder = mkdtempSync(join(tmpdir(), 'operator-'));
  const open: Open = options =>
    sshConnector({ ...options, acceptNewHostKeys: true, knownHostsFile: join(folder, 'known_hosts') });
  const spec = clusterSpec.parse({ hosts: [{ name: 'n1', address: '127.0.0.1', ssh: { port: there.port } }] });
  const isPassword = (text: string) => text.length === 40 && digest(text) === print;
  const comeAndGo = async (password: string) => {
    print = digest(password);
    const inside = await visit(spec, spec.hosts, password, { open });
    expect(inside.entries).toMatchObject([{ is: 'in' }]);
    await inside.authorize(await makeOwnKey([join(folder, 'id')]), new Person());
    expect(await isHeld(isPassword), 'it is found where it is held').toBe(true);
    await inside.close();
  };
  await comeAndGo(randomBytes(20).toString('hex'));
  expect(await isHeld(isPassword)).toBe(false);
}, 60_000);
