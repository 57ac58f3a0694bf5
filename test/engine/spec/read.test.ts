import { describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../source/engine/certificate.js';
import { Problem } from '../../../source/engine/errors.js';
import { readSpec } from '../../../source/engine/spec/read.js';
import { allowedInChinese } from '../../../source/engine/spec/schema.js';

const hosts = `hosts:
  - {name: n1, address: 10.77.0.11, roles: [control-plane]}
  - {name: n2, address: 10.77.0.12}
`;

/** Everything that is said about a text. */
function said(text: string): { en: string; zh: string; remedy: string } {
  try {
    readSpec(text, 'cluster.yaml');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.details.code).toBe('spec');
    return { ...error.details.what, remedy: error.details.remedy.en };
  }
  throw new Error('nothing was said');
}

describe('a cluster.yaml that is right', () => {
  it('needs hosts only; all else has a default', () => {
    expect(readSpec(hosts, 'cluster.yaml')).toEqual({
      name: 'k8s',
      kubernetes: 'v1.37',
      mirror: 'upstream',
      relay: false,
      sources: {},
      own: { noProxy: [] },
      network: { cni: 'flannel', pods: '10.244.0.0/16', services: '10.96.0.0/12', proxy: 'iptables' },
      runtime: 'docker',
      certificateNames: [],
      timeServers: [],
      firewall: 'open',
      swap: 'off',
      trustedKeys: [],
      ssh: {},
      hosts: [
        { name: 'n1', address: '10.77.0.11', roles: ['control-plane'] },
        { name: 'n2', address: '10.77.0.12' },
      ],
    });
  });

  it('may leave fields without a value', () => {
    expect(readSpec(`${hosts}network:\ntimeServers:\n`, 'cluster.yaml').network.cni).toBe('flannel');
  });

  it.each([
    ['name: a1-b'],
    ['kubernetes: v1.36'],
    ['endpoint: k8s.example.com:6443'],
    ['endpoint: 10.77.0.9:443'],
    ['certificateNames: [api.example.com, 1.2.3.4]'],
    ['kubernetes: v1.34.2\nnetwork: {proxy: ipvs}'],
    ['network: {proxy: nftables}'],
    ['swap: keep'],
    ['own: {registry: "registry.example.com:5000/k8s", registryUser: puller}'],
    ['own: {proxy: "http://10.0.0.1:3128", proxyUser: me, noProxy: [.corp, 10.9.0.0/16]}'],
    [
      'own: {kubernetesPackages: "http://apt.corp/k8s", dockerPackages: "https://apt.corp/docker", osPackages: "http://apt.corp/debian"}',
    ],
    [`own:\n  ca: |\n${makeAuthority('corp', ['corp']).certificate.trim().replace(/^/gm, '    ')}`],
    ['ssh: {user: ops, port: 2222, identityFile: ~/.ssh/id, jump: "me@gate:22"}'],
    ['network: {pods: 10.200.0.0/16, services: 10.201.0.0/16}'],
  ])('%s', line => {
    expect(() => readSpec(`${hosts}${line}\n`, 'cluster.yaml')).not.toThrow();
  });
});

describe('one field that is wrong is named with its place, what was given and what is allowed', () => {
  it.each([
    ['mirror: aliyum', 'cluster.yaml:4:9: mirror: "aliyum" is given; allowed is one of upstream, aliyun'],
    [
      'kubernetes: 1.37',
      'cluster.yaml:4:13: kubernetes: 1.37 is given; allowed is a version such as v1.37.2, or v1.37 for its newest patch',
    ],
    [
      'network: {pods: 10.244.0.0/33}',
      'cluster.yaml:4:17: network.pods: "10.244.0.0/33" is given; allowed is an IPv4 network such as 10.244.0.0/16',
    ],
    ['network: flannel', 'cluster.yaml:4:10: network: "flannel" is given; allowed is a group of fields'],
    ['timeServers: ntp.aliyun.com', 'cluster.yaml:4:14: timeServers: "ntp.aliyun.com" is given; allowed is a list'],
    ['ssh: {port: 70000}', 'cluster.yaml:4:13: ssh.port: 70000 is given; allowed is a whole number from 1 to 65535'],
    ['ssh: {port: "22"}', 'cluster.yaml:4:13: ssh.port: "22" is given; allowed is a whole number from 1 to 65535'],
    [
      'miror: aliyun',
      'cluster.yaml:4:1: miror: is not a known field; did you mean mirror? Known here are name, kubernetes, mirror, relay, sources, own, network, runtime, endpoint, certificateNames, timeServers, firewall, swap, trustedKeys, ssh, hosts',
    ],
    [
      'network: {pod: 10.1.0.0/16}',
      'cluster.yaml:4:11: network.pod: is not a known field; did you mean pods? Known here are cni, pods, services, proxy',
    ],
    ['cni: calico', /cni: is not a known field; did you mean network\.cni\?/],
    ['time_servers: [a.b]', /time_servers: is not a known field; did you mean timeServers\?/],
    ['frobnicate: 1', /frobnicate: is not a known field; Known here are/],
    [
      'own: {registryPassword: x}',
      'cluster.yaml:4:7: own.registryPassword: passwords are not written into this file; they are asked for when they are needed',
    ],
    [
      'own: {proxy: "http://me:secret@10.0.0.1:3128"}',
      /own\.proxy: .* allowed is a proxy such as http:\/\/proxy\.example\.com:3128, and no password in it/,
    ],
    [
      'own: {registry: "https://registry.corp"}',
      /own\.registry: .* allowed is a registry such as registry\.example\.com:5000\/k8s/,
    ],
    ['own: {ca: /etc/corp.pem}', /own\.ca: .* allowed is certificates in PEM .* and no private key/],
    ['own: {proxyUser: me}', 'cluster.yaml:4:18: own.proxyUser: belongs to proxy, which is not given'],
    [
      'relay: true\nown: {registry: registry.corp}',
      /own: the hosts ask sources of your own themselves, .* take one of the two/,
    ],
    [
      'ssh: {password: x}',
      'cluster.yaml:4:7: ssh.password: passwords are not written into this file; they are asked for when they are needed',
    ],
    ['hosts: []', /the same field is given twice/],
  ])('%s', (line, expected) => {
    const { en, zh } = said(`${hosts}${line}\n`);
    if (typeof expected === 'string') expect(en).toBe(expected);
    else expect(en).toMatch(expected);
    expect(zh).toMatch(/[\u4e00-\u9fff]/);
    expect(zh.split(': ')[0]).toBe(en.split(': ')[0]);
  });

  it.each([
    [
      '- {name: n1, address: 10.77.0.999, roles: [control-plane]}',
      'hosts[0].address: "10.77.0.999" is given; allowed is an IP address or a host name',
    ],
    [
      '- {name: N1, address: 10.77.0.1, roles: [control-plane]}',
      'hosts[0].name: "N1" is given; allowed is a name in lower case: letters, digits, - and .',
    ],
    ['- {name: n1, roles: [control-plane]}', 'hosts[0].address: is missing; needed is an IP address or a host name'],
    [
      '- {name: n1, address: 10.77.0.1, roles: [master]}',
      'hosts[0].roles[0]: "master" is given; allowed is one of control-plane, worker',
    ],
    ['- {name: n1, address: 10.77.0.1, roles: []}', 'hosts[0].roles: an empty list is given; allowed is at least one role'],
    ['- n1', 'hosts[0]: "n1" is given; allowed is a group of fields'],
    ['-', 'hosts[0]: nothing is given; allowed is a group of fields'],
    [
      '- {name: n1, adress: 10.77.0.1, roles: [control-plane]}',
      /hosts\[0\]\.address: is missing.*\n.*hosts\[0\]\.adress: is not a known field; did you mean address\?/,
    ],
  ])('hosts: %s', (line, expected) => {
    const { en } = said(`hosts:\n  ${line}\n`);
    if (typeof expected === 'string') expect(en.replace(/^\S+: /, '')).toBe(expected);
    else expect(en).toMatch(expected);
  });
});

describe('what no field can say by itself', () => {
  const control = '{name: n1, address: 10.77.0.11, roles: [control-plane]}';
  it.each([
    [
      'two names',
      `hosts: [${control}, {name: n1, address: 10.77.0.12}]`,
      'cluster.yaml:1:73: hosts[1].name: "n1" is also the name of a host above; every host needs a name of its own',
    ],
    [
      'two addresses',
      `hosts: [${control}, {name: n2, address: 10.77.0.11}]`,
      /hosts\[1\]\.address: 10\.77\.0\.11 is also the address of n1; the same machine cannot be two nodes/,
    ],
    [
      'two internal addresses',
      `hosts: [{name: n1, address: 10.77.0.11, internalAddress: 10.0.0.1, roles: [control-plane]}, {name: n2, address: 10.77.0.12, internalAddress: 10.0.0.1}]`,
      /hosts\[1\]\.internalAddress: 10\.0\.0\.1 is also the internal address of n1/,
    ],
    [
      'localhost',
      `hosts: [{name: localhost, address: 10.77.0.11, roles: [control-plane]}]`,
      /hosts\[0\]\.name: "localhost" means every machine itself/,
    ],
    [
      'no control plane',
      'hosts: [{name: n1, address: 10.77.0.11}]',
      'cluster.yaml:1:8: hosts: no host has the role control-plane; give it to one of them: roles: [control-plane]',
    ],
    [
      'a name as address',
      'hosts: [{name: n1, address: n1.example.com, roles: [control-plane]}]',
      /hosts\[0\]\.address: "n1\.example\.com" is not an IPv4 address; .*internalAddress/,
    ],
    [
      'pods and services',
      `hosts: [${control}]\nnetwork: {pods: 10.96.0.0/16}`,
      /network\.services: 10\.96\.0\.0\/12 overlaps the pods' network 10\.96\.0\.0\/16/,
    ],
    [
      'pods and a host',
      `hosts: [${control}]\nnetwork: {pods: 10.64.0.0/12}`,
      /network\.pods: 10\.64\.0\.0\/12 contains 10\.77\.0\.11, the address of n1, which would be cut off/,
    ],
    [
      'services and the endpoint',
      `hosts: [${control}]\nendpoint: 10.96.0.9:6443`,
      /network\.services: 10\.96\.0\.0\/12 contains the endpoint 10\.96\.0\.9/,
    ],
    [
      'a network with host bits',
      `hosts: [${control}]\nnetwork: {pods: 10.244.1.0/16}`,
      /network\.pods: 10\.244\.1\.0\/16 has bits of a host in it; the network is 10\.244\.0\.0\/16/,
    ],
    [
      'a reserved network',
      `hosts: [${control}]\nnetwork: {pods: 127.0.0.0/16}`,
      /network\.pods: 127\.0\.0\.0\/16 holds addresses that are reserved/,
    ],
    [
      'too few pod networks',
      `hosts: [${control}, {name: n2, address: 10.77.0.12}]\nnetwork: {pods: 10.244.0.0/24}`,
      /network\.pods: 10\.244\.0\.0\/24 is too small: each node takes a \/24 of it, and there are 2 hosts/,
    ],
    [
      'a service network that is too large',
      `hosts: [${control}]\nnetwork: {services: 172.0.0.0/8}`,
      /network\.services: 172\.0\.0\.0\/8 is too large; kubeadm takes a \/12 at most/,
    ],
    [
      'a service network that is too small',
      `hosts: [${control}]\nnetwork: {services: 10.96.0.0/30}`,
      /network\.services: 10\.96\.0\.0\/30 is too small; a \/28 is the least/,
    ],
    [
      'an old version',
      `hosts: [${control}]\nkubernetes: v1.28.1`,
      /kubernetes: v1\.28\.1 is too old; v1\.29 is the oldest that can be installed/,
    ],
    [
      'ipvs',
      `hosts: [${control}]\nnetwork: {proxy: ipvs}`,
      /network\.proxy: ipvs is deprecated since v1\.35 .*; for v1\.37 take iptables or nftables/,
    ],
    [
      'nftables',
      `hosts: [${control}]\nkubernetes: v1.30\nnetwork: {proxy: nftables}`,
      /network\.proxy: nftables needs Kubernetes v1\.31 or newer/,
    ],
    ['swap', `hosts: [${control}]\nkubernetes: v1.29\nswap: keep`, /swap: keep needs Kubernetes v1\.30 or newer/],
    [
      'an endpoint without a port number',
      `hosts: [${control}]\nendpoint: api:99999`,
      /endpoint: "api:99999" is not the address and port/,
    ],
    [
      'an endpoint that is every machine itself',
      `hosts: [${control}]\nendpoint: 127.0.0.1:6443`,
      /endpoint: "127\.0\.0\.1:6443" is not/,
    ],
  ])('%s', (_, text, expected) => {
    const { en, zh } = said(text);
    if (typeof expected === 'string') expect(en).toBe(expected);
    else expect(en).toMatch(expected);
    expect(en.split('\n')).toHaveLength(1);
    expect(zh).toMatch(/[\u4e00-\u9fff]/);
  });

  it('what goes well by itself may not go by a bundle', () => {
    const text = `own: {registry: registry.example.com}\n${hosts}`;
    expect(readSpec(text, 'cluster.yaml').relay).toBe(false);
    expect(readSpec(hosts, 'cluster.yaml', { relay: true }).relay).toBe(true);
    expect(() => readSpec(text, 'cluster.yaml', { relay: true })).toThrow(/cluster\.yaml:1:6: own: .* or a bundle nothing/);
  });

  it('takes two hosts behind one address by their ports', () => {
    const behind = (n: number) =>
      `{name: n${n}, address: 1.2.3.4, internalAddress: 10.0.0.${n}, ssh: {port: ${2200 + n}}${n === 1 ? ', roles: [control-plane]' : ''}}`;
    expect(readSpec(`hosts: [${behind(1)}, ${behind(2)}]`, 'cluster.yaml').hosts).toHaveLength(2);
  });
});

describe('a file that is wrong in many ways', () => {
  const text = `name: My Cluster
miror: aliyun
network: {pods: 10.96.0.0/16}
hosts:
  - {name: n1, address: 10.77.0.11, roles: [control-plane]}
  - {name: n2, address: 10.77.0}
  - {name: n1, address: 10.77.0.13}
`;

  it('is told everything at once, with the indexes of the file', () => {
    expect(
      said(text)
        .en.split('\n')
        .map(line => line.split(': ').slice(0, 2).join(': ')),
    ).toEqual([
      'cluster.yaml:1:7: name',
      'cluster.yaml:2:1: miror',
      'cluster.yaml:3:1: network.services',
      'cluster.yaml:6:25: hosts[1].address',
      'cluster.yaml:7:12: hosts[2].name',
    ]);
    expect(said(text).remedy).toBe('Correct these 5 places in cluster.yaml; no host has been changed.');
  });
});

describe('a file that is no spec at all', () => {
  it.each([
    ['', 'cluster.yaml: it is empty'],
    ['# nothing\n', 'cluster.yaml: it is empty'],
    ['hello', 'cluster.yaml:1:1: "hello" is given; allowed is a group of fields'],
    ['[1]', 'cluster.yaml:1:1: a list is given; allowed is a group of fields'],
    ['a: 1\n---\nb: 2\n', /cluster\.yaml:2:1: a second document starts here/],
    ['name:\n\t- x\n', /a tab is used to indent/],
    ['name: "open\n', /this is not YAML/],
    ['hosts: *nowhere\n', /this is not YAML|cannot be read/],
    ['x'.repeat(1024 * 1024 + 1), 'cluster.yaml: it is larger than 1 MiB'],
    ['['.repeat(100_000), /cannot be read|not YAML/],
    [
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
        .join('\n')}\n`,
      /cannot be read: Excessive alias count/,
    ],
  ])('%j', (text, expected) => {
    const { en } = said(text);
    if (typeof expected === 'string') expect(en).toBe(expected);
    else expect(en).toMatch(expected);
  });
});

it('says in both languages what each field allows', () => {
  for (const [en, zh] of allowedInChinese) expect(`${en} ${zh}`).toMatch(/[a-z].*[\u4e00-\u9fff]/);
  expect(allowedInChinese.size).toBeGreaterThan(10);
});
