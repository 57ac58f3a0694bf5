import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressesOf, ownNetworks, scan } from '../../../source/engine/discover/scan.js';
import { Problem } from '../../../source/engine/errors.js';
import { startHost } from '../ssh/server.js';

/** Something on this machine that says a text to whoever comes. */
async function talker(text: string, host: string, port: number) {
  const callers: string[] = [];
  const server = createServer(socket => {
    callers.push(socket.remoteAddress!);
    socket.on('error', () => {}).end(text);
  });
  await new Promise<void>(resolve => server.listen(port, host, resolve));
  onTestFinished(() => new Promise(resolve => server.close(() => resolve())));
  return callers;
}

describe('a scan', () => {
  it('tells who speaks SSH, who something else and who refuses, as they answer', async () => {
    const host = await startHost();
    await talker('220 \x1b[31mmail\x1b[0m\r\n', '127.0.0.2', host.port);
    const outside = await talker('SSH-2.0-outside\r\n', '127.0.0.8', host.port);
    const told: string[] = [];
    const begin = Date.now();
    const answers = await scan(['127.0.0.0/29'], { port: host.port, onAnswer: ({ address }) => told.push(address) });
    // A host that has greeted is not waited for.
    expect(Date.now() - begin).toBeLessThan(2900);
    expect(answers.map(({ address, is, banner }) => [address, is, banner])).toEqual([
      ['127.0.0.1', 'ssh', expect.stringMatching(/^SSH-2\.0-/)],
      ['127.0.0.2', 'other', '220 mail'],
      ...[3, 4, 5, 6].map(n => [`127.0.0.${n}`, 'refused', '']),
    ]);
    expect(told.toSorted()).toEqual(answers.map(({ address }) => address));
    expect(outside).toEqual([]);
    expect(host.logins).toEqual([]);
  });

  it('reads past what sshd says before its greeting', async () => {
    await talker('keep out\r\nSSH-2.0-OpenSSH_9.9\r\n', '127.0.0.3', 20_322);
    expect(await scan(['127.0.0.3/32'], { port: 20_322 })).toMatchObject([{ is: 'ssh', banner: 'SSH-2.0-OpenSSH_9.9' }]);
  });

  it('hears who answered in time, also where this process was busy for longer', async () => {
    await talker('SSH-2.0-OpenSSH_9.9\r\n', '127.0.0.5', 20_324);
    const running = scan(['127.0.0.5/32', '127.0.0.6/32'], { port: 20_324 });
    await new Promise(setImmediate); // they are asked
    const begin = Date.now();
    while (Date.now() - begin < 700);
    expect(await running).toMatchObject([{ is: 'ssh' }, { is: 'refused' }]);
  });

  it('ends when it is stopped', async () => {
    const stop = new AbortController();
    const running = scan(['127.0.0.0/20'], {
      port: 20_323,
      signal: stop.signal,
      onAnswer: () => stop.abort(new Error('stopped')),
    });
    await expect(running).rejects.toThrow('stopped');
  });

  it.each([
    [['10.0.0.0/19'], 'at most 4096'],
    [['10.0.0.0/20', '10.1.0.0/29'], 'at most 4096'],
    [['0.0.0.0/0'], 'no network of hosts'],
    [['239.0.0.0/24'], 'no network of hosts'],
    [['10.0.0.300/24'], 'no IPv4 network'],
    [['10.0.0.1'], 'no IPv4 network'],
    [['fd00::/120'], 'no IPv4 network'],
  ])('%j is refused before anything is asked', (networks, words) => {
    expect(() => addressesOf(networks)).toThrow(Problem);
    expect(() => addressesOf(networks)).toThrow(words);
  });

  it.each([
    [['10.0.0.5/30'], ['10.0.0.5', '10.0.0.6']],
    [['10.0.0.6/31'], ['10.0.0.6', '10.0.0.7']],
    [
      ['10.0.0.6/32', '10.0.0.6/31'],
      ['10.0.0.6', '10.0.0.7'],
    ],
  ])('%j are %j', (networks, addresses) => {
    expect(addressesOf(networks)).toEqual(addresses);
  });
  it('takes a whole /20', () => expect(addressesOf(['10.0.0.0/20'])).toHaveLength(4094));
});

it('offers the own networks, without those of containers, in a size that can be scanned', () => {
  const of = (cidr: string, family = 'IPv4', internal = false) => ({ address: cidr.split('/')[0]!, cidr, family, internal });
  const found = ownNetworks({
    lo: [of('127.0.0.1/8', 'IPv4', true)],
    eth0: [of('192.168.1.7/24'), of('fe80::1/64', 'IPv6')],
    eth1: [of('10.1.2.3/16')],
    eth2: [of('169.254.1.1/16')],
    docker0: [of('172.17.0.1/16')],
  } as never);
  expect(found).toEqual([
    { interface: 'eth0', address: '192.168.1.7', network: '192.168.1.0/24' },
    { interface: 'eth1', address: '10.1.2.3', network: '10.1.2.0/24' },
  ]);
});
