import { isContainer } from '../../steps/step.js';
import { ofHost, type Said } from '../check.js';

/** kubeadm's own minimum for a control plane. */
const CONTROL_PLANE_CPUS = 2;
const CONTROL_PLANE_MIB = 1700;
const WORKER_MIB = 1024;
/** Packages and images unpacked, and room to start. */
const NEEDED_MIB = 4096;
/** A layer is thousands of small files. */
const NEEDED_INODES = 100_000;
/** At less kubelet drives pods away and takes no new ones: its imagefs.available and nodefs.available. */
const EVICTION = { '/var/lib/containerd': 0.15, '/var/lib/kubelet': 0.1 };

export const cpus = ofHost(
  'cpus-few',
  ({ facts, isControlPlane }) =>
    isControlPlane &&
    facts.cpus > 0 &&
    facts.cpus < CONTROL_PLANE_CPUS && {
      level: 'stop',
      what: {
        en: `${facts.cpus} CPU; a control plane needs ${CONTROL_PLANE_CPUS}`,
        zh: `${facts.cpus} 个 CPU；控制平面需要 ${CONTROL_PLANE_CPUS} 个`,
      },
      why: { en: 'kubeadm refuses to set up a control plane with fewer.', zh: '少于此数 kubeadm 会拒绝建立控制平面。' },
      remedy: {
        en: 'Give the machine another CPU, or the role to another host.',
        zh: '请为机器增加 CPU，或把该角色交给其他主机。',
      },
    },
);

export const memory = ofHost('memory-low', ({ facts, isControlPlane }) => {
  const needed = isControlPlane ? CONTROL_PLANE_MIB : WORKER_MIB;
  if (facts.memoryMiB === 0 || facts.memoryMiB >= needed) return null;
  return {
    level: isControlPlane ? 'stop' : 'warn',
    what: {
      en: `${facts.memoryMiB} MiB of memory; a ${isControlPlane ? 'control plane' : 'worker'} needs ${needed}`,
      zh: `内存 ${facts.memoryMiB} MiB；${isControlPlane ? '控制平面' : '工作节点'}需要 ${needed}`,
    },
    why: isControlPlane
      ? { en: 'kubeadm refuses to set up a control plane with less.', zh: '少于此数 kubeadm 会拒绝建立控制平面。' }
      : {
          en: 'kubelet, containerd and the network leave little for pods.',
          zh: 'kubelet、containerd 和网络插件占用后，留给 Pod 的内存很少。',
        },
    remedy: { en: 'Give the machine more memory.', zh: '请为机器增加内存。' },
  };
});

export const disks = ofHost('disk-full', ({ facts, isOurs }) => {
  const found: Said[] = [];
  for (const mount of new Set(facts.disks.map(disk => disk.mount))) {
    const here = facts.disks.filter(disk => disk.mount === mount);
    const { freeMiB, totalMiB, readOnly } = here[0]!;
    const folders = here.map(disk => disk.path);
    // Where the cluster runs already, what it needs is there.
    if (readOnly || isOurs || !folders.some(folder => folder in EVICTION || folder === '/')) continue;
    const share = Math.max(0, ...Object.entries(EVICTION).map(([folder, least]) => (folders.includes(folder) ? least : 0)));
    const needed = NEEDED_MIB + Math.ceil(totalMiB * share);
    if (totalMiB === 0 || freeMiB >= needed) continue;
    found.push({
      level: 'stop',
      what: {
        en: `${mount} has ${gib(freeMiB)} GiB free of ${gib(totalMiB)}; ${gib(needed)} are needed for ${folders.join(', ')}`,
        zh: `${mount} 可用 ${gib(freeMiB)} GiB（共 ${gib(totalMiB)}）；${folders.join('、')} 需要 ${gib(needed)}`,
      },
      why:
        freeMiB < NEEDED_MIB
          ? { en: 'Packages and images would not fit.', zh: '软件包和镜像将无法容纳。' }
          : {
              en: `With less than ${share * 100} % free kubelet drives pods away and takes no new ones.`,
              zh: `可用空间低于 ${share * 100}% 时，kubelet 会驱逐 Pod 且不再接收新的 Pod。`,
            },
      remedy: {
        en: `Make room (apt-get clean; journalctl --vacuum-size=200M; du -xh ${mount} | sort -h | tail), or mount a larger disk there.`,
        zh: `请清理空间（apt-get clean；journalctl --vacuum-size=200M；du -xh ${mount} | sort -h | tail），或挂载更大的磁盘。`,
      },
    });
  }
  return found;
});

export const inodes = ofHost('inodes-few', ({ facts }) => {
  const mounts = new Map(facts.disks.filter(disk => disk.freeInodes !== null).map(disk => [disk.mount, disk.freeInodes!]));
  return [...mounts]
    .filter(([, free]) => free < NEEDED_INODES)
    .map(([mount, free]) => ({
      level: 'stop' as const,
      what: { en: `${mount} can hold only ${free} more files`, zh: `${mount} 只能再容纳 ${free} 个文件` },
      why: {
        en: 'Images are many small files; “no space left” appears though there is space.',
        zh: '镜像包含大量小文件；即使有空间也会报“no space left”。',
      },
      remedy: {
        en: `Find where they are: du --inodes -x ${mount} | sort -n | tail`,
        zh: `查找文件所在：du --inodes -x ${mount} | sort -n | tail`,
      },
    }));
});

export const writable = ofHost('disk-read-only', ({ facts }) => {
  const mounts = [...new Set(facts.disks.filter(disk => disk.readOnly).map(disk => disk.mount))];
  return mounts.map(mount => ({
    level: 'stop' as const,
    what: { en: `${mount} is mounted read-only`, zh: `${mount} 以只读方式挂载` },
    why: {
      en: 'Nothing can be installed; after a disk error Linux does this by itself.',
      zh: '无法安装任何内容；磁盘出错后 Linux 会自动这样做。',
    },
    remedy: {
      en: `Look at dmesg for disk errors; then mount -o remount,rw ${mount}`,
      zh: `请用 dmesg 查看磁盘错误，然后执行 mount -o remount,rw ${mount}`,
    },
  }));
});

export const swap = ofHost('swap-on', ({ spec, facts }) => {
  if (!facts.swap.length || spec.swap === 'keep') return null;
  const what = { en: `Swap is on: ${facts.swap.join(', ')}`, zh: `交换分区已启用：${facts.swap.join('、')}` };
  if (isContainer(facts)) {
    return {
      level: 'stop',
      what,
      why: {
        en: 'kubelet does not start with it, and it belongs to the machine around this container.',
        zh: 'kubelet 无法在其启用时启动，而它属于宿主机。',
      },
      remedy: {
        en: 'Switch it off there (swapoff -a), or write swap: keep.',
        zh: '请在宿主机关闭（swapoff -a），或写 swap: keep。',
      },
    };
  }
  return {
    level: 'note',
    what,
    why: {
      en: 'kubelet does not start with it; the plan switches it off, and undo on again.',
      zh: 'kubelet 无法在其启用时启动；计划会将其关闭，撤销时恢复。',
    },
    remedy: { en: 'Nothing; or write swap: keep.', zh: '无需处理；或写 swap: keep。' },
  };
});

const gib = (mib: number) => (mib / 1024).toFixed(1);
