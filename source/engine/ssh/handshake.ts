import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import ssh2 from 'ssh2';
import { turn } from '../turn.js';
import { Attempt, type Method } from './auth.js';
import type { Check } from './host-key.js';
import type { Timings } from './timings.js';

export interface HandshakeOptions {
  sock: Duplex;
  user: string;
  methods: readonly Method[];
  check: Check;
  /** A password is being sent. */
  onPassword?: () => void;
  timings: Timings;
  signal?: AbortSignal;
}

/** A client that is logged in, and the stream under it. */
export interface Wire {
  client: Client;
  sock: Duplex;
}

export interface LoggedIn extends Wire {
  /** What opened the door; opens it again after a broken line. */
  used: Method[];
}

/** The host heard what was offered and did not let us in. */
export class LoginRefused extends Error {
  /** What it would take. */
  readonly takes: string[];
  /** What it took, and wants more. */
  readonly accepted: Method[];
  /** A locked key that it would take. */
  readonly wanted: Attempt['wanted'];

  constructor(
    attempt: Attempt,
    /** The password was right, and has to be changed first. */
    readonly isExpired: boolean,
  ) {
    super('login refused');
    this.takes = attempt.takes;
    this.accepted = attempt.used;
    this.wanted = attempt.wanted;
  }
}

/** The host ended the connection before the keys were exchanged: by its end, or, where our greeting was still unread, by a reset. */
export class HungUp extends Error {
  readonly code = 'ECONNRESET';
}
const isHangUp = ({ code, message }: NodeJS.ErrnoException) =>
  code === 'ECONNRESET' || code === 'EPIPE' || /lost before handshake/.test(message);

/**
 * Speaks SSH over a stream: keys exchanged, host key verified, logged in.
 * @throws LoginRefused, HungUp, or what ssh2 or the socket threw
 */
export function handshake({ sock, user, methods, check, onPassword, timings, signal }: HandshakeOptions): Promise<LoggedIn> {
  return new Promise((resolve, reject) => {
    const client: Client = new ssh2.Client();
    const attempt = new Attempt(user, methods, onPassword);
    let timer: NodeJS.Timeout;
    let isEncrypted = false;
    let isOver = false;
    const within = (ms: number, what: string) => {
      clearTimeout(timer);
      timer = setTimeout(
        () => fail(Object.assign(new Error(`${what} took longer than ${ms / 1000} s`), { code: 'ETIMEDOUT' })),
        ms,
      );
    };
    const settle = () => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error) => {
      settle();
      client.end();
      sock.destroy();
      reject(error);
    };
    const onAbort = () => fail(new Error('stopped'));
    signal?.addEventListener('abort', onAbort);

    client
      .on('error', error => {
        const { level } = error as { level?: string };
        if (level === 'agent') return; // ssh2 goes on with the next key
        const isRefusal = level === 'client-authentication' || /too many authentication failures/i.test(error.message);
        if (isRefusal) fail(new LoginRefused(attempt, false));
        else fail(!isEncrypted && isHangUp(error) ? new HungUp(error.message) : error);
      })
      .on('close', () => fail(Object.assign(new Error('hung up during the login'), { code: 'ECONNRESET' })))
      .once('handshake', () => {
        isEncrypted = true;
        within(timings.login, 'the login');
      })
      .once('change password', () => fail(new LoginRefused(attempt, true)))
      .once('ready', () => {
        settle();
        attempt.succeeded();
        if (timings.keepalive) heardIsAlive(client, sock);
        resolve({ client, sock, used: attempt.used });
      });

    within(timings.keyExchange, 'the key exchange');
    client.connect({
      sock,
      username: user,
      readyTimeout: 0,
      keepaliveInterval: timings.keepalive,
      keepaliveCountMax: timings.keepaliveCount,
      // What follows is the dearest piece of a login: with many hosts each waits for its turn.
      hostVerifier: (key: Buffer, verify: (isTrusted: boolean) => void) => {
        turn()
          .then(() => isOver || verify(check.verify(key)))
          .catch(fail);
      },
      authHandler: ((left: string[] | null, partial: boolean | null) =>
        attempt.next(left, partial)) as unknown as ConnectConfig['authHandler'],
      algorithms: {
        serverHostKey: check.algorithms as never,
        // What is left out rests on SHA-1.
        kex: without('diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'),
        hmac: without('hmac-sha1', 'hmac-sha1-etm@openssh.com'),
        compress: ['none'],
      },
    });
  });
}

/** ssh2 asks a host whether it is there however much it says: what is heard is an answer, too. */
function heardIsAlive(client: Client, sock: Duplex): void {
  const { _resetKA: heard } = client as unknown as { _resetKA?: () => void };
  if (heard) sock.on('data', heard);
}

const without = <T>(...remove: T[]) => ({ remove, append: [], prepend: [] });
