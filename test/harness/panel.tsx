import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Problem } from '../../source/engine/errors.js';
import type { Ask, Connector } from '../../source/engine/fleet.js';
import { apiScript } from '../../source/engine/panel/api-report.js';
import { tickScript } from '../../source/engine/panel/report.js';
import type { Remote, RunOptions, Script } from '../../source/engine/remote.js';
import { type ClusterSpec, clusterSpec } from '../../source/engine/spec/schema.js';
import type { Language } from '../../source/engine/text.js';
import { startPanel } from '../../source/panel.js';
import type { PanelApp } from '../../source/state/panel/store.js';
import { FakeTerminal } from './terminal.js';

const recorded = (name: string) =>
  readFileSync(join(import.meta.dirname, '../engine/panel/recorded', name), 'utf8')
    .replace(/\n$/, '')
    .split('\n');
const lost = (host: string) =>
  new Problem({
    code: 'unreachable',
    host,
    what: { en: `nothing answers at ${host}`, zh: `${host} 没有应答` },
    remedy: { en: 'Is it on?', zh: '它开机了吗？' },
  });

/** Hosts that say what real ones have said, as often as they are asked; of several hosts the first is the control plane. */
export function recordedHosts(count = 2) {
  const spec: ClusterSpec = clusterSpec.parse({
    name: 'panel',
    hosts: Array.from({ length: count }, (_, i) => ({
      name: `n${10 + i}`,
      address: `10.77.${Math.floor(i / 200)}.${20 + (i % 200)}`,
      ...(i === 0 && { roles: ['control-plane'] }),
    })),
  });
  const off = new Set<string>();
  const down = new Map<string, () => void>();
  /** What was run beside the two scripts of the watch. */
  const commands: string[] = [];
  const typed: string[] = [];
  let shell: PassThrough | null = null;
  let endShell: ((error?: Error) => void) | null = null;

  const until = (signal: AbortSignal | undefined, host: string) =>
    new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Problem({ ...lost(host).details, code: 'stopped' })));
      down.set(host, () => reject(lost(host)));
    });

  const run =
    (host: string) =>
    async (given: Script, options: RunOptions = {}) => {
      if (off.has(host)) throw lost(host);
      const text = typeof given === 'string' ? given : given.text;
      const say = (lines: string[]) => {
        for (const line of lines) options.onLine?.(line, 'stdout');
      };
      const tick = host === 'n10' ? 'control-plane.txt' : 'worker.txt';
      const script = text === tickScript ? tick : text === apiScript ? 'api.txt' : null;
      if (script) {
        const lines = recorded(script);
        say(lines);
        const again = setInterval(say, 1000, lines);
        return until(options.signal, `${host}-${script}`).finally(() => clearInterval(again));
      }
      commands.push(text);
      if (text.includes('tail')) {
        say(Array.from({ length: 300 }, (_, i) => `line ${i + 1} of ${host} 日志 ${'with many words '.repeat(i % 9)}`));
        return until(options.signal, `${host}-log`);
      }
      if (text.includes('test -r')) return { code: 0, stdout: 'apiVersion: v1\nkind: Pod\n', stderr: '' };
      if (text.includes('for file in'))
        return { code: 0, stdout: '/etc/kubernetes/admin.conf\n/etc/crictl.yaml\n', stderr: '' };
      if (text.includes(' drain ')) say(['evicting pod default/web-1', 'evicting pod default/web-2', 'pod/web-1 evicted']);
      else say([`${host} did it`]);
      return { code: 0, stdout: '', stderr: '' };
    };

  const connector =
    (simulation = false) =>
    (_ask: Ask): Connector => ({
      simulation,
      async connect(_spec, host) {
        if (off.has(host.name)) throw lost(host.name);
        return {
          name: host.name,
          user: 'root',
          access: 'root',
          run: run(host.name),
          job: () => Promise.reject(new Error('no jobs here')),
          stopJob: async () => {},
          listen: () => Promise.reject(new Error('nothing is relayed here')),
          async terminal() {
            const stream = new PassThrough();
            shell = new PassThrough();
            shell.on('data', (data: Buffer) => {
              typed.push(data.toString());
              stream.emit('data', Buffer.from(`heard ${JSON.stringify(data.toString())}\r\n`));
            });
            const ended = new Promise<number | null>((resolve, reject) => {
              endShell = error => (error ? reject(error) : resolve(0));
            });
            const duplex = Object.assign(stream, { write: (data: string) => shell!.write(data) });
            return { stream: duplex as never, resize: () => {}, ended, close: () => endShell?.(lost(host.name)) };
          },
          close: async () => {},
        } satisfies Remote;
      },
      close: async () => {},
    });

  return {
    spec,
    connector,
    commands,
    typed,
    /** Its line breaks, and no other can be had. */
    cut(host: string) {
      off.add(host);
      for (const [name, end] of down) if (name.startsWith(`${host}-`)) end();
    },
    mend: (host: string) => off.delete(host),
    endShell: (error?: Error) => endShell?.(error),
  };
}

/** The panel of recorded hosts on a fake terminal. */
export function openPanel({ language = 'en' as Language, hosts = 2, columns = 80, rows = 24, simulation = false } = {}) {
  const terminal = new FakeTerminal(columns, rows);
  const fleet = recordedHosts(hosts);
  let app!: PanelApp;
  const exit = startPanel({
    spec: fleet.spec,
    connector: fleet.connector(simulation),
    language,
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    onApp: made => {
      app = made;
    },
  });
  return { terminal, fleet, app, exit };
}
