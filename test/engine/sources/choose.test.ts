import { describe, expect, it } from 'vitest';
import { knownKeys, offersOf, type ProbeKind } from '../../../source/engine/sources/catalogue.js';
import { chooseSources } from '../../../source/engine/sources/choose.js';
import type { SourceKind, SourceProbe, SourceReport } from '../../../source/engine/sources/report.js';
import { readSpec } from '../../../source/engine/spec/read.js';
import { machine } from '../../support/facts.js';

const spec = (more = '') =>
  readSpec(
    `hosts: [{name: n1, address: 192.168.1.1, roles: [control-plane]}, {name: n2, address: 192.168.1.2}]\n${more}`,
    'cluster.yaml',
  );

const otherKey = 'A'.repeat(40);
const defaults: Record<ProbeKind, Partial<SourceProbe>> = {
  'kubernetes-packages': { versions: ['v1.37.0', 'v1.37.1', 'v1.37.2', 'v1.37.10'], key: knownKeys.kubernetes },
  runtime: { key: knownKeys.docker },
  images: { missing: [] },
  'network-images': { missing: [] },
  'os-packages': {},
  time: {},
};
type Change = (probe: SourceProbe) => Partial<SourceProbe> | undefined;

/** Two hosts, every place but TUNA, all well but for the changes. */
function report(change: Change = () => undefined): SourceReport {
  const offers = offersOf(spec()).filter(({ place }) => place !== 'tuna');
  return ['n1', 'n2'].flatMap(host =>
    offers.map(({ kind, place }) => {
      const probe: SourceProbe = {
        host,
        place,
        kind,
        url: `https://${place}.example/${kind}`,
        ok: true,
        ms: 20,
        reason: null,
        ...defaults[kind],
      };
      return { ...probe, ...change(probe) };
    }),
  );
}
const failed = (en: string): Partial<SourceProbe> => ({
  ok: false,
  ms: null,
  reason: { en, zh: en },
  versions: undefined,
  key: undefined,
  missing: undefined,
});
const at =
  (place: string, kind: SourceKind, change: Partial<SourceProbe>, host?: string): Change =>
  probe =>
    probe.place === place && probe.kind === kind && (!host || probe.host === host) ? change : undefined;
const said = (more: string, changes: Change) =>
  chooseSources(spec(more), report(changes)).findings.map(
    ({ level, id, host, what, remedy }) => `${level} ${id} ${host}: ${what.en} → ${remedy.en}`,
  );

describe('when all is well', () => {
  it('takes everything from the place that was asked for', () => {
    const upstream = chooseSources(spec('kubernetes: v1.37.2'), report());
    expect(upstream).toEqual({
      version: 'v1.37.2',
      findings: [],
      sources: {
        from: { 'kubernetes-packages': 'upstream', runtime: 'upstream', images: 'upstream', 'network-images': 'upstream' },
        kubernetesPackages: 'https://pkgs.k8s.io/core:/stable:/v1.37/deb',
        dockerPackages: 'https://download.docker.com/linux',
        githubReleases: 'https://github.com',
        images: 'registry.k8s.io',
        coredns: 'registry.k8s.io/coredns',
        ghcr: 'ghcr.io',
        dockerHub: 'docker.io',
        quay: 'quay.io',
        timeServers: [],
        kubernetesKey: knownKeys.kubernetes,
        dockerKey: knownKeys.docker,
        standIns: [
          {
            place: 'aliyun',
            kubernetesPackages: 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/deb',
            dockerPackages: 'https://mirrors.aliyun.com/docker-ce/linux',
            images: 'registry.aliyuncs.com/google_containers',
            coredns: 'registry.aliyuncs.com/google_containers',
          },
          {
            place: 'tuna',
            kubernetesPackages: 'https://mirrors.tuna.tsinghua.edu.cn/kubernetes/core:/stable:/v1.37/deb',
            dockerPackages: 'https://mirrors.tuna.tsinghua.edu.cn/docker-ce/linux',
          },
          {
            place: 'daocloud',
            images: 'k8s.m.daocloud.io',
            coredns: 'k8s.m.daocloud.io/coredns',
            ghcr: 'm.daocloud.io/ghcr.io',
            dockerHub: 'm.daocloud.io/docker.io',
            quay: 'm.daocloud.io/quay.io',
          },
        ],
      },
    });
    const { sources } = chooseSources(
      spec('mirror: aliyun\nkubernetes: v1.36'),
      report(at('aliyun', 'kubernetes-packages', { versions: ['v1.36.3'] })),
    );
    expect(sources).toMatchObject({
      from: { 'kubernetes-packages': 'aliyun', runtime: 'aliyun', images: 'aliyun', 'network-images': 'daocloud' },
      kubernetesPackages: 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.36/deb',
      images: 'registry.aliyuncs.com/google_containers',
      coredns: 'registry.aliyuncs.com/google_containers',
      ghcr: 'm.daocloud.io/ghcr.io',
      timeServers: ['ntp.aliyun.com', 'ntp1.aliyun.com', 'ntp2.aliyun.com'],
    });
  });

  it('takes the newest patch that every host sees', () => {
    expect(chooseSources(spec('kubernetes: v1.37'), report()).version).toBe('v1.37.10');
    const stale = at('upstream', 'kubernetes-packages', { versions: ['v1.37.0', 'v1.37.2'] }, 'n2');
    expect(chooseSources(spec('kubernetes: v1.37'), report(stale)).version).toBe('v1.37.2');
  });

  it('leaves a running cluster at its patch', () => {
    const cluster = { state: 'control-plane' as const, server: null, caHash: null, version: 'v1.37.1', leftovers: [] };
    const facts = { n1: machine(1, { cluster }), n2: machine(2) };
    expect(chooseSources(spec('kubernetes: v1.37'), report(), facts).version).toBe('v1.37.1');
    expect(chooseSources(spec('kubernetes: v1.37'), [], facts)).toMatchObject({ version: 'v1.37.1', findings: [] });
    expect(chooseSources(spec('kubernetes: v1.37.2'), report(), facts).version).toBe('v1.37.2');
    expect(
      chooseSources(spec('kubernetes: v1.36'), report(at('upstream', 'kubernetes-packages', { versions: ['v1.36.3'] })), facts)
        .version,
    ).toBe('v1.36.3');
  });

  it('takes an exact version on its word where nothing was asked', () => {
    expect(chooseSources(spec('kubernetes: v1.37.2'), [])).toMatchObject({
      version: 'v1.37.2',
      findings: [],
      sources: { kubernetesKey: null },
    });
  });
});

describe('what is found', () => {
  const spaced = otherKey.match(/.{4}/g)!.join(' ');
  it.each<[string, string, Change, string[]]>([
    [
      'a version that the place does not carry, but the other does',
      'kubernetes: v1.37.11',
      at('aliyun', 'kubernetes-packages', { versions: ['v1.37.11'] }),
      [
        'warn source-elsewhere null: The Kubernetes packages come from aliyun, not from upstream: it does not have them → Nothing, if that suits you; sources: {kubernetes-packages: aliyun} makes it the first choice.',
      ],
    ],
    [
      'a version that nobody carries',
      'kubernetes: v1.37.11',
      () => undefined,
      [
        'stop version-not-carried null: upstream does not carry Kubernetes v1.37.11; the newest that it has of v1.37: v1.37.10, v1.37.2, v1.37.1, v1.37.0 → In the cluster file write kubernetes: v1.37.10, or kubernetes: v1.37 for the newest patch.',
      ],
    ],
    [
      'a minor that is not there, its images neither',
      'kubernetes: v1.37\nmirror: aliyun',
      probe =>
        at('aliyun', 'kubernetes-packages', { ...failed('it has no packages of this minor version'), versions: [] })(probe) ??
        at('aliyun', 'images', { ok: false, missing: ['kube-proxy:v1.37.2'] })(probe),
      [
        'warn source-elsewhere null: The Kubernetes packages come from upstream, not from aliyun: it has no packages of this minor version → Nothing, if that suits you; sources: {kubernetes-packages: upstream} makes it the first choice.',
        'warn source-elsewhere null: The images of Kubernetes come from daocloud, not from aliyun: it does not have them → Nothing, if that suits you; sources: {images: daocloud} makes it the first choice.',
      ],
    ],
    [
      'a version that another place has for one host alone',
      'kubernetes: v1.37.11',
      at('aliyun', 'kubernetes-packages', { versions: ['v1.37.11'] }, 'n1'),
      [
        'stop version-not-carried null: upstream does not carry Kubernetes v1.37.11; the newest that it has of v1.37: v1.37.10, v1.37.2, v1.37.1, v1.37.0 → In the cluster file write kubernetes: v1.37.10, or kubernetes: v1.37 for the newest patch; or write sources: {kubernetes-packages: aliyun}, which carries it.',
      ],
    ],
    [
      'packages that no host reaches, while the other place answers',
      'kubernetes: v1.37',
      at('upstream', 'kubernetes-packages', failed('its name is not known to DNS')),
      [
        'warn source-elsewhere null: The Kubernetes packages come from aliyun, not from upstream: its name is not known to DNS → Nothing, if that suits you; sources: {kubernetes-packages: aliyun} makes it the first choice.',
      ],
    ],
    [
      'packages that each host reaches at another place',
      'kubernetes: v1.37.2',
      probe =>
        at('upstream', 'kubernetes-packages', failed('its name is not known to DNS'), 'n1')(probe) ??
        at('aliyun', 'kubernetes-packages', failed('the connection broke off'), 'n2')(probe),
      [
        'stop source-unreachable n1: The Kubernetes packages cannot be had from https://upstream.example/kubernetes-packages: its name is not known to DNS → Another place answers from there: write sources: {kubernetes-packages: aliyun}.',
      ],
    ],
    [
      'images that one host does not reach, from neither place',
      'kubernetes: v1.37.2',
      probe => (probe.kind === 'images' && probe.host === 'n2' ? failed('the connection broke off') : undefined),
      [
        'stop source-unreachable n2: The images of Kubernetes cannot be had from https://upstream.example/images: the connection broke off → Try it there: curl -sSIL https://upstream.example/images. Check DNS, the way out, and a proxy if one is needed. Hosts without a way out get everything over SSH, through this machine: relay: true (v on the mirror screen).',
      ],
    ],
    [
      'what does not concern the chosen place',
      'kubernetes: v1.37.2',
      probe => (probe.place === 'aliyun' ? failed('the connection broke off') : undefined),
      [],
    ],
    [
      'a host without curl',
      'kubernetes: v1.37',
      probe => (probe.host === 'n2' ? { ...failed('curl is not installed'), unknown: true } : undefined),
      [
        'note source-unknown n2: How this host reaches the sources is not known: curl is not installed → Nothing, or try it there; the install brings curl with it.',
      ],
    ],
    [
      'no host with curl',
      'kubernetes: v1.37',
      () => ({ ...failed('curl is not installed'), unknown: true }),
      [
        'note source-unknown n1: How this host reaches the sources is not known: curl is not installed → Nothing, or try it there; the install brings curl with it.',
        'note source-unknown n2: How this host reaches the sources is not known: curl is not installed → Nothing, or try it there; the install brings curl with it.',
        'stop version-unresolved null: It is not known what the newest patch of v1.37 is: no host could ask upstream → Install curl on a host (apt-get install curl), or name the version: kubernetes: v1.37.1',
      ],
    ],
    [
      'a key that is not known',
      'kubernetes: v1.37.2',
      at('upstream', 'kubernetes-packages', { key: otherKey.toLowerCase() }),
      [
        `warn key-unknown null: The Kubernetes packages at https://upstream.example/kubernetes-packages are signed with a key that is not known: ${spaced} → Compare the fingerprint with what the mirror's operator publishes; if it is theirs, write trustedKeys: [${otherKey}].`,
      ],
    ],
    [
      'a key that the file trusts',
      `kubernetes: v1.37.2\ntrustedKeys: [${otherKey.toLowerCase()}]`,
      at('upstream', 'kubernetes-packages', { key: otherKey }),
      [],
    ],
    [
      'keys that differ between hosts',
      'kubernetes: v1.37.2',
      at('upstream', 'runtime', { key: otherKey }, 'n2'),
      [
        `stop key-differs null: Hosts see different signing keys for the packages of the container runtime: ${knownKeys.docker.match(/.{4}/g)!.join(' ')} (n1); ${spaced} (n2) → Find out what answers on these hosts (proxy, DNS, hosts file): curl -v https://upstream.example/runtime`,
      ],
    ],
    [
      'images of the version that are not there',
      'kubernetes: v1.37.2',
      at('upstream', 'images', {
        ok: false,
        reason: { en: 'does not carry x', zh: 'x' },
        missing: ['kube-proxy:v1.37.2', 'pause:3.10.2'],
      }),
      [
        'warn source-elsewhere null: The images of Kubernetes come from aliyun, not from upstream: does not carry x → Nothing, if that suits you; sources: {images: aliyun} makes it the first choice.',
      ],
    ],
    [
      'images of the version that are nowhere',
      'kubernetes: v1.37.2',
      probe => (probe.kind === 'images' ? { ok: false, missing: ['kube-proxy:v1.37.2', 'pause:3.10.2'] } : undefined),
      [
        'stop images-missing null: upstream.example/images does not carry kube-proxy:v1.37.2, pause:3.10.2 → Mirrors lag behind new releases: take an older patch of Kubernetes, or try aliyun, daocloud: sources: {images: aliyun}.',
      ],
    ],
    [
      'images that are only forecast',
      'kubernetes: v1.37.2',
      probe => (probe.kind === 'images' ? { ok: false, missing: ['coredns/coredns:v1.14.6', 'etcd:3.7.0-0'] } : undefined),
      [
        'warn images-missing null: upstream.example/images does not carry coredns/coredns:v1.14.6, etcd:3.7.0-0 → Mirrors lag behind new releases: take an older patch of Kubernetes, or try aliyun, daocloud: sources: {images: aliyun}.',
      ],
    ],
    [
      'images of the network',
      'kubernetes: v1.37.2',
      at('upstream', 'network-images', { ok: false, missing: ['flannel-io/flannel:v0.28.10'] }, 'n1'),
      [
        'warn source-elsewhere null: The images of the network come from daocloud, not from upstream (n1): it does not have them → Nothing, if that suits you; sources: {network-images: daocloud} makes it the first choice.',
      ],
    ],
  ])('%s', (_, more, change, expected) => {
    expect(said(more, change)).toEqual(expected);
  });

  it('leaves out of the stand-ins who is known not to serve', () => {
    const { sources } = chooseSources(
      spec('kubernetes: v1.37.2'),
      report(probe => (probe.place === 'aliyun' ? failed('the connection broke off') : undefined)),
    );
    expect(sources.standIns.map(({ place }) => place)).toEqual(['tuna', 'daocloud']);
  });

  it('mixes: packages from one place, images from another', () => {
    const { sources, findings } = chooseSources(
      spec('kubernetes: v1.37.2\nmirror: aliyun'),
      report(at('aliyun', 'images', failed('the connection broke off'))),
    );
    expect(sources).toMatchObject({
      from: { 'kubernetes-packages': 'aliyun', images: 'daocloud' },
      kubernetesPackages: 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/deb',
      images: 'k8s.m.daocloud.io',
      coredns: 'k8s.m.daocloud.io/coredns',
    });
    expect(findings.map(({ level }) => level)).toEqual(['warn']);
  });

  it('asks first where the file says so', () => {
    const { sources } = chooseSources(spec('kubernetes: v1.37.2\nsources: {images: daocloud}'), report());
    expect(sources.from).toMatchObject({ 'kubernetes-packages': 'upstream', images: 'daocloud' });
  });

  it('pins the key that the hosts saw', () => {
    expect(
      chooseSources(spec('kubernetes: v1.37.2'), report(at('upstream', 'runtime', { key: otherKey }))).sources.dockerKey,
    ).toBe(otherKey);
  });
});

describe('what is the operator’s own', () => {
  const more = 'kubernetes: v1.37.2\nown: {registry: registry.corp/k8s, kubernetesPackages: "http://apt.corp/k8s"}';
  const all = (): SourceReport =>
    offersOf(spec(more)).flatMap(({ kind, place }) =>
      ['n1', 'n2'].map(host => ({
        host,
        place,
        kind,
        url: `https://${place}`,
        ok: true,
        ms: 1,
        reason: null,
        ...defaults[kind],
      })),
    );

  it('is taken before all else, and nothing stands in for it', () => {
    const { sources, findings } = chooseSources(spec(more), all());
    expect(sources).toMatchObject({
      from: { 'kubernetes-packages': 'own', images: 'own', 'network-images': 'own', runtime: 'upstream' },
      kubernetesPackages: 'http://apt.corp/k8s',
      images: 'registry.corp/k8s',
      coredns: 'registry.corp/k8s/coredns',
      ghcr: 'registry.corp/k8s',
    });
    expect(sources.standIns.every(standIn => !standIn.images && !standIn.ghcr && !standIn.kubernetesPackages)).toBe(true);
    expect(findings).toEqual([]);
  });

  it('stops where it cannot be reached, and says where to look', () => {
    const report = all().map(probe =>
      probe.place === 'own' && probe.kind === 'images' ? { ...probe, ...failed('it refuses the login') } : probe,
    );
    const [finding] = chooseSources(spec(more), report).findings;
    expect(finding).toMatchObject({ id: 'source-unreachable', level: 'stop' });
    expect(finding!.remedy.en).toContain('Nothing is taken from elsewhere in its place.');
  });

  it('may be left aside for one kind', () => {
    const { sources } = chooseSources(spec(`${more}\nsources: {network-images: upstream}`), []);
    expect(sources.from['network-images']).toBe('upstream');
  });
});
