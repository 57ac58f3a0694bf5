import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSourceKind, offersOf } from '../../../source/engine/sources/catalogue.js';
import { probeSources, scriptFor, type Target, targetsOf } from '../../../source/engine/sources/probe.js';
import { readProbe } from '../../../source/engine/sources/probe-output.js';
import type { SourceProbe } from '../../../source/engine/sources/report.js';
import { readSpec } from '../../../source/engine/spec/read.js';
import { machine } from '../../support/facts.js';
import { has, runHere, shellcheck, thisMachine } from '../../support/shell.js';

const labKey = '9FA9D393EC83C6DBACAE05FB2E7110AD8F008C0C';
const spec = (more = '') =>
  readSpec(
    `hosts: [{name: n1, address: 192.168.1.1, roles: [control-plane]}, {name: n2, address: 192.168.1.2}]\n${more}`,
    'cluster.yaml',
  );
/** Of the places that the lab had when it was recorded. */
const recorded = (more: string) =>
  offersOf(spec(more)).filter(
    ({ kind, place }) =>
      isSourceKind(kind) && place !== 'tuna' && (place !== 'daocloud' || kind === 'network-images' || kind === 'runtime'),
  );
const targets = (more = '', host = 0) => targetsOf(spec(more), spec(more).hosts[host]!, machine(1), recorded(more));
const file = (name: string) => readFileSync(new URL(`recorded/${name}`, import.meta.url), 'utf8');

/** Probes as they arrive, from a whole output. */
function read(stdout: string, of: Target[]): { all: SourceProbe[]; arrived: SourceProbe[] } {
  const arrived: SourceProbe[] = [];
  const reader = readProbe('n1', of, probe => arrived.push(probe));
  for (const line of stdout.split('\n')) reader.line(line);
  return { all: reader.end({ code: 0, stdout, stderr: '' }), arrived };
}
const short = (probes: SourceProbe[]) =>
  probes.map(
    ({ place, kind, ok, unknown, reason }) =>
      `${place} ${kind}: ${unknown ? 'unknown' : ok ? 'ok' : 'bad'}${reason ? `, ${reason.en}` : ''}`,
  );

describe('the script', () => {
  const variants = [
    'kubernetes: v1.37.2',
    'kubernetes: v1.37',
    'runtime: github\nnetwork: {cni: calico}',
    'runtime: distribution',
  ];

  it.skipIf(!has('shellcheck')).each(variants)('is good shell: %s', more => {
    expect(shellcheck(String(scriptFor(spec(more), targets(more), true)))).toBe('');
  });

  it('asks a control plane for all images, a worker for its own', () => {
    const images = (host: number) => targets('kubernetes: v1.37.2', host).find(({ name }) => name === 'aliyun/images')!.images;
    expect(images(0)).toHaveLength(7);
    expect(images(1)).toEqual(['google_containers/kube-proxy:v1.37.2', 'google_containers/pause:3.10.2']);
  });

  it('lets the host fill in the patch of a minor', () => {
    const script = String(scriptFor(spec('kubernetes: v1.37'), targets('kubernetes: v1.37')));
    expect(script).toContain('start upstream/images images registry.k8s.io upstream.version kube-apiserver:VERSION');
    expect(String(scriptFor(spec('kubernetes: v1.37.2'), targets('kubernetes: v1.37.2')))).toContain(
      'start upstream/images images registry.k8s.io - kube-apiserver:v1.37.2',
    );
  });

  it('asks Docker Hub where its API is', () => {
    expect(String(scriptFor(spec('network: {cni: calico}'), targets('network: {cni: calico}')))).toContain(
      'images registry-1.docker.io - calico/node:',
    );
  });

  it('says unknown, and changes nothing, where curl is missing', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sources-'));
    const run = () => runHere(scriptFor(spec(), targets()), {}, ['/bin/sh'], { PATH: folder, TMPDIR: folder });
    const said: SourceProbe[] = [];
    const report = await probeSources(
      spec(),
      { n1: { ...thisMachine('n1'), run } },
      { n1: machine(1) },
      { onProbe: probe => said.push(probe) },
    );
    expect(report).toHaveLength(offersOf(spec()).length);
    expect(said).toEqual(report);
    for (const probe of report)
      expect(probe).toMatchObject({ host: 'n1', ok: false, unknown: true, ms: null, reason: { en: 'curl is not installed' } });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(!has('curl'))('ends in time and removes its folder where no site can be reached', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sources-'));
    // A proxy that nobody is: every request fails at once, and none leaves this machine.
    const env = { PATH: process.env.PATH, TMPDIR: folder, https_proxy: 'http://127.0.0.1:9' };
    const began = Date.now();
    const { stdout, code } = await runHere(scriptFor(spec('kubernetes: v1.37'), targets('kubernetes: v1.37')), {}, ['sh'], env);
    expect(code).toBe(0);
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(short(read(stdout, targets('kubernetes: v1.37')).all)).toEqual(
      targets('kubernetes: v1.37').map(({ place, kind }) => `${place} ${kind}: bad, no connection: refused, or no route`),
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('what hosts of the lab said', () => {
  it('while every upstream site was down', () => {
    const { all, arrived } = read(file('upstream-down.txt'), targets('kubernetes: v1.37.2'));
    expect(short(all)).toEqual([
      'upstream kubernetes-packages: bad, the connection broke off',
      'aliyun kubernetes-packages: ok',
      'upstream runtime: bad, the connection broke off',
      'aliyun runtime: ok',
      'upstream images: bad, the connection broke off',
      'aliyun images: ok',
      'upstream network-images: bad, the connection broke off',
      'daocloud network-images: ok',
    ]);
    expect(all[1]).toMatchObject({
      host: 'n1',
      place: 'aliyun',
      kind: 'kubernetes-packages',
      url: 'https://mirrors.aliyun.com/kubernetes-new/core/stable/v1.37/deb',
      ok: true,
      ms: 751,
      reason: null,
      key: labKey,
      versions: ['v1.37.2'],
    });
    expect(all[3]).toMatchObject({ key: labKey, url: 'https://mirrors.aliyun.com/docker-ce/linux/debian' });
    expect(all[5]).toMatchObject({ missing: [], ms: 735 });
    expect(arrived.map(({ kind, place }) => `${place} ${kind}`)[0]).toBe('upstream kubernetes-packages');
    expect(arrived).toHaveLength(8);
  });

  it('asked for a minor alone, with Calico and the distribution’s containerd', () => {
    const more = 'kubernetes: v1.37\nnetwork: {cni: calico}\nruntime: distribution';
    expect(short(read(file('upstream-down-minor-calico.txt'), targets(more)).all)).toEqual([
      'upstream kubernetes-packages: bad, the connection broke off',
      'aliyun kubernetes-packages: ok',
      'upstream runtime: ok',
      'upstream images: bad, the connection broke off',
      'aliyun images: ok',
      'upstream network-images: bad, the connection broke off',
      'daocloud network-images: ok',
    ]);
    expect(read(file('upstream-down-minor-calico.txt'), targets(more)).all[2]!.versions).toEqual(['1.6.20']);
  });

  it('asked for a minor that is not there, and GitHub’s release', () => {
    const { all } = read(file('no-such-minor-github.txt'), targets('kubernetes: v1.38.0\nruntime: github'));
    expect(short(all.filter(({ place }) => place !== 'upstream'))).toEqual([
      'aliyun kubernetes-packages: bad, it has no packages of this minor version',
      'daocloud runtime: ok',
      `aliyun images: bad, does not carry ${['apiserver', 'controller-manager', 'scheduler', 'proxy'].map(name => `google_containers/kube-${name}:v1.38.0`).join(', ')}`,
      'daocloud network-images: ok',
    ]);
    expect(all.find(({ place }) => place === 'aliyun')!.versions).toEqual([]);
  });
});

describe('one source at a time', () => {
  const said = (name: string, ...lines: string[]) => {
    const all = targets('kubernetes: v1.37.2');
    return read(`@@ ${name}\n${lines.join('\n')}\n@@ done\n`, all).all[all.findIndex(target => target.name === name)]!;
  };
  const key = `key ${readFileSync(new URL('recorded/ed25519.asc', import.meta.url)).toString('base64')}`;
  const good = [
    'asked 200 0.1 0 https://pkgs.k8s.io/a',
    'asked 200 0.1 0 https://pkgs.k8s.io/b',
    'asked 200 0.1 0 https://pkgs.k8s.io/c',
  ];

  it('carries its versions in order', () => {
    const probe = said(
      'upstream/kubernetes-packages',
      ...good,
      'signed',
      key,
      'version 1.37.10-1.1',
      'version 1.37.2-1.1',
      'version 1.37.2-1.2',
      'version 1.37.0-1.1',
    );
    expect(probe).toMatchObject({
      ok: true,
      versions: ['v1.37.0', 'v1.37.2', 'v1.37.10'],
      key: '62F03CE806E6C8B5440499B3134272133D02DA1D',
    });
  });

  it.each<[string, string, string[], string]>([
    [
      'a name that is not known',
      'upstream/kubernetes-packages',
      ['asked 000 0.000000 6 https://pkgs.k8s.io/x'],
      'its name is not known to DNS',
    ],
    [
      'the place that it redirects to',
      'upstream/kubernetes-packages',
      ['asked 000 0.0 28 https://prod-cdn.packages.k8s.io/x'],
      'it sends on to prod-cdn.packages.k8s.io, and there: did not answer within 10 s',
    ],
    [
      'a certificate',
      'aliyun/runtime',
      ['asked 000 0.0 60 https://mirrors.aliyun.com/x'],
      'its certificate is not trusted: something in between reads along, or the clock is wrong',
    ],
    [
      'an exit that curl has for others',
      'aliyun/runtime',
      ['asked 000 0.0 99 https://mirrors.aliyun.com/x'],
      'curl ended with 99',
    ],
    [
      'a certificate of somebody in between',
      'aliyun/runtime',
      ['asked 000 0.0 60 https://mirrors.aliyun.com/x 0.001 0.002 0.000 20 10.77.1.15 '],
      'its certificate is signed by nobody this host trusts: something in between reads along',
    ],
    [
      'a clock that is off',
      'aliyun/runtime',
      [
        'asked 000 0.0 60 https://mirrors.aliyun.com/x 0.001 0.002 0.000 9 10.77.1.15 ',
        'clock 1700000000 Tue, 24 Nov 2026 02:00:00 GMT',
      ],
      'the clock of this host is 1105 d behind, so its certificate is refused',
    ],
    [
      'a portal in front of a registry',
      'upstream/images',
      [
        'image kube-apiserver:v1.37.2 200 0.1 0 https://registry.k8s.io/x 0.001 0.002 0.003 0 10.77.1.10 text/html; charset=utf-8',
      ],
      'something else than packages answers for registry.k8s.io: perhaps the page of a proxy or portal',
    ],
    ['a fault of the server', 'upstream/kubernetes-packages', ['asked 503 0.2 0 https://pkgs.k8s.io/x'], 'it answers 503'],
    [
      'the key alone',
      'upstream/kubernetes-packages',
      [good[0]!, 'asked 404 0.1 0 https://pkgs.k8s.io/b', good[2]!, 'signed', 'version 1.37.2-1.1'],
      'it answers 404',
    ],
    [
      'a page of a portal',
      'upstream/kubernetes-packages',
      [...good, key],
      'something else than packages answers for pkgs.k8s.io: perhaps the page of a proxy or portal',
    ],
    [
      'no key in the key',
      'upstream/kubernetes-packages',
      [...good, 'signed', 'key PGh0bWw+', 'version 1.37.2-1.1'],
      'serves no signing key where it should be',
    ],
    [
      'another architecture',
      'upstream/kubernetes-packages',
      [...good, 'signed', key],
      'its index names no kubeadm for this architecture',
    ],
    ['nothing in time', 'upstream/kubernetes-packages', [], 'did not answer within 10 s'],
    [
      'images in part',
      'upstream/images',
      [
        'image kube-apiserver:v1.37.2 200 0.1 0 https://registry.k8s.io/x',
        'image kube-scheduler:v1.37.2 000 0.0 56 https://registry.k8s.io/x',
      ],
      'the connection broke off',
    ],
    [
      'images not in time',
      'upstream/images',
      ['image kube-apiserver:v1.37.2 200 0.1 0 https://registry.k8s.io/x'],
      'did not answer within 10 s',
    ],
    [
      'a limit on pulls',
      'daocloud/network-images',
      ['image ghcr.io/flannel-io/flannel:v0.28.10 429 0.1 0 https://m.daocloud.io/x'],
      'it answers 429',
    ],
    [
      'an image that others may have',
      'daocloud/network-images',
      ['image a:1 403 0.1 0 https://m.daocloud.io/x', 'image b:1 200 0.1 0 https://m.daocloud.io/x'],
      'does not carry a:1',
    ],
    ['nothing at all of the script', 'none', [], 'it did not say'],
  ])('%s', (_, name, lines, reason) => {
    const probe = name === 'none' ? read('', targets()).all[0]! : said(name, ...lines);
    expect(probe.reason?.en).toBe(reason);
    expect(probe.reason?.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(probe.ok).toBe(false);
  });

  it('keeps what the verdict rests on', () => {
    const all = targets('kubernetes: v1.37.2');
    const arrived = read(
      `@@ upstream/images
proxy http://proxy:3128
${all
  .find(({ name }) => name === 'upstream/images')!
  .images!.map(
    (image, i) => `image ${image} 200 0.1${i} 0 https://registry.k8s.io/${i} 0.004 0.0${i}9 0.05 0 10.77.1.10 application/json`,
  )
  .join('\n')}
digest pause:3.10.2 sha256:${'a'.repeat(64)}
@@ done
@@ sample upstream/images 4194304 0.5
@@ sample aliyun/images 0 0.1
`,
      all,
    ).arrived;
    expect(arrived).toHaveLength(1 + all.length);
    expect(arrived[1]).toMatchObject({
      place: 'upstream',
      ok: true,
      ms: 100,
      evidence: {
        dns: 4,
        tcp: 9,
        tls: 50,
        address: '10.77.1.10',
        proxy: 'http://proxy:3128',
        digests: { 'pause:3.10.2': `sha256:${'a'.repeat(64)}` },
        speed: { bytes: 4_194_304, ms: 500 },
      },
    });
    expect(arrived[1]!.evidence!.asked).toHaveLength(7);
  });

  it('knows an expired key', () => {
    const soon = `key ${readFileSync(new URL('recorded/expires-2030.asc', import.meta.url)).toString('base64')}`;
    const all = targets('kubernetes: v1.37.2');
    const at = (now: number) => {
      const reader = readProbe('n1', all, () => {}, now);
      const stdout = ['@@ upstream/kubernetes-packages', ...good, 'signed', soon, 'version 1.37.2-1.1', '@@ done'].join('\n');
      return reader.end({ code: 0, stdout, stderr: '' })[0]!;
    };
    expect(at(Date.UTC(2029, 0))).toMatchObject({ ok: true });
    expect(new Date(at(0).keyExpires!).toISOString().slice(0, 10)).toBe('2030-01-31');
    expect(at(Date.UTC(2031, 0)).reason?.en).toBe('its signing key expired on 2030-01-31: apt refuses it');
  });

  it('does not trip over noise', () => {
    expect(
      read('motd\n@@ unknown\nx\n@@ done\n@@ upstream/images\nimage\nasked x\nkey\n@@ done\n@@ done\n', targets()).all,
    ).toHaveLength(targets().length);
  });
});

describe('what an install leans on', () => {
  const ask = (more: string, kind: string, ...body: string[]) => {
    const offers = offersOf(spec(more)).filter(offer => offer.kind === kind);
    const [target] = targetsOf(spec(more), spec(more).hosts[0]!, { ...machine(1), virtualization: 'kvm' }, offers);
    const [probe] = read([`@@ ${target!.name}`, ...body, '@@ done', ''].join('\n'), [target!]).all;
    return { job: String(target!.job), place: target!.place, ok: probe!.ok, unknown: probe!.unknown, said: probe!.reason?.en };
  };
  const asked = (url: string, code = 200, exit = 0) =>
    `asked ${String(code).padStart(3, '0')} 0.021 ${exit} ${url} 0.001 0.002 0.003 0 10.0.0.9 text/plain`;
  const main = 'http://deb.debian.org/debian/dists/bookworm/InRelease';

  it.each([
    ['signed and fresh', [asked(main), 'signed Tue, 01 Jan 2999 00:00:00 UTC'], true, undefined],
    ['signed, for ever', [asked(main), 'signed '], true, undefined],
    [
      'too old',
      [asked(main), 'signed Tue, 01 Jan 2019 00:00:00 UTC'],
      false,
      `${main}: its list expired on 2019-01-01, or the clock of this host is ahead: apt refuses it`,
    ],
    ['a portal', [asked(main), 'other'], false, /something else than packages answers for deb\.debian\.org/],
    ['gone', [asked(main, 0, 7), 'other'], false, `${main}: no connection: refused, or no route`],
  ])('the distribution’s own packages: %s', (_, body, ok, said) => {
    const found = ask('', 'os-packages', ...body);
    expect(found).toMatchObject({ place: 'host', ok, job: 'system' });
    if (said instanceof RegExp) expect(found.said).toMatch(said);
    else expect(found.said).toBe(said);
  });

  it('are neither good nor bad where apt has no sources', () => {
    expect(ask('', 'os-packages')).toMatchObject({ ok: false, unknown: true });
  });

  it('a mirror of one’s own is asked in the place of the host’s sources', () => {
    const { job, place } = ask('own: {osPackages: "http://apt.corp/debian"}', 'os-packages');
    expect(place).toBe('own');
    expect(job).toMatch(
      /^system http:\/\/apt\.corp\/debian\/dists\/\S+\/InRelease http:\/\/apt\.corp\/debian\/dists\/\S+-updates\/InRelease$/,
    );
  });

  it.each([
    ['', ['synchronized yes'], 'host', true, undefined],
    ['', ['synchronized no'], 'host', false, 'nothing keeps the clock of this host right'],
    [
      'timeServers: [a.corp, b.corp]',
      ['time a.corp none', 'time b.corp 3 0.001'],
      'own',
      true,
      'no answer on UDP port 123 from a.corp',
    ],
    ['timeServers: [a.corp]', ['time a.corp none'], 'own', false, 'no answer on UDP port 123 from a.corp'],
    ['timeServers: [a.corp]', ['time a.corp 3 -90.2'], 'own', true, 'the clock of this host is 90 s behind'],
    ['mirror: aliyun', ['time ntp.aliyun.com 30 0.002'], 'aliyun', true, undefined],
  ])('the time: %s %s', (more, body, place, ok, said) => {
    expect(ask(more, 'time', ...body)).toMatchObject({ place, ok, said });
  });
});

describe('a registry of one’s own', () => {
  const more = 'kubernetes: v1.37.2\nown: {registry: "registry.corp:5000/k8s", registryUser: puller}';
  const target = () =>
    targetsOf(spec(more), spec(more).hosts[0]!, machine(1), offersOf(spec(more))).find(({ name }) => name === 'own/images')!;

  it('is asked for every image under the path that it has upstream, with the login', () => {
    expect(target().images).toContain('k8s/coredns/coredns:v1.14.6');
    expect(target().images).toContain('k8s/kube-apiserver:v1.37.2');
    expect(String(target().job)).toMatch(/^own_images registry\.corp:5000 - /);
    expect(String(scriptFor(spec(more), [target()]))).toContain(
      `own_login=$(printf '%s:%s' puller "$K8S_TUI_REGISTRY_PASSWORD" | base64`,
    );
  });

  it('that refuses the login lacks nothing: it says so', () => {
    const answers = target().images!.map(
      image => `image ${image} 401 0.02 0 https://registry.corp:5000/v2/${image} 0.001 0.002 0.003 0 10.0.0.9 text/plain`,
    );
    const [probe] = read(['@@ own/images', ...answers, '@@ done', ''].join('\n'), [target()]).all;
    expect(probe).toMatchObject({ ok: false, reason: { en: 'it refuses the login' } });
    expect(probe!.missing).toBeUndefined();
  });
});
