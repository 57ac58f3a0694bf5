import { sized, width } from '../../components/text.js';
import type { ShownKey } from '../../engine/discover/keys.js';
import type { ProblemDetails } from '../../engine/errors.js';
import type { Access } from '../../engine/remote.js';
import type { Language, Text } from '../../engine/text.js';
import type { Row } from './row.js';

/** The hosts as lines for people. */
export function tableOf(rows: readonly Row[], language: Language): string[] {
  const t = (text: Text) => text[language];
  const cells = [
    heads.map(t),
    ...rows.map(({ host, banner, key, inside, problem }) => {
      const { os, cpus, memoryMiB, access, cluster } = inside?.facts ?? {};
      return [
        host.port ? `${host.address}:${host.port}` : host.address,
        banner.replace(/^SSH-2\.0-/, '') || '-',
        key ? t(keyWords[key.is]) + (key.is === 'new' ? ` ${key.fingerprint.slice(0, 19)}…` : '') : '-',
        access ? t(accessWords[access]) : problem ? t(problemWords[problem.code] ?? anyProblem) : '-',
        os ? os.pretty + (cluster!.state === 'none' ? '' : ` (${t(hasCluster)})`) : '-',
        cpus ? `${cpus}` : '-',
        memoryMiB ? `${(memoryMiB / 1024).toFixed(1)} GiB` : '-',
      ];
    }),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map(row => width(row[column]!))));
  return cells.map(row =>
    row
      .map((cell, column) => sized(cell, widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

const heads: Text[] = [
  { en: 'ADDRESS', zh: '地址' },
  { en: 'SSH', zh: 'SSH' },
  { en: 'HOST KEY', zh: '主机密钥' },
  { en: 'ACCESS', zh: '访问' },
  { en: 'OS', zh: '系统' },
  { en: 'CPU', zh: 'CPU' },
  { en: 'MEMORY', zh: '内存' },
];
const keyWords: Record<ShownKey['is'], Text> = {
  known: { en: 'known', zh: '已知' },
  new: { en: 'new', zh: '新' },
  changed: { en: 'CHANGED', zh: '已改变' },
  revoked: { en: 'REVOKED', zh: '已吊销' },
  unexpected: { en: 'UNEXPECTED', zh: '与预期不符' },
};
const accessWords: Record<Access, Text> = {
  root: { en: 'root', zh: 'root' },
  sudo: { en: 'sudo', zh: 'sudo' },
  'sudo-with-password': { en: 'sudo, password', zh: 'sudo，需密码' },
  none: { en: 'no root', zh: '无 root' },
};
const problemWords: Partial<Record<ProblemDetails['code'], Text>> = {
  unreachable: { en: 'unreachable', zh: '无法连接' },
  'host-key': { en: 'blocked', zh: '已阻止' },
  login: { en: 'no login', zh: '无法登录' },
};
const anyProblem: Text = { en: 'problem', zh: '有问题' };
const hasCluster: Text = { en: 'in a cluster', zh: '已在集群中' };
