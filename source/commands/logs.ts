import { Problem } from '../engine/errors.js';
import { readLog } from '../engine/panel/logs.js';
import type { Text } from '../engine/text.js';
import { makeAsk } from './ask.js';
import { openCluster } from './cluster.js';
import { type ExitCode, exit } from './exit.js';
import { specOfWords } from './named-host.js';
import type { Session } from './session.js';

export interface LogsOptions {
  file?: string;
  kubeconfig?: string;
  follow?: boolean;
  /** 10m, 2h, 1d */
  since?: string;
  lines?: string;
}

/**
 * The log of a unit or a container of one host, on standard output; it works with the API server down.
 * @param name a host of the file or the kubeconfig; with neither any that ssh leads to: `root@10.0.0.11`
 */
export async function logs(session: Session, name: string, unit: string, options: LogsOptions): Promise<ExitCode> {
  const sinceSeconds = options.since === undefined ? undefined : seconds(options.since);
  const lines = options.lines === undefined ? undefined : whole(options.lines);
  const view = session.view({ aside: true });
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  const { spec, connector: open } = await clusterWith(session, name, options, note);
  const host = spec.hosts.length === 1 && isAlone(options) ? spec.hosts[0] : spec.hosts.find(each => each.name === name);
  if (!host) throw noHost(name, spec.hosts.map(each => each.name).join(', '));
  const connector = open(makeAsk(session.terminal, session.language), note);
  try {
    const remote = await connector.connect(spec, host, session.stop);
    await readLog(remote, unit, {
      lines,
      sinceSeconds,
      follow: options.follow,
      signal: session.stop,
      onLine: line =>
        session.print(session.json ? JSON.stringify({ at: Date.now(), type: 'log', host: host.name, unit, line }) : line),
    });
    return exit.ok;
  } finally {
    await connector.close();
  }
}

const isAlone = ({ file, kubeconfig }: LogsOptions) => file === undefined && kubeconfig === undefined;

const clusterWith = async (session: Session, name: string, options: LogsOptions, note: (text: Text) => void) =>
  isAlone(options)
    ? { spec: specOfWords([name]), connector: session.connector }
    : openCluster(session, { file: options.file, kubeconfig: options.kubeconfig }, { note });

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

function seconds(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (!count) throw bad('--since', text, { en: 'Write it as 30s, 10m, 2h or 1d.', zh: '请写成 30s、10m、2h 或 1d。' });
  return Number(count) * units[unit!]!;
}

function whole(text: string): number {
  if (!/^\d{1,6}$/.test(text))
    throw bad('--lines', text, { en: 'Write a whole number, such as 100.', zh: '请写一个整数，例如 100。' });
  return Number(text);
}

const bad = (option: string, text: string, remedy: { en: string; zh: string }) =>
  new Problem({ code: 'spec', what: { en: `${option} ${text}: not understood`, zh: `${option} ${text}：无法识别` }, remedy });

const noHost = (name: string, names: string) =>
  new Problem({
    code: 'spec',
    what: { en: `${name}: there is no such host`, zh: `${name}：没有这台主机` },
    remedy: { en: `Take one of ${names}.`, zh: `请使用以下之一：${names}。` },
  });
