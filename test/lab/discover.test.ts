import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { addressOf, describeLab, firewall, fresh, key, onHost } from './lab.js';
import { newHome, program } from './program.js';
import { labHosts } from './where.js';

const [ONE, TWO] = labHosts.slice(1) as [string, string];

/** What nobody may leave behind on a host: files that were written since, listeners, rules. */
const traces = (name: string, since: string) =>
  onHost(
    name,
    `find /etc /usr /opt /var /root /home /tmp /run -xdev -newer ${since} -type f 2>/dev/null |
       grep -vE '^/(var/log|var/lib/systemd|run/(systemd|log|user|sudo|utmp|motd)|var/lib/(sudo|lastlog)|home/[a-z]+/[.]cache)' || true
     ss -Hlntu | awk '{print $1, $5}' | sort`,
  );

describeLab('discovery of real hosts', () => {
  beforeAll(() => fresh(ONE, TWO));

  /** Someone with the lab's key, or another, and a ~/.ssh/config. */
  const someone = (config = '', identity = key()) => {
    const home = newHome();
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    writeFileSync(join(home, '.ssh/config'), `${config}\nHost *\n  IdentityFile ${identity}\n`);
    const discover = async (args: string[], environment: Record<string, string> = {}) => {
      const ended = await program(home, ['discover', ...args], environment);
      const lines = args.includes('--json')
        ? ended.stdout
            .split('\n')
            .filter(Boolean)
            .map(line => JSON.parse(line))
        : [];
      return { ...ended, lines, hosts: lines.filter(({ type }) => type === 'host') };
    };
    return { home, discover };
  };
  // The two stand side by side.
  const network = () => `${addressOf(ONE)}/31`;

  it('from a scan to a cluster.yaml, and nothing is left on the hosts', async () => {
    for (const name of [ONE, TWO]) onHost(name, 'touch /root/mark; sleep 1');
    const before = [ONE, TWO].map(name => traces(name, '/root/mark'));
    const { home, discover } = someone();
    const file = join(home, 'cluster.yaml');
    const begin = Date.now();
    const { code, lines, hosts } = await discover([network(), '--json', '--accept-new-host-keys', '-o', file]);
    console.log(`from scan to cluster.yaml: ${Date.now() - begin} ms`);
    expect(code).toBe(0);
    // They are told as they answer.
    expect(hosts.toSorted((a, b) => a.address.localeCompare(b.address))).toMatchObject(
      [ONE, TWO].map(name => ({
        address: addressOf(name),
        hostname: name,
        access: 'root',
        banner: expect.stringMatching(/^SSH-2\.0-OpenSSH/),
        os: expect.stringContaining('Debian'),
      })),
    );
    const reached = lines.filter(({ type }) => type === 'reach');
    expect(reached).toHaveLength(7 + 4);
    expect(reached.filter(({ is }) => is !== 'open')).toEqual([]);
    // The lab's hosts are clones of one image.
    expect(lines.filter(({ type }) => type === 'finding').map(({ id }) => id)).toContain('machine-id-duplicate');
    const written = readFileSync(file, 'utf8');
    expect(written).toContain(
      `{name: ${ONE}, address: ${addressOf(ONE)}, roles: [control-plane], ssh: {identityFile: ${key()}}}`,
    );
    expect(written).toContain(`{name: ${TWO}, address: ${addressOf(TWO)}, roles: [worker], ssh: {identityFile: ${key()}}}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect([ONE, TWO].map(name => traces(name, '/root/mark'))).toEqual(before);
  });

  it('names the port that a firewall drops, from where, and the rule', async () => {
    onHost(ONE, 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y iptables >/dev/null 2>&1');
    const rules = [
      '-p tcp --dport 6443 -j DROP',
      '-p udp --dport 8472 -j DROP',
      '-p tcp --dport 10250 -j REJECT --reject-with tcp-reset',
    ];
    for (const rule of rules) onHost(ONE, `iptables -I INPUT ${rule}`);
    try {
      const { home, discover } = someone();
      const hosts = [`cp=root@${addressOf(ONE)}`, `root@${addressOf(TWO)}`];
      const { lines } = await discover([...hosts, '--json', '--accept-new-host-keys', '-o', join(home, 'c.yaml')]);
      const closed = lines.filter(({ type, is }) => type === 'reach' && is !== 'open');
      expect(closed.map(({ from, to, port, is }) => [from, to, port, is])).toEqual(
        expect.arrayContaining([
          [TWO, 'cp', 10250, 'refused'],
          [TWO, 'cp', 8472, 'dropped'],
          [TWO, 'cp', 6443, 'dropped'],
        ]),
      );
      expect(closed).toHaveLength(3);
      const said = lines.find(({ type, id }) => type === 'finding' && id === 'port-not-reached');
      expect(said).toMatchObject({ host: 'cp', level: 'warn', what: { en: expect.stringContaining(`from ${TWO}`) } });
      expect(said.why.en).toContain('-A INPUT -p tcp -m tcp --dport 6443 -j DROP');
    } finally {
      for (const rule of rules) onHost(ONE, `iptables -D INPUT ${rule}`);
    }
  });

  it('tells each way in: root, sudo, sudo with a password, no root, and a closed port', async () => {
    const address = addressOf(ONE);
    const list = (user: string) => [`${user}@${address}`, '--json', '--accept-new-host-keys'];
    const access = async (user: string, environment = {}) => {
      const { hosts } = await someone().discover(list(user), environment);
      return hosts[0].access ?? hosts[0].problem.code;
    };
    expect(await access('root')).toBe('root');
    expect(await access('free')).toBe('sudo');
    expect(await access('ops', { K8S_TUI_SUDO_PASSWORD: 'ops-password' })).toBe('sudo-with-password');
    expect(await access('nobody2', { K8S_TUI_SSH_PASSWORD: 'nobody-password', K8S_TUI_SUDO_PASSWORD: 'nobody-password' })).toBe(
      'none',
    );
    expect(await access('nobody2')).toBe('login');
    const { hosts } = await someone().discover([`root@${address}:23`, '--json']);
    expect(hosts[0].problem).toMatchObject({ code: 'unreachable' });
  });

  it('tells a password to a host that was named, never to one that a scan found', async () => {
    const { discover } = someone('Host *\n  User nobody2\n');
    const password = { K8S_TUI_SSH_PASSWORD: 'nobody-password', K8S_TUI_SUDO_PASSWORD: 'nobody-password' };
    const address = addressOf(TWO);
    const found = await discover([`${address}/32`, '--json', '--accept-new-host-keys'], password);
    expect(found.hosts).toMatchObject([{ isNamed: false, problem: { code: 'login' } }]);
    expect(onHost(TWO, "journalctl -u ssh --no-pager | grep -c 'password for nobody2' || true")).toBe('0');
    const named = await discover([address, '--json'], password);
    expect(named.hosts).toMatchObject([{ isNamed: true, access: 'none' }]);
    expect(onHost(TWO, "journalctl -u ssh --no-pager | grep -c 'Accepted password for nobody2'")).toBe('1');
    expect(found.stdout + found.stderr + named.stdout + named.stderr).not.toContain('nobody-password');
  });

  it('goes to a host through another, by ~/.ssh/config', async () => {
    const { discover } = someone(`Host inner\n  HostName ${addressOf(TWO)}\n  ProxyJump root@${addressOf(ONE)}\n  User free\n`);
    // From here nobody gets in; how the lab itself does is no matter of the host's.
    const onlyFromWithin = `INPUT ! -s ${addressOf(ONE)} -p tcp --dport 22 -j DROP`;
    firewall(TWO, `-I ${onlyFromWithin}`);
    try {
      const { hosts, code } = await discover(['inner', '--json', '--accept-new-host-keys']);
      expect(hosts).toMatchObject([
        {
          address: addressOf(TWO),
          jump: `root@${addressOf(ONE)}:22`,
          key: { is: 'new', trusted: true },
          hostname: TWO,
          access: 'sudo',
        },
      ]);
      expect(code).toBe(0);
    } finally {
      firewall(TWO, `-D ${onlyFromWithin}`);
    }
  });
});
