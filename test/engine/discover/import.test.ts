import { describe, expect, it } from 'vitest';
import { readHosts } from '../../../source/engine/discover/import.js';

/** Groups within groups. */
const chain = (depth: number) =>
  Array.from({ length: depth }, (_, i) => `[g${depth - i}:children]\ng${depth - i - 1}`).join('\n');

const read = (text: string) => readHosts(text, 'file');

describe('a list', () => {
  it.each([
    ['10.0.0.11-13', ['10.0.0.11', '10.0.0.12', '10.0.0.13']],
    ['10.0.0.[9-11]', ['10.0.0.9', '10.0.0.10', '10.0.0.11']],
    ['10.0.0.11-10.0.0.12', ['10.0.0.11', '10.0.0.12']],
    ['a.lan,b.lan; fd00::1\n# none\n10.0.0.1 # one', ['a.lan', 'b.lan', 'fd00::1', '10.0.0.1']],
    ['[fd00::11]', ['fd00::11']],
  ])('%s', (text, addresses) => {
    const { hosts, mistakes } = read(text);
    expect(hosts.map(host => host.address)).toEqual(addresses);
    expect(mistakes).toEqual([]);
  });

  it('keeps user, port, name and where each stands', () => {
    expect(read('\nn1=ops@10.0.0.1:2222 root@[fd00::1]:23').hosts).toEqual([
      { name: 'n1', address: '10.0.0.1', user: 'ops', port: 2222, from: 'file:2' },
      { address: 'fd00::1', user: 'root', port: 23, from: 'file:2' },
    ]);
  });

  it('of /etc/hosts leaves out the machine itself', () => {
    const text = `127.0.0.1 localhost\n127.0.1.1 mine.lan mine\n::1 ip6-localhost\nff02::1 ip6-allnodes
10.0.0.1\tNode_1.lan node1 # rack 3\n10.0.0.2 db2`;
    expect(read(text)).toEqual(
      expect.objectContaining({
        hosts: [
          { name: 'node-1.lan', address: '10.0.0.1', from: 'file:5' },
          { name: 'db2', address: '10.0.0.2', from: 'file:6' },
        ],
        mistakes: [],
      }),
    );
  });

  it('ends at 4096 hosts and says so once', () => {
    const { hosts, mistakes } = read(Array.from({ length: 20 }, (_, i) => `10.0.${i}.0-255`).join('\n'));
    expect(hosts).toHaveLength(4096);
    expect(mistakes).toMatchObject([{ line: 17, what: { en: 'more than 4096 hosts; the rest is left out' } }]);
  });
});

const ini = `; the lab
bastion ansible_host=203.0.113.9

[kube_control_plane]
cp1 ansible_host=10.0.0.11 ansible_user='admin' ip=192.168.0.11

[kube_node]
node[01:03].lan ansible_port=2222   # three
10.0.0.20

[k8s:children]
kube_control_plane
kube_node

[k8s:vars]
ansible_user = ubuntu
ansible_ssh_private_key_file=~/.ssh/lab
ansible_ssh_common_args='-o StrictHostKeyChecking=yes -o ProxyJump=jump@203.0.113.9'
`;
const k8s = { user: 'ubuntu', identityFile: '~/.ssh/lab', jump: 'jump@203.0.113.9' };

describe('an Ansible inventory', () => {
  it('in INI', () => {
    const { hosts, mistakes } = read(ini);
    expect(mistakes).toEqual([]);
    expect(hosts).toEqual([
      { name: 'bastion', address: '203.0.113.9', from: 'file:2' },
      {
        ...k8s,
        name: 'cp1',
        address: '10.0.0.11',
        user: 'admin',
        internalAddress: '192.168.0.11',
        role: 'control-plane',
        from: 'file:5',
      },
      ...['01', '02', '03'].map(n => ({
        ...k8s,
        address: `node${n}.lan`,
        port: 2222,
        role: 'worker',
        from: 'file:8',
      })),
      { ...k8s, address: '10.0.0.20', role: 'worker', from: 'file:9' },
    ]);
  });

  it('in YAML', () => {
    const { hosts, mistakes } = read(`all:
  vars: {ansible_user: ubuntu, ansible_port: 22}
  hosts:
    node_1:
      ansible_host: 10.0.0.11
    node2: {ansible_host: 10.0.0.12, ansible_port: 2222}
  children:
    kube_control_plane:
      hosts:
        node_1:
    kube_node:
      hosts: {node2: null}
    k8s_cluster:
      vars: {ansible_user: k8s}
      children: {kube_control_plane: , kube_node: }
`);
    expect(mistakes).toEqual([]);
    expect(hosts).toEqual([
      { name: 'node-1', address: '10.0.0.11', user: 'k8s', port: 22, role: 'control-plane', from: 'file:4' },
      { name: 'node2', address: '10.0.0.12', user: 'k8s', port: 2222, role: 'worker', from: 'file:6' },
    ]);
  });

  it('survives groups that contain each other', () => {
    expect(read('[a]\n10.0.0.1\n[a:children]\nb\n[b:children]\na\n').hosts).toHaveLength(1);
  });

  it.each([
    ['[a]\nhere ansible_connection=local\n', 2, 'this machine'],
    ['[a]\nx ansible_host="{{ lookup }}"', 2, 'template'],
    ['[a]\nx ansible_port=ssh', 2, 'port NaN'],
    ['[a]\nn[09:03]', 2, 'runs backwards'],
    ['all:\n  hosts:\n    bad_name:\n', 3, 'no IP address'],
  ])('%j: line %i', (text, line, what) => {
    const { hosts, mistakes } = read(text);
    expect(hosts).toEqual([]);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]!.line).toBe(line);
    expect(mistakes[0]!.what.en).toContain(what);
    expect(mistakes[0]!.what.zh + mistakes[0]!.remedy.zh).toMatch(/[\u4e00-\u9fff]/);
  });
});

describe('a file of a cluster', () => {
  it('of ours, finished or not', () => {
    expect(
      read(`name: lab
ssh: {user: ops, identityFile: ~/.ssh/lab}
hosts:
  - {name: n1, address: 10.0.0.1, roles: [control-plane], internalAddress: 192.168.0.1}
  - {name: n2, address: 10.0.0.2, ssh: {user: root, port: 2222}}
  - {name: n3}
  - n4
`),
    ).toEqual(
      expect.objectContaining({
        hosts: [
          {
            name: 'n1',
            address: '10.0.0.1',
            user: 'ops',
            identityFile: '~/.ssh/lab',
            role: 'control-plane',
            internalAddress: '192.168.0.1',
            from: 'file:4',
          },
          { name: 'n2', address: '10.0.0.2', user: 'root', port: 2222, identityFile: '~/.ssh/lab', from: 'file:5' },
        ],
        mistakes: [
          expect.objectContaining({ line: 6, what: expect.objectContaining({ en: '"" is no IP address and no host name' }) }),
          expect.objectContaining({ line: 7 }),
        ],
      }),
    );
  });

  it("of k0sctl's", () => {
    expect(
      read(`apiVersion: k0sctl.k0sproject.io/v1beta1
kind: Cluster
spec:
  hosts:
    - role: controller+worker
      hostname: CP1
      privateAddress: 192.168.0.1
      ssh: {address: 10.0.0.1, user: root, port: 22, keyPath: ~/.ssh/lab, bastion: {address: 203.0.113.9, user: jump}}
    - role: worker
      openSSH: {address: 10.0.0.2}
    - localhost: {enabled: true}
`),
    ).toEqual(
      expect.objectContaining({
        hosts: [
          {
            name: 'cp1',
            address: '10.0.0.1',
            user: 'root',
            port: 22,
            identityFile: '~/.ssh/lab',
            jump: 'jump@203.0.113.9:22',
            role: 'control-plane',
            internalAddress: '192.168.0.1',
            from: 'file:5',
          },
          { address: '10.0.0.2', role: 'worker', from: 'file:9' },
        ],
        mistakes: [expect.objectContaining({ line: 11 })],
      }),
    );
  });

  it.each([
    ['a: [1', 'not YAML'],
    ['kind: Pod\nspec: {}\n', 'names no hosts'],
    [`a: ${'['.repeat(20_000)}`, 'not YAML'],
    [chain(20_000), 'nested too deeply'],
    ['x'.repeat(2 ** 20 + 1), 'larger than 1 MiB'],
    ['x'.repeat(400), 'too long'],
  ])('%.20s', (text, what) => {
    const { hosts, mistakes } = read(text);
    expect(hosts).toEqual([]);
    expect(mistakes[0]!.what.en).toContain(what);
  });
});
