import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { addressOf, describeLab, faults, fresh, freshUbuntu, key, lab, onHost } from './lab.js';
import { newHome, program, writeCluster } from './program.js';
import { snapshot } from './snapshot.js';
import { isShared, labHosts } from './where.js';

const everything = ['@upstream', '@github', '@docker', '@ghcr', '@quay'].map(host => ({ host, mode: 'down' }));
const [first, second, third] = labHosts as [string, string, string];
/** As root on a host. What kubectl remembers for the tests is no trace of the product. */
const on = (host: string, script: string) => onHost(host, `export KUBECACHEDIR=/tmp/kubectl\n${script}`);
const kubectlOf = (host: string, command: string) => on(host, `kubectl --kubeconfig /etc/kubernetes/admin.conf ${command}`);
const kubectl = (command: string) => kubectlOf(first, command);

const cluster = ({
  user = 'root',
  mirror = 'upstream',
  cni = 'flannel',
  hosts = [first, second, third],
  planes = 1,
  more = '',
} = {}) => `name: lab
kubernetes: v1.37.2
mirror: ${mirror}
network: {cni: ${cni}, pods: 10.244.0.0/16, services: 10.96.0.0/12}
ssh: {user: ${user}, identityFile: ${key()}}
${more}
hosts:
${hosts.map((name, i) => `  - {name: ${name}, address: ${addressOf(name)}${i < planes ? ', roles: [control-plane]' : ''}}`).join('\n')}
`;

describeLab('an install on real hosts', () => {
  let home: string;
  beforeAll(() => {
    if (!isShared) lab('up', '3');
  });
  beforeEach(() => {
    home = newHome();
    fresh(first, second, third);
  });
  afterEach(() => {
    if (!isShared) faults();
  });

  const run = (command: string[], environment?: Record<string, string>) =>
    program(home, [...command, '-f', join(home, 'cluster.yaml'), '--accept-new-host-keys'], environment);

  async function apply(environment?: Record<string, string>) {
    const ended = await run(['apply', '--yes'], environment);
    expect(ended.code, `${ended.stdout}\n${ended.stderr}`).toBe(0);
    return ended;
  }

  it('from upstream as root: a verified cluster, a second apply that changes nothing, a reset that leaves no trace', async () => {
    writeCluster(home, cluster());
    const hosts = ['n1', 'n2', 'n3'];
    const before = hosts.map(snapshot);

    const looked = await run(['plan']);
    expect(looked.code, looked.stdout + looked.stderr).toBe(0);
    expect((await run(['preflight'])).code).toBe(0);
    expect(hosts.map(snapshot), 'plan and preflight only look').toEqual(before);

    await apply();
    expect(
      kubectl('get nodes --no-headers')
        .split('\n')
        .map(line => line.split(/\s+/).slice(0, 2).join(' ')),
    ).toEqual(['n1 Ready', 'n2 Ready', 'n3 Ready']);
    kubectl('wait --for=delete namespace/k8s-tui-check --timeout=60s');
    expect(kubectl('-n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token -o name')).toBe('');
    expect(on('n1', 'cat /run/k8s-tui/*.yaml 2>/dev/null | wc -l').trim()).toBe('0');

    const kubeconfig = join(home, '.kube/config');
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    expect(parse(readFileSync(kubeconfig, 'utf8'))).toMatchObject({
      contexts: [{ name: 'lab' }],
      clusters: [{ cluster: { server: 'https://10.77.0.11:6443' } }],
    });

    expect((await run(['status'])).code).toBe(0);

    const changed = () =>
      hosts.map(host => on(host, 'cat /var/lib/k8s-tui/ledger; find /etc -newer /var/lib/k8s-tui/ledger -type f'));
    const ledgers = changed();
    const again = await run(['apply', '--yes']);
    expect(again.code).toBe(0);
    expect(again.stdout + again.stderr).toContain('nothing was changed');
    expect(changed()).toEqual(ledgers);

    const refused = await run(['reset']);
    expect(refused.code, 'a reset without a confirmation').not.toBe(0);
    expect((await run(['status'])).code).toBe(0);
    const reset = await run(['reset', '--confirm', 'lab']);
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(hosts.map(snapshot)).toEqual(before);
    expect(parse(readFileSync(kubeconfig, 'utf8')).contexts).toEqual([]);
  });

  it('from Aliyun with every upstream site down, as a user whose sudo asks for a password', async () => {
    faults(...everything);
    writeCluster(home, cluster({ user: 'ops', mirror: 'aliyun' }));
    await apply({ K8S_TUI_SUDO_PASSWORD: 'ops-password' });
    expect(kubectl('get nodes --no-headers')).not.toContain('NotReady');
    expect(kubectl("get pods -A -o jsonpath='{.items[*].spec.containers[*].image}'")).not.toMatch(
      /registry\.k8s\.io|(^| )ghcr\.io/,
    );
    for (const host of ['n1', 'n2', 'n3']) {
      expect(on(host, 'cat /etc/apt/sources.list.d/* /etc/containerd/config.toml')).not.toMatch(/k8s\.io|docker\.com/);
      // What was asked once is nowhere to be found.
      expect(
        on(
          host,
          "grep -rslF ops-password /etc /run /var/lib/k8s-tui /var/log /tmp /home/ops --include='*' 2>/dev/null | grep -v /etc/shadow; true",
        ),
      ).toBe('');
    }
    expect(spawnSync('grep', ['-rlF', 'ops-password', home], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('with Calico and three control planes, as a user whose sudo asks nothing: a NetworkPolicy really denies, one may be lost, and a reset leaves no trace', async () => {
    const hosts = [first, second, third];
    const before = hosts.map(snapshot);
    writeCluster(home, cluster({ user: 'free', cni: 'calico', planes: 3 }));
    await apply();
    expect(kubectl('get nodes --no-headers').match(/ Ready +control-plane /g)).toHaveLength(3);
    expect(kubectl('-n kube-system get secrets -o name')).toBe('');
    const again = await run(['apply', '--yes']);
    expect(again.stdout + again.stderr).toContain('nothing was changed');
    on(
      first,
      `export KUBECONFIG=/etc/kubernetes/admin.conf
       kubectl create namespace policy
       kubectl -n policy run server --image=docker.io/library/busybox:1.36 --labels=app=server --restart=Never --overrides='{"spec":{"nodeName":"${second}"}}' -- sh -c 'while true; do echo hello | nc -l -p 8080; done'
       kubectl -n policy run client --image=docker.io/library/busybox:1.36 --restart=Never --overrides='{"spec":{"nodeName":"${third}"}}' -- sleep 3600
       kubectl -n policy wait --for=condition=Ready pod server client --timeout=180s`,
    );
    const server = kubectl("-n policy get pod server -o jsonpath='{.status.podIP}'");
    const ask = () =>
      on(
        first,
        `kubectl --kubeconfig /etc/kubernetes/admin.conf -n policy exec client -- sh -c 'nc -w 3 ${server} 8080 < /dev/null || echo refused'`,
      );
    expect(ask()).toContain('hello');
    on(
      first,
      `kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f - <<'END'
{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"deny","namespace":"policy"},"spec":{"podSelector":{"matchLabels":{"app":"server"}},"policyTypes":["Ingress"]}}
END`,
    );
    expect(ask()).not.toContain('hello');

    // Without the first: the API answers, a pod finds a node, and a name its address.
    lab('off', first);
    const other = (command: string) => kubectlOf(third, command);
    other(`cordon ${first}`);
    other(
      "run late --image=docker.io/library/busybox:1.36 --restart=Never -- sh -c 'until nslookup kubernetes.default.svc.cluster.local; do sleep 1; done'",
    );
    other("wait --for=jsonpath='{.status.phase}'=Succeeded --timeout=120s pod/late");
    expect(other('get nodes --no-headers').match(/ Ready +control-plane /g)).toHaveLength(2);
    const { code, stdout, stderr } = await run(['status']);
    expect([code, stdout + stderr]).toEqual([1, expect.stringMatching(/control plane runs: 2 of 3/)]);

    // With the pods of others in its network, and one host that has only just come back.
    lab('on', first);
    const reset = await run(['reset', '--confirm', 'lab']);
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(hosts.map(snapshot)).toEqual(before);
  });

  it('on a single Ubuntu with containerd from its release, by a plan that is plain shell', async () => {
    freshUbuntu('n1');
    const before = snapshot('n1');
    writeCluster(home, cluster({ hosts: ['n1'], more: 'runtime: github' }));
    // The first phase as a careful operator would run it: the script that was read, by hand.
    const { stdout: script } = await run(['plan', '--script', 'n1']);
    const prepare = /^# prepare\/n1\n\(\n([\s\S]*?)\n\) < /m.exec(script)![1]!;
    expect(on('n1', prepare)).toContain('##k8s-tui changed containerd_config');
    await apply();
    expect(on('n1', 'command -v containerd; systemctl is-active containerd')).toBe('/usr/local/bin/containerd\nactive');
    expect(kubectl('get nodes --no-headers')).toMatch(/^n1\s+Ready/);
    const reset = await run(['reset', '--confirm', 'lab']);
    expect(reset.code, reset.stdout + reset.stderr).toBe(0);
    expect(snapshot('n1')).toEqual(before);
  });
});
