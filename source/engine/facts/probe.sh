# What this host says of itself. Reads only; runs as root or as any user, under dash and busybox.
# Every section starts with a line `@@ name`; what a tool that is missing would have said is simply not there.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH
section() { echo "@@ $1"; }
has() { command -v "$1" >/dev/null; }
# value FILE: its first line, without starting a program. Not for /proc/sys: the kernel gives those only to one large read.
value() { if read -r line < "$1"; then echo "$line"; fi; }
# pair NAME VALUE
pair() { echo "$1=$2"; }
# filled FOLDER: it holds something that is not hidden (packages leave hidden files in folders they only reserve)
filled() { set -- "$1"/*; [ -e "$1" ] || [ -L "$1" ]; }

# One function, so that the whole script has been read before anything in it could read from standard input.
probe() {
section time # first, so that its line reaches the operator with the least delay
date '+%s %N'

section os
cat /etc/os-release || cat /usr/lib/os-release

section machine
uname -n -r # both in one line
pair arch "$(dpkg --print-architecture || uname -m)"
pair cpus "$(nproc)"
container=$(value /run/systemd/container)
pair container "${container:-none}"
pair virtualization "${container:-$(systemd-detect-virt)}"
pair bootId "$(cat /proc/sys/kernel/random/boot_id)"
pair machineId "$(value /etc/machine-id)"
pair productUuid "$(value /sys/class/dmi/id/product_uuid)"
if [ -d /run/systemd/system ]; then pair systemd yes; else pair systemd no; fi
# The unified hierarchy shows this file at its root; a hybrid one only below.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then pair cgroup 2; else pair cgroup 1; fi
# CapBnd says whether modules could be loaded by root here at all.
grep -hE '^(MemTotal|CapBnd):' /proc/meminfo /proc/self/status

section swaps
sed 1d /proc/swaps

section disks # folder, the nearest folder that exists, and what df says of that one; in -k, then in -i
folders='/ /var/lib/containerd /var/lib/kubelet /var/lib/etcd /var/cache/apt/archives'
nearest=
for folder in $folders; do
  there=$folder
  until [ -d "$there" ] && [ -x "$there" ]; do there=${there%/*}; there=${there:-/}; done
  echo "folder $folder $there"
  nearest="$nearest $there"
done
# shellcheck disable=SC2086 # several words, of our own
df -Pk $nearest
section inodes
# shellcheck disable=SC2086
df -Pi $nearest
section mounts # those that are read-only, and all under /proc/sys
awk '{ options[$2] = $4 } END { for (mount in options) {
  if (options[mount] ~ /^ro(,|$)/) print "ro", mount; else if (mount ~ "^/proc/sys") print "rw", mount
} }' /proc/mounts

section links
ip -o link show
section addresses
ip -o addr show
section routes
ip -o -4 route show table all
section nameservers
cat /etc/resolv.conf
section upstream-nameservers # behind systemd-resolved's stub
cat /run/systemd/resolve/resolv.conf

section modules # a line `name state`; modules.dep and modules.builtin are the kernel's own lists
kernel=/lib/modules/$(uname -r)
awk '
  { path = $1; sub(/:$/, "", path); name = path; sub(/.*\//, "", name) }
  sub(/\.ko(\..*)?$/, "", name) &&
    name ~ /^(overlay|br_netfilter|vxlan|nf_conntrack|nf_tables|ip_tables|ip_vs|ip_vs_rr|ip_vs_wrr|ip_vs_sh)$/ {
    print name, FILENAME ~ /builtin$/ ? "built-in" : "loadable"
  }' "$kernel/modules.dep" "$kernel/modules.builtin"
# A kernel without these lists may show what it was made from.
if [ ! -e "$kernel/modules.builtin" ] && [ -r /proc/config.gz ]; then
  gzip -dc /proc/config.gz | awk -F= '$2 == "y" { name = tolower(substr($1, 8)); if (name ~ /^(vxlan|nf_conntrack|nf_tables|ip_vs|ip_vs_rr|ip_vs_wrr|ip_vs_sh)$/) print name, "built-in" }'
fi
for module in overlay br_netfilter vxlan nf_conntrack nf_tables ip_tables ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh; do
  # A loaded module has a state; a folder alone belongs to one that is part of the kernel and has parameters.
  if [ -e /sys/module/$module/initstate ]; then echo "$module loaded"
  elif [ -d /sys/module/$module ]; then echo "$module built-in"; fi
done
# Built-in ones without parameters leave no folder, but what they offer is there.
if grep -qw overlay /proc/filesystems; then echo 'overlay built-in'; fi
if [ -d /proc/sys/net/bridge ]; then echo 'br_netfilter built-in'; fi
if [ -e /proc/net/ip_vs ]; then echo 'ip_vs built-in'; fi
if [ -e /proc/net/ip_tables_names ]; then echo 'ip_tables built-in'; fi
section sysctls # path:value
cd /proc/sys && grep -s '' net/ipv4/ip_forward net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables \
  net/netfilter/nf_conntrack_max net/ipv6/conf/all/disable_ipv6 net/ipv4/conf/all/rp_filter vm/swappiness vm/overcommit_memory \
  fs/inotify/max_user_instances fs/inotify/max_user_watches kernel/panic kernel/modules_disabled
cd /
section conntrack
# Outside the first network namespace the kernel takes the write bit from this file. The bit (with the mount's ro) is the same
# for everyone who looks, while `test -w` says something else to root than to a plain user.
stat -c %A /proc/sys/net/netfilter/nf_conntrack_max

section listening # whose they are takes long to find out, and matters where a cluster is to be made and its ports are taken
sockets=$(ss -Hltnu)
if [ ! -e /var/lib/k8s-tui/ledger ] && echo "$sockets" | grep -qE ':(6443|16443|2379|2380|2381|4789|8472|9345|102[45][0-9]) '; then sockets=$(ss -Hltnup); fi
echo "$sockets"

section units # one word for each, in this order
units='containerd kubelet docker ufw firewalld chrony chronyd systemd-timesyncd ntp ntpsec ntpd openntpd'
# shellcheck disable=SC2046,SC2086
set -- $(systemctl is-active $units)
for unit in $units; do echo "$unit ${1:-}"; [ $# -eq 0 ] || shift; done

section clock # asking timedatectl starts a service and takes a quarter of a second: the time services know it at once
if [ -e /run/systemd/timesync/synchronized ]; then pair timesyncd yes; fi
if has chronyc; then chronyc -n tracking | grep '^Leap status'; fi

section firewall
grep -E '^ENABLED=' /etc/ufw/ufw.conf
if has firewall-cmd; then pair firewalld there; fi
if [ -e /sys/fs/selinux/enforce ]; then pair selinux "$(value /sys/fs/selinux/enforce)"; elif has getenforce; then pair selinux "$(getenforce)"; fi

section commands
for command in apt-get awk chronyc conntrack containerd crictl curl docker dpkg ebtables ethtool firewall-cmd gpg ip ipset \
  iptables ipvsadm k0s k3s kubeadm kubectl kubelet microk8s modprobe mount nft nsenter openssl perl podman python3 rke2 runc snap socat \
  ss sysctl systemctl systemd-run tar tc ufw wget; do
  if has $command; then echo $command; fi
done

section packages # of those that matter, and every one that is held or was left half way
dpkg-query -W -f '${Package} ${Version} ${db:Status-Status} ${db:Status-Want} ${db:Status-Eflag}\n' | awk '
  BEGIN {
    split("kubelet kubeadm kubectl kubernetes-cni cri-tools containerd containerd.io runc docker.io docker-ce podman cri-o chrony ntp ntpsec ntpsec-ntpdate systemd-timesyncd openntpd iptables nftables conntrack socat ebtables ethtool ipset ipvsadm ufw firewalld curl gpg gnupg perl perl-base ca-certificates apt-transport-https apparmor cloud-init unattended-upgrades", list, " ")
    for (i in list) wanted[list[i]] = 1
  }
  ($1 in wanted && $3 != "not-installed") || $4 == "hold" || $5 != "ok" || ($3 != "installed" && $3 != "config-files" && $3 != "not-installed")'
section dpkg
if filled /var/lib/dpkg/updates; then pair interrupted yes; fi

section apt-lock # pid and command of whoever holds one of the locks
{
  stat -c 'lock %i' /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock
  cat /proc/locks
} | awk '$1 == "lock" { lock[$2] = 1 } $2 == "POSIX" { split($6, file, ":"); if (file[3] in lock) print $5 }' | while read -r pid; do
  echo "$pid $(cat "/proc/$pid/comm")"
done

section versions # only where no package says it: starting these programs takes long
has_package() { dpkg-query -W -f '${db:Status-Status}\n' "$@" | grep -qx installed; }
if has containerd && ! has_package containerd containerd.io; then containerd --version; fi
if has kubelet && ! has_package kubelet; then kubelet --version; fi

section cloud-init
if [ -d /run/cloud-init ] && [ ! -e /run/cloud-init/disabled ]; then
  if [ -e /run/cloud-init/result.json ]; then echo 'done'; elif has cloud-init; then echo running; fi
fi

section proxies # without the names and passwords that such addresses may hold
{
  env | grep -iE '^(https?|no|all|ftp)_proxy='
  sed -nE "s/^(export )?([A-Za-z]+_[Pp][Rr][Oo][Xx][Yy])=[\"']?([^\"']*)[\"']?\$/\2=\3/p" /etc/environment
  grep -rhiE '^[^#/]*proxy +"[^"]+' /etc/apt/apt.conf /etc/apt/apt.conf.d | sed -E 's/^.*[Hh][Tt][Tt][Pp][Ss]::[Pp]roxy +"([^"]+)".*/apt_https_proxy=\1/; t; s/^.*[Pp]roxy +"([^"]+)".*/apt_http_proxy=\1/'
} | sed -E 's|//[^/@]*@|//|g'

section kubernetes
etc=/etc/kubernetes
for file in admin.conf kubelet.conf bootstrap-kubelet.conf manifests/kube-apiserver.yaml manifests/etcd.yaml pki/ca.crt; do
  if [ -e $etc/$file ]; then pair file $file; fi
done
for folder in $etc/manifests $etc/pki /etc/cni/net.d /var/lib/etcd /var/lib/kubelet /var/lib/cni /var/lib/calico /run/flannel \
  /var/lib/rancher /var/lib/k0s /var/snap/microk8s; do
  if filled "$folder"; then pair filled "$folder"; fi
done
for file in $etc/kubelet.conf $etc/bootstrap-kubelet.conf; do
  if [ -e "$file" ]; then grep -E '^ *(server|certificate-authority-data): ' "$file"; break; fi
done
# Init and join end by pointing kubelet.conf at the certificate that kubelet renews by itself; until then it holds its own.
if grep -q '^ *client-certificate-data:' $etc/kubelet.conf; then pair kubelet.conf unfinished; fi
grep -E '^ *image: ' $etc/manifests/kube-apiserver.yaml
grep -hoE -- '--(cluster-cidr|service-cluster-ip-range)=[0-9./]+' $etc/manifests/kube-controller-manager.yaml
for network in flannel calico; do if [ -e /etc/cni/net.d/10-$network.conflist ]; then pair cni $network; fi; done
cat $etc/pki/ca.crt

section ledger # of what k8s-tui changed here
if [ -e /var/lib/k8s-tui/ledger ]; then
  pair present yes
  grep -E '^(cluster|file [^ ]+ /etc/containerd/config.toml|package (containerd|containerd.io))' /var/lib/k8s-tui/ledger
fi
section end
}
probe 2>/dev/null </dev/null
exit 0
