import { join } from 'node:path';
import { sized, width } from '../components/text.js';
import type { Language, Text } from '../engine/text.js';
import { type NamedSession, sessionState } from '../state/sessions.js';
import { stateFolder } from './state-folder.js';

/** Saved sessions as a table, and how to go on. */
export function sessionTable(sessions: readonly NamedSession[], language: Language, now: number): string[] {
  if (!sessions.length) return [words.none[language]];
  const rows = [
    words.head.map(text => text[language]),
    ...sessions.map(session => [
      session.name,
      sessionState(session)[language],
      String(session.spec.hosts.length),
      ago(now - session.savedAt)[language],
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => width(row[column]!))));
  return [
    ...rows.map(row =>
      row
        .map((text, column) => sized(text, widths[column]!))
        .join('  ')
        .trimEnd(),
    ),
    '',
    words.foot[language],
    words.where(join(stateFolder(), sessions[0]!.name, 'session.json'))[language],
  ];
}

function ago(ms: number): Text {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return { en: 'just now', zh: '刚刚' };
  if (minutes < 60) return { en: `${minutes} min ago`, zh: `${minutes} 分钟前` };
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return { en: `${hours} h ago`, zh: `${hours} 小时前` };
  return { en: `${Math.floor(hours / 24)} days ago`, zh: `${Math.floor(hours / 24)} 天前` };
}

const words = {
  none: {
    en: 'No session yet. An install begins with k8s-tui, or with k8s-tui apply -f cluster.yaml.',
    zh: '还没有会话。请用 k8s-tui 或 k8s-tui apply -f cluster.yaml 开始安装。',
  },
  head: [
    { en: 'NAME', zh: '名称' },
    { en: 'STATE', zh: '状态' },
    { en: 'HOSTS', zh: '主机' },
    { en: 'SAVED', zh: '保存时间' },
  ],
  foot: {
    en: 'Go on: k8s-tui resume NAME. Forget: k8s-tui sessions rm NAME.',
    zh: '继续：k8s-tui resume 名称。删除：k8s-tui sessions rm 名称。',
  },
  where: (path: string): Text => ({
    en: `Each is one file, e.g. ${path}: on another machine, k8s-tui resume session.json.`,
    zh: `每个会话是一个文件，例如 ${path}；在其他机器上：k8s-tui resume session.json。`,
  }),
};
