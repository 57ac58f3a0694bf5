import { sshOf } from '../../spec/hosts.js';
import { ofHost } from '../check.js';

const supported: Record<string, string[]> = { debian: ['12', '13'], ubuntu: ['22.04', '24.04'] };

export const osSupported = ofHost('os-unsupported', ({ facts: { os } }) => {
  if (supported[os.id]?.includes(os.versionId)) return null;
  const name = os.pretty || `${os.id} ${os.versionId}`.trim();
  return {
    level: 'stop',
    what: {
      en: name ? `${name} is not supported` : 'It is not known what system runs here',
      zh: name ? `不支持 ${name}` : '无法识别操作系统',
    },
    why: {
      en: 'Packages, paths and services differ between systems; on others nothing here was ever tried.',
      zh: '不同系统的软件包、路径和服务各不相同；其他系统未经验证。',
    },
    remedy: {
      en: 'Take Debian 12 or 13, or Ubuntu 22.04 or 24.04.',
      zh: '请使用 Debian 12、13 或 Ubuntu 22.04、24.04。',
    },
  };
});

export const archSupported = ofHost(
  'arch-unsupported',
  ({ facts: { arch } }) =>
    !['amd64', 'arm64'].includes(arch) && {
      level: 'stop',
      what: { en: `The processor is ${arch || 'unknown'}`, zh: `处理器架构为 ${arch || '未知'}` },
      why: { en: 'Packages and images come for amd64 and arm64.', zh: '软件包和镜像只提供 amd64 与 arm64。' },
      remedy: { en: 'Take a host with one of these.', zh: '请使用这两种架构的主机。' },
    },
);

export const systemdRuns = ofHost(
  'systemd-missing',
  ({ facts }) =>
    !facts.systemd && {
      level: 'stop',
      what: { en: 'systemd does not run as the first process', zh: 'systemd 不是第一个进程' },
      why: { en: 'kubelet and containerd are services of systemd.', zh: 'kubelet 与 containerd 由 systemd 管理。' },
      remedy: {
        en: 'Take a machine, or a container that boots systemd.',
        zh: '请使用完整的机器，或启动 systemd 的容器。',
      },
    },
);

export const rootReached = ofHost('no-root', ({ spec, host, facts }) => {
  if (facts.access !== 'none') return null;
  const { user } = sshOf(spec, host);
  return {
    level: 'stop',
    what: { en: `${user} cannot become root`, zh: `${user} 无法获得 root 权限` },
    why: { en: 'Packages, kernel settings and services need root.', zh: '安装软件包、修改内核设置和服务需要 root 权限。' },
    remedy: {
      en: `As root on that host: echo '${user} ALL=(ALL) ALL' > /etc/sudoers.d/${user} && chmod 440 /etc/sudoers.d/${user}  (NOPASSWD: ALL at its end where sudo shall not ask); or log in as root.`,
      zh: `在该主机上以 root 执行：echo '${user} ALL=(ALL) ALL' > /etc/sudoers.d/${user} && chmod 440 /etc/sudoers.d/${user}（如不希望 sudo 询问密码，末尾用 NOPASSWD: ALL）；或直接以 root 登录。`,
    },
  };
});

/** Where ip or ss is missing, addresses, routes and ports are not known, and what is said of them means nothing. */
export const toolsForFacts = ofHost('facts-incomplete', ({ facts }) => {
  const missing = ['ip', 'ss'].filter(command => !facts.commands.includes(command));
  if (!missing.length) return null;
  return {
    level: 'warn',
    what: {
      en: `${missing.join(' and ')} cannot be called, so addresses, routes or ports are not known`,
      zh: `无法执行 ${missing.join('、')}，因此地址、路由或端口未知`,
    },
    why: { en: 'Conflicts of networks and ports cannot be seen before they happen.', zh: '无法提前发现网段与端口冲突。' },
    remedy: { en: 'apt-get install iproute2', zh: '执行 apt-get install iproute2' },
  };
});

/** Oldest kernels by what needs them. */
export const kernelNewEnough = ofHost('kernel-old', ({ spec, facts }) => {
  const needs = [
    ...(spec.network.proxy === 'nftables' ? [{ what: 'kube-proxy (nftables)', kernel: [5, 13] as const }] : []),
    ...(spec.network.cni !== 'flannel' ? [{ what: 'Calico', kernel: [5, 10] as const }] : []),
  ];
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(facts.kernel) ?? [];
  if (!major) return null;
  return needs
    .filter(({ kernel: [a, b] }) => Number(major) < a || (Number(major) === a && Number(minor) < b))
    .map(({ what, kernel }) => ({
      level: 'stop' as const,
      what: {
        en: `Kernel ${facts.kernel} is too old for ${what}, which needs ${kernel.join('.')}`,
        zh: `内核 ${facts.kernel} 对 ${what} 过旧，需要 ${kernel.join('.')}`,
      },
      why: {
        en: 'Its rules would not load, and Services or pods reach nobody.',
        zh: '其规则无法加载，Service 或 Pod 将无法通信。',
      },
      remedy: {
        en: 'Install a newer kernel, or take proxy: iptables and cni: flannel.',
        zh: '请安装更新的内核，或使用 proxy: iptables 与 cni: flannel。',
      },
    }));
});

export const cgroupVersion = ofHost(
  'cgroup-v1',
  ({ facts, minor }) =>
    facts.cgroup === 1 &&
    minor >= 35 && {
      level: 'warn',
      what: {
        en: `cgroup v1, which kubelet v1.${minor} refuses by itself`,
        zh: `使用 cgroup v1，kubelet v1.${minor} 默认拒绝`,
      },
      why: {
        en: 'The plan sets failCgroupV1: false, so it works now; a later version of Kubernetes will not.',
        zh: '计划会设置 failCgroupV1: false，目前可以运行；后续 Kubernetes 版本将不再支持。',
      },
      remedy: {
        en: 'Start the kernel with systemd.unified_cgroup_hierarchy=1 when you can; a container has the hierarchy of the machine around it.',
        zh: '条件允许时以 systemd.unified_cgroup_hierarchy=1 启动内核；容器的 cgroup 由宿主机决定。',
      },
    },
);

export const modulesThere = ofHost('modules-missing', ({ spec, facts }) => {
  const needed = [
    ...['overlay', 'br_netfilter', 'nf_conntrack', 'vxlan'],
    ...(spec.network.proxy === 'nftables' ? ['nf_tables'] : []),
    ...(spec.network.proxy === 'ipvs' ? ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_sh'] : []),
  ];
  const missing = needed.filter(name => facts.modules[name] === 'missing');
  if (!missing.length) return null;
  return {
    level: 'stop',
    what: {
      en: `The kernel has no ${missing.join(', ')}, and none can be loaded`,
      zh: `内核缺少且无法加载：${missing.join('、')}`,
    },
    why: {
      en: 'Containers, the pods’ network or Services need each of these.',
      zh: '容器、Pod 网络或 Service 需要这些模块。',
    },
    remedy: {
      en: 'Install the full kernel (apt-get install linux-image-amd64, or linux-modules-extra on Ubuntu) and restart; in a container, load them on the machine around it.',
      zh: '请安装完整内核（apt-get install linux-image-amd64，Ubuntu 为 linux-modules-extra）并重启；容器环境请在宿主机加载。',
    },
  };
});

export const selinuxEnforces = ofHost(
  'selinux-enforcing',
  ({ facts }) =>
    facts.selinux === 'enforcing' && {
      level: 'warn',
      what: { en: 'SELinux enforces its rules', zh: 'SELinux 处于强制模式' },
      why: {
        en: 'They keep kubelet and containers from files that they need; the plan makes SELinux permissive, and undo brings it back.',
        zh: '它会阻止 kubelet 和容器访问所需文件；计划将其设为宽容模式，撤销时恢复。',
      },
      remedy: { en: 'Nothing, if that is agreeable.', zh: '若可接受则无需处理。' },
    },
);
