import { Problem } from '../engine/errors.js';
import { readLog } from '../engine/panel/logs.js';
import { makeAsk } from './ask.js';
import { type ExitCode, exit } from './exit.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

export interface LogsOptions {
  file: string;
  follow?: boolean;
  /** 10m, 2h, 1d */
  since?: string;
  lines?: string;
}

/** The log of a unit or a container of one host, on standard output; it works with the API server down. */
export async function logs(session: Session, name: string, unit: string, options: LogsOptions): Promise<ExitCode> {
  const spec = await readSpecFile(options.file);
  const sinceSeconds = options.since === undefined ? undefined : seconds(options.since);
  const lines = options.lines === undefined ? undefined : whole(options.lines);
  const host = spec.hosts.find(each => each.name === name);
  if (!host) throw noHost(name, spec.hosts.map(each => each.name).join(', '));
  const view = session.view({ aside: true });
  const ask = makeAsk(session.terminal, session.language);
  const connector = session.connector(ask, text => view.event({ at: Date.now(), type: 'note', text }));
  try {
    const remote = await connector.connect(spec, host, session.stop);
    await readLog(remote, unit, {
      lines,
      sinceSeconds,
      follow: options.follow,
      signal: session.stop,
      onLine: line =>
        session.print(session.json ? JSON.stringify({ at: Date.now(), type: 'log', host: name, unit, line }) : line),
    });
    return exit.ok;
  } finally {
    await connector.close();
  }
}

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
