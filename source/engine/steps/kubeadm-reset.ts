import { sh } from '../sh.js';
import { criSocket } from './kubeadm-config.js';

/** What kubeadm, kubelet and the network leave on a node, and nothing else: only chains, links and mounts with their names. */
export const kubeadmReset = sh`
  kubeadm_reset() {
    # kubeadm empties kubelet's folder; the logins of registries in it are not the cluster's.
    if [ -e /var/lib/kubelet/config.json ]; then mkdir -p $run; chmod 700 $run; cp -a /var/lib/kubelet/config.json $run/logins; fi
    # Calico's plugin asks the API server before it takes a pod's network down, and waits for one that is gone. All that it would do
    # is done below, so containerd is to know of no plugin, and to wait for none.
    calico=/etc/cni/net.d/10-calico.conflist
    if [ -e $calico ]; then mv -f $calico $calico.gone; fi
    if [ -e $calico.gone ]; then pkill -KILL -f ^/opt/cni/bin/calico 2>/dev/null || true; fi
    # Who leaves a cluster that lives on has left its etcd before: with no kubeconfig kubeadm asks nobody, and waits for nobody.
    if command -v kubeadm >/dev/null; then run kubeadm reset -f --kubeconfig $run/none --cri-socket ${criSocket} || true; fi
    if [ -e $run/logins ]; then mkdir -p /var/lib/kubelet; mv -f $run/logins /var/lib/kubelet/config.json; fi
    systemctl stop kubelet k8s-tui-check 2>/dev/null || true
    systemctl reset-failed kubelet 2>/dev/null || true
    crictl -t 60s rmp -fa >/dev/null 2>&1 || true
    systemctl stop kubepods.slice 2>/dev/null || true
    awk '$2 ~ "^/var/lib/kubelet/" {print $2}' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
    # Calico marks its routes by a number of its own.
    if [ -e $calico.gone ]; then
      for family in 4 6; do ip -$family route flush proto 80 2>/dev/null || true; done
      for space in /run/netns/cni-*; do
        if [ -e "$space" ]; then umount -l "$space" 2>/dev/null || true; rm -f "$space"; fi
      done
    fi
    rm -rf /etc/cni/net.d/10-flannel.conflist $calico $calico.gone /etc/cni/net.d/calico-kubeconfig /run/flannel
    # Ends of pods whose network could not be taken down in order: on cni0 there is nobody else's.
    for link in $(ip -o link show 2>/dev/null | sed -n 's/^[0-9]*: \(veth[^:@]*\).* master cni0 .*/\1/p'); do ip link delete "$link" || true; done
    for link in $(ip -o link show 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\).*/\1/p' | grep -E '^(cni0|flannel\.1|flannel-v6\.1|vxlan\.calico|cali[0-9a-f]{11}|kube-ipvs0|nodelocaldns)$'); do
      run ip link delete "$link"
    done
    for tables in iptables ip6tables; do
      if ! command -v $tables-save >/dev/null; then continue; fi
      if $tables-save 2>/dev/null | grep -qE 'KUBE-|CNI-|FLANNEL|cali[-:]|flanneld'; then
        $tables-save | grep -vE 'KUBE-|CNI-|FLANNEL|cali[-:]|flanneld' | run $tables-restore
      fi
    done
    if command -v nft >/dev/null; then
      for family in ip ip6; do nft delete table $family kube-proxy 2>/dev/null || true; done
    fi
    if [ -d /proc/sys/net/ipv4/vs ] && command -v ipvsadm >/dev/null; then run ipvsadm --clear; fi
  }
`;
