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

/** One report after the other, with time and work going on, as tick.sh tells them. @param i the host's number */
function* reports(i: number): Generator<string> {
  const [first = ''] = recorded(i ? 'worker.txt' : 'control-plane.txt').split('@@ end\n');
  let busy = Math.random() * 1e6;
  let idle = Math.random() * 1e6;
  for (let n = 0; ; n++) {
    busy += Math.random() * 100;
    idle += 200;
    const moment = [
      `@@ moment\n${3493 + n * 2}.73`,
      `cpu  ${Math.round(busy)} 4903 138670 ${Math.round(idle)} 4537 0 3811 799 0 0`,
      `${(Math.random() * 4).toFixed(2)} 13.73 11.47`,
      `24684084 ${21_000_000 + Math.round(Math.random() * 700_000)}\n`,
    ].join('\n');
    const clock = `@@ clock\n${(Date.now() / 1000).toFixed(9)}\n`;
    const rest = first.replace(/@@ moment\n(?:.+\n){4}/, '').replace(/@@ clock\n.*\n/, '');
    const told = n ? (n % 30 === i % 30 ? /@@ ports\n(?:[^@].*\n)*/.exec(rest)![0] : '') : rest;
    yield `${moment}${told}${n % 5 ? '' : clock}@@ end\n`;
  }
}

/** The recorded API report with as many nodes as there are hosts, and two pods for each. */
function* apiReports(): Generator<string> {
  const [said = ''] = recorded('api.txt').split('@@ end\n');
  const [now = '', packed = ''] = said.split('@@ lists\n');
  const text = gunzipSync(Buffer.from(packed.split('@@')[0]!, 'base64')).toString();
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
  // Something happens in the cluster every twenty seconds: then all lists are told again.
  for (let n = 0; ; n++) {
    const happened = expanded.join('').replaceAll('"message": "', `"message": "${n} `);
    const lists = `@@ lists\n${gzipSync(happened, { level: 1 }).toString('base64').replace(/.{76}/g, '$&\n')}\n`;
    for (let same = 0; same < 5; same++) yield `${now}${same ? '' : lists}@@ end\n`;
  }
}
const api = apiReports();

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
      let timer: NodeJS.Timeout;
      const tell = () => {
        channel.write(say());
        // As tick.sh does: at a half second.
        timer = setTimeout(tell, ms - (Date.now() % 500));
      };
      tell();
      channel.on('close', () => clearTimeout(timer));
    };
    if (script.includes('What a host says of itself')) {
      const said = reports(i);
      every(2000, () => said.next().value);
    } else if (script.includes('What the API server')) every(4000, () => api.next().value);
    else {
      channel.exit(0);
      channel.end();
    }
  });
}

const hostKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
const ports = await Promise.all(
  Array.from({ length: count }, async (_, i) => {
    const server = new ssh2.Server(
      { hostKeys: [hostKey as string], keepaliveInterval: 3_600_000 } as ssh2.ServerConfig,
      client => {
        client.on('error', () => {}).on('authentication', context => context.accept());
        client.on('session', accept => accept().on('exec', accept => serve(accept(), i)));
      },
    );
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return (server.address() as AddressInfo).port;
  }),
);
process.on('disconnect', () => process.exit(0));
process.send!({ ports });
