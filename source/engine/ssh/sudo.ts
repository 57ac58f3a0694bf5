import type { Problem } from '../errors.js';
import type { Ask } from '../fleet.js';
import type { Access } from '../remote.js';
import type { Text } from '../text.js';
import { noRoot, stopped, sudoSaid } from './errors.js';
import { framed, nonce } from './frame.js';
import { hostName } from './known-hosts.js';
import type { Line } from './line.js';
import { AS_USER, explain, NoShell, speak, type Way, WITH_SUDO, WrongPassword, withPassword } from './shell.js';
import type { PasswordTries } from './tries.js';
import { orStopped } from './waiting.js';

/** How root is reached on a host. The password lives in here only. */
export interface Root {
  access: Access;
  /** A way in, new for each shell. */
  way: () => Way;
  /** Why there is none, and what would help. */
  problem?: Problem;
}

const asUser: Root = { access: 'root', way: () => AS_USER };

/**
 * Finds out how to become root: being it, by sudo, or by sudo with a password, which is then tried for real.
 * @param passwords tried before anybody is asked: the one from the environment, the one of the login
 */
export async function findRoot(
  line: Line,
  ask: Ask,
  passwords: string[],
  tries: PasswordTries,
  signal?: AbortSignal,
): Promise<Root> {
  const { user, host, address, port } = line.target;
  const none = (why: Text, left?: number): Root => ({
    access: 'none',
    way: () => AS_USER,
    problem: noRoot(line.target, why, left),
  });
  if (user === 'root') return asUser;
  const said = await output(line, AS_USER, PROBE, signal);
  if (said.includes('uid 0')) return asUser;
  if (said.includes('sudo free')) return { access: 'sudo', way: () => WITH_SUDO };
  if (said.includes('sudo missing')) return none({ en: 'sudo is not installed', zh: '未安装 sudo' });

  const name = `sudo ${user} ${hostName(address, port)}`;
  const asked = async (attempt: number) => await ask.secret({ host, user, kind: 'sudo', attempt });
  let attempt = 0;
  for (const known of [...new Set(passwords), null, null]) {
    if (tries.left(name) === 0) break;
    const password = known ?? (await asked(++attempt));
    if (signal?.aborted) throw stopped(line.target);
    if (password === null)
      return none({ en: 'sudo asks for a password, and none was given', zh: 'sudo 需要密码，但没有提供' }, tries.left(name));
    try {
      await output(line, withPassword(password), ':', signal);
      tries.right(name);
      return { access: 'sudo-with-password', way: () => withPassword(password) };
    } catch (error) {
      if (error instanceof NoShell) return none(sudoSaid(line.target, error.said));
      if (!(error instanceof WrongPassword)) throw error;
      tries.wrong(name);
    }
  }
  return none({ en: 'sudo did not accept the password', zh: 'sudo 不接受该密码' }, tries.left(name));
}

const PROBE = `echo "uid $(id -u)"
if ! command -v sudo >/dev/null; then echo sudo missing
elif sudo -k -n -- /bin/sh -s </dev/null 2>/dev/null; then echo sudo free
fi`;

async function output(line: Line, way: Way, script: string, signal?: AbortSignal): Promise<string> {
  const mark = nonce();
  let said = '';
  const channel = await line.exec(way.command, signal);
  const shell = speak(channel, way, mark, framed(mark, script), { onStdout: chunk => (said += chunk), onStderr: () => {} });
  try {
    await orStopped(shell.ended, line.target, signal);
    return said;
  } catch (error) {
    shell.drop();
    if (way.sudo && (error instanceof NoShell || error instanceof WrongPassword)) throw error;
    throw explain(error, line, false);
  }
}
