import { isMap, isScalar, isSeq, type LineCounter, type YAMLMap } from 'yaml';
import { nodeName, type Pile } from './candidate.js';

const text = (map: YAMLMap | null, ...path: string[]): string | undefined => {
  const value = map?.getIn(path);
  return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
};
const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
const child = (map: YAMLMap, name: string): YAMLMap | null => {
  const value = map.get(name, true);
  return isMap(value) ? value : null;
};

/** Whether a YAML text is a cluster.yaml of ours, or one of k0sctl. */
export const isOurs = (map: YAMLMap): boolean => isSeq(map.get('hosts'));
export const isK0sctl = (map: YAMLMap): boolean => isSeq(map.getIn(['spec', 'hosts']));

function eachHost(list: unknown, lines: LineCounter, pile: Pile, read: (host: YAMLMap, line: number) => void): void {
  for (const item of isSeq(list) ? list.items : []) {
    const range = isMap(item) || isScalar(item) ? item.range : null;
    const line = lines.linePos(range?.[0] ?? 0).line;
    if (isMap(item)) read(item, line);
    else
      pile.wrong(
        line,
        String(item),
        { en: 'a host is a group of fields', zh: '主机应是一组字段' },
        { en: 'Write it as {name: n1, address: 10.0.0.11}.', zh: '请写成 {name: n1, address: 10.0.0.11}。' },
      );
  }
}

/** The hosts of a cluster.yaml of ours, also of one that is not finished. */
export function readOurs(map: YAMLMap, lines: LineCounter, pile: Pile): void {
  const forAll = child(map, 'ssh');
  eachHost(map.get('hosts'), lines, pile, (host, line) => {
    const own = child(host, 'ssh');
    const ssh = (name: string) => text(own, name) ?? text(forAll, name);
    const roles = host.toJSON().roles;
    pile.add(line, text(host, 'address') ?? text(host, 'name') ?? '', {
      name: nodeName(text(host, 'name') ?? ''),
      address: text(host, 'address') ?? '',
      user: ssh('user'),
      port: number(ssh('port')),
      identityFile: ssh('identityFile'),
      jump: ssh('jump'),
      role: Array.isArray(roles) ? (roles.includes('control-plane') ? 'control-plane' : 'worker') : undefined,
      internalAddress: text(host, 'internalAddress'),
    });
  });
}

/** The hosts of a cluster file of k0sctl. */
export function readK0sctl(map: YAMLMap, lines: LineCounter, pile: Pile): void {
  eachHost(map.getIn(['spec', 'hosts']), lines, pile, (host, line) => {
    const ssh = child(host, 'ssh') ?? child(host, 'openSSH');
    const address = text(ssh, 'address');
    if (address === undefined) {
      pile.wrong(
        line,
        text(host, 'hostname') ?? '',
        { en: 'it is not a host over SSH', zh: '这不是通过 SSH 访问的主机' },
        { en: 'Give it an ssh.address, or leave it out.', zh: '请填写 ssh.address，或去掉该主机。' },
      );
      return;
    }
    const bastion = text(ssh, 'bastion', 'address');
    const role = text(host, 'role');
    const internal = text(host, 'privateAddress');
    pile.add(line, address, {
      name: nodeName(text(host, 'hostname') ?? ''),
      address,
      user: text(ssh, 'user'),
      port: number(text(ssh, 'port')),
      identityFile: text(ssh, 'keyPath'),
      jump: bastion && `${text(ssh, 'bastion', 'user') ?? 'root'}@${bastion}:${text(ssh, 'bastion', 'port') ?? 22}`,
      role: role === undefined ? undefined : role === 'worker' ? 'worker' : 'control-plane',
      internalAddress: internal === address ? undefined : internal,
    });
  });
}
