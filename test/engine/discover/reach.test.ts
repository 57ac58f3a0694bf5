import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { portsOf, type Reach, reach, reachFindings } from '../../../source/engine/discover/reach.js';
import type { Remote } from '../../../source/engine/remote.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';
import { machine } from '../../support/facts.js';
import { startHost, startOperator } from '../ssh/server.js';

const spec = clusterSpec.parse({
  hosts: [2, 3, 4].map(n => ({
    name: `n${n}`,
    address: `127.0.0.${n}`,
    roles: [n === 2 ? 'control-plane' : 'worker'],
  })),
});
const says = (all: Reach[], is: Reach['is']) =>
  all.filter(each => each.is === is).map(({ from, to, protocol, port }) => `${from} ${to} ${port}/${protocol}`);

it('tries the ports that the roles need', () => {
  const ports = (i: number) => portsOf(spec, spec.hosts[i]!).map(({ protocol, port }) => `${port}/${protocol}`);
  expect(ports(1)).toEqual(['10250/tcp', '30000/tcp', '30000/udp', '8472/udp']);
  expect(ports(0)).toEqual([...ports(1), '6443/tcp', '2379/tcp', '2380/tcp']);
});

it('sees every port by listeners of its own, and leaves none', async () => {
  const { connect } = startOperator();
  const entries = await Promise.all(spec.hosts.map(async ({ name }) => [name, await connect(await startHost())] as const));
  const remotes: Record<string, Remote> = Object.fromEntries(entries);
  // Something of the host's own listens on one; another cannot be listened on, as the address is not there.
  const own = createServer().listen(10250, '127.0.0.3');
  onTestFinished(() => void own.close());

  const all = await reach(spec, remotes);
  expect(all).toHaveLength(2 * 7 + 2 * 2 * 4);
  expect(all.filter(({ is }) => is !== 'open')).toEqual([]);
  const left = execFileSync('sh', ['-c', 'ps -eo args | grep "^perl - " || true'], { encoding: 'utf8' });
  expect(left).toBe('');
});

it('cannot tell where nobody could listen', async () => {
  const { connect } = startOperator();
  const there = await connect(await startHost());
  const without = await connect(await startHost({ programs: { perl: '#!/bin/sh\nexit 127\n' } }));
  const all = await reach(spec, { n2: there, n3: without });
  expect(says(all, 'open')).toEqual([]);
  expect(says(all, 'unknown')).toHaveLength(7 + 4);
});

const to = (name: string, is: Reach['is'], from = ['n2', 'n3', 'n4'].filter(each => each !== name)): Reach[] =>
  from.map(from => ({ from, to: name, protocol: 'tcp', port: 10250, is }));
const facts = (firewall: object = {}) => Object.fromEntries(spec.hosts.map((host, i) => [host.name, machine(i + 2, firewall)]));

it.each([
  ['nothing where all is open', to('n2', 'open'), {}, spec, []],
  ['nothing where nothing can be told', to('n2', 'unknown'), {}, spec, []],
  [
    'ufw, which the install opens',
    to('n3', 'dropped'),
    { ufw: 'active', firewalld: null },
    spec,
    ['note', 'ufw of this host', 'the install opens them'],
  ],
  [
    'ufw, which is to be left alone',
    to('n3', 'dropped'),
    { ufw: 'active', firewalld: null },
    { ...spec, firewall: 'leave' as const },
    ['warn', 'ufw of this host', 'Open them in ufw'],
  ],
  [
    'firewalld',
    to('n3', 'no-route'),
    { ufw: null, firewalld: 'active' },
    spec,
    ['warn', 'firewalld of this host', 'firewall: disable'],
  ],
  [
    'rules of the host',
    to('n3', 'dropped'),
    { ufw: null, firewalld: null },
    spec,
    ['warn', '10250/tcp cannot be reached from n2, n4: dropped', 'own rules'],
  ],
  [
    'something between',
    [...to('n3', 'refused', ['n2']), ...to('n3', 'open', ['n4'])],
    {},
    spec,
    ['warn', 'from n2: turned away', 'look between'],
  ],
] as const)('names %s', (_, all, firewall, spec, [level, ...words]) => {
  const found = reachFindings(spec, facts('ufw' in firewall ? { firewall } : {}), all);
  expect(found).toHaveLength(level ? 1 : 0);
  if (level) expect(found[0]).toMatchObject({ level });
  for (const word of words) expect(JSON.stringify(found)).toContain(word);
});
