import { Problem } from '../engine/errors.js';
import type { Ask } from '../engine/fleet.js';
import type { Language, Text } from '../engine/text.js';
import type { Terminal } from './terminal.js';

type SecretQuestion = Parameters<Ask['secret']>[0];

/** The variables that stand for answers in a pipeline. */
export const secretVariables: Record<SecretQuestion['kind'], string> = {
  password: 'K8S_TUI_SSH_PASSWORD',
  sudo: 'K8S_TUI_SUDO_PASSWORD',
  passphrase: 'K8S_TUI_KEY_PASSPHRASE',
  registry: 'K8S_TUI_REGISTRY_PASSWORD',
  proxy: 'K8S_TUI_PROXY_PASSWORD',
};

/**
 * Answers from whoever sits at the terminal. A password is asked for once and offered to every
 * host that asks the same of the same user; where it was wrong, it is asked for anew.
 * @throws Problem, from an answer, where there is nobody to ask: it names the flag or the variable to use
 */
export function makeAsk(terminal: Terminal | null, language: Language, environment: NodeJS.ProcessEnv = process.env): Ask {
  const given = new Map<string, Promise<string | null>>();
  return {
    async hostKey(question) {
      if (!terminal) throw nobodyForKey(question);
      const answer = await terminal.line(questions.hostKey(question)[language]);
      return answer?.trim().toLowerCase() === 'yes';
    },
    async secret(question) {
      const { kind, user, file, attempt } = question;
      // The connector has tried the two passwords of the environment before it asks.
      const set = environment[secretVariables[kind]];
      if (set && kind !== 'password' && kind !== 'sudo' && attempt === 1) return set;
      if (!terminal) throw set ? wrongSecret(question) : nobodyForSecret(question);
      const key = [kind, user, file, attempt].join('/');
      if (given.has(key)) return given.get(key)!;
      const answer = terminal.secret(questions[kind](question)[language]).then(text => text || null);
      given.set(key, answer);
      return answer;
    },
  };
}

const again = ({ attempt }: SecretQuestion): Text =>
  attempt > 1 ? { en: 'That was not it. ', zh: '不正确。' } : { en: '', zh: '' };

const questions = {
  hostKey: ({ host, address, type, fingerprint }: Parameters<Ask['hostKey']>[0]): Text => ({
    en: `${host} (${address}) is not known yet. Its ${type} key is ${fingerprint}\nIs that right? Type yes to trust it: `,
    zh: `${host}（${address}）尚未登记。其 ${type} 密钥为 ${fingerprint}\n是否正确？输入 yes 表示信任：`,
  }),
  password: (question: SecretQuestion): Text => ({
    en: `${again(question).en}Password of ${question.user} on ${question.host}, and on the other hosts that ask for it: `,
    zh: `${again(question).zh}${question.host}（以及其他询问的主机）上 ${question.user} 的密码：`,
  }),
  sudo: (question: SecretQuestion): Text => ({
    en: `${again(question).en}Password of ${question.user} for sudo on ${question.host}, and on the other hosts that ask for it: `,
    zh: `${again(question).zh}${question.host}（以及其他询问的主机）上 ${question.user} 的 sudo 密码：`,
  }),
  registry: (question: SecretQuestion): Text => ({
    en: `${again(question).en}Password of ${question.user} at the registry ${question.host}: `,
    zh: `${again(question).zh}镜像仓库 ${question.host} 的用户 ${question.user} 的密码：`,
  }),
  proxy: (question: SecretQuestion): Text => ({
    en: `${again(question).en}Password of ${question.user} at the proxy ${question.host}: `,
    zh: `${again(question).zh}代理 ${question.host} 的用户 ${question.user} 的密码：`,
  }),
  passphrase: (question: SecretQuestion): Text => ({
    en: `${again(question).en}Passphrase of ${question.file ?? 'the key'}: `,
    zh: `${again(question).zh}${question.file ?? '密钥'} 的口令：`,
  }),
};

const nobodyForKey = ({ host, address, type, fingerprint }: Parameters<Ask['hostKey']>[0]) =>
  new Problem({
    code: 'host-key',
    host,
    what: {
      en: `the host key of ${address} is not known (${type} ${fingerprint}), and there is no terminal to ask on`,
      zh: `${address} 的主机密钥未知（${type} ${fingerprint}），且没有可供询问的终端`,
    },
    remedy: {
      en: 'Add the key to known_hosts, or use --accept-new-host-keys to record unknown keys (changed ones still stop).',
      zh: '请把该密钥加入 known_hosts，或使用 --accept-new-host-keys 记录未知密钥（已改变的密钥仍会中止）。',
    },
  });

const nouns: Record<SecretQuestion['kind'], Text> = {
  password: { en: 'the password', zh: '密码' },
  sudo: { en: 'the password for sudo', zh: 'sudo 密码' },
  passphrase: { en: 'the passphrase of the key', zh: '密钥口令' },
  registry: { en: 'the password for the registry', zh: '镜像仓库密码' },
  proxy: { en: 'the password for the proxy', zh: '代理密码' },
};
const keyInstead: Text = {
  en: ', or use a key (ssh.identityFile, ssh-agent)',
  zh: '，或使用密钥（ssh.identityFile、ssh-agent）',
};
const sudoInstead: Text = { en: ', or let the user use sudo without a password', zh: '，或允许该用户免密码使用 sudo' };
const nothing: Text = { en: '', zh: '' };
const instead: Record<SecretQuestion['kind'], Text> = {
  password: keyInstead,
  passphrase: keyInstead,
  sudo: sudoInstead,
  registry: nothing,
  proxy: nothing,
};
const codeOf = (kind: SecretQuestion['kind']) => (kind === 'sudo' ? 'sudo' : 'login');

const nobodyForSecret = ({ host, user, kind, file }: SecretQuestion) =>
  new Problem({
    code: codeOf(kind),
    host,
    what: {
      en: `${nouns[kind].en} ${file ?? `of ${user}`} is needed, and there is no terminal to ask on`,
      zh: `需要 ${file ?? user} 的${nouns[kind].zh}，但没有可供询问的终端`,
    },
    remedy: {
      en: `Set ${secretVariables[kind]} in the environment${instead[kind].en}.`,
      zh: `请设置环境变量 ${secretVariables[kind]}${instead[kind].zh}。`,
    },
  });

const wrongSecret = ({ host, user, kind, file }: SecretQuestion) =>
  new Problem({
    code: codeOf(kind),
    host,
    what: {
      en: `${nouns[kind].en} ${file ?? `of ${user}`} in ${secretVariables[kind]} is wrong`,
      zh: `${secretVariables[kind]} 中 ${file ?? user} 的${nouns[kind].zh}不正确`,
    },
    remedy: { en: `Set ${secretVariables[kind]} to the right one.`, zh: `请把 ${secretVariables[kind]} 设为正确的值。` },
  });
