import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../source/engine/diagnose/diagnose.js';
import { type Evidence, evidenceScript } from '../../../source/engine/diagnose/evidence.js';
import { mendScript } from '../../../source/engine/diagnose/mend.js';
import { symptoms } from '../../../source/engine/diagnose/symptoms/index.js';
import type { Facts } from '../../../source/engine/facts/facts.js';
import { has, shellcheck } from '../../support/shell.js';
import { freshFacts } from '../facts/sample.js';

const well: Record<string, string[]> = {
  units: [
    'containerd.LoadState=loaded',
    'containerd.ActiveState=active',
    'kubelet.LoadState=loaded',
    'kubelet.ActiveState=active',
    'kubelet.SubState=running',
    'kubelet.NRestarts=0',
  ],
  health: ['kubelet=ok', 'api=ok', 'etcd={"health":"true","reason":""}', 'server=https://10.0.0.11:6443', 'reached=ok'],
  role: [
    'admin.conf',
    'kubelet.conf',
    'pki/ca.key',
    'pki/ca.crt',
    ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(name => `manifests/${name}.yaml`),
  ],
  cni: ['/etc/cni/net.d:', '10-flannel.conflist', '/opt/cni/bin:', 'bridge'],
};
const enough = { mount: '/', path: '/', freeMiB: 40_000, totalMiB: 60_000, freeInodes: 1_000_000, readOnly: false };

function evidence(sections: Record<string, string[]> = {}, facts: Partial<Facts> = {}): Evidence {
  return {
    host: 'n1',
    at: 0,
    facts: freshFacts({ disks: [enough], swap: [], time: clock(0), ...facts }),
    sections: { ...well, ...sections },
  };
}
const clock = (off: number) => ({
  epochMs: 1_800_000_000_000 + off,
  askedAtMs: 1_800_000_000_000,
  synchronized: true,
  service: null,
});

/** What a failing command said. */
const command = (line: string) =>
  diagnose([evidence()], {
    code: 'step',
    host: 'n1',
    what: { en: 'it failed', zh: '失败' },
    remedy: { en: '', zh: '' },
    command: { line: 'kubeadm', exitCode: 1, lastLines: ['[preflight] Running pre-flight checks', line] },
  });
const unwell = { health: ['kubelet=curl: (7) refused', 'api=curl: (7) refused', 'etcd=curl: (7) refused'] };
/** What a section holds on a host that is not well. */
const told = (section: string, line: string) => diagnose([evidence({ ...unwell, [section]: [line] })]);
const unit = (...lines: string[]) =>
  diagnose([
    evidence({
      units: [...well.units!.filter(one => !lines.some(line => line.split('=')[0] === one.split('=')[0])), ...lines],
    }),
  ]);
const so = (sections: Record<string, string[]>, facts: Partial<Facts> = {}) => diagnose([evidence(sections, facts)]);

const E = (text: string) => `2026-11-24T02:37:32+0000 n1 kubelet[812]: E1124 02:37:32.872311     812 run.go:72] ${text}`;

/** As kubelet 1.37 and containerd 2.3 say it. */
const noPause = E(
  String.raw`"Error syncing pod, skipping" err="failed to \"CreatePodSandbox\" for \"kube-proxy-v2jpt_kube-system(1b30fa43-241e-4159-82d3-870a38742aa7)\" with CreatePodSandboxError: \"Failed to create sandbox for pod \\\"kube-proxy-v2jpt_kube-system(1b30fa43-241e-4159-82d3-870a38742aa7)\\\": rpc error: code = NotFound desc = failed to pull image \\\"registry.k8s.io/pause:9.99\\\": failed to pull and unpack image \\\"registry.k8s.io/pause:9.99\\\": failed to resolve image: registry.k8s.io/pause:9.99: not found\"" pod="kube-system/kube-proxy-v2jpt" podUID="1b30fa43-241e-4159-82d3-870a38742aa7"`,
);

const cases: [id: string, found: ReturnType<typeof diagnose>][] = [
  ['disk-full', so({}, { disks: [{ ...enough, freeMiB: 3 }] })],
  ['disk-full', command('mkdir: cannot create directory: No space left on device')],
  ['disk-low', so({}, { disks: [{ ...enough, freeMiB: 5000 }], cluster: { ...freshFacts().cluster, state: 'worker' } })],
  ['disk-low', told('kubelet', E('"Recording event message for node" node="n1" event="NodeHasDiskPressure"'))],
  ['inodes-full', so({}, { disks: [{ ...enough, freeInodes: 12 }] })],
  ['disk-read-only', so({}, { disks: [{ ...enough, readOnly: true }] })],
  ['disk-read-only', command("rm: cannot remove '/etc/x': Read-only file system")],
  ['disk-fails', told('kernel', 'Nov 24 02:00:00 n1 kernel: I/O error, dev vda, sector 123')],
  ['out-of-memory', told('kernel', 'Nov 24 02:00:00 n1 kernel: Out of memory: Killed process 812 (kube-apiserver) total-vm:1')],
  ['clock', so({}, { time: clock(-86_400_000) })],
  ['swap', command('[ERROR Swap]: running with swap on is not supported. Please disable swap')],
  [
    'swap',
    told(
      'kubelet',
      E('"command failed" err="failed to run Kubelet: running with swap on is not supported, please disable swap"'),
    ),
  ],
  ['ip-forward', so({}, { sysctls: { 'net.ipv4.ip_forward': '0' } })],
  [
    'ip-forward',
    command('[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents are not set to 1'),
  ],
  ['bridge-netfilter', command('/proc/sys/net/bridge/bridge-nf-call-iptables does not exist')],
  ['program-missing', command('[ERROR FileExisting-conntrack]: conntrack not found in system path')],
  [
    'containerd-config',
    diagnose([
      evidence({
        units: ['containerd.LoadState=loaded', 'containerd.ActiveState=activating'],
        containerd: [
          '2026-11-24T02:36:56+0000 n1 containerd[4556]: containerd: failed to unmarshal TOML at row 10 column 9: toml: expected character ]',
        ],
      }),
    ]),
  ],
  ['containerd-stopped', unit('containerd.ActiveState=inactive')],
  ['cri-off', so({ 'containerd-config': ['2:disabled_plugins = ["cri"]'] })],
  [
    'cri-off',
    command(
      'validate service connection: validate CRI v1 runtime API: rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService',
    ),
  ],
  ['containerd-not-there', command('dial unix /run/containerd/containerd.sock: connect: no such file or directory')],
  ['cri-several', command('Found multiple CRI endpoints on the host. Please define which one do you wish to use')],
  ['cgroup-driver', so({ 'containerd-config': ['9:    SystemdCgroup = false'], 'kubelet-config': ['cgroupDriver: systemd'] })],
  [
    'cgroup-driver',
    command('misconfiguration: kubelet cgroup driver: "systemd" is different from docker cgroup driver: "cgroupfs"'),
  ],
  [
    'sandbox-image',
    told(
      'kubelet',
      E('"CreatePodSandbox failed" err="failed to get sandbox image \\"registry.k8s.io/pause:3.10\\": failed to pull image"'),
    ),
  ],
  ['sandbox-image', told('kubelet', noPause)],
  ['kubelet-stopped', unit('kubelet.ActiveState=inactive', 'kubelet.UnitFileState=disabled')],
  ['kubelet-not-installed', unit('kubelet.LoadState=not-found', 'kubelet.ActiveState=inactive')],
  [
    'kubelet-cgroup-v1',
    told(
      'kubelet',
      E('"command failed" err="kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported"'),
    ),
  ],
  [
    'kubelet-config',
    told(
      'kubelet',
      E('"command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: yaml: line 50"'),
    ),
  ],
  ['kubelet-flag', told('kubelet', E('"command failed" err="failed to parse kubelet flag: unknown flag: --network-plugin"'))],
  [
    'kubelet-certificate',
    told(
      'kubelet',
      E('part of the existing bootstrap client certificate in /etc/kubernetes/kubelet.conf is expired: 2025-01-01'),
    ),
  ],
  ['node-name', told('kubelet', E('"Error getting node" err="node \\"n1\\" not found"').replaceAll('\\', ''))],
  ['kubelet-check', command('[kubelet-check] The kubelet is not healthy after 4m0.000s')],
  [
    'kubelet-keeps-ending',
    diagnose([
      evidence({
        units: [
          'kubelet.LoadState=loaded',
          'kubelet.ActiveState=activating',
          'containerd.LoadState=loaded',
          'containerd.ActiveState=active',
        ],
        kubelet: [E('"command failed" err="something that nobody knows"')],
      }),
    ]),
  ],
  ['manifest-missing', so({ role: well.role!.filter(line => line !== 'manifests/kube-apiserver.yaml') })],
  [
    'manifest-unreadable',
    told(
      'kubelet',
      E('"Could not process manifest file" err="couldn\'t parse as pod" path="/etc/kubernetes/manifests/kube-apiserver.yaml"'),
    ),
  ],
  [
    'certificate-expired',
    so({ certificates: ['/etc/kubernetes/pki/apiserver.crt=1700000000', '/etc/kubernetes/pki/ca.crt=2000000000'] }),
  ],
  [
    'certificate-time',
    command(
      'x509: certificate has expired or is not yet valid: current time 2026-11-24T00:00:00Z is before 2026-11-25T00:00:00Z',
    ),
  ],
  ['certificate-name', command('x509: certificate is valid for 10.0.0.11, 10.96.0.1, not 203.0.113.7')],
  ['address-not-here', so({ role: [...well.role!, '    - --advertise-address=10.9.9.9'] })],
  [
    'address-not-here',
    told('container-logs', 'etcd: {"level":"fatal","msg":"listen tcp 10.9.9.9:2380: bind: cannot assign requested address"}'),
  ],
  ['port-taken', command('[ERROR Port-6443]: Port 6443 is in use')],
  [
    'port-taken',
    told('kubelet', E('"Failed to listen and serve" err="listen tcp 0.0.0.0:10250: bind: address already in use"')),
  ],
  ['already-initialised', command('[ERROR FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml]: already exists')],
  ['already-initialised', command('[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty')],
  ['etcd-data', told('container-logs', 'etcd: panic: freepages: failed to get all reachable pages')],
  ['etcd-slow', told('container-logs', 'etcd: {"level":"warn","msg":"apply request took too long","took":"1.2s"}')],
  ['control-plane-check', command('[control-plane-check] kube-apiserver is not healthy after 4m0s')],
  ['api-server-ends', told('container-logs', 'kube-apiserver: 2027-01-15T08:00:00Z stderr F Error: unknown flag: --nonsense')],
  [
    'kubeconfig-stale',
    command(
      'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ),
  ],
  [
    'kubeconfig-none',
    command('The connection to the server localhost:8080 was refused - did you specify the right host or port?'),
  ],
  ['names-not-resolved', command('curl: (6) Could not resolve host: pkgs.k8s.io')],
  [
    'image-not-there',
    command('[ERROR ImagePull]: failed to pull image registry.aliyuncs.com/x/kube-proxy:v1.37.2: manifest unknown'),
  ],
  ['image-not-allowed', command('failed to resolve reference: unexpected status 403 Forbidden: not in the allowlist')],
  ['rate-limit', command('toomanyrequests: You have reached your pull rate limit.')],
  [
    'image-strangers-certificate',
    command('failed to pull image "registry.k8s.io/etcd:3.7.0": tls: x509: certificate signed by unknown authority'),
  ],
  [
    'image-blocked',
    command('[ERROR ImagePull]: failed to pull image registry.k8s.io/etcd:3.7.0: dial tcp 34.96.108.209:443: i/o timeout'),
  ],
  ['image-blocked', command('failed to pull image registry.k8s.io/etcd:3.7.0: net/http: TLS handshake timeout')],
  ['image-not-pulled', told('kubelet', E('"Error syncing pod" err="failed to start container: ImagePullBackOff"'))],
  ['file-blocked', command('curl: (28) Failed to connect to github.com port 443 after 10001 ms: Timeout was reached')],
  ['file-other-than-published', command('E: Failed to fetch http://x/Packages.gz  Hash Sum mismatch')],
  [
    'packages-locked',
    command('E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)'),
  ],
  [
    'packages-interrupted',
    command("E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."),
  ],
  ['packages-conflict', command('E: Unable to correct problems, you have held broken packages.')],
  [
    'repository-key',
    command('W: GPG error: https://pkgs.k8s.io InRelease: EXPKEYSIG 234654DA9A296436 isv:kubernetes OBS Project'),
  ],
  ['repository-time', command('E: Release file for http://deb.debian.org/InRelease is not valid yet (invalid for another 3h)')],
  ['package-not-there', command('E: Unable to locate package kubelet')],
  ['sudo-password', command('sudo: a password is required')],
  ['token-invalid', command('the token id "abcdef" is invalid for this cluster or it has expired. Use "kubeadm token create"')],
  ['token-invalid', command('could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"')],
  ['ca-hash', command('cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:3f" are pinned')],
  ['certificate-key', command('Secret "kubeadm-certs" was not found in the "kube-system" Namespace')],
  ['node-exists', command('a Node with name "n1" and status "Ready" already exists in the cluster')],
  [
    'api-unreachable',
    command(
      "couldn't validate the identity of the API Server: failed to request the cluster-info ConfigMap: connect: connection refused",
    ),
  ],
  ['cni-missing', so({ ...unwell, cni: ['/etc/cni/net.d:', '/opt/cni/bin:', 'bridge'] })],
  [
    'cni-missing',
    told(
      'kubelet',
      E(
        '"Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized"',
      ),
    ),
  ],
  [
    'cni-plugin-missing',
    told('kubelet', E('plugin type="bridge" failed (add): failed to find plugin "bridge" in path [/opt/cni/bin]')),
  ],
  ['dns-loop', told('container-logs', 'coredns: [FATAL] plugin/loop: Loop (127.0.0.1:55953 -> :1053) detected for zone "."')],
  ['service-not-reached', told('container-logs', 'kube-flannel: dial tcp 10.96.0.1:443: i/o timeout')],
  ['conntrack', told('container-logs', 'kube-proxy: open /proc/sys/net/netfilter/nf_conntrack_max: permission denied')],
  ['proxy-in-the-way', command('Unable to connect to the server: Forbidden')],
  [
    'manifest-too-long',
    command('The CustomResourceDefinition "x" is invalid: metadata.annotations: Too long: must have at most 262144 bytes'),
  ],
  [
    'operator-kinds',
    command('error: resource mapping not found: no matches for kind "Installation" in version "operator.tigera.io/v1"'),
  ],
  [
    'pool-elsewhere',
    told(
      'container-logs',
      "calico-node: IPPool 192.168.0.0/16 is not within the platform's configured pod network CIDR(s) [10.244.0.0/16]",
    ),
  ],
];

describe('the table of symptoms', () => {
  it.each(cases)('%s', (id, { causes }) => {
    expect(causes.map(cause => cause.id)).toContain(id);
    expect(causes[0]!.id).toBe(id);
  });

  it('names the pause image that cannot be had, and quotes a long line from where it tells that; the mirror is not to blame', () => {
    const { causes } = told('kubelet', noPause);
    expect(causes.map(({ id }) => id)).toEqual(['sandbox-image']);
    expect(causes[0]!.cause.en).toContain('(registry.k8s.io/pause:9.99)');
    expect(causes[0]!.seen.line).toMatch(/^… failed to pull image/);
  });

  it('has a recorded case for every row, and a name for each', () => {
    expect([...new Set(cases.map(([id]) => id))].sort()).toEqual(symptoms.map(({ id }) => id).sort());
  });

  it('explains only what is in it', () => {
    const known = new Set(symptoms.map(({ id }) => id));
    expect(symptoms.flatMap(({ explains }) => explains ?? []).filter(id => !known.has(id))).toEqual([]);
  });

  it('says something to do for every cause, in both languages', () => {
    for (const { causes } of cases.map(([, found]) => found))
      for (const { cause, fixes } of causes) {
        expect(fixes.length).toBeGreaterThan(0);
        expect(cause.zh).toMatch(/[\u4e00-\u9fff]/);
        expect(cause.en).not.toMatch(/undefined|null/);
      }
  });

  it('says nothing of a cluster that is well, whatever its journals remember', () => {
    const history = cases.flatMap(([, { causes }]) =>
      causes.filter(({ seen }) => seen.where === 'kubelet').map(({ seen }) => seen.line),
    );
    expect(history.length).toBeGreaterThan(8);
    expect(so({ kubelet: history })).toEqual({ signs: [], causes: [] });
  });

  it('leaves out what follows, and what an earlier run of a service said', () => {
    const line = (pid: number, text: string) => `2026-11-24T02:37:${pid}+0000 n1 kubelet[${pid}]: E1124 ${text}`;
    const kubelet = [
      line(12, '"command failed" err="failed to parse kubelet flag: unknown flag: --old"'),
      line(34, '"command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml"'),
    ];
    const units = [
      'containerd.LoadState=loaded',
      'containerd.ActiveState=active',
      'kubelet.LoadState=loaded',
      'kubelet.ActiveState=activating',
    ];
    expect(so({ units, kubelet }).causes.map(({ id }) => id)).toEqual(['kubelet-config']);
    const both = so({
      units: ['containerd.LoadState=loaded', 'containerd.ActiveState=inactive', ...units.slice(2)],
      kubelet: [line(34, 'dial unix /run/containerd/containerd.sock: connect: no such file or directory')],
    });
    expect(both.causes.map(({ id }) => id)).toEqual(['containerd-stopped']);
  });

  it('does not take a status that could not be sent, or news that are good, for a disk that is full', () => {
    const status = String.raw`"Error updating node status, will retry" err="failed to patch status \"{\"type\":\"DiskPressure\"}\" for node \"n1\": connection refused"`;
    for (const line of [status, '"Recording event message for node" node="n1" event="NodeHasNoDiskPressure"'])
      expect(told('kubelet', E(line)).causes.map(({ id }) => id)).not.toContain('disk-low');
  });

  it('does not blame a worker for a control plane that is down', () => {
    const worker = {
      ...evidence({
        role: ['kubelet.conf'],
        health: ['kubelet=ok', 'server=https://10.0.0.11:6443', 'reached=curl: (7) refused'],
      }),
      host: 'n2',
    };
    expect(diagnose([worker]).causes.map(({ id }) => id)).toEqual(['api-unreachable']);
    const plane = evidence({ units: [...well.units!.slice(0, 3), 'kubelet.ActiveState=inactive'] });
    expect(diagnose([plane, worker]).causes.map(({ id, host }) => `${host} ${id}`)).toEqual(['n1 kubelet-stopped']);
  });
});

describe.skipIf(!has('shellcheck'))('the shell of it', () => {
  it('the script that collects is good shell', () => expect(shellcheck(evidenceScript)).toBe(''));

  it('so are the commands of all fixes', () => {
    const commands = new Map(
      cases.flatMap(([, { causes }]) =>
        causes.flatMap(({ fixes }) =>
          fixes.flatMap(fix => (fix.by === 'commands' ? [[fix.commands.text, fix.commands] as const] : [])),
        ),
      ),
    );
    expect(commands.size).toBeGreaterThan(12);
    for (const one of commands.values()) {
      const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-f', 'gcc', '-e', 'SC2012,SC2013,SC2046', '-'], {
        input: mendScript(one, null),
        encoding: 'utf8',
      });
      expect(stdout, one.text).toBe('');
      expect(spawnSync('sh', ['-n'], { input: mendScript(one, 'lab'), encoding: 'utf8' }).stderr).toBe('');
    }
  });
});
