import { beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../source/demo/machine/machine.js';
import { probeScript } from '../../source/engine/facts/gather.js';
import { parseFacts } from '../../source/engine/facts/parse.js';
import { freshMachine, runOn, script } from './support.js';

let machine: Machine;
beforeEach(async () => {
  machine = await freshMachine();
});

describe('a fresh host', () => {
  it('says of itself what a Debian 12 would', async () => {
    const { out } = await runOn(['sh'], { machine, input: probeScript });
    const facts = parseFacts(out, { askedAtMs: Date.now(), access: 'root' });
    expect(facts).toMatchObject({
      hostname: 'n1',
      os: { id: 'debian', versionId: '12', codename: 'bookworm' },
      arch: 'amd64',
      systemd: true,
      virtualization: 'kvm',
      cgroup: 2,
      cpus: 2,
      memoryMiB: 4096,
      swap: ['/dev/vda5'],
      modules: { overlay: 'loadable', br_netfilter: 'loadable', nf_tables: 'loaded', ip_vs: 'loadable' },
      conntrackWritable: true,
      time: { service: 'systemd-timesyncd', synchronized: true },
      cluster: { state: 'none', leftovers: [] },
      ledger: null,
      aptLock: null,
      dpkgBroken: false,
    });
    expect(facts.interfaces.find(each => each.name === 'eth0')?.addresses).toEqual(['10.0.0.11/24']);
    expect(facts.commands).toEqual(expect.arrayContaining(['curl', 'perl', 'ip', 'ss', 'systemd-run']));
    expect(facts.commands).not.toContain('kubeadm');
  });

  it.each([
    ['swapoff -a; tail -n +2 /proc/swaps', ''],
    ['modprobe br_netfilter; cat /proc/sys/net/bridge/bridge-nf-call-iptables', '1\n'],
    ['modprobe nosuch', 'modprobe: FATAL: Module nosuch not found in directory /lib/modules/6.1.0-40-amd64\n'],
    ['sysctl -qw net.ipv4.ip_forward=1; sysctl -n net.ipv4.ip_forward', '1\n'],
    [
      'sysctl -n net.bridge.bridge-nf-call-iptables',
      'sysctl: cannot stat /proc/sys/net/bridge/bridge-nf-call-iptables: No such file or directory\n',
    ],
    ['systemctl is-active ssh kubelet', 'active\ninactive\n'],
    ['systemctl is-enabled ssh swap.target', 'enabled\nstatic\n'],
    [
      'systemctl mask -q swap.target; systemctl is-enabled swap.target; readlink /etc/systemd/system/swap.target',
      'masked\n/dev/null\n',
    ],
    [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's way to name a field
      "dpkg-query -W -f '${Package} ${db:Status-Status}\\n' curl gpg",
      'curl installed\ndpkg-query: no packages found matching gpg\n',
    ],
    ['apt-get install gpg', 'E: Unable to locate package gpg\n'],
    [
      'command -v gpg || echo none; apt-get -qq update; apt-get -qq -s install gpg | grep ^Inst | cut -d" " -f2 | tr "\\n" " "',
      'none\ngpgconf libassuan0 readline-common libreadline8 gpg ',
    ],
    ['stat -c "%a %U %F" /root /etc/hostname', '700 root directory\n644 root regular file\n'],
    ['curl -sS -o /dev/null -w "%{http_code} %{exitcode}\\n" https://pkgs.k8s.io/core:/stable:/v1.37/deb/InRelease', '200 0\n'],
    ['curl -sS https://nosuch.example/', 'curl: (6) Could not resolve host: nosuch.example\n'],
    ['kubectl get nodes', 'sh: 1: kubectl: not found\n'],
  ])('%s', async (text, said) => {
    expect(await script(machine, text)).toBe(said);
  });
});

describe('users', () => {
  const ops = { uid: 1000, user: 'ops', home: '/home/ops' };

  it('may not do what only root may', async () => {
    const text =
      'id -u; echo x > /etc/x; apt-get install gpg; swapoff -a; systemctl start cron; modprobe overlay; cat /etc/shadow';
    const { out, err } = await runOn(['sh', '-c', text], { machine, user: ops });
    expect(out).toBe('1000\n');
    expect(err.split('\n').length).toBeGreaterThan(6);
    expect(await machine.fs.exists('/etc/x')).toBe(false);
  });

  it.each([
    ['free', '', 'sudo -n -- /bin/sh -c "id -u"', { code: 0, out: '0\n' }],
    ['password', '', 'sudo -n true', { code: 1, err: 'sudo: a password is required\n' }],
    ['password', 'right\nrest\n', "sudo -k -S -p ask -- /bin/sh -c 'id -u; cat'", { code: 0, out: '0\nrest\n', err: 'ask' }],
    [
      'password',
      'wrong\n',
      'sudo -k -S -p ask -- true',
      { code: 1, out: '', err: 'askSorry, try again.\nasksudo: no password was provided\n' },
    ],
    ['none', '', 'sudo true', { code: 1, err: 'ops is not in the sudoers file.\n' }],
  ] as const)('sudo: %s', async (policy, input, text, expected) => {
    machine.sudo = policy;
    machine.password = 'right';
    expect(await runOn(['sh', '-c', text], { machine, input, user: ops })).toMatchObject(expected);
  });
});

describe('packages and services', () => {
  const sources = `curl -fsSLo /etc/apt/keyrings/d.asc https://download.docker.com/linux/debian/gpg
    echo 'deb [signed-by=/etc/apt/keyrings/d.asc] https://download.docker.com/linux/debian bookworm stable' > /etc/apt/sources.list.d/d.list
    apt-get -qq update`;

  it('bring programs, units and configuration, and take them away again', async () => {
    const before = machine.fs.getAllPaths();
    expect(await script(machine, `${sources}; apt-get -y -qq install containerd.io | tail -n 1`)).toContain(
      'containerd.service',
    );
    expect(await script(machine, 'command -v containerd; systemctl is-active containerd; containerd --version')).toMatch(
      /^\/usr\/bin\/containerd\nactive\ncontainerd .* v2\.3\.7 /,
    );
    await script(machine, 'apt-get -y -qq purge containerd.io; rm /etc/apt/sources.list.d/d.list /etc/apt/keyrings/d.asc');
    // What apt has learned, and what the program has written itself, stays.
    const own = /^\/(var\/lib\/(apt\/lists|containerd)|run)(\/|$)/;
    expect(machine.fs.getAllPaths().filter(path => !before.includes(path) && !own.test(path))).toEqual([]);
    expect(await script(machine, 'systemctl is-active containerd')).toBe('inactive\n');
  });

  it("Docker's containerd has CRI switched off until it is configured anew", async () => {
    await script(machine, `${sources}; apt-get -y -qq install containerd.io`);
    await machine.fs.put('/usr/bin/crictl', '\x7fELF', 0o755);
    expect(await script(machine, 'crictl version')).toContain('unknown service runtime.v1.RuntimeService');
    expect(
      await script(machine, 'echo "version = 3" > /etc/containerd/config.toml; systemctl restart containerd; crictl version'),
    ).toContain('RuntimeVersion:  v2.3.7');
  });

  it('a transient unit runs on its own, writes to its file, and tells how it ended', async () => {
    const text = `systemd-run -q --unit=job --collect -p StandardOutput=append:/tmp/log -p StandardError=append:/tmp/log \\
        -p ExecStopPost='/bin/sh /tmp/end' /bin/sh -c 'echo one; sleep 0.01; echo two >&2; exit 3'
      systemd-run --unit=job true || echo refused
      while systemctl -q is-active job; do sleep 0.01; done; sleep 0.01; sleep 0.01
      cat /tmp/log; systemctl is-active job`;
    await machine.fs.put('/tmp/end', 'echo "$EXIT_CODE $EXIT_STATUS" >> /tmp/log');
    expect(await script(machine, text)).toMatch(/^refused\none\ntwo\nexited 3\ninactive\n.*already loaded/);
  });

  it('systemctl stop ends a job with all that it has started', async () => {
    await machine.fs.put('/tmp/end', 'echo "$EXIT_CODE $EXIT_STATUS" >> /tmp/log');
    const text = `systemd-run -q --unit=job --collect -p ExecStopPost='/bin/sh /tmp/end' /bin/sh -c 'tail -f /etc/fstab & tail -f /etc/hosts'
      sleep 0.01; systemctl stop job; cat /tmp/log`;
    expect(await script(machine, text)).toBe('killed TERM\n');
    expect(machine.processes.size).toBe(0);
  });

  it('a package whose unpacking was cut short is no installed one, and goes by force alone', async () => {
    const text = `${sources}
      systemd-run -q --unit=job --collect -p StandardOutput=append:/tmp/log apt-get -y -qq install containerd.io
      until grep -q '^Unpacking containerd' /tmp/log; do sleep 0.01; done; systemctl stop job
      dpkg --configure -a; dpkg-query -W -f '\${Status}\\n' containerd.io
      apt-get -y -qq purge containerd.io || echo refused
      apt-get -y -qq purge -o Dpkg::Options::=--force-remove-reinstreq containerd.io; dpkg-query -W containerd.io`;
    expect(await script(machine, text)).toMatch(
      /^install reinstreq half-installed\nrefused\nRemoving containerd\.io [\s\S]*inconsistent state[\s\S]*no packages found/,
    );
  });

  it('apt waits for the lock that somebody holds', async () => {
    const holder = machine.launch(['unattended-upgr'], { uid: 0, user: 'root', home: '/root' });
    machine.locks.take('/var/lib/dpkg/lock', holder);
    expect(await script(machine, 'apt-get -qq update; apt-get -y -qq install gpg')).toContain('is held by process');
    const installing = script(machine, 'apt-get -y -qq -o DPkg::Lock::Timeout=300 install gpg | tail -n 1');
    for (let turns = 0; turns < 20; turns++) await new Promise(done => setImmediate(done));
    holder.kill(9);
    expect(await installing).toContain('Setting up gpg');
  });
});

describe('power', () => {
  it('takes what is in memory, and what /etc says comes back', async () => {
    await script(
      machine,
      'swapoff -a; modprobe overlay; echo br_netfilter > /etc/modules-load.d/x.conf; echo net.ipv4.ip_forward=1 > /etc/sysctl.d/x.conf; echo x > /run/x',
    );
    const boot = await script(machine, 'cat /proc/sys/kernel/random/boot_id');
    const job = runOn(['sh', '-c', 'tail -f /etc/fstab'], { machine });
    await new Promise(done => setImmediate(done));
    machine.powerOff();
    expect((await job).code).toBe(137);
    expect(machine.processes.size).toBe(0);
    await machine.powerOn();
    expect(await script(machine, 'cat /proc/sys/kernel/random/boot_id')).not.toBe(boot);
    const text =
      'ls /run; cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/bridge/bridge-nf-call-iptables; wc -l < /proc/swaps; systemctl is-active ssh; ls /sys/module';
    expect(await script(machine, text)).toMatch(/^lock\nsystemd\n1\n1\n *2\nactive\nbr_netfilter\nbridge\next4\n/);
  });
});
