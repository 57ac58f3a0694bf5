import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adopt } from '../../source/engine/panel/adopt.js';
import { healthConditions, isHealthy } from '../../source/engine/panel/conditions.js';
import { findDrift } from '../../source/engine/panel/drift.js';
import { listFiles, readNodeFile } from '../../source/engine/panel/files.js';
import { readLog } from '../../source/engine/panel/logs.js';
import { nodeRows } from '../../source/engine/panel/rows.js';
import { emptyPanel, fold, type PanelState } from '../../source/engine/panel/state.js';
import { type Watch, watchCluster } from '../../source/engine/panel/watch.js';
import { type ClusterSpec, clusterSpec } from '../../source/engine/spec/schema.js';
import { sshConnector } from '../../source/engine/ssh/connector.js';
import { watchTimings } from '../../source/engine/ssh/timings.js';
import { addressOf, describeLab, fresh, key, lab, onHost } from './lab.js';
import { newHome, program } from './program.js';
import { inTerminal } from './tmux.js';
import { labHosts } from './where.js';

/** What happens on a host is seen within five seconds. */
const SOON = 5000;
/** To come back takes what a new login takes, or kubelet, which waits longer each time before it starts a component again. */
const BACK = 180_000;

describeLab('the panel on real hosts', () => {
  const [plane = '', worker = ''] = labHosts;
  const stop = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), 'k8s-tui-panel-'));
  let spec: ClusterSpec;
  let state: PanelState;
  let watch: Watch;
  let connector: ReturnType<typeof sshConnector>;
  let heard = () => {};
  /** The panel itself, in a terminal, of the cluster as it is read from its control plane. */
  let panel: ReturnType<typeof inTerminal>;

  beforeAll(async () => {
    spec = clusterSpec.parse({
      name: 'panel',
      kubernetes: 'v1.37.2',
      ssh: { identityFile: key() },
      hosts: [
        { name: plane, address: addressOf(plane), roles: ['control-plane'] },
        { name: worker, address: addressOf(worker) },
      ],
    });
    // K8S_TUI_LAB_KEEP: the cluster stands already, from a run before.
    if (!process.env.K8S_TUI_LAB_KEEP) await install();
    const ask = { hostKey: async () => true, secret: async () => null };
    connector = sshConnector({ ask, acceptNewHostKeys: true, knownHostsFile: join(folder, 'known_hosts') }, watchTimings);
    state = emptyPanel(spec, Date.now());
    watch = watchCluster(
      spec,
      connector,
      events => {
        state = fold(state, ...events);
        heard();
      },
      stop.signal,
    );
    await until(isHealthy, BACK);
    panel = inTerminal(newHome(), 'panel', `root@${addressOf(plane)}`, '--accept-new-host-keys');
    await panel.see(40, ready(plane), ready(worker));
  });
  afterAll(async () => {
    panel?.close();
    stop.abort();
    await watch?.ended;
    await connector?.close();
  });

  async function install(): Promise<void> {
    fresh(plane, worker);
    const file = join(folder, 'cluster.yaml');
    writeFileSync(file, JSON.stringify({ name: 'panel', kubernetes: 'v1.37.2', ssh: spec.ssh, hosts: spec.hosts }));
    const { code, stdout } = await program(newHome(), ['apply', '--yes', '--accept-new-host-keys', '-f', file]);
    expect(code, stdout).toBe(0);
  }

  const row = (host: string) => nodeRows(state).find(each => each.host === host)!;
  const note = (host: string) => row(host).notes.map(({ text }) => text.en);
  const level = (id: string) => healthConditions(state).find(each => each.id === id)!.level;

  /** Waits until the panel shows something. @returns after how many ms it did */
  async function until(is: (state: PanelState) => boolean, bound: number): Promise<number> {
    const begun = Date.now();
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const said = () => JSON.stringify([nodeRows(state).map(({ host, notes }) => [host, notes]), healthConditions(state)]);
        timer = setTimeout(() => reject(new Error(`not shown within ${bound} ms: ${said()}`)), bound);
        heard = () => is(state) && resolve();
        heard();
      });
    } finally {
      clearTimeout(timer);
      heard = () => {};
    }
    return Date.now() - begun;
  }

  const ready = (host: string) => new RegExp(`${host} +\\w+ +● Ready`);
  const broken = (host: string, words: string) => new RegExp(`${host} +\\w+ +✗ .*${words}`);
  /** Shown by the engine and on the screen, within five seconds. */
  const shown = (is: () => boolean, ...onScreen: RegExp[]) =>
    Promise.all([until(is, SOON), panel.see(SOON / 1000, ...onScreen)]);
  const rightAgain = async () => {
    // Attention is healthy as well, but no row that reads Ready.
    await until(state => isHealthy(state) && nodeRows(state).every(({ level }) => level === 'ok'), BACK);
    await panel.see(20, ready(plane), ready(worker));
  };

  it('a kubelet that is stopped', async () => {
    onHost(worker, 'systemctl stop kubelet');
    await shown(
      () => row(worker).level === 'broken' && /^kubelet stopped/.test(note(worker)[0] ?? ''),
      broken(worker, 'kubelet sto'),
      ready(plane),
    );
    expect(row(plane).level).toBe('ok');
    expect(isHealthy(state)).toBe(false);
    onHost(worker, 'systemctl start kubelet');
    await rightAgain();
  });

  it('a runtime that is dead', async () => {
    onHost(worker, 'systemctl kill -s KILL containerd; systemctl stop containerd');
    await shown(() => note(worker).some(words => /^containerd /.test(words)), broken(worker, 'containerd '));
    expect(isHealthy(state)).toBe(false);
    onHost(worker, 'systemctl start containerd');
    await rightAgain();
  });

  it('the API server’s manifest moved away: the hosts are seen all the same, its log too', async () => {
    onHost(plane, 'mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/');
    await shown(
      () => note(plane).some(words => /^kube-apiserver: its manifest is gone/.test(words)),
      broken(plane, 'kube-api'),
    );
    await until(() => level('api') === 'broken', 40_000);
    expect(level('hosts')).toBe('ok');
    const lines: string[] = [];
    await readLog(watch.remote(plane)!, 'kube-apiserver', { lines: 5, onLine: line => lines.push(line) });
    expect(lines.length).toBe(5);
    onHost(plane, 'mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/');
    await rightAgain();
  });

  it('a disk that is full', async () => {
    onHost(
      worker,
      'mkdir -p /var/lib/etcd; mount -t tmpfs -o size=8m tmpfs /var/lib/etcd; head -c 7900k /dev/zero > /var/lib/etcd/filler',
    );
    await shown(
      () => note(worker).some(words => /^disk \/var\/lib\/etcd 9\d% full/.test(words)),
      broken(worker, '9\\d% .*disk /var'),
    );
    onHost(worker, 'umount /var/lib/etcd; rmdir /var/lib/etcd');
    await rightAgain();
  });

  it('a certificate near its end', async () => {
    onHost(
      plane,
      `cd /etc/kubernetes/pki && cp -p front-proxy-client.crt /root/ && openssl req -new -key front-proxy-client.key -subj /CN=front-proxy-client |
      openssl x509 -req -days 9 -CA front-proxy-ca.crt -CAkey front-proxy-ca.key -CAcreateserial -CAserial /tmp/serial -out front-proxy-client.crt`,
    );
    await shown(() => note(plane).some(words => /front-proxy-client\.crt ends in [89] d/.test(words)), /certs [89] d/);
    onHost(plane, 'mv /root/front-proxy-client.crt /etc/kubernetes/pki/');
    await until(() => row(plane).level === 'ok', BACK);
    await panel.see(20, /certs \d{3} d/);
  });

  it('a host that is cut off, and one without power: each with a reason, the other goes on', async () => {
    for (const [away, back] of [
      ['cut', 'mend'],
      ['off', 'on'],
    ] as const) {
      lab(away, worker);
      await shown(() => row(worker).silentSeconds !== null, broken(worker, ''), ready(plane));
      expect(row(plane).level).toBe('ok');
      await until(() => /no route to the host|no answer in time|no longer answers/.test(note(worker)[0] ?? ''), 20_000);
      lab(back, worker);
      await rightAgain();
    }
  });

  it('reads configuration and certificates, and never a key; sees drift; becomes a spec again', async () => {
    const remote = watch.remote(plane)!;
    const files = await listFiles(remote);
    expect(files).toContain('/etc/kubernetes/admin.conf');
    expect(files.filter(file => file.endsWith('.key'))).toEqual([]);
    const admin = await readNodeFile(remote, '/etc/kubernetes/admin.conf');
    expect(admin).toMatch(/client-key-data: \(left out\)/);
    expect(await readNodeFile(remote, '/etc/kubernetes/manifests/etcd.yaml')).toContain('--client-cert-auth=true');
    expect(await readNodeFile(remote, '/var/lib/kubelet/pki/kubelet-client-current.pem')).not.toContain('PRIVATE');
    await expect(readNodeFile(remote, '/etc/kubernetes/pki/ca.key')).rejects.toThrow(/may hold a key/);

    const remotes = { [plane]: remote, [worker]: watch.remote(worker)! };
    expect(await findDrift(spec, remotes)).toEqual([]);
    onHost(worker, 'systemctl disable -q kubelet');
    expect((await findDrift(spec, remotes)).map(({ host }) => host)).toEqual([worker]);
    onHost(worker, 'systemctl enable -q kubelet');

    const { spec: found } = await adopt(remote, spec.hosts[0]!, { ssh: spec.ssh });
    expect(found.hosts.map(({ name, address, roles }) => ({ name, address, roles }))).toEqual(
      spec.hosts.map(({ name, address, roles }) => ({ name, address, roles })),
    );
    expect(found).toMatchObject({ kubernetes: 'v1.37.2', network: { pods: '10.244.0.0/16', services: '10.96.0.0/12' } });
  });
});
