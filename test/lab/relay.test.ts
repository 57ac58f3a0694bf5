import { execFile } from 'node:child_process';
import { closeSync, copyFileSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { cutOff } from './cut-off.js';
import { addressOf, control, describeLab, faultsAt, fresh, key, onHost } from './lab.js';
import { openProxy, openSite } from './own-site.js';
import { newHome, program, programOnline, writeCluster } from './program.js';
import { snapshot } from './snapshot.js';
import { cli, labHosts } from './where.js';

const hosts = [...labHosts];
const [ONE] = labHosts as [string];
/** This machine's end of the lab's network. */
const HERE = '10.77.0.1';

const cluster = (names: string[], more = '') => `name: lab
kubernetes: v1.37.2
ssh: {user: root, identityFile: ${key()}}
${more}
hosts:
${names.map((name, i) => `  - {name: ${name}, address: ${addressOf(name)}${i ? '' : ', roles: [control-plane]'}}`).join('\n')}
`;

/** What these hosts, or this machine for them, drew from the outside sites since: the larger things. */
function drawn(since: number): { path: string; bytes: number }[] {
  const { visits } = JSON.parse(control(`/log?since=${since}`)) as {
    visits: { client: string; path: string; bytes: number }[];
  };
  const clients = [HERE, ...hosts.map(addressOf)];
  return visits.filter(({ client, bytes }) => clients.includes(client) && bytes > 50_000);
}
const nodes = () =>
  onHost(ONE, "kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes --no-headers | awk '{print $1, $2}'");
const traces = (name: string) =>
  onHost(
    name,
    `ls -d /run/k8s-tui-relay 2>/dev/null; grep -rIl k8s-tui-relay /etc /var/lib/apt /var/lib/k8s-tui 2>/dev/null; true`,
  );

/** One home for all: what was downloaded for one of them is there for the next. */
const home = newHome();
const bundle = join(home, 'bundle.tar');

describeLab('hosts that reach nothing but ssh', () => {
  const freshAndCutOff = (...names: string[]) => {
    fresh(...names);
    for (const name of names) cutOff(name);
  };

  afterEach(() => {
    faultsAt(HERE);
  });

  it('become a cluster by the relay: every byte crosses the line once, also where a source fails, and nothing stays behind', async () => {
    freshAndCutOff(...hosts);
    expect(onHost(ONE, 'curl -s -m 3 https://pkgs.k8s.io; echo $?')).not.toBe('0');
    const before = hosts.map(snapshot);
    writeCluster(home, cluster(hosts, 'relay: true'));
    const run = (...args: string[]) =>
      programOnline(home, [...args, '-f', join(home, 'cluster.yaml'), '--accept-new-host-keys']);
    const { next } = JSON.parse(control('/log?since=0')) as { next: number };

    const looked = await run('preflight');
    expect(looked.code, looked.stdout + looked.stderr).toBe(0);
    expect(hosts.map(snapshot), 'preflight only looks').toEqual(before);
    faultsAt(
      HERE,
      { host: 'download.docker.com', path: String.raw`\.deb`, mode: 'status', status: 503 },
      { host: 'prod-registry-k8s-io*', mode: 'down' },
    );
    const ended = await run('apply', '--yes');
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(ended.stdout).toContain('containerd.io cri-tools came from mirrors.aliyun.com: the source that was chosen failed');
    expect(ended.stdout).toContain('registry.k8s.io/etcd:3.7.0-0 came from registry.aliyuncs.com');
    expect(nodes()).toBe(hosts.map(name => `${name} Ready`).join('\n'));

    const asked = drawn(next);
    expect(asked.length).toBeGreaterThan(10);
    const paths = asked.map(({ path }) => path);
    expect(paths.filter((path, i) => paths.indexOf(path) !== i)).toEqual([]);
    const all = asked.reduce((sum, { bytes }) => sum + bytes, 0);
    const given = /relay closed: ([\d.]+) MB downloaded, ([\d.]+) MB given/.exec(ended.stdout)!;
    console.log(`from the sites ${(all / 1e6).toFixed(0)} MB, to the hosts ${given[2]} MB`);

    expect(hosts.map(traces)).toEqual(['', '', '']);
    const reset = await run('reset', '--confirm', 'lab');
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(hosts.map(snapshot)).toEqual(before);
  });

  it('become a cluster from a bundle where there is no line at all; a damaged one is refused before anything is touched', async () => {
    const file = writeCluster(home, cluster([ONE]));
    const packed = await programOnline(home, ['bundle', '-f', file, '-o', bundle]);
    expect(packed.code, packed.stdout + packed.stderr).toBe(0);
    expect(statSync(bundle).mode & 0o777).toBe(0o600);

    freshAndCutOff(ONE);
    const elsewhere = newHome();
    const apply = (from: string) =>
      program(elsewhere, ['apply', '--yes', '-f', file, '--bundle', from, '--accept-new-host-keys']);

    const damaged = join(elsewhere, 'damaged.tar');
    copyFileSync(bundle, damaged);
    const broken = openSync(damaged, 'r+');
    writeSync(broken, 'X', statSync(bundle).size / 2);
    closeSync(broken);
    const refused = await apply(damaged);
    expect(refused.code).toBe(2);
    expect(refused.stdout + refused.stderr).toContain('it is damaged');
    expect(onHost(ONE, 'ls /var/lib/k8s-tui 2>/dev/null | wc -l')).toBe('0');

    const ended = await apply(bundle);
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(nodes()).toBe(`${ONE} Ready`);
    expect(traces(ONE)).toBe('');
  });
});

const NAME = 'mirror.corp';
const secrets = { registry: `r'e g"%$&-${'x'.repeat(5)}`, proxy: 'p@ss:/#?% "word"' };
const passwords = { K8S_TUI_REGISTRY_PASSWORD: secrets.registry, K8S_TUI_PROXY_PASSWORD: secrets.proxy };

/** Out of the bundle that was made above. */
describeLab('a host with sources of its operator’s own', () => {
  let site: Awaited<ReturnType<typeof openSite>>;
  let proxy: Awaited<ReturnType<typeof openProxy>>;

  beforeAll(async () => {
    site = await openSite(NAME, HERE, bundle, join(home, 'site'), 'puller', secrets.registry);
    proxy = await openProxy(HERE, 'me', secrets.proxy);
    fresh(ONE);
    // As delivered it has other keys.
    rmSync(join(home, '.ssh/known_hosts'), { force: true });
    cutOff(ONE);
    onHost(ONE, `echo '${HERE} ${NAME}' >> /etc/hosts`);
  });
  afterAll(() => {
    site?.close();
    proxy?.close();
  });

  const cluster = () => `name: lab
kubernetes: v1.37.2
sources: {network-images: upstream}
own:
  registry: ${NAME}:${site.port}/k8s
  registryUser: puller
  kubernetesPackages: https://${NAME}:${site.port}/kubernetes
  dockerPackages: https://${NAME}:${site.port}/docker
  osPackages: https://${NAME}:${site.port}/debian
  proxy: http://${HERE}:${proxy.port}
  proxyUser: me
  ca: |
${site.ca.trim().replace(/^/gm, '    ')}
ssh: {user: root, identityFile: ${key()}}
hosts:
  - {name: ${ONE}, address: ${addressOf(ONE)}, roles: [control-plane]}
`;
  const run = (args: string[], environment: Record<string, string> = passwords) =>
    program(home, [...args, '-f', join(home, 'cluster.yaml'), '--accept-new-host-keys'], environment);

  it('becomes a cluster from them alone; a wrong login stops before anything is touched; no password is anywhere but where it must be', async () => {
    writeCluster(home, cluster());
    const before = snapshot(ONE);

    const nobody = await run(['preflight'], {});
    expect(nobody.code).not.toBe(0);
    expect(nobody.stdout + nobody.stderr).toContain('Set K8S_TUI_');
    const wrong = await run(['preflight'], { ...passwords, K8S_TUI_REGISTRY_PASSWORD: 'wrong' });
    expect(wrong.code, wrong.stdout + wrong.stderr).toBe(3);
    expect(wrong.stdout).toContain('it refuses the login');
    const looked = await run(['doctor']);
    expect(looked.code, looked.stdout + looked.stderr).toBe(0);
    expect(looked.stdout).toMatch(/images +● own +✓/);
    expect(looked.stdout).toMatch(/system +● own +✓/);
    expect(snapshot(ONE), 'looking changes nothing').toEqual(before);

    proxy.asked.length = 0;
    const ended = await run(['apply', '--yes']);
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    const images = onHost(ONE, `crictl images | awk 'NR > 1 {print $1 ":" $2}'`).split('\n');
    expect(images.filter(image => image.startsWith(`${NAME}:${site.port}/k8s/`)).length).toBe(7);
    expect(images.filter(image => !image.startsWith(`${NAME}:`)).every(image => image.startsWith('ghcr.io/flannel-io/'))).toBe(
      true,
    );
    // The one that was chosen by the proxy; what is the operator's own, and the cluster itself, is reached without it.
    expect(new Set(proxy.asked)).toEqual(new Set(['ghcr.io', 'pkg-containers.githubusercontent.com']));
    expect(onHost(ONE, 'cat /etc/default/k8s-tui-proxy')).toMatch(
      new RegExp(
        `^no_proxy=localhost,127.0.0.1,${ONE},${addressOf(ONE)},.*,10.244.0.0/16,10.96.0.0/12,.svc,.cluster.local,${NAME}$`,
        'm',
      ),
    );

    // kubelet has the login too: it may not take what is here already. The site answers from this process, which must not wait.
    const pulled = await promisify(execFile)(cli, [
      'ssh',
      ONE,
      `export KUBECONFIG=/etc/kubernetes/admin.conf
      kubectl run pulled --image ${NAME}:${site.port}/k8s/pause:3.10.2 --image-pull-policy Always >/dev/null
      kubectl wait --for condition=Ready --timeout 60s pod/pulled && kubectl delete pod pulled --now`,
    ]);
    expect(pulled.stdout).toContain('condition met');

    const words = Object.values(secrets).flatMap(secret => [secret, Buffer.from(`puller:${secret}`).toString('base64')]);
    const encoded = [...Buffer.from(secrets.proxy)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('');
    for (const word of [...words, encoded]) {
      expect(ended.stdout + ended.stderr + looked.stdout).not.toContain(word);
      for (const file of filesIn(home)) expect(readFileSync(file).includes(word), file).toBe(false);
    }
    const holders = onHost(
      ONE,
      `cat > /run/words <<'EOF'\n${[...words, encoded].join('\n')}\nEOF
      grep -rlF -f /run/words --exclude=words /etc /var/lib/k8s-tui /var/lib/kubelet /var/lib/containerd/*.db /var/log /run /tmp /root 2>/dev/null | xargs -r stat -c '%n %a %U' | sort
      cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -cF -f /run/words; rm /run/words`,
    );
    expect(holders.split('\n')).toEqual([
      '/etc/apt/apt.conf.d/99k8s-tui-proxy 600 root',
      '/etc/default/k8s-tui-proxy 600 root',
      '/var/lib/kubelet/config.json 600 root',
      '0',
    ]);

    const again = await run(['apply', '--yes']);
    expect(again.stdout, again.stdout + again.stderr).toContain('everything is so already');
    const reset = await run(['reset', '--confirm', 'lab'], {});
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(snapshot(ONE)).toEqual(before);
  });
});

/** Files of a folder and those below it, but for contents that were downloaded. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    if (name === 'site' || name === 'bundle.tar' || name === 'contents') return [];
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
