import { lines, sh } from '../sh.js';
import { packageStandIns } from './stand-ins.js';
import { minorOf, type Step } from './step.js';

export const kubernetesPackages: Step = {
  id: 'kubernetes_packages',
  seed: 'S16, S11',
  title: { en: 'kubelet, kubeadm and kubectl', zh: 'kubelet、kubeadm 与 kubectl' },
  why: {
    en: 'All three in exactly this version, and held: an upgrade of the system must not upgrade the cluster.',
    zh: '三者版本完全一致并锁定：系统升级不应顺带升级集群。',
  },
  // kubeadm stops without conntrack before 1.32; what it merely warns of (ebtables, ethtool, socat) nothing calls any more.
  define: context =>
    lines([
      packageStandIns(context),
      sh`
    kubernetes=${context.version.slice(1)}
    also=${[...(minorOf(context.version) < 32 ? ['conntrack'] : []), ...(context.spec.network.proxy === 'ipvs' ? ['ipset', 'ipvsadm'] : [])].join(' ')}
  `,
    ]),
  check: sh`
    for name in kubelet kubeadm kubectl; do installed $name "$kubernetes-" || return 1; done
    for name in $also; do installed $name || return 1; done
    [ "$(apt-mark showhold kubelet kubeadm kubectl | wc -l)" -eq 3 ] && [ -x /opt/cni/bin/loopback ] && systemctl -q is-enabled kubelet
  `,
  apply: sh`
    claim /etc/kubernetes /etc/cni /var/lib/cni /opt/cni /var/lib/kubelet /var/lib/etcd /var/lib/calico /var/log/calico /var/log/pods /var/log/containers /run/flannel /run/calico
    packages kubelet="$kubernetes-*" kubeadm="$kubernetes-*" kubectl="$kubernetes-*" $also
    hold kubelet kubeadm kubectl
    run systemctl enable -q kubelet
  `,
};
