# What this host says of itself. Reads only; runs as root or as any user, under dash and busybox.
# Every section starts with a line `@@ name`, and may go on further down after another such line; what a tool that is missing
# would have said is simply not there. To start a program costs the host more than all it says: they are few.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH
section() { echo "@@ $1"; }
has() { command -v "$1" >/dev/null; }
# pair NAME VALUE
pair() { echo "$1=$2"; }
# filled FOLDER: it holds something that is not hidden (packages leave hidden files in folders they only reserve)
filled() { set -- "$1"/*; [ -e "$1" ] || [ -L "$1" ]; }

# One function, so that the whole script has been read before anything in it could read from standard input.
probe() {
section time # first, so that its line reaches the operator with the least delay
date '+%s %N'

section machine
read -r name < /proc/sys/kernel/hostname
read -r version < /proc/sys/kernel/osrelease
echo "$name $version"
kernel=/lib/modules/$version
container=
if [ -e /run/systemd/container ]; then read -r container < /run/systemd/container; fi
pair container "${container:-none}"
pair virtualization "${container:-$(systemd-detect-virt)}"
if [ -d /run/systemd/system ]; then pair systemd yes; else pair systemd no; fi
# The unified hierarchy shows this file at its root; a hybrid one only below.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then pair cgroup 2; else pair cgroup 1; fi

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
section addresses
ip -o addr show
section routes
ip -o -4 route show table all

section modules # a line `name state`
for module in overlay br_netfilter vxlan nf_conntrack nf_tables ip_tables ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh; do
  # A loaded module has a state; a folder alone belongs to one that is part of the kernel and has parameters.
  if [ -e /sys/module/$module/initstate ]; then echo "$module loaded"
  elif [ -d /sys/module/$module ]; then echo "$module built-in"; fi
done
# Built-in ones without parameters leave no folder, but what they offer is there.
if [ -d /proc/sys/net/bridge ]; then echo 'br_netfilter built-in'; fi
if [ -e /proc/net/ip_vs ]; then echo 'ip_vs built-in'; fi
if [ -e /proc/net/ip_tables_names ]; then echo 'ip_tables built-in'; fi

section listening # whose they are takes long to find out, and matters where a cluster is to be made and its ports are taken
sockets=$(ss -Hltnu)
if [ ! -e /var/lib/k8s-tui/ledger ]; then
  case $sockets in
    *:6443\ * | *:16443\ * | *:2379\ * | *:238[01]\ * | *:4789\ * | *:8472\ * | *:9345\ * | *:102[45][0-9]\ *) sockets=$(ss -Hltnup) ;;
  esac
fi
echo "$sockets"

section units # those that are active: to ask for the state of one that is not known makes systemd look for its file
set --
for unit in containerd kubelet docker ufw firewalld chrony chronyd systemd-timesyncd ntp ntpsec ntpd openntpd; do set -- "$@" $unit.service; done
systemctl list-units --state=active --plain --no-legend --no-pager "$@"

section clock # asking timedatectl starts a service and takes a quarter of a second: the time services know it at once
if [ -e /run/systemd/timesync/synchronized ]; then pair timesyncd yes; fi
if has chronyc; then chronyc -n tracking | grep '^Leap status'; fi

section firewall
if has firewall-cmd; then pair firewalld there; fi
if [ ! -e /sys/fs/selinux/enforce ] && has getenforce; then pair selinux "$(getenforce)"; fi

section commands
for command in apt-get awk chronyc conntrack containerd crictl curl docker dpkg ebtables ethtool firewall-cmd gpg ip ipset \
  iptables ipvsadm k0s k3s kubeadm kubectl kubelet microk8s modprobe mount nft nsenter openssl perl podman python3 rke2 runc snap socat \
  ss sysctl systemctl systemd-run tar tc ufw wget; do
  if has $command; then echo $command; fi
done

if ! has dpkg-query; then section machine; pair arch "$(uname -m)"; fi
section dpkg
if filled /var/lib/dpkg/updates; then pair interrupted yes; fi

# Modes and inodes; what is locked while a program of apt is at work is looked for further down.
files=$(stat -c '%A %i %n' /proc/sys/net/netfilter/nf_conntrack_max \
  /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/cache/apt/archives/lock)
section conntrack
# Outside the first network namespace the kernel takes the write bit from this file. The bit (with the mount's ro) is the same
# for everyone who looks, while `test -w` says something else to root than to a plain user.
case $files in *nf_conntrack_max*) echo "${files%% *}" ;; esac

section cloud-init
if [ -d /run/cloud-init ] && [ ! -e /run/cloud-init/disabled ]; then
  if [ -e /run/cloud-init/result.json ]; then echo 'done'; elif has cloud-init; then echo running; fi
fi

section kubernetes
etc=/etc/kubernetes
for file in admin.conf kubelet.conf bootstrap-kubelet.conf manifests/kube-apiserver.yaml manifests/etcd.yaml pki/ca.crt; do
  if [ -e $etc/$file ]; then pair file $file; fi
done
for folder in $etc/manifests $etc/pki /etc/cni/net.d /var/lib/etcd /var/lib/kubelet /var/lib/cni /var/lib/calico /run/flannel \
  /var/lib/rancher /var/lib/k0s /var/snap/microk8s; do
  if filled "$folder"; then pair filled "$folder"; fi
done
for network in flannel calico; do if [ -e /etc/cni/net.d/10-$network.conflist ]; then pair cni $network; fi; done

section ledger # of what k8s-tui changed here
if [ -e /var/lib/k8s-tui/ledger ]; then pair present yes; fi

# ── Packages and all small files, by one program. It gets the files that are there: mawk ends at one that is not. ──
lists() {
  echo '@@ packages'
  dpkg-query -W -f '${Package} ${Version} ${db:Status-Status} ${db:Status-Want} ${db:Status-Eflag} ${Architecture}\n'
  # A kernel without lists of its modules may show what it was made from.
  if [ ! -e "$kernel/modules.builtin" ] && [ -r /proc/config.gz ]; then echo '@@ kernel'; gzip -dc /proc/config.gz; fi
}
release=/etc/os-release
[ -e $release ] || release=/usr/lib/os-release
kubelet=$etc/kubelet.conf
[ -e $kubelet ] || kubelet=$etc/bootstrap-kubelet.conf
sysctls='net/ipv4/ip_forward net/bridge/bridge-nf-call-iptables net/bridge/bridge-nf-call-ip6tables net/netfilter/nf_conntrack_max
  net/ipv6/conf/all/disable_ipv6 net/ipv4/conf/all/rp_filter vm/swappiness vm/overcommit_memory fs/inotify/max_user_instances
  fs/inotify/max_user_watches kernel/panic kernel/modules_disabled kernel/random/boot_id'
set --
for file in $release /etc/machine-id /sys/class/dmi/id/product_uuid /proc/meminfo /proc/self/status /proc/swaps /proc/mounts \
  /proc/locks /etc/resolv.conf /run/systemd/resolve/resolv.conf /etc/ufw/ufw.conf /sys/fs/selinux/enforce /proc/filesystems \
  "$kernel/modules.dep" "$kernel/modules.builtin" /etc/environment /etc/apt/apt.conf /etc/apt/apt.conf.d/* \
  $kubelet $etc/manifests/kube-apiserver.yaml $etc/manifests/kube-controller-manager.yaml $etc/pki/ca.crt /var/lib/k8s-tui/ledger; do
  if [ -f "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
done
for file in /sys/class/net/*/address; do if [ -r "$file" ]; then set -- "$@" "$file"; fi; done
for name in $sysctls; do
  if [ -r "/proc/sys/$name" ]; then set -- "$@" "/proc/sys/$name"; fi
done
said=$(lists | locks=$files awk '
  function say(section, line) { if (section != last) print "@@ " section; last = section; print line }
  # without the names and passwords that such addresses may hold
  function proxy(who, address) { gsub(/\/\/[^\/@]*@/, "//", address); say("proxies", who "=" address) }
  BEGIN { count = split(ENVIRON["locks"], word); for (i = 2; i < count; i += 3) if (word[i + 1] ~ /lock/) lock[word[i]] = 1 }
  BEGIN { for (name in ENVIRON) if (tolower(name) ~ /^(https?|no|all|ftp)_proxy$/) proxy(name, ENVIRON[name]) }

  BEGIN {
    split("kubelet kubeadm kubectl kubernetes-cni cri-tools containerd containerd.io runc docker.io docker-ce podman cri-o chrony ntp ntpsec ntpsec-ntpdate systemd-timesyncd openntpd iptables nftables conntrack socat ebtables ethtool ipset ipvsadm ufw firewalld curl gpg gnupg perl perl-base ca-certificates apt-transport-https apparmor cloud-init unattended-upgrades", list, " ")
    for (i in list) wanted[list[i]] = 1
  }

  FILENAME == "/dev/stdin" && /^@@/ { from = $2; next }
  FILENAME == "/dev/stdin" && from == "packages" { # of those that matter, and every one that is held or was left half way
    if ($1 == "dpkg") say("machine", "arch=" $6)
    if (($1 in wanted && $3 != "not-installed") || $4 == "hold" || $5 != "ok" || ($3 != "installed" && $3 != "config-files" && $3 != "not-installed"))
      say("packages", $0)
    next
  }
  FILENAME == "/dev/stdin" {
    if (/^CONFIG_(VXLAN|NF_CONNTRACK|NF_TABLES|IP_VS(_RR|_WRR|_SH)?)=y$/) say("modules", tolower(substr($0, 8, length($0) - 9)) " built-in")
    next
  }
  FILENAME ~ /\/modules\.(dep|builtin)$/ { # lists of the kernel itself
    name = $1; sub(/:$/, "", name); sub(/.*\//, "", name)
    state = FILENAME ~ /builtin$/ ? "built-in" : "loadable"
    if (sub(/\.ko(\..*)?$/, "", name) && name ~ /^(overlay|br_netfilter|vxlan|nf_conntrack|nf_tables|ip_tables|ip_vs|ip_vs_rr|ip_vs_wrr|ip_vs_sh)$/)
      say("modules", name " " state)
    next
  }
  FILENAME ~ /\/os-release$/ { say("os", $0) }
  FILENAME ~ /^\/sys\/class\/net\// { name = FILENAME; gsub(/^\/sys\/class\/net\/|\/address$/, "", name); say("links", name " " $0) }
  FILENAME == "/etc/machine-id" && FNR == 1 { say("machine", "machineId=" $0) }
  FILENAME ~ /\/product_uuid$/ { say("machine", "productUuid=" $0) }
  FILENAME ~ /\/boot_id$/ { say("machine", "bootId=" $0); next }
  # CapBnd says whether modules could be loaded by root here at all.
  FILENAME ~ /^\/proc\/(meminfo|self\/status)$/ && /^(MemTotal|CapBnd):/ { say("machine", $0) }
  FILENAME == "/proc/self/status" && /^Cpus_allowed_list:/ { # such as 0-3,8
    cpus = parts = split($2, ranges, ",")
    for (i = 1; i <= parts; i++) if (split(ranges[i], ends, "-") > 1) cpus += ends[2] - ends[1]
    say("machine", "cpus=" cpus)
  }
  FILENAME == "/proc/swaps" && FNR > 1 { say("swaps", $0) }
  FILENAME == "/proc/mounts" { options[$2] = $4 }
  FILENAME == "/proc/locks" && $2 == "POSIX" { # pid and command of whoever holds one of the locks of apt
    split($6, file, ":")
    if (file[3] in lock) { name = ""; getline name < ("/proc/" $5 "/comm"); say("apt-lock", $5 " " name) }
  }
  FILENAME == "/etc/resolv.conf" { say("nameservers", $0) }
  FILENAME == "/run/systemd/resolve/resolv.conf" { say("upstream-nameservers", $0) } # behind its stub
  FILENAME == "/etc/ufw/ufw.conf" && /^ENABLED=/ { say("firewall", $0) }
  FILENAME ~ /\/selinux\/enforce$/ { say("firewall", "selinux=" $0) }
  FILENAME == "/proc/filesystems" && $NF == "overlay" { say("modules", "overlay built-in") }
  FILENAME ~ /^\/proc\/sys\// { say("sysctls", substr(FILENAME, 11) ":" $0) }

  FILENAME == "/etc/environment" && /^(export )?[A-Za-z]+_[Pp][Rr][Oo][Xx][Yy]=/ {
    sub(/^export /, ""); gsub(/["\047]/, "")
    proxy(substr($0, 1, index($0, "=") - 1), substr($0, index($0, "=") + 1))
  }
  FILENAME ~ /^\/etc\/apt\// && tolower($0) ~ /^[^#\/]*proxy +"[^"]+/ {
    name = tolower($0) ~ /https::proxy/ ? "apt_https_proxy" : "apt_http_proxy"
    sub(/^[^"]*"/, ""); sub(/".*/, "")
    proxy(name, $0)
  }

  FILENAME ~ /kubelet\.conf$/ && /^ *(server|certificate-authority-data): / { say("kubernetes", $0) }
  # Init and join end by pointing it at the certificate that kubelet renews by itself; until then it holds its own.
  FILENAME ~ /\/kubelet\.conf$/ && /^ *client-certificate-data:/ { say("kubernetes", "kubelet.conf=unfinished") }
  FILENAME ~ /kube-apiserver\.yaml$/ && /^ *image: / { say("kubernetes", $0) }
  FILENAME ~ /kube-controller-manager\.yaml$/ && match($0, /--(cluster-cidr|service-cluster-ip-range)=[0-9.\/]+/) {
    say("kubernetes", substr($0, RSTART, RLENGTH))
  }
  FILENAME ~ /\/ca\.crt$/ { say("kubernetes", $0) }
  FILENAME == "/var/lib/k8s-tui/ledger" && /^(cluster|joined|step kubeadm_join|file [^ ]+ \/etc\/containerd\/config.toml|package (containerd|containerd.io))/ { say("ledger", $0) }

  # the last mount on a path counts; those that are read-only, and all under /proc/sys
  END { for (path in options) {
    if (options[path] ~ /^ro(,|$)/) say("mounts", "ro " path); else if (path ~ /^\/proc\/sys/) say("mounts", "rw " path)
  } }' /dev/stdin "$@")
printf '%s\n' "$said"

section versions # only where no package says it: starting these programs takes long
has_package() { printf '%s\n' "$said" | grep -qE "^$1 [^ ]+ installed "; }
if has containerd && ! has_package 'containerd(\.io)?'; then containerd --version; fi
if has kubelet && ! has_package kubelet; then kubelet --version; fi
section end
}
probe 2>/dev/null </dev/null
exit 0
