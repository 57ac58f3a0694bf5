import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addressOf, describeLab, faultsOf, fresh, key, onHost } from './lab.js';
import { newHome, program, writeCluster } from './program.js';
import { snapshot } from './snapshot.js';
import { labHosts } from './where.js';

const [ONE, TWO] = labHosts as [string, string];

const cluster = (...names: string[]) => `name: lab
kubernetes: v1.37.2
ssh: {user: root, identityFile: ${key()}}
hosts:
${names.map((name, i) => `  - {name: ${name}, address: ${addressOf(name)}${i ? '' : ', roles: [control-plane]'}}`).join('\n')}
`;

interface Said {
  type: string;
  host: string;
  place: string;
  kind: string;
  ok: boolean;
  reason: { en: string } | null;
  from: Record<string, string>;
}

describeLab('sources that fail', () => {
  let home: string;
  beforeEach(() => {
    home = newHome();
    fresh(ONE, TWO);
  });
  afterEach(() => {
    for (const host of [ONE, TWO]) faultsOf(host);
  });
  const run = (...words: string[]) => program(home, [...words, '-f', join(home, 'cluster.yaml'), '--accept-new-host-keys']);

  async function examine(code: number) {
    const ended = await run('doctor', '--json');
    expect(ended.code, ended.stdout + ended.stderr).toBe(code);
    const said = ended.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Said);
    const { from } = said.findLast(({ type }) => type === 'sources')!;
    const reason = (host: string, place: string, kind: string) =>
      said.findLast(each => each.type === 'probe' && each.host === host && each.place === place && each.kind === kind)!.reason
        ?.en;
    return { said, from, reason };
  }

  it('are told apart by host, with the mix that serves all of them; looking changes nothing', async () => {
    writeCluster(home, cluster(ONE, TWO));
    // Somebody in between answers for ghcr.io, with a certificate of his own.
    onHost(
      TWO,
      `openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ghcr.io -days 9 -keyout /run/key -out /run/certificate 2>/dev/null
      systemd-run -q openssl s_server -accept 443 -key /run/key -cert /run/certificate -www
      echo '127.0.0.1 ghcr.io' >> /etc/hosts`,
    );
    faultsOf(
      ONE,
      { host: '@upstream', mode: 'down' },
      { host: 'registry.aliyuncs.com', mode: 'html' },
      { host: '*.docker.com', mode: 'status', status: 503 },
    );
    const before = [ONE, TWO].map(snapshot);
    const { said, from, reason } = await examine(0);
    expect([ONE, TWO].map(snapshot)).toEqual(before);

    expect(from).toEqual({
      'kubernetes-packages': 'aliyun',
      runtime: 'aliyun',
      images: 'daocloud',
      'network-images': 'daocloud',
    });
    expect(reason(ONE, 'upstream', 'kubernetes-packages')).toContain('the connection broke off');
    expect(reason(ONE, 'upstream', 'runtime')).toBe('it answers 503');
    expect(reason(ONE, 'aliyun', 'images')).toContain('something else than packages answers');
    expect(reason(TWO, 'upstream', 'network-images')).toContain('signed by nobody this host trusts');
    expect(reason(TWO, 'upstream', 'images')).toBeUndefined();
    const sampled = said.findLast(each => each.place === 'aliyun' && each.kind === 'kubernetes-packages')!;
    expect(sampled).toMatchObject({
      versions: ['v1.37.2'],
      evidence: { dns: expect.any(Number), speed: { bytes: expect.any(Number) } },
    });

    faultsOf(ONE, ...['registry.k8s.io', '*.aliyuncs.com', 'k8s.m.daocloud.io'].map(host => ({ host, mode: 'down' })));
    const nowhere = await examine(3);
    expect(nowhere.said.filter(({ type }) => type === 'finding')).toContainEqual(
      expect.objectContaining({ id: 'source-unreachable', level: 'stop', host: ONE }),
    );
  });

  it('half way through an install: slow, corrupt, cut off, gone and rubbish, and the cluster stands', async () => {
    writeCluster(home, cluster(ONE));
    faultsOf(
      ONE,
      { host: 'download.docker.com', path: String.raw`\.deb`, mode: 'slow', rate: 20_000 },
      { host: 'prod-cdn.packages.k8s.io', path: String.raw`\.deb`, mode: 'corrupt' },
      { host: 'prod-registry-k8s-io*', mode: 'truncate' },
      // What it begins, containerd must not go on with at the next.
      { host: 'registry.aliyuncs.com', path: 'blobs', mode: 'html' },
      { host: 'pkg-containers.githubusercontent.com', mode: 'down' },
    );
    const { code, stdout, stderr } = await run('apply', '--yes');
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('containerd.io cri-tools came from mirrors.aliyun.com: the source that was chosen failed');
    expect(stdout).toContain('kubelet=1.37.2-* kubeadm=1.37.2-* kubectl=1.37.2-* came from mirrors.aliyun.com');
    expect(stdout).toContain('registry.k8s.io/etcd:3.7.0-0 came from k8s.m.daocloud.io/etcd:3.7.0-0');
    expect(stdout).toMatch(/ghcr\.io\/flannel-io\/flannel:\S+ came from m\.daocloud\.io/);

    expect(
      onHost(ONE, "dpkg --verify kubelet kubeadm kubectl cri-tools kubernetes-cni containerd.io | grep -v ' c '; true"),
    ).toBe('');
    expect(onHost(ONE, 'crictl images | grep -cE "aliyun|daocloud"; true')).toBe('0');
    expect(
      onHost(
        ONE,
        'grep -rlE "aliyun|daocloud|tuna" /etc/apt /etc/containerd /etc/kubernetes; ls /var/lib/apt/lists | grep -E "aliyun|tuna"; true',
      ),
    ).toBe('');
    const again = await run('apply', '--yes');
    expect(again.stdout).toContain('everything is so already');
  });
});
