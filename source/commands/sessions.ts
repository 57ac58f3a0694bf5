import { Problem } from '../engine/errors.js';
import type { Text } from '../engine/text.js';
import { type NamedSession, savedSessions } from '../state/sessions.js';
import { sessionTable } from '../views/sessions.js';
import { type ExitCode, exit } from './exit.js';
import { aside, type Session } from './session.js';

/** What was begun from this machine, newest first; with --json a line for each. */
export async function listSessions({ print, json, language }: Session): Promise<ExitCode> {
  const sessions = await savedSessions().list(aside(language));
  if (json) for (const session of sessions) print(JSON.stringify({ type: 'session', ...session }));
  else sessionTable(sessions, language, Date.now()).forEach(print);
  return exit.ok;
}

/** Forgets a session after its name was typed; --yes stands for that. The hosts are not touched. */
export async function removeSession(session: Session, name: string): Promise<ExitCode> {
  const sessions = savedSessions();
  named(await sessions.list(aside(session.language)), name);
  if (!session.yes) {
    if (!session.terminal) throw nobodyToAsk;
    const answer = await session.terminal.line(words.question(name)[session.language]);
    if (answer?.trim() !== name) {
      session.print(words.kept[session.language]);
      return exit.stopped;
    }
  }
  await sessions.remove(name);
  session.print(words.removed(name)[session.language]);
  return exit.ok;
}

/** @throws Problem spec where there is none of this name */
export function named(sessions: NamedSession[], name: string): NamedSession {
  const found = sessions.find(session => session.name === name);
  if (found) return found;
  throw new Problem({
    code: 'spec',
    what: { en: `there is no session called ${name}`, zh: `没有名为 ${name} 的会话` },
    remedy: sessions.length
      ? {
          en: `There are: ${sessions.map(session => session.name).join(', ')}.`,
          zh: `现有会话：${sessions.map(session => session.name).join('、')}。`,
        }
      : {
          en: 'There is none at all. An install begins with k8s-tui, or with k8s-tui apply -f cluster.yaml.',
          zh: '目前没有任何会话。请用 k8s-tui 或 k8s-tui apply -f cluster.yaml 开始安装。',
        },
  });
}

const nobodyToAsk = new Problem({
  code: 'spec',
  what: { en: 'there is no terminal to ask on', zh: '没有可供询问的终端' },
  remedy: { en: 'Use --yes.', zh: '请使用 --yes。' },
});

const words = {
  question: (name: string): Text => ({
    en: `The session ${name} and its logs are deleted; no host is touched, and what is installed stays. Type ${name} to go on: `,
    zh: `将删除会话 ${name} 及其日志；不改动任何主机，已安装的内容保留。输入 ${name} 继续：`,
  }),
  kept: { en: 'Nothing was deleted.', zh: '没有删除任何内容。' },
  removed: (name: string): Text => ({ en: `✓ ${name} is forgotten`, zh: `✓ 已删除 ${name}` }),
};
