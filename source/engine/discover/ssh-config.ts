import { readdirSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { expandHome } from '../ssh/expand-home.js';
import type { Text } from '../text.js';
import { type Candidate, type HostsRead, Pile } from './candidate.js';

/** What ~/.ssh/config says of a host. */
export interface SshSettings {
  address: string;
  user?: string;
  port?: number;
  identityFile?: string;
  /** `user@host:port` */
  jump?: string;
}

export interface SshConfig {
  /** The hosts that are called by name, without patterns. */
  hosts: string[];
  /** What ssh would use for a host, as far as it can be told without running anything. */
  of(alias: string): SshSettings;
  /** What is there and is not followed, each with its place. */
  notes: Text[];
}

interface Block {
  /** All have to hold: those of a file are within those of the line that included it. */
  conditions: ((so: Asked) => boolean)[];
  keyword: string;
  value: string;
}

/** What is asked for, as far as it is settled. */
interface Asked {
  alias: string;
  hostName: string;
  user: string;
}

const MOST_FILES = 100;
const DEEPEST = 16;
const followed = new Set(['hostname', 'user', 'port', 'identityfile', 'proxyjump']);
const changesTheWay = new Set(['proxycommand', 'hostkeyalias', 'userknownhostsfile', 'certificatefile', 'identityagent']);

/**
 * Reads a file in the format of ~/.ssh/config, and what it includes. Nothing is ever run: a `Match exec` never holds. A file that
 * is not there is an empty one.
 */
export function readSshConfig(file = '~/.ssh/config'): SshConfig {
  const settings: Block[] = [];
  const hosts = new Set<string>();
  const notes: Text[] = [];
  let files = 0;

  const note = (place: string, en: string, zh: string) => notes.push({ en: `${place}: ${en}`, zh: `${place}：${zh}` });

  const read = (file: string, outer: Block['conditions'], depth: number) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') note(file, `cannot be read: ${message}`, `无法读取：${message}`);
      return;
    }
    let own: Block['conditions'] = [];
    text.split('\n').forEach((line, index) => {
      const place = `${file}:${index + 1}`;
      const [keyword, words] = parseLine(line);
      if (!keyword) return;
      if (keyword === 'host') {
        own = [({ alias }) => matchesList(words, alias)];
        for (const word of words) if (!/[*?!]/.test(word)) hosts.add(word);
      } else if (keyword === 'match') {
        own = [matchOf(words, (en, zh) => note(place, en, zh))];
      } else if (keyword === 'include') {
        for (const pattern of words)
          for (const path of filesOf(pattern)) {
            if (depth >= DEEPEST || ++files > MOST_FILES)
              note(place, `${path} is not included: too many files`, `未包含 ${path}：文件过多`);
            else read(path, [...outer, ...own], depth + 1);
          }
      } else if (followed.has(keyword)) {
        if (words[0]) settings.push({ conditions: [...outer, ...own], keyword, value: words[0] });
      } else if (changesTheWay.has(keyword)) {
        note(place, `${keyword} is not followed`, `不支持 ${keyword}，已忽略`);
      }
    });
  };
  read(expandHome(file), [], 0);

  const of = (alias: string, seen: string[] = []): SshSettings => {
    const asked: Asked = { alias, hostName: alias, user: userInfo().username };
    const first = new Map<string, string>();
    for (const { conditions, keyword, value } of settings) {
      if (first.has(keyword) || !conditions.every(holds => holds(asked))) continue;
      first.set(keyword, value);
      if (keyword === 'hostname') asked.hostName = value.replaceAll('%h', alias).replaceAll('%%', '%');
      if (keyword === 'user') asked.user = value;
    }
    const port = Number(first.get('port'));
    const identityFile = first.get('identityfile');
    const proxyJump = first.get('proxyjump');
    const jump = proxyJump && proxyJump !== 'none' ? jumpOf(proxyJump, [...seen, alias]) : undefined;
    return {
      address: asked.hostName,
      ...(first.has('user') && { user: asked.user }),
      ...(first.has('port') && { port }),
      ...(identityFile && identityFile !== 'none' && { identityFile: fileName(identityFile, asked) }),
      ...(jump && { jump }),
    };
  };
  const jumpOf = (proxyJump: string, seen: string[]): string | undefined => {
    const [hop = '', ...others] = proxyJump.split(',');
    const [, user, name = '', port] = /^(?:ssh:\/\/)?(?:([^@]+)@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(hop) ?? [];
    if (others.length)
      note(seen[0]!, `of ProxyJump ${proxyJump} only the first hop is followed`, `ProxyJump ${proxyJump} 只支持第一跳`);
    if (!name || seen.includes(name)) return undefined;
    const hopSays = of(name.replace(/^\[(.*)\]$/, '$1'), seen);
    if (hopSays.jump)
      note(
        seen[0]!,
        `${name} is itself behind ${hopSays.jump}, which is not followed`,
        `${name} 本身在 ${hopSays.jump} 之后，不支持`,
      );
    const address = hopSays.address.includes(':') ? `[${hopSays.address}]` : hopSays.address;
    // ssh asks the hop for the user of this machine where none is told; a spec would take the host's.
    return `${user ?? hopSays.user ?? userInfo().username}@${address}:${port ?? hopSays.port ?? 22}`;
  };
  return { hosts: [...hosts], of: alias => of(alias), notes };
}

/** The hosts of a file in the format of ~/.ssh/config, as candidates; what is not followed are notes. */
export function hostsOfSshConfig(file: string): HostsRead & { notes: Text[] } {
  const config = readSshConfig(file);
  const pile = new Pile(file);
  config.hosts.forEach((name, index) => {
    const says = config.of(name);
    pile.add(index + 1, name, { name: nameOf(name, says), ...says });
  });
  const hosts = pile.hosts.map(host => ({ ...host, from: file }));
  return { hosts, mistakes: pile.mistakes, notes: config.notes };
}

const nameOf = (alias: string, { address }: SshSettings) =>
  alias === address ? undefined : alias.toLowerCase().replaceAll('_', '-');

/** A candidate with what ~/.ssh/config adds to it; its own words win. */
export function withSettings(candidate: Candidate, config: SshConfig): Candidate {
  const { address, ...says } = config.of(candidate.address);
  return { ...says, ...candidate, address };
}

export const looksLikeSshConfig = (text: string): boolean =>
  /^\s*(Host|Match)[ \t]+\S/im.test(text) && !/^\S+:\s*$/m.test(text);

/** `Keyword value`, `Keyword=value`, `Keyword "a b"`; a comment where a word begins with #. */
function parseLine(line: string): [string, string[]] {
  const [, keyword = '', rest = ''] = /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+)(.*)$/.exec(line) ?? [];
  const words: string[] = [];
  for (const [word, quoted] of rest.matchAll(/"([^"]*)"|\S+/g)) {
    if (quoted === undefined && word.startsWith('#')) break;
    words.push(quoted ?? word);
  }
  return [keyword.toLowerCase(), words];
}

function matchOf(words: string[], note: (en: string, zh: string) => void): (asked: Asked) => boolean {
  const tests: ((asked: Asked) => boolean)[] = [];
  for (let i = 0; i < words.length; i++) {
    const [, negated, criterion = '', attached] = /^(!?)([a-z]+)(?:=(.*))?$/i.exec(words[i]!) ?? [];
    const kind = criterion.toLowerCase();
    if (kind === 'all') continue;
    const value = attached ?? (['canonical', 'final'].includes(kind) ? '' : (words[++i] ?? ''));
    const list = value.split(',');
    const test = {
      host: ({ hostName }: Asked) => matchesList(list, hostName),
      originalhost: ({ alias }: Asked) => matchesList(list, alias),
      user: ({ user }: Asked) => matchesList(list, user),
      localuser: () => matchesList(list, userInfo().username),
    }[kind];
    if (!test) {
      note(`Match ${kind} is never run or followed; its lines are left out`, `不会执行 Match ${kind}，其下各行已忽略`);
      return () => false;
    }
    tests.push(negated ? asked => !test(asked) : test);
  }
  return asked => tests.every(test => test(asked));
}

/** Patterns of which one has to hold, and none that begins with ! may. */
function matchesList(patterns: string[], name: string): boolean {
  const holds = (pattern: string) => glob(pattern).test(name.toLowerCase());
  if (patterns.some(pattern => pattern.startsWith('!') && holds(pattern.slice(1)))) return false;
  return patterns.some(pattern => !pattern.startsWith('!') && holds(pattern));
}

const glob = (pattern: string) =>
  new RegExp(
    `^${pattern
      .toLowerCase()
      .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replaceAll('?', '.')}$`,
  );

/** Patterns of files stand for folders by their last part only, as they are used. */
function filesOf(pattern: string): string[] {
  const path = expandHome(pattern);
  const whole = isAbsolute(path) ? path : join(homedir(), '.ssh', path);
  if (!/[*?]/.test(basename(whole))) return [whole];
  try {
    return readdirSync(dirname(whole))
      .filter(name => !name.startsWith('.') && glob(basename(whole)).test(name.toLowerCase()))
      .sort()
      .map(name => join(dirname(whole), name));
  } catch {
    return []; // no such folder: nothing to include, as for ssh
  }
}

const fileName = (text: string, { alias, hostName, user }: Asked) =>
  text.replace(/%([dhnru%])/g, (_, token: string) => {
    const values: Record<string, string> = { d: homedir(), h: hostName, n: alias, r: user, u: userInfo().username, '%': '%' };
    return values[token]!;
  });
