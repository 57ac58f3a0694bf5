import { randomBytes } from 'node:crypto';
import { installedAtFirst } from '../world/packages.js';
import type { MachineFs } from './fs.js';
import { binaryMark, type Machine } from './machine.js';
import { proc } from './proc.js';

const kernel = '6.1.0-40-amd64';

const osRelease = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
`;

const sources = `Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

const unit = (description: string, install = true) =>
  `[Unit]\nDescription=${description}\n\n[Service]\nType=simple\n${install ? '\n[Install]\nWantedBy=multi-user.target\n' : ''}`;

const units: Record<string, string> = {
  'ssh.service': unit('OpenBSD Secure Shell server'),
  'cron.service': unit('Regular background program processing daemon'),
  'systemd-timesyncd.service': unit('Network Time Synchronization').replace('multi-user', 'sysinit'),
  'systemd-journald.service': unit('Journal Service', false),
  'networking.service': unit('Raise network interfaces'),
  'swap.target': '[Unit]\nDescription=Swaps\n',
  'multi-user.target': '[Unit]\nDescription=Multi-User System\n',
};

/** Modules that a file of the kernel's offers; those that are part of it; those that are loaded from the start. */
const loadable = [
  'net/bridge/br_netfilter',
  'fs/overlayfs/overlay',
  'drivers/net/vxlan/vxlan',
  'net/netfilter/nf_conntrack',
  'net/netfilter/nf_tables',
  'net/ipv4/netfilter/ip_tables',
  ...['', '_rr', '_wrr', '_sh'].map(name => `net/netfilter/ipvs/ip_vs${name}`),
];
const loadedAtFirst = ['nf_tables', 'ext4', 'virtio_net'];

const sysctls: Record<string, string> = {
  'net/ipv4/ip_forward': '0',
  'net/ipv4/conf/all/rp_filter': '0',
  'net/ipv6/conf/all/disable_ipv6': '0',
  'vm/swappiness': '60',
  'vm/overcommit_memory': '0',
  'fs/inotify/max_user_instances': '128',
  'fs/inotify/max_user_watches': '61290',
  'kernel/panic': '0',
  'kernel/modules_disabled': '0',
};

/** Settings that come with a module. */
const sysctlsOf: Record<string, Record<string, string>> = {
  br_netfilter: { 'net/bridge/bridge-nf-call-iptables': '1', 'net/bridge/bridge-nf-call-ip6tables': '1' },
  nf_conntrack: { 'net/netfilter/nf_conntrack_max': '262144' },
};

const swapFile = (isOn: boolean) =>
  `Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n${isOn ? '/dev/vda5                               partition\t998396\t\t0\t\t-2\n' : ''}`;
export const swapsOff = swapFile(false);
export const swapsOn = swapFile(true);

export interface Hardware {
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
}

/** Fills a machine with what a fresh Debian 12 has, and starts it. */
export async function installDebian(
  machine: Machine,
  programs: string[],
  { cpus, memoryMiB, diskGiB }: Hardware,
  users: string[] = [],
): Promise<void> {
  const { fs, name, address } = machine;
  machine.hardware = { cpus, memoryMiB, diskGiB };
  const folders =
    '/boot /dev /home /mnt /opt /proc /root /run/lock /run/systemd/system /srv /tmp /usr/local/bin /usr/local/sbin /usr/share /var/cache/apt/archives /var/lib/apt/lists/partial /var/lib/dpkg/updates /var/lib/misc /var/lib/systemd /var/log /var/tmp /etc/apt/keyrings /etc/apt/preferences.d /etc/modules-load.d /etc/sysctl.d /etc/systemd/system/multi-user.target.wants /etc/systemd/system/sysinit.target.wants /etc/ssh /etc/default /sys/fs/cgroup /sys/module';
  for (const folder of folders.split(' ')) await fs.mkdir(folder, { recursive: true });
  for (const folder of ['bin', 'sbin', 'lib']) {
    await fs.mkdir(`/usr/${folder}`, { recursive: true });
    await fs.symlink(`usr/${folder}`, `/${folder}`);
  }
  await fs.chmod('/root', 0o700);
  await fs.chmod('/tmp', 0o1777);
  for (const program of programs) {
    await fs.put(`/usr/${sbin.has(program) ? 'sbin' : 'bin'}/${program}`, binaryMark, 0o755);
  }
  const users_ = [
    'root:x:0:0:root:/root:/bin/bash',
    ...users.map((user, i) => `${user}:x:${1000 + i}:${1000 + i}::/home/${user}:/bin/bash`),
  ];
  for (const user of users) {
    await fs.mkdir(`/home/${user}`, { recursive: true });
    await fs.chown(`/home/${user}`, `${user}:${user}`);
  }
  for (const device of ['null', 'zero', 'random', 'urandom', 'tty', 'full']) await fs.put(`/dev/${device}`, '', 0o666);
  const files: Record<string, string> = {
    '/etc/os-release': osRelease,
    '/etc/debian_version': '12.12\n',
    '/etc/hostname': `${name}\n`,
    '/etc/hosts': `127.0.0.1\tlocalhost\n127.0.1.1\t${name}\n\n::1     localhost ip6-localhost ip6-loopback\n`,
    '/etc/fstab':
      '# /etc/fstab: static file system information.\nUUID=8f5b2d5e-0a45-4f1c-9d0e-3d5c0f6d7a11 /     ext4 errors=remount-ro 0 1\nUUID=1c7c1c0a-53a5-4b8a-8f43-2a7d1f6b9e02 none  swap sw                0 0\n',
    '/etc/resolv.conf': 'nameserver 10.0.0.2\n',
    '/etc/machine-id': `${machine.machineId}\n`,
    '/etc/passwd': `${users_.join('\n')}\n`,
    '/etc/group': 'root:x:0:\nsudo:x:27:\n',
    '/etc/shadow': 'root:*:20000:0:99999:7:::\n',
    '/etc/environment': '',
    '/etc/sysctl.conf': '# kernel.domainname = example.com\n',
    '/etc/modules': '',
    '/etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nSubsystem sftp /usr/lib/openssh/sftp-server\n',
    '/etc/sudoers': 'root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n',
    '/etc/apt/sources.list.d/debian.sources': sources,
    '/etc/systemd/timesyncd.conf': '[Time]\n#NTP=\n',
    '/etc/ssl/certs/ca-certificates.crt': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    '/var/lib/dpkg/lock-frontend': '',
    '/var/lib/dpkg/lock': '',
    '/var/lib/apt/lists/lock': '',
    '/var/cache/apt/archives/lock': '',
    '/proc/swaps': swapsOn,
    '/proc/filesystems': 'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\n',
    '/proc/mounts':
      '/dev/vda1 / ext4 rw,relatime,errors=remount-ro 0 0\nproc /proc proc rw,nosuid,nodev,noexec 0 0\nsysfs /sys sysfs rw,nosuid 0 0\ntmpfs /run tmpfs rw,nosuid 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n',
    '/proc/locks': '',
    '/proc/version': `Linux version ${kernel}\n`,
    '/proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz root=UUID=8f5b2d5e ro quiet\n',
    '/proc/self/status': `Name:\tsh\nCapBnd:\t000001ffffffffff\nCpus_allowed_list:\t0-${machine.hardware.cpus - 1}\n`,
    '/proc/sys/kernel/random/boot_id': `${machine.bootId}\n`,
    '/proc/sys/kernel/osrelease': `${kernel}\n`,
    '/proc/sys/kernel/hostname': `${name}\n`,
    '/sys/class/dmi/id/product_uuid': `${machine.productUuid}\n`,
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
    [`/lib/modules/${kernel}/modules.dep`]: loadable.map(path => `kernel/${path}.ko:\n`).join(''),
    [`/lib/modules/${kernel}/modules.builtin`]: 'kernel/fs/ext4/ext4.ko\n',
    '/run/systemd/timesync/synchronized': '',
    '/var/log/dpkg.log': '',
    ...Object.fromEntries(Object.entries(sysctls).map(([path, value]) => [`/proc/sys/${path}`, `${value}\n`])),
    ...Object.fromEntries(Object.entries(units).map(([file, content]) => [`/lib/systemd/system/${file}`, content])),
  };
  for (const [path, content] of Object.entries(files)) await fs.put(path, content);
  await proc(machine);
  for (const path of ['/etc/shadow', '/etc/sudoers']) await fs.chmod(path, 0o640);
  for (const service of ['ssh', 'cron', 'networking'])
    await fs.symlink(
      `/lib/systemd/system/${service}.service`,
      `/etc/systemd/system/multi-user.target.wants/${service}.service`,
    );
  await fs.symlink(
    '/lib/systemd/system/systemd-timesyncd.service',
    '/etc/systemd/system/sysinit.target.wants/systemd-timesyncd.service',
  );
  for (const module of loadedAtFirst) await fs.put(`/sys/module/${module}/initstate`, 'live\n');
  for (const [name, version] of Object.entries(installedAtFirst))
    machine.packages.installed.set(name, { version, isHeld: false, isUnpacked: true, isConfigured: true });
  for (const name of ['ssh', 'cron', 'networking', 'systemd-timesyncd', 'systemd-journald'])
    machine.units.setActive(`${name}.service`);
  machine.links.push({ name: 'lo', mac: '00:00:00:00:00:00', addresses: ['127.0.0.1/8'], routes: [] });
  machine.links.push({
    name: 'eth0',
    mac: `52:54:00:${randomBytes(3)
      .toString('hex')
      .replace(/(..)(?=.)/g, '$1:')}`,
    addresses: [`${address}/24`],
    routes: [`default via ${address.replace(/\.\d+$/, '.1')}`, address.replace(/\.\d+$/, '.0/24')],
  });
  for (const { name, mac } of machine.links) await fs.put(`/sys/class/net/${name}/address`, `${mac}\n`);
}

/** Programs that Debian keeps for root. */
const sbin = new Set([
  'modprobe',
  'lsmod',
  'sysctl',
  'swapon',
  'swapoff',
  'nft',
  'chroot',
  'reboot',
  'shutdown',
  'poweroff',
  'ip6tables',
  'getcap',
]);

/** What is made anew when a machine starts: everything that lives in memory, from what /etc says. */
export async function restart(machine: Machine): Promise<void> {
  const { fs } = machine;
  for (const folder of ['/run', '/tmp']) for (const name of await fs.readdir(folder)) await fs.remove(`${folder}/${name}`);
  for (const folder of ['/run/lock', '/run/systemd/system']) await fs.mkdir(folder, { recursive: true });
  for (const module of await fs.readdir('/sys/module'))
    if (!loadedAtFirst.includes(module)) await fs.remove(`/sys/module/${module}`);
  for (const path of ['/proc/sys/net/bridge', '/proc/sys/net/netfilter']) await fs.remove(path);
  await fs.put('/proc/filesystems', 'nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\n\text4\n');
  for (const [path, value] of Object.entries(sysctls)) await fs.put(`/proc/sys/${path}`, `${value}\n`);
  await fs.put('/proc/sys/kernel/random/boot_id', `${machine.bootId}\n`);
  const hasSwap =
    /^[^#\s]+\s+\S+\s+swap\s/m.test((await fs.text('/etc/fstab')) ?? '') && !(await machine.units.isMasked('swap.target'));
  await fs.put('/proc/swaps', swapFile(hasSwap));
  machine.links.splice(2);
  machine.firewall = '';
  machine.ruleset = '';
  for (const file of await fs.readdir('/etc/modules-load.d')) {
    for (const module of ((await fs.text(`/etc/modules-load.d/${file}`)) ?? '')
      .split('\n')
      .filter(line => line && !line.startsWith('#')))
      await loadModule(fs, module);
  }
  for (const file of (await fs.readdir('/etc/sysctl.d')).filter(name => name.endsWith('.conf')).sort()) {
    for (const [, key, value] of ((await fs.text(`/etc/sysctl.d/${file}`)) ?? '').matchAll(
      /^\s*([^#;=\s]+)\s*=\s*(.*?)\s*$/gm,
    )) {
      const path = `/proc/sys/${key!.replaceAll('.', '/')}`;
      if (await fs.exists(path)) await fs.put(path, `${value}\n`);
    }
  }
}

const needsOf: Record<string, string[]> = {
  ip_vs: ['nf_conntrack'],
  ip_vs_rr: ['ip_vs'],
  ip_vs_wrr: ['ip_vs'],
  ip_vs_sh: ['ip_vs'],
  br_netfilter: ['bridge'],
};

/** Loads a module with those that it needs and the settings that come with it. */
export async function loadModule(fs: MachineFs, name: string): Promise<void> {
  if (await fs.exists(`/sys/module/${name}`)) return;
  for (const need of needsOf[name] ?? []) await loadModule(fs, need);
  await fs.put(`/sys/module/${name}/initstate`, 'live\n');
  for (const [path, value] of Object.entries(sysctlsOf[name] ?? {})) await fs.put(`/proc/sys/${path}`, `${value}\n`);
  if (name === 'overlay') await fs.append('/proc/filesystems', 'nodev\toverlay\n');
}

export async function unloadModule(fs: MachineFs, name: string): Promise<void> {
  await fs.remove(`/sys/module/${name}`);
  for (const path of Object.keys(sysctlsOf[name] ?? {})) await fs.remove(`/proc/sys/${path.split('/').slice(0, 2).join('/')}`);
  if (name === 'overlay')
    await fs.put('/proc/filesystems', ((await fs.text('/proc/filesystems')) ?? '').replace('nodev\toverlay\n', ''));
  for (const need of needsOf[name] ?? []) await unloadModule(fs, need);
}
