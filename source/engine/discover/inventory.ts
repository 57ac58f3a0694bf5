import { isMap, isScalar, type LineCounter, type YAMLMap } from 'yaml';
import type { Role } from '../spec/schema.js';
import { type Candidate, MOST_HOSTS, nodeName, type Pile } from './candidate.js';
import { numbers } from './host-words.js';

type Variables = Record<string, string>;

interface Group {
  hosts: Set<string>;
  children: Set<string>;
  variables: Variables;
}

const MOST_GROUPS = 1000;

/** An Ansible inventory, as far as it says which hosts there are and how to get in. */
class Inventory {
  readonly hosts = new Map<string, { line: number; variables: Variables }>();
  readonly groups = new Map<string, Group>();

  group(name: string): Group {
    if (this.groups.size >= MOST_GROUPS) throw new RangeError('too many groups');
    const group = this.groups.get(name) ?? { hosts: new Set(), children: new Set(), variables: {} };
    this.groups.set(name, group);
    return group;
  }

  host(name: string, line: number, variables: Variables, group: string): void {
    const host = this.hosts.get(name) ?? { line, variables: {} };
    // One more than is taken, for the pile to say so.
    if (this.hosts.size > MOST_HOSTS) return;
    Object.assign(host.variables, variables);
    this.hosts.set(name, host);
    this.group(group).hosts.add(name);
  }

  /** The groups that each group is in, itself among them, widest first; Ansible lets the narrower one win. */
  above(): Map<string, string[]> {
    const parents = new Map<string, string[]>();
    for (const [name, { children }] of this.groups)
      for (const child of children) parents.set(child, [...(parents.get(child) ?? []), name]);
    const found = new Map<string, string[]>();
    const lineage = (name: string): string[] => {
      const known = found.get(name);
      if (known) return known;
      found.set(name, [name]); // a group that is above itself ends here
      const all = [...new Set([...(parents.get(name) ?? []).flatMap(lineage), name])];
      found.set(name, all);
      return all;
    };
    for (const name of this.groups.keys()) lineage(name);
    return found;
  }

  /** The hosts, each with the variables of its groups and its own. */
  into(pile: Pile): void {
    const above = this.above();
    const groupsOf = new Map<string, Set<string>>();
    for (const [name, { hosts }] of this.groups)
      for (const host of hosts) {
        const all = groupsOf.get(host) ?? new Set();
        for (const group of above.get(name) ?? []) all.add(group);
        groupsOf.set(host, all);
      }
    for (const [name, { line, variables }] of this.hosts) {
      const groups = [...(groupsOf.get(name) ?? [])];
      const inherited = ['all', ...groups.filter(group => group !== 'all')].map(group => this.groups.get(group)?.variables);
      const all: Variables = Object.assign({}, ...inherited, variables);
      const host = candidateOf(name, all, groups);
      if ('what' in host) pile.wrong(line, name, host.what, host.remedy);
      else pile.add(line, name, host);
    }
  }
}

const controlPlaneGroups = /^(kube[_-](control[_-]plane|master)s?|control[_-]?planes?|masters?|controllers?|servers?)$/;
const workerGroups = /^(kube[_-](node|worker)s?|workers?|nodes?|agents?)$/;

function roleOf(groups: string[]): Role | undefined {
  if (groups.some(group => controlPlaneGroups.test(group))) return 'control-plane';
  return groups.some(group => workerGroups.test(group)) ? 'worker' : undefined;
}

function candidateOf(name: string, variables: Variables, groups: string[]) {
  const value = (...names: string[]) => names.map(name => variables[name]).find(value => value !== undefined);
  if (value('ansible_connection') === 'local' || name === 'localhost')
    return {
      what: { en: 'it is this machine, not a server over SSH', zh: '这是本机，不是通过 SSH 访问的服务器' },
      remedy: { en: 'Nothing has to be done; it is left out.', zh: '无需处理；已忽略。' },
    };
  const [, host = name, namePort] = /^([^:]+):(\d+)$/.exec(name) ?? [];
  const address = value('ansible_host', 'ansible_ssh_host') ?? host;
  const port = value('ansible_port', 'ansible_ssh_port') ?? namePort;
  const jump = /ProxyJump[= ]+"?([^\s"']+)/i.exec(
    value('ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args') ?? '',
  )?.[1];
  const candidate = {
    name: host === address ? undefined : nodeName(host),
    address,
    port: port === undefined ? undefined : Number(port),
    user: value('ansible_user', 'ansible_ssh_user'),
    identityFile: value('ansible_ssh_private_key_file', 'ansible_private_key_file'),
    jump,
    role: roleOf(groups),
    internalAddress: value('ip') === address ? undefined : value('ip'),
  } satisfies Omit<Candidate, 'from'>;
  const template = Object.values(candidate).find(value => typeof value === 'string' && value.includes('{{'));
  if (template !== undefined)
    return {
      what: {
        en: `${template} is a template, which only Ansible can fill in`,
        zh: `${template} 是模板，只有 Ansible 能求值`,
      },
      remedy: {
        en: 'Write the value itself, or give what `ansible-inventory --list --yaml` prints.',
        zh: '请写实际的值，或提供 `ansible-inventory --list --yaml` 的输出。',
      },
    };
  return candidate;
}

/** An inventory in Ansible's INI form. */
export function readIniInventory(text: string, pile: Pile): void {
  const inventory = new Inventory();
  let [group, kind] = ['ungrouped', ''];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/(^|\s)[#;].*$/, '').trim();
    if (!line) continue;
    const header = /^\[\s*([^\]:\s]+)\s*(?::\s*(\w+)\s*)?\]$/.exec(line);
    if (header) {
      [group, kind] = [header[1]!, header[2] ?? ''];
      inventory.group(group);
    } else if (kind === 'vars') Object.assign(inventory.group(group).variables, variablesOf([line]));
    else if (kind === 'children') inventory.group(group).children.add(line);
    else {
      const [pattern = '', ...rest] = words(line);
      const hosts = expand(pattern);
      if ('en' in hosts)
        pile.wrong(index + 1, raw, hosts, { en: 'Write it as node[01:12].', zh: '请写成 node[01:12] 的形式。' });
      else for (const host of hosts) inventory.host(host, index + 1, variablesOf(rest), group);
    }
  }
  inventory.into(pile);
}

/** Words of a line; quotes keep what belongs together. */
const words = (line: string): string[] => line.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];

const variablesOf = (words: string[]): Variables =>
  Object.fromEntries(
    words.flatMap(word => {
      const [, name, value] = /^([\w.-]+)\s*=\s*(.*)$/.exec(word) ?? [];
      return name ? [[name, value!.replace(/^(["'])(.*)\1$/, '$2')]] : [];
    }),
  );

/** `node[01:12].lan`, `db-[a:c]` */
function expand(pattern: string): ReturnType<typeof numbers> {
  const digits = /^(.*?)\[(\d+):(\d+)\](.*)$/.exec(pattern);
  if (digits) return numbers(digits[2]!, digits[3]!, n => `${digits[1]}${n}${digits[4]}`);
  const letters = /^(.*?)\[([a-z]):([a-z])\](.*)$/i.exec(pattern);
  if (!letters) return [pattern];
  const [first, last] = [letters[2]!.charCodeAt(0), letters[3]!.charCodeAt(0)];
  return numbers(`${first}`, `${last}`, code => `${letters[1]}${String.fromCharCode(Number(code))}${letters[4]}`);
}

/** An inventory in YAML: groups with `hosts`, `children` and `vars`. */
export function readYamlInventory(map: YAMLMap, lines: LineCounter, pile: Pile): void {
  const inventory = new Inventory();
  const walk = (name: string, group: YAMLMap, depth: number) => {
    const own = inventory.group(name);
    Object.assign(own.variables, flat(group.get('vars')));
    for (const [host, body, line] of entries(group.get('hosts'), lines)) {
      const hosts = expand(host);
      if ('en' in hosts) pile.wrong(line, host, hosts, { en: 'Write it as node[01:12].', zh: '请写成 node[01:12] 的形式。' });
      else for (const each of hosts) inventory.host(each, line, flat(body), name);
    }
    for (const [child, body] of entries(group.get('children'), lines)) {
      own.children.add(child);
      if (isMap(body) && depth < 32) walk(child, body, depth + 1);
    }
  };
  for (const [name, body] of entries(map, lines)) if (isMap(body)) walk(name, body, 0);
  inventory.into(pile);
}

function entries(node: unknown, lines: LineCounter): [string, unknown, number][] {
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }): [string, unknown, number][] =>
    isScalar(key) ? [[String(key.value), value, lines.linePos(key.range?.[0] ?? 0).line]] : [],
  );
}

const flat = (node: unknown): Variables =>
  Object.fromEntries(
    (isMap(node) ? node.items : []).flatMap(({ key, value }) =>
      isScalar(key) && isScalar(value) && value.value !== null ? [[String(key.value), String(value.value)]] : [],
    ),
  );
