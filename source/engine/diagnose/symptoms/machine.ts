import { sh } from '../../sh.js';
import { again, byHand, either, is, run, type Symptom, said, unitIs } from '../symptom.js';

/** A clock that is off by less lets certificates and tokens be. */
const MOST_SKEW_MS = 60_000;
/** kubelet begins to throw pods out of a node when less than a tenth of its disk is free. */
const LEAST_FREE = 0.1;
/** Below this nothing works any more. */
const NOTHING_FREE_MIB = 200;

const disksOf = (look: Parameters<Symptom['find']>[0]) => [
  ...new Map(look.facts.disks.map(disk => [disk.mount, disk])).values(),
];

const makeRoom = () => [
  run(
    'free what can be fetched again: packages’ archives, images that nothing uses, all but the newest 100 MB of the journal',
    '清理可重新获取的内容：软件包缓存、未使用的镜像、仅保留最近 100 MB 日志',
    sh`
      apt-get clean
      journalctl -q --vacuum-size=100M
      if systemctl -q is-active containerd && command -v crictl; then crictl rmi --prune; fi
      df -h /
    `,
  ),
  byHand('look at section "disk" of the evidence for what is large, and make room', '查看证据中 “disk” 一节的大文件并腾出空间'),
];

/** The machine under it all: disk, memory, time, swap, settings of the kernel. */
export const machine: readonly Symptom[] = [
  {
    id: 'disk-full',
    likelihood: 'sure',
    find: either(
      is('facts', look => {
        const full = disksOf(look).find(
          disk => disk.totalMiB > 0 && disk.freeMiB < Math.min(NOTHING_FREE_MIB, disk.totalMiB / 50),
        );
        return full && `${full.mount}: ${full.freeMiB} of ${full.totalMiB} MiB free`;
      }),
      said(/no space left on device/i),
    ),
    cause: { en: 'the disk is full', zh: '磁盘已满' },
    fixes: makeRoom,
    explains: ['disk-low', 'etcd-data', 'kubelet-keeps-ending', 'kubelet-config', 'api-server-ends', 'image-not-pulled'],
  },
  {
    id: 'disk-low',
    likelihood: 'likely',
    find: either(
      is('facts', look => {
        if (look.facts.cluster.state === 'none') return null;
        const low = disksOf(look).find(disk => disk.freeMiB < disk.totalMiB * LEAST_FREE);
        return low && `${low.mount}: ${low.freeMiB} of ${low.totalMiB} MiB free`;
      }),
      // A status that could not be sent names every condition that there is.
      said(
        /NodeHasDiskPressure|had condition: \[[^\]]*DiskPressure|eviction manager: (must evict|attempting to reclaim).*(ephemeral-storage|imagefs|nodefs)/i,
      ),
    ),
    cause: {
      en: 'the disk is nearly full: kubelet throws pods out of the node below a tenth',
      zh: '磁盘将满：低于十分之一时 kubelet 会驱逐 Pod',
    },
    fixes: makeRoom,
  },
  {
    id: 'inodes-full',
    likelihood: 'sure',
    find: is('facts', look => {
      const full = disksOf(look).find(disk => disk.freeInodes !== null && disk.freeInodes < 500);
      return full && `${full.mount}: ${full.freeInodes} inodes free`;
    }),
    cause: { en: 'the file system has no inodes left: too many small files', zh: '文件系统的 inode 已用尽：小文件过多' },
    fixes: () => [
      byHand(
        'find and delete the many small files: du --inodes -xd2 / | sort -n',
        '查找并删除大量小文件：du --inodes -xd2 / | sort -n',
      ),
    ],
    explains: ['disk-full', 'kubelet-keeps-ending'],
  },
  {
    id: 'disk-read-only',
    likelihood: 'sure',
    find: either(
      is('facts', look => {
        const mount = disksOf(look).find(disk => disk.readOnly);
        return mount && `${mount.mount} is mounted read-only`;
      }),
      said(/read-only file system/i),
    ),
    cause: {
      en: 'a file system is read-only: the kernel does that when its disk fails',
      zh: '文件系统变为只读：磁盘出错时内核会这样做',
    },
    fixes: () => [
      byHand(
        'look at dmesg; check the disk, then mount it again: mount -o remount,rw /',
        '查看 dmesg，检查磁盘后重新挂载：mount -o remount,rw /',
      ),
    ],
    explains: ['disk-full', 'etcd-data', 'kubelet-keeps-ending', 'api-server-ends'],
  },
  {
    id: 'disk-fails',
    likelihood: 'likely',
    find: said(/i\/o error,? dev|blk_update_request|Buffer I\/O error/i, ['kernel']),
    cause: { en: 'the disk reports errors', zh: '磁盘报告读写错误' },
    fixes: () => [byHand('save what matters and replace the disk', '备份重要数据并更换磁盘')],
  },
  {
    id: 'out-of-memory',
    likelihood: 'likely',
    find: said(/Out of memory: Killed process \d+ \(([^)]+)\)|OOMKilled|SystemOOM/i),
    cause: ({ match }) => ({
      en: `the memory did not suffice${match[1] ? `: the kernel killed ${match[1]}` : ''}`,
      zh: `内存不足${match[1] ? `：内核终止了 ${match[1]}` : ''}`,
    }),
    fixes: () => [
      byHand(
        'give the host more memory (kubeadm wants 2 GB), or let less run on it',
        '增加内存（kubeadm 要求 2 GB），或减少其上的负载',
      ),
    ],
  },
  {
    id: 'clock',
    likelihood: 'sure',
    find: is('facts', ({ facts: { time } }) => {
      const off = time.epochMs - time.askedAtMs;
      return (
        time.epochMs > 0 &&
        Math.abs(off) > MOST_SKEW_MS &&
        `its clock is ${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? 'ahead' : 'behind'}`
      );
    }),
    cause: {
      en: 'the clock is wrong: certificates and tokens are not valid at that time',
      zh: '时钟不准：证书和令牌在该时间无效',
    },
    fixes: (_, look) => [
      look.facts.commands.includes('chronyc')
        ? run(
            'set the clock now, by chrony',
            '用 chrony 立即校时',
            sh`
            systemctl enable -q --now chrony
            chronyc -a makestep
            date
          `,
          )
        : run(
            'switch on the time service of systemd',
            '启用 systemd 的时间同步服务',
            sh`
            timedatectl set-ntp true
            systemctl restart systemd-timesyncd
            date
          `,
          ),
    ],
    explains: ['certificate-time', 'token-invalid', 'repository-time'],
  },
  {
    id: 'swap',
    likelihood: 'sure',
    find: either(
      said(/running with swap on is not supported|\[ERROR Swap\]/i, ['kubelet']),
      is(
        'facts',
        look =>
          unitIs(look, 'kubelet') !== 'active' &&
          look.isUnwell &&
          look.facts.swap.length > 0 &&
          look.sections['kubelet-config']?.some(line => /^failSwapOn: *false/.test(line)) === false &&
          look.sections.kubelet?.some(line => /swap/i.test(line)) === true &&
          `swapped to: ${look.facts.swap.join(', ')}`,
      ),
    ),
    cause: { en: 'swap is on, and kubelet does not start beside it', zh: '交换分区已开启，kubelet 无法启动' },
    fixes: () => [
      run(
        'switch swap off, also after a restart',
        '关闭交换分区，重启后亦然',
        sh`
        swapoff -a
        keep /etc/fstab
        sed -Ei 's/^([^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]])/# \1/' /etc/fstab
        systemctl restart kubelet
      `,
      ),
    ],
    explains: ['kubelet-keeps-ending', 'kubelet-check'],
  },
  {
    id: 'ip-forward',
    likelihood: 'sure',
    find: either(
      is(
        'facts',
        ({ facts, isUnwell, sections }) =>
          (isUnwell || (sections.role?.length ?? 0) > 0) &&
          facts.sysctls['net.ipv4.ip_forward'] === '0' &&
          'net.ipv4.ip_forward = 0',
      ),
      said(/FileContent--proc-sys-net-ipv4-ip_forward/, []),
    ),
    cause: {
      en: 'the kernel does not forward packets, so no pod reaches another host',
      zh: '内核未开启转发，Pod 无法访问其他主机',
    },
    fixes: () => [
      run(
        'forward packets, also after a restart',
        '开启转发，重启后亦然',
        sh`
        keep /etc/sysctl.d/99-kubernetes-forward.conf
        echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/99-kubernetes-forward.conf
        sysctl -w net.ipv4.ip_forward=1
      `,
      ),
    ],
  },
  {
    id: 'bridge-netfilter',
    likelihood: 'sure',
    find: either(
      said(/bridge-nf-call-iptables.*(does not exist|no such file|not found)/i),
      is(
        'facts',
        ({ facts, isUnwell }) =>
          isUnwell && facts.sysctls['net.bridge.bridge-nf-call-iptables'] === '0' && 'net.bridge.bridge-nf-call-iptables = 0',
      ),
    ),
    cause: {
      en: 'traffic over bridges passes the rules by: br_netfilter is not in force',
      zh: '网桥流量绕过了规则：br_netfilter 未生效',
    },
    fixes: () => [
      run(
        'load br_netfilter and switch the setting on',
        '加载 br_netfilter 并开启设置',
        sh`
        if [ ! -d /proc/sys/net/bridge ]; then modprobe br_netfilter; fi
        sysctl -w net.bridge.bridge-nf-call-iptables=1
      `,
      ),
      again(),
    ],
  },
  {
    id: 'program-missing',
    likelihood: 'sure',
    find: said(
      /FileExisting-(\S+)\]|executable file not found in \$PATH.*"?(conntrack|iptables|crictl|socat|ip|mount|tc|ethtool)"?/,
      [],
    ),
    cause: ({ match }) => ({
      en: `${match[1] ?? match[2] ?? 'a program'} is missing, or not in the path of sudo`,
      zh: `缺少 ${match[1] ?? match[2] ?? '某个程序'}，或不在 sudo 的 PATH 中`,
    }),
    fixes: () => [again('run the plan again: it installs what is needed', '重新运行计划：会安装所需程序')],
  },
];
