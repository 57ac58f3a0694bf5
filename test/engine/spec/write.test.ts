import { describe, expect, it } from 'vitest';
import { readSpec } from '../../../source/engine/spec/read.js';
import { writeSpec } from '../../../source/engine/spec/write.js';

const previous = `# The lab at home.
name: lab   # short
kubernetes: v1.36
network: {cni: calico} # policies are needed

hosts:
  # in the cellar
  - {name: n1, address: 10.77.0.11, roles: [control-plane]}
  - name: n2 # the loud one
    address: 10.77.0.12
    ssh: {user: ops, port: 2222}
  - {name: n3, address: 10.77.0.13}
`;
const read = (text: string) => readSpec(text, 'cluster.yaml');

describe('a new file', () => {
  it('is the example of the documentation: what differs from the defaults, and the version', () => {
    const hosts = [
      { name: 'n1', address: '10.77.0.11', roles: ['control-plane' as const] },
      { name: 'n2', address: '10.77.0.12' },
    ];
    expect(
      writeSpec({
        hosts,
        mirror: 'aliyun',
        kubernetes: 'v1.37.2',
        name: 'lab',
        swap: 'off',
        network: { cni: 'calico' },
        ssh: { user: 'root' },
      }),
    ).toBe(
      `name: lab
kubernetes: v1.37.2
mirror: aliyun
network: {cni: calico}
ssh: {user: root}
hosts:
  - {name: n1, address: 10.77.0.11, roles: [control-plane]}
  - {name: n2, address: 10.77.0.12}
`,
    );
  });

  it('of a whole spec leaves its defaults out', () => {
    const spec = read('hosts: [{name: n1, address: 10.77.0.11, roles: [control-plane]}]');
    expect(writeSpec(spec)).toBe('kubernetes: v1.37\nhosts:\n  - {name: n1, address: 10.77.0.11, roles: [control-plane]}\n');
  });
});

describe('a file that was there', () => {
  it('stays as it is where nothing changes', () => {
    expect(writeSpec(read(previous), previous)).toBe(previous);
    expect(writeSpec({}, previous)).toBe(previous);
  });

  it.each([
    ['a value', { kubernetes: 'v1.37.2' }, ['kubernetes: v1.36', 'kubernetes: v1.37.2']],
    ['a value beside a comment', { name: 'home' }, ['name: lab #', 'name: home #']],
    ['a value in a group', { network: { cni: 'flannel' as const } }, ['{cni: calico} #', '{cni: flannel} #']],
    [
      'a value added to a group',
      { network: { pods: '10.1.0.0/16' } },
      ['{cni: calico} #', '{cni: calico, pods: 10.1.0.0/16} #'],
    ],
    ['a field taken out', { network: undefined }, ['network: {cni: calico} # policies are needed\n', '']],
    ['a field added', { mirror: 'aliyun' as const }, ['13}\n', '13}\nmirror: aliyun\n']],
  ])('%s', (_, patch, [from, to]) => {
    const text = writeSpec(patch, previous);
    expect(text).toBe(previous.replace('lab   #', 'lab #').replace(from!, to!));
  });

  it('keeps hosts by their names, with their comments; takes out, adds and changes the others', () => {
    const { hosts } = read(previous);
    const changed = [
      { ...hosts[0]!, address: '10.77.0.21' },
      { name: 'n4', address: '10.77.0.14' },
      { ...hosts[1]!, ssh: { port: 22 } },
    ];
    expect(writeSpec({ hosts: changed }, previous)).toContain(`hosts:
  # in the cellar
  - {name: n1, address: 10.77.0.21, roles: [control-plane]}
  - {name: n4, address: 10.77.0.14}
  - name: n2 # the loud one
    address: 10.77.0.12
    ssh: {port: 22}
`);
  });

  it('says what was asked for when it is read again', () => {
    const spec = {
      ...read(previous),
      certificateNames: ['a.example.com'],
      timeServers: ['ntp.aliyun.com'],
      endpoint: 'k8s.example.com:6443',
      swap: 'keep' as const,
    };
    expect(read(writeSpec(spec, previous))).toEqual(spec);
    expect(read(writeSpec(spec))).toEqual(spec);
  });

  it('has to be YAML', () => {
    expect(() => writeSpec({ name: 'x' }, 'a: [')).toThrow(/not YAML/);
  });
});
