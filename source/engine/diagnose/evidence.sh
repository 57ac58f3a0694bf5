# What a host can tell of a cluster that does not work. Reads only; as root, or as any user, who sees less.
# Every section starts with a line `@@ name`; what a tool that is missing would have said is simply not there.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin KUBECACHEDIR=/dev/null
export LC_ALL PATH KUBECACHEDIR
section() { echo "@@ $1"; }
# soon COMMAND...: what hangs must not keep the rest from being told
soon() { timeout -k 1 5 "$@"; }
# answer NAME URL: the first line of what a port of this host says, or why it says nothing
answer() {
  said=$(curl -sSk --noproxy '*' --max-time 3 "$2" 2>&1 | head -n 1)
  echo "$1=${said:-no answer}"
}

evidence() {
etc=/etc/kubernetes

section units
for unit in containerd kubelet; do
  systemctl show "$unit" -p LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,ExecMainStatus | sed "s/^/$unit./"
done

section kubelet # the seed's own first look
journalctl -u kubelet -n 100 --no-pager -o short-iso
section containerd
journalctl -u containerd -n 60 --no-pager -o short-iso
section kernel # who was killed for want of memory, and disks that fail
journalctl -k -n 2000 --no-pager | grep -iE 'out of memory|oom-kill|i/o error|remounting filesystem read-only' | tail -n 20

section health
answer kubelet http://127.0.0.1:10248/healthz
if [ -e $etc/manifests/kube-apiserver.yaml ] || [ -e $etc/admin.conf ]; then
  answer api https://127.0.0.1:6443/livez
  answer etcd http://127.0.0.1:2381/health
fi
server=$(sed -n 's/^ *server: *//p' $etc/kubelet.conf $etc/bootstrap-kubelet.conf | head -n 1)
if [ -n "$server" ]; then echo "server=$server"; answer reached "$server/livez"; fi

section role
for file in admin.conf kubelet.conf bootstrap-kubelet.conf pki/ca.key pki/ca.crt; do if [ -e $etc/$file ]; then echo "$file"; fi; done
for name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  if [ -e $etc/manifests/$name.yaml ]; then echo "manifests/$name.yaml"; continue; fi
  # A manifest that somebody put aside.
  for file in $(find $etc /root /tmp -xdev -maxdepth 3 -name "$name.y*ml*" 2>/dev/null | head -n 1); do echo "aside $name $file"; done
done
grep -hE '^ +- --advertise-address=|^ +image: ' $etc/manifests/*.yaml

section containers
soon crictl --timeout 4s ps -a
section container-logs # the last words of what runs the cluster
for name in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy coredns kube-flannel install-cni calico-node; do
  # shellcheck disable=SC2012 # the newest; their names are Kubernetes' own
  newest=$(ls -t /var/log/pods/*/"$name"/*.log 2>/dev/null | head -n 1)
  if [ -n "$newest" ]; then tail -n 25 "$newest" | sed "s/^/$name: /"; fi
done

section nodes
# An API server that is down would be waited for three times.
if [ -r $etc/admin.conf ] && curl -sk --noproxy '*' --max-time 3 -o /dev/null https://127.0.0.1:6443/livez; then
  export KUBECONFIG=$etc/admin.conf
  soon kubectl --request-timeout=4s get nodes -o wide --no-headers
  section pods # those that do not run as they should
  soon kubectl --request-timeout=4s get pods -A -o wide --no-headers | awk '{ split($3, ready, "/") } ($4 != "Running" && $4 != "Completed") || ($4 == "Running" && ready[1] != ready[2])'
  section events
  soon kubectl --request-timeout=4s get events -A --field-selector type=Warning --no-headers --sort-by=.lastTimestamp | tail -n 40
fi

section kubelet-config
grep -E '^(cgroupDriver|failSwapOn|failCgroupV1|staticPodPath|resolvConf|clusterDNS|containerRuntimeEndpoint)' /var/lib/kubelet/config.yaml
grep -o 'KUBELET_KUBEADM_ARGS=.*' /var/lib/kubelet/kubeadm-flags.env
section containerd-config
grep -nE '^ *(version|disabled_plugins|SystemdCgroup|sandbox|sandbox_image|config_path|bin_dirs?|conf_dir|imports) *=|io\.containerd\.(grpc|cri)' /etc/containerd/config.toml
section cni
ls /etc/cni/net.d /opt/cni/bin

section certificates # path=the second it ends at
for file in "$etc"/pki/*.crt "$etc"/pki/etcd/*.crt /var/lib/kubelet/pki/kubelet-client-current.pem; do
  if [ -e "$file" ]; then echo "$file=$(date -d "$(openssl x509 -noout -enddate -in "$file" | cut -d= -f2)" +%s)"; fi
done

section ports # whose they are
ss -Hltnp | grep -E ':(6443|2379|2380|2381|1024[89]|1025[0-9]) '
section owners # of those that no container holds: pid, unit, command
ss -Hltnp | grep -E ':(6443|2379|2380|1024[89]|1025[0-9]) ' | sed -n 's/.*:\([0-9]*\) .*pid=\([0-9]*\),.*/\1 \2/p' | sort -u | while read -r port pid; do
  echo "$port $pid $(sed -n 's|^.*/\([^/]*\.\(service\|scope\)\)$|\1|p' "/proc/$pid/cgroup" | head -n 1) $(tr '\0' ' ' < "/proc/$pid/cmdline" | cut -c 1-120)"
done
section disk
df -Pk
df -Pi / /var/lib/containerd /var/lib/kubelet /var/lib/etcd
soon du -xk --max-depth=3 /var | sort -rn | head -n 12
section memory
grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
cat /proc/loadavg
section packages
dpkg --audit | head -n 20
section journal-size
journalctl --disk-usage
section resolver
cat /etc/resolv.conf
section evidence-end
}
evidence 2>/dev/null </dev/null
exit 0
