import { isMap, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { type HostsRead, Pile } from './candidate.js';
import { isK0sctl, isOurs, readK0sctl, readOurs } from './cluster-files.js';
import { readHostWords } from './host-words.js';
import { readIniInventory, readYamlInventory } from './inventory.js';

const MAX_CHARACTERS = 1024 * 1024;

/**
 * The hosts of any pile of addresses: a list, lines of /etc/hosts, an Ansible inventory (INI or YAML), a cluster.yaml of ours or
 * of k0sctl. What cannot be read is a mistake with its line, and keeps nothing else from being read. At most 4096 hosts.
 * @param from where the text comes from, for `Candidate.from`
 */
export function readHosts(text: string, from: string): HostsRead {
  const pile = new Pile(from);
  if (text.length > MAX_CHARACTERS)
    pile.wrong(
      1,
      from,
      { en: 'it is larger than 1 MiB', zh: '大于 1 MiB' },
      { en: 'Give a list of hosts.', zh: '请提供主机列表。' },
    );
  else {
    try {
      reader(text)(text, pile);
    } catch (error) {
      // The stack is used up, or there are groups without end.
      if (!(error instanceof RangeError)) throw error;
      pile.wrong(
        1,
        from,
        { en: 'it is nested too deeply, or has too many groups', zh: '嵌套层数过深，或分组过多' },
        { en: 'Give a list of hosts.', zh: '请提供主机列表。' },
      );
    }
  }
  return pile;
}

const reader = (text: string) => (looksLikeYaml(text) ? readYaml : looksLikeIni(text) ? readIniInventory : readHostWords);

const looksLikeYaml = (text: string) => /^(---|["']?[A-Za-z_][\w.-]*["']?:(\s|$)|\{)/m.test(text);
const looksLikeIni = (text: string) => /^\s*\[[A-Za-z_][\w.-]*(:\w+)?\]\s*([#;].*)?$|\sansible_\w+\s*=/m.test(text);

function readYaml(text: string, pile: Pile): void {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const { message, pos } of document.errors)
    pile.wrong(
      lines.linePos(pos[0]).line,
      lineAt(text, pos[0]),
      { en: `it is not YAML: ${message}`, zh: `不是有效的 YAML：${message}` },
      { en: 'Correct the file.', zh: '请修正文件。' },
    );
  if (document.errors.length) return;
  const root = document.contents;
  if (!isMap(root)) notHosts(pile);
  else if (isOurs(root)) readOurs(root, lines, pile);
  else if (isK0sctl(root)) readK0sctl(root, lines, pile);
  else if (isInventory(root)) readYamlInventory(root, lines, pile);
  else notHosts(pile);
}

const lineAt = (text: string, offset: number) =>
  text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset) + text.slice(offset).split('\n', 1)[0];

const isInventory = (map: YAMLMap) =>
  map.items.some(({ value }) => isMap(value) && ['hosts', 'children'].some(name => isMap(value.get(name))));

const notHosts = (pile: Pile) =>
  pile.wrong(
    1,
    '',
    { en: 'this YAML names no hosts', zh: '该 YAML 中没有主机' },
    {
      en: 'Give an Ansible inventory, a cluster.yaml of k8s-tui or of k0sctl, or a list of addresses.',
      zh: '请提供 Ansible 清单、k8s-tui 或 k0sctl 的 cluster.yaml，或地址列表。',
    },
  );
