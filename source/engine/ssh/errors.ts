import { Problem, type ProblemDetails } from '../errors.js';
import type { Text } from '../text.js';
import { fingerprint, hostName, type KnownHost } from './known-hosts.js';
import { sanitize } from './sanitize.js';

/** A host as errors speak of it. */
export interface Target {
  /** Its name in the spec. */
  host: string;
  address: string;
  port: number;
  user: string;
  /** `hosts[1]` */
  place?: string;
}

const at = ({ address, port }: Target) => (port === 22 ? address : `${address}:${port}`);
const problem = (target: Target, field: string, details: Omit<ProblemDetails, 'host' | 'place'>) =>
  new Problem({ ...details, host: target.host, ...(target.place ? { place: `${target.place}.${field}` } : {}) });

type Reason = { why: Text; remedy: Text };

const isItUp: Text = {
  en: 'Check the address and that the host is up.',
  zh: '请检查地址以及主机是否已开机。',
};
const unreachableReasons: Record<string, Reason> = {
  ENOTFOUND: {
    why: { en: 'no such name in DNS', zh: 'DNS 中没有这个名称' },
    remedy: { en: 'Check how the address is spelt, or use an IP address.', zh: '请检查地址拼写，或改用 IP 地址。' },
  },
  EAI_AGAIN: {
    why: { en: 'the name server does not answer', zh: '域名服务器没有应答' },
    remedy: { en: 'Check the DNS of this machine, or use an IP address.', zh: '请检查本机的 DNS，或改用 IP 地址。' },
  },
  ECONNREFUSED: {
    why: { en: 'the connection was refused: nothing listens on that port', zh: '连接被拒绝：该端口没有服务在监听' },
    remedy: {
      en: 'Check that sshd runs there and that the port is right.',
      zh: '请检查该主机的 sshd 是否运行、端口是否正确。',
    },
  },
  ETIMEDOUT: {
    why: { en: 'no answer in time', zh: '在限定时间内没有应答' },
    remedy: {
      en: 'Check the address, that the host is up, and that no firewall is in between.',
      zh: '请检查地址、主机是否开机，以及中间是否有防火墙。',
    },
  },
  EHOSTUNREACH: { why: { en: 'no route to the host', zh: '没有到该主机的路由' }, remedy: isItUp },
  ENETUNREACH: {
    why: { en: 'no route to its network', zh: '没有到其网络的路由' },
    remedy: { en: "Check this machine's network or VPN.", zh: '请检查本机的网络或 VPN。' },
  },
  ECONNRESET: {
    why: { en: 'the connection was cut before the login', zh: '连接在登录前被切断' },
    remedy: {
      en: 'Check that this port speaks SSH and that sshd lets this address in.',
      zh: '请检查该端口是否为 SSH 服务，以及 sshd 是否允许本机地址。',
    },
  },
};
const oldAlgorithms: Reason = {
  why: { en: 'it offers only algorithms that are no longer safe', zh: '它只提供已不再安全的算法' },
  remedy: {
    en: 'Update sshd on that host, or give it an ed25519 host key.',
    zh: '请更新该主机的 sshd，或为其生成 ed25519 主机密钥。',
  },
};

/** Why there is no connection, from what ssh2 or the socket threw. */
function reasonFor(error: unknown): Reason {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && unreachableReasons[code]) return unreachableReasons[code];
  if (/no matching/.test(message)) return oldAlgorithms;
  const [, jumpSays] = /^\(SSH\) Channel open failure: (.*)/.exec(message) ?? [];
  const said = sanitize(jumpSays ?? message);
  if (jumpSays === undefined) return { why: { en: said, zh: said }, remedy: isItUp };
  return { why: { en: `the jump host says: ${said}`, zh: `跳板机提示：${said}` }, remedy: isItUp };
}

/** No connection to a host. @param error what ssh2 or the socket threw */
export function unreachable(target: Target, error: unknown): Problem {
  const { why, remedy } = reasonFor(error);
  return problem(target, 'address', {
    code: 'unreachable',
    what: { en: `cannot reach ${at(target)}: ${why.en}`, zh: `无法连接 ${at(target)}：${why.zh}` },
    remedy,
  });
}

export function badJump(target: Target, jump: string): Problem {
  return problem(target, 'ssh.jump', {
    code: 'spec',
    what: { en: `not a jump host: ${jump}`, zh: `不是有效的跳板机：${jump}` },
    remedy: {
      en: 'Write it as user@host:port; user and port may be left out.',
      zh: '请写成 user@host:port；用户名和端口可以省略。',
    },
  });
}

export function hostKeysUnreadable(target: Target, error: Error): Problem {
  return problem(target, 'address', {
    code: 'host-key',
    what: {
      en: `the known host keys cannot be read: ${error.message}`,
      zh: `无法读取已知的主机密钥：${error.message}`,
    },
    remedy: { en: 'Make the file readable for you.', zh: '请使该文件对您可读。' },
  });
}

export function hostKeyRefused(target: Target, key: Buffer): Problem {
  const print = fingerprint(key);
  return problem(target, 'address', {
    code: 'host-key',
    what: {
      en: `nothing is known of the host key of ${at(target)} (${print}), and it was not accepted`,
      zh: `${at(target)} 的主机密钥（${print}）未知，且未被接受`,
    },
    remedy: {
      en: "Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and accept it, or use --accept-new-host-keys.",
      zh: '请与主机自己的指纹（ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub）核对后接受，或使用 --accept-new-host-keys。',
    },
  });
}

/** @param known the key before; line 0 where it was accepted in this run and not written down */
export function hostKeyChanged(target: Target, key: Buffer, known: Pick<KnownHost, 'file' | 'line' | 'key'>): Problem {
  const name = hostName(target.address, target.port);
  const [now, before, where] = [fingerprint(key), fingerprint(known.key), `${known.file}:${known.line}`];
  const earlier: Text = known.line
    ? { en: `but ${where} says ${before}`, zh: `而 ${where} 记录的是 ${before}` }
    : { en: `but it was ${before} before`, zh: `而之前是 ${before}` };
  return problem(target, 'address', {
    code: 'host-key',
    what: {
      en: `the host key of ${at(target)} has changed: it shows ${now}, ${earlier.en}`,
      zh: `${at(target)} 的主机密钥已改变：现在是 ${now}，${earlier.zh}`,
    },
    remedy: {
      en: `Someone may be in between. Only if you know why it changed (the host was installed anew): ssh-keygen -f ${known.file} -R '${name}'`,
      zh: `可能有人在中间拦截。只有在确知其改变原因（例如主机重装）时才执行：ssh-keygen -f ${known.file} -R '${name}'`,
    },
  });
}

export function hostKeyRevoked(target: Target, key: Buffer, known: KnownHost): Problem {
  return problem(target, 'address', {
    code: 'host-key',
    what: {
      en: `the host key of ${at(target)} (${fingerprint(key)}) is marked as revoked in ${known.file}:${known.line}`,
      zh: `${at(target)} 的主机密钥（${fingerprint(key)}）在 ${known.file}:${known.line} 中被标为已吊销`,
    },
    remedy: { en: 'Give the host a new key; do not log in with this one.', zh: '请为该主机更换密钥；不要用此密钥登录。' },
  });
}

export const takesPassword = (takes: string[]): boolean => takes.includes('password') || takes.includes('keyboard-interactive');

/**
 * @param tried what was offered, in words
 * @param left how many passwords may still be tried
 */
export function loginRefused(target: Target, tried: string[], takes: string[], left: number): Problem {
  const what = tried.map(each => (each === 'password' ? 'password (wrong)' : each)).join(', ');
  const methods = takes.join(', ');
  const isLast = takesPassword(takes) && left === 0;
  return problem(target, 'ssh', {
    code: 'login',
    what: {
      en: `${at(target)} does not let ${target.user} in${what ? `; tried: ${what}` : ': no key and no password to offer'}${methods ? `; it takes: ${methods}` : ''}`,
      zh: `${at(target)} 不允许 ${target.user} 登录${what ? `；已尝试：${what}` : '：没有可用的密钥或密码'}${methods ? `；它接受：${methods}` : ''}`,
    },
    remedy: isLast
      ? noMoreTries
      : {
          en: 'Check the user and the key (ssh.identityFile) or the password.',
          zh: '请检查用户名、密钥（ssh.identityFile）或密码。',
        },
    ...(takesPassword(takes) && { passwordsLeft: left }),
  });
}

const noMoreTries: Text = {
  en: 'No more passwords are tried until the program is started anew, so that the account is not locked. Find the right one first.',
  zh: '为避免账户被锁定，在重新启动程序之前不再尝试密码。请先确认正确的密码。',
};

export function passwordExpired(target: Target): Problem {
  const byHand = `ssh ${target.port === 22 ? '' : `-p ${target.port} `}${target.user}@${target.address}`;
  return problem(target, 'ssh.user', {
    code: 'login',
    what: { en: `the password of ${target.user} has expired`, zh: `${target.user} 的密码已过期` },
    remedy: { en: `Log in once by hand and set a new one: ${byHand}`, zh: `请手动登录一次并设置新密码：${byHand}` },
  });
}

export function keyUnusable(target: Target, file: string, why: Text): Problem {
  return problem(target, 'ssh.identityFile', {
    code: 'login',
    what: { en: `the key ${file} cannot be used: ${why.en}`, zh: `无法使用密钥 ${file}：${why.zh}` },
    remedy: {
      en: 'Name a private key in the OpenSSH or PEM format: ssh.identityFile.',
      zh: '请在 ssh.identityFile 中指定 OpenSSH 或 PEM 格式的私钥。',
    },
  });
}

/** The shell that was asked for never started; `said` is what came instead. */
export function noShell(target: Target, said: string): Problem {
  // sshd lets a key in all the same, and then has the password changed, for which it wants a terminal.
  if (/password (change required|has expired)/i.test(said)) return passwordExpired(target);
  const words = sanitize(said.trim().split('\n').at(-1) ?? '');
  return problem(target, 'ssh.user', {
    code: 'login',
    what: {
      en: `${target.user} may log in, but gets no shell${words ? `: ${words}` : ''}`,
      zh: `${target.user} 可以登录，但得不到 shell${words ? `：${words}` : ''}`,
    },
    remedy: { en: 'Use a user with a login shell.', zh: '请使用具有登录 shell 的用户。' },
  });
}

/** @param left how many passwords may still be tried, where one may help */
export function noRoot(target: Target, why: Text, left?: number): Problem {
  // sudo with requiretty lets in whoever is at a terminal, and scripts are not.
  const { file, line } = /must have a tty/.test(why.en)
    ? { ...sudoersOf(target.user), line: `Defaults:${target.user} !requiretty` }
    : sudoersOf(target.user);
  return problem(target, 'ssh.user', {
    code: 'sudo',
    what: { en: `${target.user} cannot become root: ${why.en}`, zh: `${target.user} 无法成为 root：${why.zh}` },
    remedy: left
      ? { en: `Give the password of ${target.user} for sudo.`, zh: `请输入 ${target.user} 的 sudo 密码。` }
      : {
          en: `Log in as root; or, as root on that host, put the line "${line}" into ${file} and check it: visudo -cf ${file}`,
          zh: `请以 root 登录；或在该主机上以 root 身份将一行 “${line}” 写入 ${file}，并检查：visudo -cf ${file}`,
        },
    ...(left !== undefined && { passwordsLeft: left }),
  });
}

/** What lets a user become root without a password. sudo passes over files with a dot in their name. */
export const sudoersOf = (user: string): { file: string; line: string } => ({
  file: `/etc/sudoers.d/${user.replaceAll('.', '_')}`,
  line: `${user} ALL=(ALL) NOPASSWD: ALL`,
});

/** What sudo said instead of letting somebody in: its last words. */
export function sudoSaid({ user }: Target, said: string): Text {
  const words = said.split('\n').map(sanitize);
  const last = words.findLast(line => line.trim()) ?? `${user} may not run sudo`;
  return { en: `sudo says: ${last}`, zh: `sudo 提示：${last}` };
}

/**
 * The line broke.
 * @param reason as `reasonOf` makes it
 * @param since what the last try to open it again ended with
 */
export function lost(target: Target, reason: string, since?: Text): Problem {
  return new Problem({
    code: 'lost',
    host: target.host,
    what: {
      en: `the line to ${at(target)} broke: ${reason}${since ? `; ${since.en}` : ''}`,
      zh: `与 ${at(target)} 的连接断开：${reason}${since ? `；${since.zh}` : ''}`,
    },
    remedy: {
      en: 'Look whether the host is up, then start again: what is done already is found and left as it is.',
      zh: '请检查主机是否正常运行，然后重新开始：已完成的部分会被识别并保持不变。',
    },
  });
}

export function stopped(target: Pick<Target, 'host'>): Problem {
  return new Problem({
    code: 'stopped',
    host: target.host,
    what: { en: 'stopped on request', zh: '已按要求停止' },
    remedy: { en: 'Start again when you are ready.', zh: '准备好后重新开始即可。' },
  });
}

export function cannotStop({ host }: Target, id: string, said: string): Problem {
  return new Problem({
    code: 'step',
    host,
    what: { en: `the job ${id} could not be stopped: ${said}`, zh: `无法停止任务 ${id}：${said}` },
    remedy: { en: `Stop it on the host: systemctl stop k8s-tui-${id}`, zh: `请在主机上停止它：systemctl stop k8s-tui-${id}` },
  });
}

export function tooLong(target: Target, ms: number, lastLines: string[]): Problem {
  return new Problem({
    code: 'step',
    host: target.host,
    what: { en: `a script did not end within ${ms / 1000} s and was given up`, zh: `脚本在 ${ms / 1000} 秒内未结束，已放弃` },
    remedy: { en: 'Look what keeps the host busy, then start again.', zh: '请检查主机忙于什么，然后重新开始。' },
    command: { line: '/bin/sh', exitCode: null, lastLines },
  });
}

/** A broken line in a few words, for people. @param error null where the host hung up without a word */
export function reasonOf(error: unknown): string {
  if (!error) return 'the host closed the connection';
  if ((error as Error).message === 'Keepalive timeout') return 'the host no longer answers';
  if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 'the connection was reset';
  return reasonFor(error).why.en;
}

/** @param said what ssh2 says of it */
export const noForwarding = (target: Target, said: string) =>
  new Problem({
    code: 'step',
    host: target.host,
    what: {
      en: `sshd of this host does not let a port be forwarded: ${said}`,
      zh: `该主机的 sshd 不允许端口转发：${said}`,
    },
    remedy: {
      en: 'The relay needs it: set AllowTcpForwarding yes in /etc/ssh/sshd_config there and reload sshd; or write relay: false.',
      zh: '中继需要端口转发：请在该主机的 /etc/ssh/sshd_config 中设置 AllowTcpForwarding yes 并重新加载 sshd；或写 relay: false。',
    },
  });
