import { sh } from '../../sh.js';
import { again, byHand, either, hasFile, is, type Look, run, type Symptom, said, unitIs } from '../symptom.js';

const config = '/var/lib/kubelet/config.yaml';

/** The cluster's own configuration of kubelet, as an API server that answers has it. */
const configAgain = (look: Look) => [
  run(
    'fetch the cluster’s configuration of kubelet again',
    '重新获取集群的 kubelet 配置',
    sh`
    keep ${config}
    kubeadm upgrade node phase kubelet-config
    systemctl restart kubelet
  `,
  ),
  ...(look.isOurs ? [] : [byHand(`or put back a ${config} of another node`, `或从其他节点恢复 ${config}`)]),
];

const isNode = (look: Look) => hasFile(look, 'kubelet.conf') || hasFile(look, 'bootstrap-kubelet.conf');

export const kubelet: readonly Symptom[] = [
  {
    id: 'kubelet-stopped',
    likelihood: 'sure',
    find: is('units', look => {
      const state = unitIs(look, 'kubelet');
      const isStill = state === 'inactive' || (state === 'failed' && unitIs(look, 'kubelet', 'SubState') === 'failed');
      return (
        isNode(look) &&
        isStill &&
        ['loaded', 'masked'].includes(unitIs(look, 'kubelet', 'LoadState') ?? '') &&
        `kubelet is ${state}, ${unitIs(look, 'kubelet', 'UnitFileState')}`
      );
    }),
    cause: { en: 'kubelet does not run: somebody or something has stopped it', zh: 'kubelet 未运行：被人或程序停止' },
    fixes: () => [
      run(
        'start kubelet, now and after a restart',
        '启动 kubelet，并设为开机启动',
        sh`
        systemctl unmask -q kubelet
        systemctl reset-failed kubelet || true
        systemctl enable -q --now kubelet
        systemctl is-active kubelet
      `,
      ),
    ],
    explains: ['kubelet-check', 'kubelet-keeps-ending', 'api-server-ends', 'cni-missing', 'api-unreachable'],
  },
  {
    id: 'kubelet-not-installed',
    likelihood: 'sure',
    find: is('units', look => isNode(look) && unitIs(look, 'kubelet', 'LoadState') === 'not-found' && 'kubelet has no unit'),
    cause: { en: 'kubelet is not installed any more', zh: 'kubelet 已不在系统中' },
    fixes: () => [again('run the plan again: it installs it', '重新运行计划：会重新安装')],
  },
  {
    id: 'kubelet-cgroup-v1',
    likelihood: 'sure',
    find: said(/configured to not run on a host using cgroup v1|cgroups? v1 support is unsupported/i),
    cause: {
      en: 'the host has cgroup v1, which kubelet refuses from 1.35 on',
      zh: '主机使用 cgroup v1，kubelet 自 1.35 起拒绝运行',
    },
    fixes: () => [
      run(
        'allow it (moving to cgroup v2 is better)',
        '允许使用（迁移到 cgroup v2 更好）',
        sh`
        keep ${config}
        sed -i '/^failCgroupV1:/d' ${config}
        echo 'failCgroupV1: false' >> ${config}
        systemctl restart kubelet
      `,
      ),
    ],
    explains: ['kubelet-keeps-ending', 'kubelet-check', 'control-plane-check'],
  },
  {
    id: 'kubelet-config',
    likelihood: 'sure',
    find: said(
      /failed to (load|construct|read) kubelet config|failed to load Kubelet config|kubelet config file.*(yaml|json|unknown field|no such file)|strict decoding error/i,
      ['kubelet'],
    ),
    cause: { en: `kubelet cannot read its configuration, ${config}`, zh: `kubelet 无法读取配置 ${config}` },
    fixes: (_, look) => configAgain(look),
    explains: ['kubelet-keeps-ending', 'kubelet-check', 'kubelet-flag', 'api-server-ends', 'cni-missing'],
  },
  {
    id: 'kubelet-flag',
    likelihood: 'sure',
    find: said(/unknown flag: (--[\w-]+)|unknown shorthand flag/i, ['kubelet']),
    cause: ({ match }) => ({
      en: `kubelet is given an option that it does not know: ${match[1] ?? ''}`,
      zh: `kubelet 收到未知选项：${match[1] ?? ''}`,
    }),
    fixes: ({ match }) =>
      match[1]
        ? [
            run(
              'take the option out',
              '去掉该选项',
              sh`
        for file in /var/lib/kubelet/kubeadm-flags.env /etc/default/kubelet /etc/sysconfig/kubelet; do
          if [ ! -e "$file" ]; then continue; fi
          keep "$file"
          sed -Ei ${`s/ *${match[1].replace(/[^\w-]/g, '')}(=[^ "]*)?//g`} "$file"
        done
        systemctl restart kubelet
      `,
            ),
          ]
        : [
            byHand(
              'look into /var/lib/kubelet/kubeadm-flags.env and /etc/default/kubelet',
              '检查 /var/lib/kubelet/kubeadm-flags.env 和 /etc/default/kubelet',
            ),
          ],
    explains: ['kubelet-keeps-ending', 'kubelet-check'],
  },
  {
    id: 'kubelet-certificate',
    likelihood: 'sure',
    find: either(
      said(
        /part of the existing bootstrap client certificate.*is expired|client certificate.*expired|unable to load bootstrap kubeconfig/i,
        ['kubelet'],
      ),
    ),
    cause: { en: "kubelet's own certificate has expired while it was off", zh: 'kubelet 的证书在停机期间已过期' },
    fixes: (_, look) =>
      look.isControlPlane
        ? [
            run(
              'make it a new one from the cluster’s CA',
              '用集群 CA 重新签发',
              sh`
        keep /etc/kubernetes/kubelet.conf
        rm -f /etc/kubernetes/kubelet.conf
        kubeadm init phase kubeconfig kubelet --node-name "$(hostname)"
        rm -f /var/lib/kubelet/pki/kubelet-client-current.pem
        systemctl restart kubelet
      `,
            ),
          ]
        : [
            byHand(
              'take the node out and let it join again: k8s-tui reset --host, then apply',
              '移除该节点后重新加入：k8s-tui reset --host，然后 apply',
            ),
          ],
    explains: ['kubelet-keeps-ending'],
  },
  {
    id: 'node-name',
    likelihood: 'likely',
    find: said(/node ["']?([\w.-]+)["']? not found|is not allowed to modify node ["']?([\w.-]+)/i, ['kubelet']),
    cause: ({ match }) => ({
      en: `the cluster does not know this node as ${match[1] ?? match[2]}: it was deleted there, or its name has changed`,
      zh: `集群中没有名为 ${match[1] ?? match[2]} 的节点：已被删除或主机名已更改`,
    }),
    fixes: (_, look) => [
      run('let kubelet tell the cluster of it again', '让 kubelet 重新注册', sh`systemctl restart kubelet`),
      ...(look.isControlPlane
        ? []
        : [
            byHand(
              'or take it out and let it join again: k8s-tui reset --host, then apply',
              '或移除后重新加入：k8s-tui reset --host，然后 apply',
            ),
          ]),
    ],
  },
  {
    id: 'kubelet-check',
    likelihood: 'possible',
    find: said(
      /\[kubelet-check\].*(not healthy|connection refused|unhealthy)|localhost:10248|127\.0\.0\.1:10248.*refused/i,
      [],
    ),
    cause: { en: 'kubelet did not come up while kubeadm waited for it', zh: 'kubeadm 等待期间 kubelet 未能启动' },
    fixes: () => [again(), byHand('read the section "kubelet" of the evidence', '查看证据中的 “kubelet” 一节')],
  },
  {
    id: 'kubelet-keeps-ending',
    likelihood: 'possible',
    find: look => {
      if (!isNode(look) || unitIs(look, 'kubelet') === 'active' || unitIs(look, 'kubelet') === 'inactive') return null;
      const last = look.sections.kubelet?.findLast(line => /\bE\d{4} |err=|Error:|fatal|panic/i.test(line));
      return last ? { where: 'kubelet', line: last.trim(), match: [last] } : null;
    },
    cause: {
      en: 'kubelet ends as soon as it has started; this is its last complaint',
      zh: 'kubelet 启动后即退出；这是其最后的报错',
    },
    fixes: () => [byHand('read the section "kubelet" of the evidence', '查看证据中的 “kubelet” 一节')],
  },
];
