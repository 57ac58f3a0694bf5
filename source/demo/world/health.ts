import type { Machine } from '../machine/machine.js';
import { apiAnswer } from './api.js';
import { type Answer, NoAnswer } from './internet.js';

/** What the health ports of a node say. */
const bodies: Record<number, string> = {
  10248: 'ok',
  10256: '{"health":"ok"}',
  6443: 'ok',
  2381: '{"health":"true","reason":""}',
};

/**
 * The answer of a node of a fleet, where the address is one of theirs, or is called so in /etc/hosts; null for the sites outside.
 * @param given addresses of names, before those of /etc/hosts
 * @param question what is sent along
 * @throws NoAnswer where nothing listens there
 */
export async function nodeAnswer(
  from: Machine,
  url: string,
  given = new Map<string, string>(),
  question = '',
): Promise<Answer | null> {
  const [, name = '', digits = '443'] = /^https?:\/\/([^/:]+)(?::(\d+))?/.exec(url) ?? [];
  const hosts = ((await from.fs.text('/etc/hosts')) ?? '').split('\n').map(line => line.trim().split(/\s+/));
  const address = given.get(name) ?? hosts.find(([, ...names]) => names.includes(name))?.[0] ?? name;
  const isOwn = /^127\./.test(address) || name === 'localhost';
  const target = isOwn ? from : from.world.byAddress(address);
  if (!target) return null;
  const port = Number(digits);
  const isThere =
    target.isUp &&
    ([6443, 2379, 2381].includes(port)
      ? target.cluster?.isServedBy(target)
      : target.listening().some(socket => socket[2] === port));
  if (!isThere) throw new NoAnswer(7, `Failed to connect to ${name} port ${port} after 0 ms: Couldn't connect to server`);
  const said = port === 6443 || port === 2379 ? apiAnswer(target.cluster!, url, question) : null;
  return { status: 200, headers: {}, body: said ?? bodies[port] ?? '', ms: 1 };
}
