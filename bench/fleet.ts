// The simulated hosts, in a process of their own: each with an ssh server on an address of this machine's loopback (Linux).
import { createServer } from 'node:net';
import { demoFleet } from '../source/demo/index.js';

const [count = 500, port = 0] = process.argv.slice(2).map(Number);
const fleet = demoFleet({ hosts: count, speed: 10 });
for (const { name } of fleet.spec.hosts) await fleet.host(name);
await Promise.all(
  fleet.spec.hosts.map(
    ({ address }) =>
      new Promise<void>(listening => {
        createServer({ noDelay: true }, async socket => {
          const wire = await fleet.dial(address, 22);
          socket.on('error', () => wire.destroy()).on('close', () => wire.destroy());
          wire.on('error', () => socket.destroy()).on('close', () => socket.destroy());
          socket.pipe(wire).pipe(socket);
        }).listen(port, address.replace('10.0.', '127.77.'), listening);
      }),
  ),
);
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
