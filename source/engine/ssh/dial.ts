import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Timings } from './timings.js';

/** Opens a byte stream to a port: over TCP, through another host, or in memory. */
export type Dial = (host: string, port: number, signal?: AbortSignal) => Promise<Duplex>;

/** Without Nagle's delay, which would cost some 90 ms for each command over ssh2. */
export const dialTcp =
  ({ tcp }: Pick<Timings, 'tcp'>): Dial =>
  (host, port, signal) =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      const fail = (error: Error) => {
        settle();
        socket.destroy();
        reject(error);
      };
      const timer = setTimeout(() => fail(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), tcp);
      const onAbort = () => fail(new Error('stopped'));
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        socket.removeListener('error', fail).on('error', () => {});
      };
      signal?.addEventListener('abort', onAbort);
      socket.once('error', fail).once('connect', () => {
        settle();
        resolve(socket);
      });
    });
