import type { ClientChannel } from 'ssh2';
import { lost, noRoot, noShell, sudoSaid, type Target } from './errors.js';
import { AfterMark, nonce } from './frame.js';

/** How a shell is got on a channel. */
export interface Way {
  /** For the login shell, whichever that is: plain words and single quotes only. */
  command: string;
  sudo?: { prompt: string; ready: string; password: string };
}

export const AS_USER: Way = { command: '/bin/sh -s' };
export const WITH_SUDO: Way = { command: 'sudo -n -- /bin/sh -s' };

/**
 * sudo by a password that is sent only after sudo's own prompt, which nothing else can say: it is new each time. `-k`: sudo asks
 * each time and remembers nothing. What is said of the language goes by `env`, which every login shell can read.
 */
export function withPassword(password: string): Way {
  const [prompt, ready] = [nonce(), nonce()];
  return {
    command: `env LC_ALL=C sudo -k -S -p ${prompt} -- /bin/sh -c 'echo ${ready} >&2; exec /bin/sh -s'`,
    sudo: { prompt, ready, password },
  };
}

export interface Ended {
  /** null: by a signal. */
  code: number | null;
}

/** No exit code came: the line or the channel broke. Whether the script ended is not known. */
export class Broken extends Error {}
/** sudo asked for the password a second time. */
export class WrongPassword extends Error {}
/** No shell came; `said` is what was heard instead. */
export class NoShell extends Error {
  constructor(readonly said: string) {
    super('no shell');
  }
}

/** What a shell that failed means for the operator. */
export function explain(error: unknown, { target, reason }: { target: Target; reason: string }, bySudo: boolean): unknown {
  if (error instanceof Broken) return lost(target, reason);
  if (error instanceof NoShell) return bySudo ? noRoot(target, sudoSaid(target, error.said)) : noShell(target, error.said);
  if (error instanceof WrongPassword)
    return noRoot(target, { en: 'sudo no longer accepts the password', zh: 'sudo 不再接受该密码' });
  return error;
}

export interface Listener {
  onStdout: (chunk: Buffer) => void;
  onStderr: (chunk: Buffer) => void;
}

export interface Shell {
  /** @throws Broken, WrongPassword, NoShell */
  ended: Promise<Ended>;
  /** The shell's process id on the host, once it runs. */
  pid(): string | null;
  /** Nothing more is sent: the end of its standard input. */
  endInput(): void;
  /** The channel is closed from here. */
  drop(): void;
}

/**
 * Sends a framed script to the shell on a channel and listens until the channel is closed and both streams are read.
 * @param hold leaves the standard input open
 */
export function speak(channel: ClientChannel, way: Way, mark: string, text: string, listener: Listener, hold = false): Shell {
  const stdout = new AfterMark(mark, listener.onStdout);
  const stderr = new AfterMark(mark, listener.onStderr);
  let failure: unknown = null;
  let isSent = false;

  const send = () => {
    isSent = true;
    if (hold) channel.write(text);
    else channel.end(text);
  };
  const refuse = (error: unknown) => {
    failure ??= error;
    channel.close();
  };
  // A listener that throws must not end in ssh2, which would take it for a fault of the line.
  const hear = (filter: AfterMark, chunk: Buffer) => {
    try {
      if (!failure) filter.push(chunk);
    } catch (error) {
      refuse(error);
    }
  };

  let heard = ''; // of sudo
  let isPasswordSent = false;
  const hearSudo = ({ prompt, ready, password }: NonNullable<Way['sudo']>, chunk: Buffer) => {
    heard += chunk.toString('utf8');
    const isReady = heard.includes(`${ready}\n`);
    const prompts = heard.split(prompt).length - 1;
    if (isReady) send();
    else if (prompts > 1) refuse(new WrongPassword());
    else if (prompts === 1 && !isPasswordSent) {
      isPasswordSent = true;
      channel.write(`${password}\n`);
    }
    heard = isReady ? '' : heard.slice(-65_536);
  };

  channel.on('data', (chunk: Buffer) => hear(stdout, chunk));
  channel.stderr.on('data', (chunk: Buffer) => {
    if (way.sudo && !isSent) hearSudo(way.sudo, chunk);
    else hear(stderr, chunk);
  });
  channel.on('error', () => {}); // 'close' follows
  if (!way.sudo) send();

  // 'close' repeats what 'exit' said, which may have come before anybody listened.
  const closed = new Promise<number | null | undefined>(resolve => channel.once('close', resolve));
  const drained = new Promise<void>(resolve => channel.stderr.once('close', () => resolve()));
  const ended = Promise.all([closed, drained]).then(([code]): Ended => {
    if (failure) throw failure;
    if (code === undefined) throw new Broken();
    // Where sudo asks only once, its words are all there is to tell by.
    if (isPasswordSent && !isSent && /incorrect|try again/i.test(heard)) throw new WrongPassword();
    if (stdout.line === null) {
      const said = way.sudo ? heard.replaceAll(way.sudo.prompt, '') : `${stdout.before}\n${stderr.before}`;
      throw new NoShell(said);
    }
    return { code };
  });
  ended.catch(() => {}); // heard by whoever waits for it, which may be later

  return {
    ended,
    pid: () => stdout.line,
    endInput: () => channel.end(),
    drop: () => channel.close(),
  };
}
