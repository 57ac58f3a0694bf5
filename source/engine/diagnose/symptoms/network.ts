import { sh } from '../../sh.js';
import { again, byHand, either, type Fix, is, needsCrictl, run, type Symptom, said } from '../symptom.js';

const plugins = { flannel: '10-flannel.conflist', calico: '10-calico.conflist' };

/** The pod that puts the network's configuration on this node writes it when it starts. */
const networkAgain: Fix[] = [
  run(
    'start the network’s pod on this host anew: it writes the configuration',
    '重启本机的网络 Pod：它会重新写入配置',
    sh`
      ${needsCrictl}
      for pod in $(crictl pods -q --name kube-flannel) $(crictl pods -q --name calico-node); do crictl rmp -f "$pod"; done
      timeout 60 sh -c 'until ls /etc/cni/net.d/*.conflist 2>/dev/null; do sleep 1; done'
    `,
  ),
  byHand(
    'where no such pod runs here: apply the network’s manifest (flannel, Calico ...)',
    '若本机没有该 Pod：请部署网络插件（flannel、Calico 等）',
  ),
];

export const network: readonly Symptom[] = [
  {
    id: 'cni-missing',
    likelihood: 'likely',
    find: either(
      is('cni', look => {
        const files = look.sections.cni ?? [];
        const hasConfig = files.some(name => /\.(conf|conflist|json)$/.test(name));
        return (
          look.isUnwell &&
          look.sections.role?.includes('kubelet.conf') &&
          files.length > 0 &&
          !hasConfig &&
          '/etc/cni/net.d holds no configuration'
        );
      }),
      said(/cni plugin not initialized|NetworkPluginNotReady/i, ['kubelet', 'events']),
    ),
    cause: {
      en: `the node has no network yet: nobody has put a configuration (${plugins.flannel}, ${plugins.calico}) there`,
      zh: `节点尚无网络：没有网络配置（${plugins.flannel}、${plugins.calico}）`,
    },
    fixes: () => networkAgain,
  },
  {
    id: 'cni-plugin-missing',
    likelihood: 'sure',
    find: said(/failed to find plugin "?\\?"?([\w-]+)\\?"?"? in path/i),
    cause: ({ match }) => ({
      en: `the network needs the plugin ${match[1]}, which is not in /opt/cni/bin`,
      zh: `网络需要插件 ${match[1]}，但 /opt/cni/bin 中没有`,
    }),
    fixes: (_, look) => [
      look.isOurs
        ? again()
        : run(
            'install the plugins',
            '安装插件',
            sh`DEBIAN_FRONTEND=noninteractive apt-get -y install --reinstall kubernetes-cni`,
          ),
    ],
    explains: ['cni-missing'],
  },
  {
    id: 'dns-loop',
    likelihood: 'sure',
    find: said(/plugin\/loop: Loop .* detected/i),
    cause: {
      en: 'CoreDNS asks itself: the nodes’ resolv.conf names 127.0.0.53',
      zh: 'CoreDNS 查询自身：节点的 resolv.conf 指向 127.0.0.53',
    },
    fixes: () => [
      run(
        'give kubelet the real servers',
        '让 kubelet 使用真实的 DNS 服务器',
        sh`
        keep /var/lib/kubelet/config.yaml
        sed -i '/^resolvConf:/d' /var/lib/kubelet/config.yaml
        echo 'resolvConf: /run/systemd/resolve/resolv.conf' >> /var/lib/kubelet/config.yaml
        systemctl restart kubelet
      `,
      ),
    ],
  },
  {
    id: 'service-not-reached',
    likelihood: 'likely',
    find: said(/dial tcp (10\.\d+\.0\.1):443: (i\/o timeout|connect: (no route|connection refused))/i, [
      'container-logs',
      'events',
      'kubelet',
      'containerd',
    ]),
    cause: {
      en: 'pods do not reach the API server’s service: kube-proxy is down, a firewall drops forwarded packets, or the pod network overlaps the hosts’',
      zh: 'Pod 无法访问 API Server 的 Service：kube-proxy 未运行、防火墙丢弃转发流量，或 Pod 网段与主机网段重叠',
    },
    fixes: (_, look) => [
      ...(look.facts.firewall.ufw === 'active'
        ? [
            run(
              'let ufw forward what is routed',
              '允许 ufw 转发',
              sh`
            keep /etc/default/ufw
            sed -i 's/^DEFAULT_FORWARD_POLICY=.*/DEFAULT_FORWARD_POLICY="ACCEPT"/' /etc/default/ufw
            ufw reload
          `,
            ),
          ]
        : []),
      run(
        'start kube-proxy’s pod on this host anew',
        '重启本机的 kube-proxy',
        sh`
          ${needsCrictl}
          crictl ps -q --name '^kube-proxy$' | xargs -r crictl stop
        `,
      ),
    ],
  },
  {
    id: 'conntrack',
    likelihood: 'sure',
    find: said(/nf_conntrack_max.*(permission denied|read-only)|conntrack.*(permission denied|read-only)/i),
    cause: {
      en: 'kube-proxy may not set the limit of conntrack on this host',
      zh: 'kube-proxy 无权在此主机上设置 conntrack 上限',
    },
    fixes: (_, look) => [
      look.isOurs
        ? again()
        : byHand(
            'set conntrack.maxPerCore: 0 and min: 0 in the configmap kube-proxy',
            '在 kube-proxy 的 ConfigMap 中设置 conntrack.maxPerCore: 0 和 min: 0',
          ),
    ],
  },
  {
    id: 'proxy-in-the-way',
    likelihood: 'likely',
    find: said(/Unable to connect to the server: (Forbidden|.*proxyconnect)|proxyconnect tcp/i),
    cause: { en: 'a proxy is asked for what is in the cluster itself', zh: '集群内部的请求被发往代理' },
    fixes: () => [
      byHand(
        'name the hosts, the pod and the service network in NO_PROXY (/etc/environment, units of containerd and kubelet)',
        '把主机、Pod 与 Service 网段写入 NO_PROXY（/etc/environment 及 containerd、kubelet 的单元）',
      ),
    ],
  },
  {
    id: 'manifest-too-long',
    likelihood: 'sure',
    find: said(/metadata\.annotations: Too long/i, []),
    cause: { en: 'a manifest of this size has to be applied on the server’s side', zh: '如此大的清单须在服务端应用' },
    fixes: () => [byHand('kubectl apply --server-side', 'kubectl apply --server-side')],
  },
  {
    id: 'operator-kinds',
    likelihood: 'sure',
    find: said(/no matches for kind "?\\?"?(Installation|APIServer)/i, []),
    cause: {
      en: 'the kinds of Calico’s operator are not known to the cluster (yet)',
      zh: '集群（尚）不认识 Calico operator 的资源类型',
    },
    fixes: () => [again('try again in a moment', '稍后重试')],
  },
  {
    id: 'pool-elsewhere',
    likelihood: 'sure',
    find: said(/IPPool .* is not within the platform's configured pod network CIDR/i),
    cause: { en: 'Calico’s pool is not inside the cluster’s pod network', zh: 'Calico 地址池不在集群的 Pod 网段内' },
    fixes: () => [
      byHand(
        'give the Installation the cidr of the cluster: kubectl edit installation default',
        '让 Installation 的 cidr 与集群一致：kubectl edit installation default',
      ),
    ],
  },
];
