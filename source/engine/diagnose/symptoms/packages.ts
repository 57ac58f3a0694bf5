import { sh } from '../../sh.js';
import { again, byHand, either, is, otherMirror, run, type Symptom, said } from '../symptom.js';

export const packages: readonly Symptom[] = [
  {
    id: 'packages-locked',
    likelihood: 'sure',
    find: either(
      said(/Could not get lock (\S+)|Unable to acquire the dpkg frontend lock/i, []),
      is('facts', ({ facts, problem }) => problem !== null && facts.aptLock && `the lock is held by ${facts.aptLock}`),
    ),
    cause: (_, { facts }) => ({
      en: `another program is installing packages${facts.aptLock ? `: ${facts.aptLock}` : ''}`,
      zh: `另一个程序正在安装软件包${facts.aptLock ? `：${facts.aptLock}` : ''}`,
    }),
    fixes: () => [
      again('try again when it has ended: an automatic update takes some minutes', '待其结束后重试：自动更新需要几分钟'),
    ],
  },
  {
    id: 'packages-interrupted',
    likelihood: 'sure',
    find: either(
      said(/dpkg was interrupted/i, []),
      is('facts', ({ facts, problem }) => problem !== null && facts.dpkgBroken && 'dpkg was interrupted'),
    ),
    cause: { en: 'an earlier install of packages was cut off in the middle', zh: '此前的软件包安装被中断' },
    fixes: () => [
      run('let dpkg end it', '让 dpkg 完成安装', sh`DEBIAN_FRONTEND=noninteractive dpkg --force-confold --configure -a`),
      again(),
    ],
    explains: ['packages-conflict'],
  },
  {
    id: 'packages-conflict',
    likelihood: 'likely',
    find: said(/unmet dependencies|held broken packages|trying to overwrite '([^']+)'/i, []),
    cause: { en: 'packages on this host are in each other’s way', zh: '主机上的软件包互相冲突' },
    fixes: () => [
      byHand(
        'look at the last lines for their names; apt-get -f install often mends it',
        '查看最后几行中的名称；apt-get -f install 通常可修复',
      ),
    ],
  },
  {
    id: 'repository-key',
    likelihood: 'sure',
    find: said(/(EXPKEYSIG|NO_PUBKEY|REVKEYSIG|KEYEXPIRED) ([0-9A-F]{8,40})/, []),
    cause: ({ match }) => ({
      en: `the key of a package source is not the one that is known here (${match[1]} ${match[2]})`,
      zh: `软件源密钥与本机已知的不符（${match[1]} ${match[2]}）`,
    }),
    fixes: () => [
      again('run the plan again: it fetches and checks the key anew', '重新运行计划：会重新获取并校验密钥'),
      otherMirror,
    ],
  },
  {
    id: 'repository-time',
    likelihood: 'likely',
    find: said(/Release file .*is (not valid yet|expired)/i, []),
    cause: {
      en: 'a package source is not valid at this time: the clock is wrong, or the mirror is stale',
      zh: '软件源此刻无效：时钟不准，或镜像已陈旧',
    },
    fixes: () => [byHand('compare `date` with a clock that is right', '请用准确的时钟核对 `date`'), otherMirror],
  },
  {
    id: 'package-not-there',
    likelihood: 'likely',
    find: said(/Unable to locate package (\S+)|Version '?([\w.:~-]+)'? for '?([\w-]+)'? was not found|404 +Not Found/i, []),
    cause: ({ match }) => ({
      en: `the package source does not carry ${match[1] ?? match[3] ?? 'what is needed'}`,
      zh: `软件源没有 ${match[1] ?? match[3] ?? '所需内容'}`,
    }),
    fixes: () => [otherMirror, again()],
  },
  {
    id: 'sudo-password',
    likelihood: 'sure',
    find: said(/sudo: a password is required|no tty present|sudo: sorry, you must have a tty/i, []),
    cause: { en: 'sudo asks for a password that was not given', zh: 'sudo 需要密码但未提供' },
    fixes: () => [
      byHand('give it when you are asked, or in K8S_TUI_SUDO_PASSWORD', '在询问时输入，或设置 K8S_TUI_SUDO_PASSWORD'),
    ],
  },
];
