import { lines, sh } from '../../sh.js';
import { again, byHand, either, hasFile, is, type Look, needsCrictl, run, type Symptom, said } from '../symptom.js';

const manifests = '/etc/kubernetes/manifests';
const parts = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

const asideOf = (look: Look) =>
  look.sections.role?.flatMap(line => {
    const [, name, path] = /^aside (\S+) (.+)$/.exec(line) ?? [];
    return name && path ? [{ name, path }] : [];
  }) ?? [];
const missing = (look: Look) =>
  hasFile(look, 'pki/ca.key') && hasFile(look, 'kubelet.conf')
    ? parts.filter(name => !hasFile(look, `manifests/${name}.yaml`))
    : [];

/** Certificates of the control plane that have ended by the host's own clock: path and the second. */
const expired = (look: Look): string[] =>
  look.sections.certificates?.flatMap(line => {
    const [, path, end] = /^(.+)=(\d+)$/.exec(line) ?? [];
    return path && end && look.facts.time.epochMs > 0 && Number(end) * 1000 < look.facts.time.epochMs ? [path] : [];
  }) ?? [];

const restartParts = sh`
  ${needsCrictl}
  for name in ${parts}; do crictl ps -q --name "^$name$" | xargs -r crictl stop; done
  systemctl restart kubelet
`;

export const controlPlane: readonly Symptom[] = [
  {
    id: 'manifest-missing',
    likelihood: 'sure',
    find: is('role', look => {
      const gone = missing(look);
      const aside = asideOf(look).map(({ path }) => path);
      return (
        gone.length > 0 &&
        `${manifests} has no ${gone.map(name => `${name}.yaml`).join(', ')}${aside.length ? `; there is ${aside.join(', ')}` : ''}`
      );
    }),
    cause: (_, look) => ({
      en: `${missing(look).join(', ')} cannot run: the static pod’s manifest is gone`,
      zh: `${missing(look).join('、')} 无法运行：静态 Pod 清单已不存在`,
    }),
    fixes: (_, look) => {
      const back = asideOf(look).filter(({ name }) => missing(look).includes(name as (typeof parts)[number]));
      return [
        ...(back.length
          ? [
              run(
                'put it back where kubelet looks for it',
                '放回 kubelet 读取的目录',
                sh`
              ${lines(back.map(({ name, path }) => sh`mv -n ${path} ${`${manifests}/${name}.yaml`}`))}
              ls ${manifests}
            `,
              ),
            ]
          : []),
        byHand(
          'or make it anew: kubeadm init phase control-plane all, kubeadm init phase etcd local',
          '或重新生成：kubeadm init phase control-plane all、kubeadm init phase etcd local',
        ),
      ];
    },
    explains: ['api-server-ends', 'control-plane-check', 'api-unreachable', 'cni-missing', 'node-name'],
  },
  {
    id: 'manifest-unreadable',
    likelihood: 'sure',
    find: said(/Could not process manifest file.*path="([^"]+)"/, ['kubelet']),
    cause: ({ match }) => ({
      en: `kubelet cannot read a static pod’s manifest${match[1] ? `: ${match[1]}` : ''}`,
      zh: `kubelet 无法读取静态 Pod 清单${match[1] ? `：${match[1]}` : ''}`,
    }),
    fixes: () => [
      byHand(
        `mend the file in ${manifests}; kubelet takes it up by itself. It must be the only file there for its pod: no copies`,
        `修正 ${manifests} 中的文件，kubelet 会自动读取；同一 Pod 不能有副本文件`,
      ),
    ],
    explains: ['api-server-ends', 'control-plane-check'],
  },
  {
    id: 'certificate-expired',
    likelihood: 'sure',
    find: is('certificates', look => expired(look).length > 0 && `expired: ${expired(look).join(', ')}`),
    cause: { en: 'certificates of the cluster have expired', zh: '集群证书已过期' },
    fixes: (_, look) =>
      expired(look).some(path => path.endsWith('/ca.crt'))
        ? [
            byHand(
              'the CA itself has expired: every certificate of the cluster has to be made anew (kubeadm’s guide "Manual rotation of CA certificates")',
              'CA 本身已过期：需重新签发全部证书（见 kubeadm 文档“手动轮换 CA 证书”）',
            ),
          ]
        : [
            run(
              'renew them all, and restart what uses them',
              '全部续期并重启相关组件',
              sh`
          kubeadm certs renew all
          ${restartParts}
        `,
            ),
          ],
    explains: [
      'certificate-time',
      'api-server-ends',
      'kubelet-certificate',
      'api-unreachable',
      'control-plane-check',
      'cni-missing',
    ],
  },
  {
    id: 'certificate-time',
    likelihood: 'likely',
    find: said(/certificate has expired or is not yet valid/i),
    cause: {
      en: 'a certificate is not valid at this time: expired, or a clock is wrong',
      zh: '证书此刻无效：已过期，或时钟不准',
    },
    fixes: () => [
      byHand(
        'compare `date` on all hosts; kubeadm certs check-expiration shows what ends when',
        '比较各主机的 `date`；kubeadm certs check-expiration 可查看到期时间',
      ),
    ],
  },
  {
    id: 'certificate-name',
    likelihood: 'sure',
    find: said(/x509: certificate is valid for (.+), not (\S+)/i),
    cause: ({ match }) => ({
      en: `the API server’s certificate does not name ${match[2] ?? 'this address'}`,
      zh: `API Server 证书不包含 ${match[2] ?? '该地址'}`,
    }),
    fixes: () => [
      byHand(
        'write the name under certificateNames in cluster.yaml; on the control plane: add it to apiServer.certSANs, delete pki/apiserver.*, kubeadm init phase certs apiserver',
        '在 cluster.yaml 的 certificateNames 中填写；并在控制平面上加入 apiServer.certSANs，删除 pki/apiserver.* 后执行 kubeadm init phase certs apiserver',
      ),
    ],
  },
  {
    id: 'address-not-here',
    likelihood: 'sure',
    find: either(
      said(/bind: cannot assign requested address/i, ['container-logs']),
      is('role', look => {
        const wanted = /--advertise-address=(\S+)/.exec(look.sections.role?.join('\n') ?? '')?.[1];
        const own = look.facts.interfaces.flatMap(({ addresses }) => addresses.map(address => address.split('/')[0]));
        return (
          wanted &&
          own.length > 0 &&
          !own.includes(wanted) &&
          `the API server is to be at ${wanted}; this host has ${own.filter(one => !/^(127|::1|fe80)/.test(one ?? '')).join(', ')}`
        );
      }),
    ),
    cause: {
      en: 'the control plane was made for an address that this host does not have (any more)',
      zh: '控制平面所用的地址不在（或不再在）本机上',
    },
    fixes: () => [
      byHand(
        'give the host its old address back; behind NAT name the inner one as internalAddress in cluster.yaml',
        '恢复主机原有地址；若在 NAT 之后，请在 cluster.yaml 中填写 internalAddress',
      ),
    ],
    explains: ['api-server-ends', 'control-plane-check', 'kubelet-check'],
  },
  {
    id: 'port-taken',
    likelihood: 'sure',
    find: said(
      /Port-(\d+)\]: Port \d+ is in use|listen tcp [^ ]*:(\d+): bind: address already in use|failed to listen on .*:(\d+).*address already in use/i,
    ),
    cause: ({ match }, look) => {
      const port = match[1] ?? match[2] ?? match[3];
      const owner = ownerOf(look, port);
      return {
        en: `port ${port} is taken${owner ? ` by ${owner.command}` : ''}`,
        zh: `端口 ${port} 被占用${owner ? `：${owner.command}` : ''}`,
      };
    },
    fixes: ({ match }, look) => {
      const owner = ownerOf(look, match[1] ?? match[2] ?? match[3]);
      if (!owner) return [byHand('find its owner: ss -ltnp', '查找占用者：ss -ltnp'), again()];
      return [
        owner.unit.endsWith('.service')
          ? run(
              `stop ${owner.unit}, now and after a restart`,
              `停止 ${owner.unit}，并取消开机启动`,
              sh`systemctl disable -q --now ${owner.unit}`,
            )
          : run(`end process ${owner.pid}`, `结束进程 ${owner.pid}`, sh`kill ${owner.pid}`),
        again(),
      ];
    },
    explains: ['api-server-ends', 'control-plane-check', 'kubelet-keeps-ending'],
  },
  {
    id: 'already-initialised',
    likelihood: 'sure',
    find: said(/FileAvailable--etc-kubernetes|DirAvailable--var-lib-etcd/, []),
    cause: { en: 'an earlier cluster has left its files here', zh: '此前的集群留下了文件' },
    fixes: () => [
      byHand(
        'if nobody needs it: k8s-tui reset (where this program made it), else kubeadm reset -f on the host',
        '若无人需要：由本程序建立的用 k8s-tui reset，否则在主机上执行 kubeadm reset -f',
      ),
    ],
  },
  {
    id: 'etcd-data',
    likelihood: 'likely',
    find: said(
      /etcd: .*(panic|crc mismatch|failed to (recover|open) .*(backend|snap|wal)|cannot access data directory|permission denied|freepages|database space exceeded)/i,
      ['container-logs'],
    ),
    cause: { en: 'etcd cannot use its data', zh: 'etcd 无法使用其数据' },
    fixes: () => [
      byHand(
        'a single etcd: restore /var/lib/etcd from a snapshot. One of several: take the member out and let the control plane join again',
        '单个 etcd：从快照恢复 /var/lib/etcd；多成员：移除该成员后重新加入',
      ),
    ],
    explains: ['api-server-ends', 'etcd-slow'],
  },
  {
    id: 'etcd-slow',
    likelihood: 'possible',
    find: said(/apply request took too long|slow fdatasync|leader changed|waiting for ReadIndex response took too long/i, [
      'container-logs',
    ]),
    cause: { en: 'the disk is too slow for etcd', zh: '磁盘对 etcd 来说太慢' },
    fixes: () => [
      byHand('put /var/lib/etcd on an SSD, or take load off this host', '把 /var/lib/etcd 放到 SSD，或减轻主机负载'),
    ],
  },
  {
    id: 'control-plane-check',
    likelihood: 'possible',
    find: said(
      /\[control-plane-check\] (kube-[\w-]+) .*is not healthy after|timed out waiting for the condition.*control plane/i,
      [],
    ),
    cause: ({ match }) => ({
      en: `${match[1] ?? 'the control plane'} did not come up in time`,
      zh: `${match[1] ?? '控制平面'} 未能按时启动`,
    }),
    fixes: () => [
      again(),
      byHand('read "containers" and "container-logs" of the evidence', '查看证据中的 “containers” 与 “container-logs”'),
    ],
  },
  {
    id: 'api-server-ends',
    likelihood: 'possible',
    find: look => {
      if (!look.isControlPlane || !look.isUnwell) return null;
      const line = look.sections['container-logs']?.findLast(one =>
        /^kube-apiserver: .*(\bF\d{4} |"command failed"|\bF Error: |panic|fatal)/i.test(one),
      );
      return line ? { where: 'container-logs', line, match: [line] } : null;
    },
    cause: {
      en: 'the API server ends as soon as it has started; this is its last complaint',
      zh: 'API Server 启动后即退出；这是其最后的报错',
    },
    fixes: () => [
      byHand(`mend what it says in ${manifests}/kube-apiserver.yaml`, `按其提示修正 ${manifests}/kube-apiserver.yaml`),
    ],
  },
  {
    id: 'kubeconfig-stale',
    likelihood: 'likely',
    find: said(
      /Unable to connect to the server: .*certificate signed by unknown authority|the server has asked for the client to provide credentials/i,
      ['nodes', 'pods', 'events'],
    ),
    cause: { en: 'this kubeconfig belongs to another cluster', zh: '该 kubeconfig 属于其他集群' },
    fixes: () => [
      byHand('copy /etc/kubernetes/admin.conf of the control plane again', '重新复制控制平面的 /etc/kubernetes/admin.conf'),
    ],
  },
  {
    id: 'kubeconfig-none',
    likelihood: 'likely',
    find: said(/localhost:8080 was refused/i, []),
    cause: { en: 'kubectl was given no kubeconfig', zh: 'kubectl 没有 kubeconfig' },
    fixes: () => [
      byHand(
        'name it: kubectl --kubeconfig /etc/kubernetes/admin.conf',
        '请指定：kubectl --kubeconfig /etc/kubernetes/admin.conf',
      ),
    ],
  },
];

function ownerOf(look: Look, port: string | undefined): { pid: number; unit: string; command: string } | null {
  const line = look.sections.owners?.find(one => one.startsWith(`${port} `));
  const [, pid, unit = '', command = ''] = /^\d+ (\d+) (\S*) ?(.*)$/.exec(line ?? '') ?? [];
  return pid ? { pid: Number(pid), unit, command: command.trim() || `process ${pid}` } : null;
}
