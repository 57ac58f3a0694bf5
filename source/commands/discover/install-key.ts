import { type Authorized, authorizing, type Open, visit } from '../../engine/discover/get-in.js';
import { makeOwnKey, type OwnKey, ownKeys, readOwnKey } from '../../engine/discover/own-key.js';
import { Problem } from '../../engine/errors.js';
import type { Ask } from '../../engine/fleet.js';
import { sshOf } from '../../engine/spec/hosts.js';
import type { HostSpec } from '../../engine/spec/schema.js';
import type { Text } from '../../engine/text.js';
import { secretVariables } from '../ask.js';
import type { Session } from '../session.js';
import { type Row, specOf } from './row.js';

export interface KeyWish {
  /** Of the private key; the first of the operator's own unless told. */
  file?: string;
  isNew: boolean;
}

/** @throws Problem login where there is none */
export async function keyToInstall({ file, isNew }: KeyWish, note: (text: Text) => void): Promise<OwnKey> {
  if (isNew) {
    const key = await makeOwnKey(file === undefined ? undefined : [file]);
    note(said.made(key));
    return key;
  }
  if (file !== undefined) return readOwnKey(file);
  const [first] = await ownKeys();
  if (!first) throw noKey();
  return first;
}

interface Installing {
  key: OwnKey;
  session: Session;
  ask: Ask;
  open: Open;
  note: (text: Text) => void;
  /** Hosts are being changed from now on. */
  onStart: (hosts: string[]) => void;
  onHost: (said: Authorized) => void;
}

/**
 * Lets a key in on the rows that take a password: one password for all of a user, at most two tries. What that changes is shown
 * and asked for before; once it has begun a stop waits until it is done, a second one does not. @returns the rows that the key opens now
 */
export async function installKey(rows: readonly Row[], { key, session, ask, open, note, ...told }: Installing): Promise<Row[]> {
  const spec = specOf(rows);
  const { stop: signal } = session;
  const rowOf = new Map(spec.hosts.map((host, i) => [host.name, rows[i]!]));
  const opened: Row[] = [];
  const onHost = (done: Authorized) => {
    told.onHost(done);
    if (done.is !== 'failed') note(said.letIn(done.host, done.is));
  };
  const userOf = (host: HostSpec) => sshOf(spec, host).user;
  for (const user of new Set(spec.hosts.map(userOf))) {
    let left = spec.hosts.filter(host => userOf(host) === user);
    for (const attempt of [1, 2]) {
      const password = await passwordOf(user, left, attempt, ask);
      if (password === null) break;
      const there = await visit(spec, left, password, { open, signal });
      try {
        const inside = there.entries.filter(({ is }) => is === 'in').map(({ host }) => host);
        for (const entry of there.entries) if (entry.is === 'out') rowOf.get(entry.host)!.problem = entry.problem;
        if (inside.length && (await mayChange(user, inside, key, session, note))) {
          told.onStart(inside);
          signal.addEventListener('abort', () => note(said.stopping), { once: true });
          for (const done of await there.authorize(key, ask, { signal: session.now, onHost })) {
            const row = rowOf.get(done.host)!;
            if (done.is === 'failed') row.problem = done.problem;
            else {
              row.host = { ...row.host, identityFile: key.file };
              opened.push(row);
            }
          }
          signal.throwIfAborted();
        }
        left = left.filter(({ name }) => !inside.includes(name) && rowOf.get(name)!.problem?.passwordsLeft);
      } finally {
        await there.close();
      }
      if (!left.length || !session.terminal) break;
    }
  }
  return opened;
}

/** What is so where a stop came while keys were let in. */
export function stoppedAt(started: readonly string[], done: readonly Authorized[]): Text {
  const added = done.filter(({ is }) => is === 'added').map(({ host }) => host);
  const open = started.filter(host => !done.some(each => each.host === host && each.is !== 'failed'));
  const unknown = {
    en: open.length ? ` On ${open.join(', ')} it may have been: the same command finds out.` : '',
    zh: open.length ? `${open.join('、')} 上是否已添加尚不清楚：再次执行同一命令即可得知。` : '',
  };
  return {
    en: `Stopped. The key was added on ${added.join(', ') || 'no host'}; nothing else was changed.${unknown.en}`,
    zh: `已停止。已添加密钥的主机：${added.join('、') || '无'}；没有其他改动。${unknown.zh}`,
  };
}

/** From the environment, else asked for. */
async function passwordOf(user: string, hosts: HostSpec[], attempt: number, ask: Ask): Promise<string | null> {
  const set = process.env[secretVariables.password];
  if (set && attempt === 1) return set;
  const host = hosts.map(({ address }) => address).join(', ');
  return ask.secret({ host, user, kind: 'password', attempt });
}

async function mayChange(user: string, hosts: string[], key: OwnKey, session: Session, note: (text: Text) => void) {
  const plan = authorizing(user, key);
  const text = { en: `${hosts.join(', ')}: ${plan.en}`, zh: `${hosts.join('、')}：${plan.zh}` };
  if (session.yes) {
    note(text);
    return true;
  }
  const answer = await session.terminal?.line(`${text[session.language]}\n${said.ask[session.language]}`);
  if (answer?.trim().toLowerCase() === 'yes') return true;
  note(said.notInstalled);
  return false;
}

const said = {
  ask: {
    en: 'Nothing has been changed yet. Type yes to install the key: ',
    zh: '尚未做任何改动。输入 yes 以安装密钥：',
  } as Text,
  stopping: {
    en: 'stopping when the keys are in; Ctrl-C again stops now',
    zh: '密钥安装完成后停止；再按一次 Ctrl-C 立即停止',
  } as Text,
  notInstalled: {
    en: 'the key was not installed; with --yes it is installed without a question',
    zh: '未安装密钥；使用 --yes 可不经询问直接安装',
  } as Text,
  letIn: (host: string, is: 'added' | 'there'): Text => ({
    en: `${host}: the key ${is === 'added' ? 'was added' : 'was there'} and opens it by itself`,
    zh: `${host}：密钥${is === 'added' ? '已添加' : '已存在'}，且可单独登录`,
  }),
  made: ({ file, fingerprint }: OwnKey): Text => ({
    en: `a new key was made: ${file} (${fingerprint}); it has no passphrase, ssh-keygen -p -f ${file} gives it one`,
    zh: `已生成新密钥：${file}（${fingerprint}）；它没有口令，可用 ssh-keygen -p -f ${file} 设置`,
  }),
};

const noKey = () =>
  new Problem({
    code: 'login',
    what: { en: 'there is no key to install', zh: '没有可安装的密钥' },
    remedy: {
      en: 'Name a private key: --install-key ~/.ssh/id_ed25519; or let one be made: --new-key',
      zh: '请指定私钥：--install-key ~/.ssh/id_ed25519；或生成新密钥：--new-key',
    },
  });
