import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type PhaseId, phases } from '../engine/plan/phases.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';
import { stateFolder } from '../views/state-folder.js';
import { type CellState, changedHosts, presentCell, type RunView } from './run.js';
import type { ScreenId } from './state.js';

/**
 * A walk that can be taken up again: what was chosen, and for people how far it came. It holds no password, and nothing in
 * it is believed: the hosts know better.
 */
export interface SavedSession {
  version: 2;
  spec: ClusterSpec;
  screen: ScreenId;
  result: RunView['state'];
  /** Hosts that were changed up to here. */
  changed: string[];
  /** Where each host was in the last run; empty before the first. */
  hosts: HostPlace[];
  /** The whole of the last run in words. */
  log: string | null;
  /** How long the last finished install took. */
  ms: number | null;
  savedAt: number;
}

interface HostPlace {
  host: string;
  phase: PhaseId | null;
  state: CellState;
  step: string | null;
}

export type NamedSession = SavedSession & { name: string };

export interface Sessions {
  /** Newest first. @param onNote told what could not be read, and where it lies now; without it all stays where it is */
  list(onNote?: (text: Text) => void): Promise<NamedSession[]>;
  /** The one of this cluster: of its name, and with one of its hosts at least. @param onNote as for `list` */
  find(spec: ClusterSpec, onNote?: (text: Text) => void): Promise<NamedSession | null>;
  save(session: SavedSession): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface Progress {
  spec: ClusterSpec;
  run: RunView;
  /** Hosts that earlier runs have changed. */
  changed?: readonly string[];
  logFile: string | null;
}

/** What is kept of a walk, as it stands. */
export const sessionOf = ({ spec, run, changed = [], logFile }: Progress, screen: ScreenId, now: number): SavedSession => ({
  version: 2,
  spec,
  screen,
  result: run.state,
  changed: [...new Set([...changed, ...changedHosts(run)])],
  hosts: run.hosts.map(host => {
    const { phase, cell } = presentCell(run.lanes[host]!) ?? { phase: null, cell: null };
    return { host, phase, state: cell?.state ?? 'pending', step: cell?.step?.id ?? null };
  }),
  log: logFile,
  ms: run.state === 'done' ? run.ms : null,
  savedAt: now,
});

/** There is something left to do. */
export const isOpen = ({ result }: SavedSession): boolean => result !== 'done' && result !== 'same';

/** Its state in words, e.g. `cut short: n1 at control plane`. */
export function sessionState({ result, hosts }: SavedSession): Text {
  const at = (['failed', 'running', 'stopped', 'waiting'] as const)
    .map(state => hosts.filter(host => host.state === state && host.phase))
    .find(some => some.length > 0);
  const words = results[result];
  if (!isOpen({ result } as SavedSession) || !at) return words;
  const phase = phases[at[0]!.phase!];
  const names = at.filter(host => host.phase === at[0]!.phase).map(({ host }) => host);
  return {
    en: `${words.en}: ${names.join(', ')} at ${phase.en}`,
    zh: `${words.zh}：${names.join('、')} 处于${phase.zh}`,
  };
}

const results: Record<RunView['state'], Text> = {
  idle: { en: 'not installed', zh: '未安装' },
  // Whoever reads this is not the one who runs it.
  running: { en: 'cut short, or still running', zh: '中断或仍在运行' },
  done: { en: 'installed', zh: '已安装' },
  same: { en: 'installed', zh: '已安装' },
  failed: { en: 'failed', zh: '失败' },
  stopped: { en: 'stopped', zh: '已停止' },
};

/**
 * A session is a folder, `<state folder>/<name>`: `session.json`, and beside it the logs of its runs. Its file is replaced as a
 * whole and belongs to the operator alone. It is called after its cluster; two clusters of one name that share no host
 * are two sessions. What cannot be read is set aside, never overwritten.
 */
export function savedSessions(): Sessions {
  const fileOf = (name: string) => join(stateFolder(), name, 'session.json');
  const open = async (name: string) => {
    const { default: Conf } = await import('conf');
    return new Conf<SavedSession>({
      cwd: join(stateFolder(), name),
      configName: 'session',
      configFileMode: 0o600,
      clearInvalidConfig: false,
      accessPropertiesByDotNotation: false,
    });
  };
  const names = async (onNote?: (text: Text) => void) => {
    try {
      return (await readdir(stateFolder(), { withFileTypes: true })).filter(one => one.isDirectory()).map(({ name }) => name);
    } catch (error) {
      if (!isMissing(error)) onNote?.(words.noFolder(stateFolder(), whyUnread(error)));
      return [];
    }
  };
  const read = async (name: string, onNote?: (text: Text) => void): Promise<NamedSession[]> => {
    const { readSession } = await import('./session-file.js');
    const path = fileOf(name);
    try {
      return [{ ...readSession(JSON.parse(await readFile(path, 'utf8'))), name }];
    } catch (error) {
      if (onNote && !isMissing(error)) onNote(await unread(name, path, error));
      return [];
    }
  };
  const list = async (onNote?: (text: Text) => void) => {
    const { moveOldSessions } = await import('./session-file.js');
    await moveOldSessions(onNote, write);
    const found = await Promise.all((await names(onNote)).map(name => read(name, onNote)));
    return found.flat().sort((a, b) => b.savedAt - a.savedAt);
  };
  const write = async (name: string, session: SavedSession) => {
    await mkdir(join(stateFolder(), name), { recursive: true, mode: 0o700 });
    // Undefined is not JSON's; conf wants plain data.
    (await open(name)).store = JSON.parse(JSON.stringify(session));
  };
  return {
    list,
    find: async (spec, onNote) => (await read(await nameFor(spec, onNote)))[0] ?? null,
    save: async session => write(await nameFor(session.spec), session),
    remove: async name => {
      const folder = join(stateFolder(), name);
      const own = (await readdir(folder)).filter(file => /^(session\.json|run-\d+\.log$)/.test(file));
      await Promise.all(own.map(file => rm(join(folder, file))));
      await rmdir(folder).catch(() => {}); // what others have put there stays
    },
  };

  /** The name of the session that has this cluster, or the first that is free. */
  async function nameFor(spec: ClusterSpec, onNote?: (text: Text) => void): Promise<string> {
    for (let n = 1; ; n++) {
      const name = n === 1 ? spec.name : `${spec.name}-${n}`;
      const [session] = await read(name, onNote);
      const isOurs = session ? session.spec.name === spec.name && sharesHost(session.spec, spec) : !existsSync(fileOf(name));
      if (isOurs) return name;
    }
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** What is done with a session that cannot be read, in words. One that may be whole, but not for this user or this program, stays. */
async function unread(name: string, path: string, error: unknown): Promise<Text> {
  const { newer, code } = error as NodeJS.ErrnoException & { newer?: boolean };
  if (newer) return words.newer(name);
  const aside = `${path}.unreadable-${Date.now()}`;
  const isMoved =
    code !== 'EACCES' &&
    code !== 'EPERM' &&
    (await rename(path, aside).then(
      () => true,
      () => false,
    ));
  return isMoved ? words.setAside(name, aside, whyUnread(error)) : words.stays(name, path, whyUnread(error));
}

/** Why a file or folder cannot be read. What JSON.parse says holds bytes of the file, which are nothing for a terminal. */
export function whyUnread(error: unknown): Text {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof SyntaxError) return { en: 'it is no JSON, or only a part of it', zh: '不是 JSON，或内容不完整' };
  if (code === 'EISDIR') return { en: 'it is a folder', zh: '它是文件夹' };
  if (code === 'ENOTDIR') return { en: 'it is no folder', zh: '它不是文件夹' };
  if (code === 'EACCES' || code === 'EPERM') return { en: `you may not read it (${code})`, zh: `没有读取权限（${code}）` };
  return { en: message, zh: message };
}

const sharesHost = (a: ClusterSpec, b: ClusterSpec) =>
  a.hosts.some(host => b.hosts.some(other => other.address === host.address));

const words = {
  newer: (name: string): Text => ({
    en: `the session ${name} was written by a newer k8s-tui and is left alone`,
    zh: `会话 ${name} 由更新版本的 k8s-tui 写入，保持不动`,
  }),
  setAside: (name: string, path: string, why: Text): Text => ({
    en: `the session ${name} cannot be read (${why.en}); it was set aside as ${path}. The hosts know what is done: apply with the same cluster.yaml goes on`,
    zh: `无法读取会话 ${name}（${why.zh}）；已移至 ${path}。主机知道已完成的部分：用同一 cluster.yaml 执行 apply 即可继续`,
  }),
  stays: (name: string, path: string, why: Text): Text => ({
    en: `the session ${name} cannot be read (${why.en}); it was left alone: ${path}`,
    zh: `无法读取会话 ${name}（${why.zh}）；保持不动：${path}`,
  }),
  noFolder: (path: string, why: Text): Text => ({
    en: `the saved sessions cannot be read (${why.en}): ${path}`,
    zh: `无法读取已保存的会话（${why.zh}）：${path}`,
  }),
};
