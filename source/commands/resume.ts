import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Problem } from '../engine/errors.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import { expandHome } from '../engine/ssh/expand-home.js';
import type { Text } from '../engine/text.js';
import { readSession } from '../state/session-file.js';
import { isOpen, type NamedSession, type SavedSession, savedSessions, sessionState, whyUnread } from '../state/sessions.js';
import { install } from './apply.js';
import type { ExitCode } from './exit.js';
import { aside, type Session } from './session.js';
import { named } from './sessions.js';

/**
 * Goes on with a session: the same choices, a new look at the hosts, and what is left to do.
 * @param word the name of a session, or the file of one from another machine; the newest that is not done, unless told
 */
export async function resume(session: Session, word?: string): Promise<ExitCode> {
  const say = aside(session.language);
  const saved = word?.endsWith('.json') ? await fromElsewhere(word) : await choose(word, say);
  say(words.goesOn(saved));
  return install(session, withKeysThatAreHere(saved.spec, say));
}

async function choose(name: string | undefined, say: (text: Text) => void): Promise<NamedSession> {
  const sessions = await savedSessions().list(say);
  if (name !== undefined) return named(sessions, name);
  const [newest] = sessions.filter(isOpen);
  if (newest) return newest;
  throw new Problem({
    code: 'spec',
    what: { en: 'no session waits to be taken up again', zh: '没有待继续的会话' },
    remedy: sessions.length
      ? {
          en: `All are installed. To look at one again: k8s-tui resume ${sessions[0]!.name}`,
          zh: `均已安装完成。如需再次检查：k8s-tui resume ${sessions[0]!.name}`,
        }
      : {
          en: 'An install begins with k8s-tui, or with k8s-tui apply -f cluster.yaml.',
          zh: '请用 k8s-tui 或 k8s-tui apply -f cluster.yaml 开始安装。',
        },
  });
}

async function fromElsewhere(file: string): Promise<SavedSession> {
  try {
    return readSession(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const why = whyUnread(error);
    throw new Problem({
      code: 'spec',
      what: { en: `${file} cannot be read as a session: ${why.en}`, zh: `无法将 ${file} 作为会话读取：${why.zh}` },
      remedy: {
        en: 'Take the session.json from the folder that `k8s-tui sessions` names on the other machine.',
        zh: '请使用另一台机器上 `k8s-tui sessions` 所示文件夹中的 session.json。',
      },
    });
  }
}

/** A key lies elsewhere on another machine: where the file is missing, the operator's usual keys are offered. */
function withKeysThatAreHere(spec: ClusterSpec, say: (text: Text) => void): ClusterSpec {
  const missing = new Set<string>();
  const here = <S extends ClusterSpec['ssh'] | undefined>(ssh: S): S => {
    if (!ssh?.identityFile || existsSync(expandHome(ssh.identityFile))) return ssh;
    missing.add(ssh.identityFile);
    return { ...ssh, identityFile: undefined };
  };
  const found = { ...spec, ssh: here(spec.ssh), hosts: spec.hosts.map(host => ({ ...host, ssh: here(host.ssh) })) };
  for (const file of missing) say(words.noKey(file));
  return found;
}

const words = {
  goesOn: (session: SavedSession): Text => {
    const state = sessionState(session);
    const at = new Date(session.savedAt).toISOString().slice(0, 16).replace('T', ' ');
    return {
      en: `${session.spec.name}: ${state.en} (${at} UTC); what is done there is found out now`,
      zh: `${session.spec.name}：${state.zh}（${at} UTC）；现在重新检查已完成的部分`,
    };
  },
  noKey: (file: string): Text => ({
    en: `the key ${file} is not on this machine: your usual keys and the ssh-agent's are offered`,
    zh: `本机没有密钥 ${file}：将使用常用密钥和 ssh-agent 中的密钥`,
  }),
};
