// Simulated hosts for bench/panel: an sshd each, on a port of the loopback, that says what a real host has said (recorded in
// test/engine/panel/recorded), with its own name and with time and work going on. The first one is the control plane.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import ssh2, { type ServerChannel } from 'ssh2';

const [, , folder = '', counted = ''] = process.argv;
const count = Number(counted);
const recorded = (name: string) => readFileSync(join(folder, name), 'utf8');
const nameOf = (i: number) => `n${10 + i}`;
let ticks = 0;

/** One report after the other, with time and work going on. @param i the host's number */
function* reports(i: number): Generator<string> {
  const [first = '', second = ''] = recorded(i ? 'worker.txt' : 'control-plane.txt').split('@@ end\n');
  let busy = Math.random() * 1e6;
  let idle = Math.random() * 1e6;
  for (let n = 0; ; n++) {
    busy += Math.random() * 100;
    idle += 200;
    const uptime = 3493 + n * 2;
    yield `${(n ? second : first)
      .replace(/(@@ clock\n)[\d.]+\nuptime .*/, `$1${(Date.now() / 1000).toFixed(9)}\nuptime ${uptime} 1702.72`)
      .replace(/^cpu .*$/m, `cpu  ${Math.round(busy)} 0 0 ${Math.round(idle)} 0 0 0 0 0 0`)}@@ end\n`;
  }
}

/** The recorded API report with as many nodes as there are hosts, and two pods for each. */
function api(): string {
  const text = gunzipSync(Buffer.from(recorded('api.txt').replace('@@ end\n', ''), 'base64')).toString();
  const many = (answer: string, copies: (item: { metadata: { name: string } }, i: number) => object[]) => {
    const end = answer.lastIndexOf('}') + 1;
    const list = JSON.parse(answer.slice(0, end));
    const worker = list.items.at(-1);
    list.items.push(...Array.from({ length: Math.max(0, count - 2) }, (_, i) => copies(worker, i + 2)).flat());
    return JSON.stringify(list, null, 2) + answer.slice(end);
  };
  const renamed = (item: object, i: number, more = '') =>
    JSON.parse(
      JSON.stringify(item)
        .replaceAll('"n11"', `"${nameOf(i)}"`)
        .replace(/("name":"[a-z-]+)-[a-z0-9]{5}"/, `$1-${i}${more}"`),
    );
  const parts = text.split(/(?<=\n@@ \S+ .*\n)/);
  const expanded = parts.map(part => {
    if (/\n@@ nodes /.test(part)) return many(part, (node, i) => [renamed(node, i)]);
    if (/\n@@ pods /.test(part)) return many(part, (pod, i) => [renamed(pod, i, 'a'), renamed(pod, i, 'b')]);
    return part;
  });
  return `${gzipSync(expanded.join(''), { level: 1 }).toString('base64').replace(/.{76}/g, '$&\n')}\n@@ end\n`;
}
const apiReport = api();

function serve(channel: ServerChannel, i: number): void {
  let script = '';
  channel.on('data', (chunk: Buffer) => {
    script += chunk;
  });
  channel.on('error', () => {});
  channel.on('end', () => {
    const mark = /^echo (\S+) /.exec(script)?.[1];
    channel.write(`${mark} 1\n`);
    channel.stderr.write(`${mark}\n`);
    const every = (ms: number, say: () => string) => {
      channel.write(say());
      const timer = setInterval(() => channel.write(say()), ms);
      channel.on('close', () => clearInterval(timer));
    };
    if (script.includes('What a host says of itself')) {
      const said = reports(i);
      every(2000, () => {
        ticks++;
        return said.next().value;
      });
    } else if (script.includes('What the API server')) every(4000, () => apiReport);
    else {
      channel.exit(0);
      channel.end();
    }
  });
}

const hostKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
const ports = await Promise.all(
  Array.from({ length: count }, async (_, i) => {
    const server = new ssh2.Server({ hostKeys: [hostKey as string] }, client => {
      client.on('error', () => {}).on('authentication', context => context.accept());
      client.on('session', accept => accept().on('exec', accept => serve(accept(), i)));
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  }),
);
process.on('message', () => process.send!({ ticks })).on('disconnect', () => process.exit(0));
process.send!({ ports });
