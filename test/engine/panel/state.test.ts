import { describe, expect, it } from 'vitest';
import { parseApiReport } from '../../../source/engine/panel/api-report.js';
import { componentsOf } from '../../../source/engine/panel/components.js';
import { healthConditions, isHealthy } from '../../../source/engine/panel/conditions.js';
import { type HostReport, parseReport } from '../../../source/engine/panel/report.js';
import { nodeRows, unwatched } from '../../../source/engine/panel/rows.js';
import { fold, type PanelState, SILENT_AFTER } from '../../../source/engine/panel/state.js';
import { recordedApi, recordedPanel, recordedReports } from './recorded.js';

/** The recorded cluster with one host's report changed. */
const having = (host: string, change: (report: HostReport) => Partial<HostReport>, state = recordedPanel()): PanelState => ({
  ...state,
  hosts: state.hosts.map(each =>
    each.name === host ? { ...each, report: { ...each.report!, ...change(each.report!) } } : each,
  ),
});
const unit = (name: string, change: Partial<HostReport['units'][number]>) => (report: HostReport) => ({
  units: report.units.map(each => (each.name === name ? { ...each, ...change } : each)),
});
const row = (state: PanelState, host: string) => nodeRows(state).find(each => each.host === host)!;
const notes = (state: PanelState, host: string) => row(state, host).notes.map(({ text }) => text.en);
const levels = (state: PanelState) => Object.fromEntries(healthConditions(state).map(({ id, level }) => [id, level]));

describe('a report of a real host', () => {
  it('tells what changes, and keeps what it told only once', () => {
    const [first, second] = recordedReports('control-plane');
    expect(first.units.map(({ name, active }) => [name, active])).toEqual([
      ['kubelet', 'active'],
      ['containerd', 'active'],
    ]);
    expect(first.manifests).toEqual(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']);
    expect(first.versions).toEqual({ kubelet: 'v1.37.2', containerd: '2.3.7' });
    expect(first.disks.map(({ mount }) => mount)).toEqual(['/']);
    expect(first.containers?.filter(({ state }) => state === 'running').map(({ name }) => name)).toContain('kube-apiserver');
    expect(first.certificates.find(({ path }) => path === '/etc/kubernetes/admin.conf')?.isAuthority).toBe(false);
    expect(first.certificates.find(({ path }) => path === '/etc/kubernetes/pki/ca.crt')?.isAuthority).toBe(true);
    expect(first.ports).toContainEqual({ process: 'kube-apiserver', address: '*', port: 6443 });
    expect(second).toMatchObject({
      containers: first.containers,
      certificates: first.certificates,
      manifests: first.manifests,
      versions: first.versions,
    });
    expect(second.uptimeSeconds).toBeGreaterThan(first.uptimeSeconds);
  });

  it('is the same objects where nothing was told anew', () => {
    const [first, second] = recordedReports('worker');
    const kept = ['units', 'disks', 'inodes', 'files', 'manifests', 'certificates', 'containers', 'ports', 'versions'] as const;
    for (const part of kept) expect(second[part], part).toBe(first[part]);
    const api = recordedApi();
    const later = parseApiReport('@@ now\nok\n@@ ready 200 0.001 0.004 \n', api, 'n10', api.at + 4000);
    expect(later).toMatchObject({ readyMs: 3, problem: null, etcd: null });
    expect(later.nodes).toBe(api.nodes);
    expect(later.pods).toBe(api.pods);
  });

  it('says what runs by the kernel’s word where the runtime is dead', () => {
    const [first] = recordedReports('control-plane');
    const left = first.containers!.find(({ name }) => name === 'etcd')!.id;
    const later = parseReport(`@@ tasks\n${left}\n`, first, first.at);
    expect(later.containers!.filter(({ state }) => state === 'running').map(({ name }) => name)).toEqual(['etcd']);
    expect(later.containers!.length).toBe(first.containers!.length);
  });
});

it('knows the containers of a host without crictl by kubelet’s links: of one that was started again the newest', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(64));
  const link = (name: string, id: string, restarts: number, at: number) =>
    `etcd-n1_kube-system_${name}-${id}.log /var/log/pods/kube-system_etcd-n1_0123/${name}/${restarts}.log ${at}.5`;
  const said = [
    '@@ tasks',
    b,
    '@@ logs',
    link('etcd', a!, 0, 100),
    link('etcd', b!, 1, 200),
    link('kube-proxy', c!, 0, 100),
    'something else',
    '@@ images',
    'CONTAINER  IMAGE  RUNTIME',
    `${b}    registry.k8s.io/etcd:3.7.0-0    io.containerd.runc.v2`,
  ];
  const known = { pod: 'etcd-n1', namespace: 'kube-system' };
  expect(parseReport(`${said.join('\n')}\n`, null, 0).containers).toEqual([
    { ...known, name: 'etcd', id: b, restarts: 1, state: 'running', createdAt: 200_500, image: 'registry.k8s.io/etcd:3.7.0-0' },
    { ...known, name: 'kube-proxy', id: c, restarts: 0, state: 'exited', createdAt: 100_500, image: '' },
  ]);
});

describe('the recorded cluster', () => {
  it('is healthy', () => {
    const state = recordedPanel();
    expect(healthConditions(state).filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(isHealthy(state)).toBe(true);
    expect(nodeRows(state)).toMatchObject([
      { host: 'n10', role: 'control-plane', level: 'ok', state: { en: 'Ready' }, version: 'v1.37.2', notes: [] },
      { host: 'n11', role: 'worker', level: 'ok', state: { en: 'Ready' }, version: 'v1.37.2', notes: [] },
    ]);
  });

  it('shows every component of the control plane, and what is not installed', () => {
    const components = Object.fromEntries(componentsOf(recordedPanel().hosts[0]!).map(each => [each.id, each]));
    expect(components['kube-apiserver']).toMatchObject({ level: 'ok', ports: ['*:6443'], log: { kind: 'container' } });
    expect(components['cloud-controller-manager']).toMatchObject({ level: 'ok', state: { en: 'not installed', zh: '未安装' } });
    expect(components.runtime).toMatchObject({
      title: 'containerd',
      image: '2.3.7',
      log: { kind: 'unit', name: 'containerd' },
    });
    expect(componentsOf(recordedPanel().hosts[1]!).find(({ id }) => id === 'etcd')?.state.en).toBe('not installed');
  });
});

describe('what goes wrong is said', () => {
  const stopped = (report: HostReport) => ({ active: 'inactive', sub: 'dead', since: report.at - 40_000 });
  it.each<[string, PanelState, string, RegExp]>([
    ['kubelet stopped', having('n11', report => unit('kubelet', stopped(report))(report)), 'n11', /^kubelet stopped 40 s ago$/],
    [
      'containerd dead',
      having('n11', report => unit('containerd', { ...stopped(report), active: 'failed', result: 'signal' })(report)),
      'n11',
      /^containerd failed/,
    ],
    ...(
      [
        [0, /^kubelet ended with 1 and is to be started again$/],
        [7, /^kubelet ends with 1 again and again: 7 restarts$/],
      ] as const
    ).map(([restarts, words]): [string, PanelState, string, RegExp] => [
      `kubelet fails, started again ${restarts} times`,
      having('n11', unit('kubelet', { active: 'activating', sub: 'auto-restart', exitCode: 1, restarts })),
      'n11',
      words,
    ]),
    [
      'a manifest gone',
      having('n10', ({ manifests, containers }) => ({
        manifests: manifests.filter(name => name !== 'kube-apiserver'),
        containers: containers!.map(each => (each.name === 'kube-apiserver' ? { ...each, state: 'exited' as const } : each)),
      })),
      'n10',
      /^kube-apiserver: its manifest is gone/,
    ],
    ['disk full', having('n11', () => ({ disks: [{ mount: '/', usedPercent: 97 }] })), 'n11', /97% full/],
    [
      'a certificate near its end',
      having('n10', ({ certificates, at }) => ({
        certificates: certificates.map(each =>
          each.path.endsWith('/apiserver.crt') ? { ...each, endsAt: at + 9.5 * 86_400_000 } : each,
        ),
      })),
      'n10',
      /^apiserver\.crt ends in 9 d$/,
    ],
    ['a wrong clock', having('n11', () => ({ clockSkewMs: -90_000 })), 'n11', /clock is 90 s behind/],
  ])('%s', (_, state, host, words) => {
    expect(notes(state, host)[0]).toMatch(words);
    expect(row(state, host).level).not.toBe('ok');
  });

  it('a stopped kubelet is not called Ready, whatever the cluster still believes', () => {
    const state = having('n11', report => unit('kubelet', stopped(report))(report));
    expect(row(state, 'n11')).toMatchObject({ level: 'broken', state: { en: 'down' } });
    const kubelet = componentsOf(state.hosts.find(({ name }) => name === 'n11')!).find(({ id }) => id === 'kubelet');
    expect(kubelet).toMatchObject({ title: 'kubelet', level: 'broken', state: { en: 'stopped 40 s ago', zh: '已停止 40 秒' } });
  });

  it('a cluster with a host that is broken by its own word is not healthy, whatever the API server still believes', () => {
    const state = having('n11', report => unit('kubelet', stopped(report))(report));
    const nodes = (state: PanelState) => healthConditions(state).find(({ id }) => id === 'nodes');
    expect(nodes(state)).toMatchObject({
      level: 'broken',
      text: { en: 'waits for n11 (kubelet stopped 40 s ago) to be well', zh: '等待 n11 (kubelet 已停止 40 秒) 恢复正常' },
    });
    expect(isHealthy(state)).toBe(false);

    const api = recordedApi(state.at);
    const conditions = [{ type: 'Ready', status: 'Unknown' as const, reason: '', message: 'no word', since: 0 }];
    const late = fold(state, { type: 'api', report: { ...api, nodes: api.nodes.map(node => ({ ...node, conditions })) } });
    const text = 'waits for n10 (Ready: no word), n11 (kubelet stopped 40 s ago) to be Ready';
    expect(nodes(late)?.text.en).toBe(text);
    // A host may have another name in the cluster: it is known by its address.
    const named = late.api!.nodes.map(node => ({ ...node, name: `${node.name}.lan` }));
    expect(nodes(fold(late, { type: 'api', report: { ...late.api!, nodes: named } }))?.text.en).toBe(text);
  });

  it('a host that falls silent, while the other goes on; and right again when it is back', () => {
    const start = recordedPanel();
    const other = start.hosts[0]!.report!;
    let state = start;
    for (const ms of [2000, 4000, 4500]) {
      const at = start.at + ms;
      state = fold(state, { type: 'report', host: 'n10', report: { ...other, at } });
      state = fold(state, { type: 'time', at });
    }
    expect(4500 - SILENT_AFTER, 'shown within 5 s').toBeLessThanOrEqual(1000);
    expect(row(state, 'n11')).toMatchObject({ level: 'broken', state: { en: 'silent' }, silentSeconds: 5, cpu: null });
    expect(row(state, 'n10').level).toBe('ok');
    expect(levels(state).hosts).toBe('broken');
    expect(isHealthy(state)).toBe(false);

    const what = { en: 'cannot reach 10.77.0.21: no route to the host', zh: '无法连接' };
    state = fold(state, { type: 'gone', host: 'n11', at: state.at, problem: { code: 'lost', what, remedy: what } });
    expect(notes(state, 'n11')[0]).toBe('cannot reach 10.77.0.21: no route to the host (5 s)');

    const back = { ...start.hosts[1]!.report!, at: state.at };
    expect(row(fold(state, { type: 'report', host: 'n11', report: back }), 'n11')).toMatchObject({ level: 'ok', notes: [] });
  });

  it('the API server does not answer: hosts are seen all the same', () => {
    const state = recordedPanel();
    const report = {
      ...recordedApi(state.at),
      problem: 'Failed to connect to kubernetes port 6443',
      nodes: [],
      pods: [],
      readyMs: null,
    };
    const down = fold(state, { type: 'api', report });
    expect(levels(down)).toMatchObject({ api: 'broken', nodes: 'unknown', hosts: 'ok', etcd: 'ok' });
    expect(row(down, 'n11')).toMatchObject({ level: 'ok', state: { en: 'up, no API' } });
    expect(isHealthy(down)).toBe(false);
  });

  it('a control plane without the manifest of its API server is not one where none is installed', () => {
    const gone = having('n10', ({ manifests, containers }) => ({
      manifests: manifests.filter(name => name !== 'kube-apiserver'),
      containers: containers!.filter(({ name }) => name !== 'kube-apiserver'),
    }));
    const state = (host: number) => componentsOf(gone.hosts[host]!).find(({ id }) => id === 'kube-apiserver');
    expect(state(0)).toMatchObject({ level: 'broken', state: { en: 'not running: its manifest is gone' } });
    expect(state(1)).toMatchObject({ level: 'ok', state: { en: 'not installed' } });
  });

  it('a node that is in the cluster and not among the hosts', () => {
    const state = recordedPanel();
    expect(unwatched(state)).toEqual([]);
    expect(unwatched({ ...state, hosts: state.hosts.slice(0, 1) })).toEqual(['n11']);
  });

  it('a node that the cluster calls NotReady, in the cluster’s words', () => {
    const state = recordedPanel();
    const api = recordedApi(state.at);
    const conditions = [
      {
        type: 'Ready',
        status: 'Unknown' as const,
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        since: 0,
      },
    ];
    const nodes = api.nodes.map(node => (node.name === 'n11' ? { ...node, conditions } : node));
    const late = fold(state, { type: 'api', report: { ...api, nodes } });
    expect(row(late, 'n11')).toMatchObject({ level: 'broken', state: { en: 'NotReady' } });
    expect(notes(late, 'n11')).toEqual(['Ready: Kubelet stopped posting node status.']);
  });

  it('a pod that cannot start, by name and reason', () => {
    const state = recordedPanel();
    const api = recordedApi(state.at);
    const pods = api.pods.map(pod => (pod.name.startsWith('coredns') ? { ...pod, status: 'ImagePullBackOff', ready: 0 } : pod));
    const conditions = healthConditions(fold(state, { type: 'api', report: { ...api, pods } }));
    expect(conditions.find(({ id }) => id === 'pods')?.text.en).toMatch(
      /^waits for kube-system\/coredns-\S+ \(ImagePullBackOff\), .* to be ready$/,
    );
    expect(conditions.find(({ id }) => id === 'dns')?.level).toBe('broken');
  });

  it('a pod that was deleted lacks nothing while it has its time to end; after it, it does', () => {
    const state = recordedPanel();
    const api = recordedApi(state.at);
    const [dns] = api.pods.filter(({ name }) => name.startsWith('coredns'));
    const level = (goneBy: number) => {
      const pods = [...api.pods, { ...dns!, name: 'coredns-old', status: 'Terminating', ready: 0, goneBy }];
      const conditions = healthConditions(fold(state, { type: 'api', report: { ...api, pods } }));
      return ['dns', 'pods'].map(wanted => conditions.find(({ id }) => id === wanted)?.level);
    };
    expect(level(api.at - 20_000)).toEqual(['ok', 'ok']);
    expect(level(api.at - 40_000)).toEqual(['attention', 'broken']);
  });
});
