import type { Client, ClientChannel } from 'ssh2';
import type { Listener, Remote } from '../remote.js';
import { noForwarding } from './errors.js';
import type { Line } from './line.js';

const LOOPBACK = '127.0.0.1';

/** See `Remote.listen`. */
export async function listen(
  line: Line,
  onConnection: Parameters<Remote['listen']>[0],
  onPort: Parameters<Remote['listen']>[1],
): Promise<Listener> {
  let port = 0;
  let stop = async () => {};
  const begin = async (client: Client) => {
    port = await forwardIn(client, line);
    const take = (details: { destPort: number }, accept: () => ClientChannel, reject: () => void) => {
      if (details.destPort === port) onConnection(accept());
      else reject();
    };
    client.on('tcp connection', take);
    stop = async () => {
      client.off('tcp connection', take);
      // Where the line is gone the port is, too.
      await new Promise<void>(resolve => {
        try {
          client.unforwardIn(LOOPBACK, port, () => resolve());
          client.once('close', resolve);
        } catch {
          resolve();
        }
      });
    };
    await onPort(port);
  };
  await line.onClient(begin);
  return {
    get port() {
      return port;
    },
    close: () => {
      line.offClient(begin);
      return stop();
    },
  };
}

/** sshd chooses the port. */
const forwardIn = (client: Client, { target }: Line): Promise<number> =>
  new Promise((resolve, reject) => {
    client.forwardIn(LOOPBACK, 0, (error, port) => (error ? reject(noForwarding(target, error.message)) : resolve(port)));
  });
