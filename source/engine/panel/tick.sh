# What a host says of itself from moment to moment: a report every 2 s until the line goes, at most 300 of them. Reads only.
# A report is sections `@@ name` and ends with `@@ end`; a section that costs something is told when it has changed, or is old.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH
section() { echo "@@ $1"; }
etc=/etc/kubernetes tasks=/run/containerd/io.containerd.runtime.v2.task/k8s.io
# there FILE...: those of them that exist
there() { for file; do if [ -e "$file" ]; then echo "$file"; fi; done; }

versions() {
  section versions
  kubelet --version
  containerd --version
}

moment() {
  section clock
  date +%s.%N
  read -r line < /proc/uptime; echo "uptime $line"
  section cpu
  read -r line < /proc/stat; echo "$line"
  read -r line < /proc/loadavg; echo "load $line"
  section memory
  while read -r name value _; do
    case $name in MemTotal: | MemAvailable:) echo "$name $value" ;; esac
    if [ "$name" = MemAvailable: ]; then break; fi
  done < /proc/meminfo
  section disks
  df -Pk / /var/lib/containerd /var/lib/kubelet /var/lib/etcd
  section inodes
  df -Pi / /var/lib/containerd /var/lib/kubelet /var/lib/etcd
  section units
  systemctl show kubelet containerd crio docker -p Id,LoadState,ActiveState,SubState,Result,NRestarts,ExecMainStatus,StateChangeTimestampMonotonic
}

# What kubeadm wrote, and when; the certificates themselves, never a key.
files() {
  # shellcheck disable=SC2046 # paths of kubeadm's, without spaces
  set -- $(there $etc/manifests/*.yaml $etc/*.conf $etc/pki/*.crt $etc/pki/etcd/*.crt /var/lib/kubelet/pki/kubelet-client-current.pem)
  now=$(if [ $# -gt 0 ]; then stat -L -c '%n %Y' "$@"; fi)
  if [ "$now" = "$files" ]; then return; fi
  files=$now
  section files
  echo "$now"
  section certificates
  if [ $# -gt 0 ]; then
    awk 'FNR == 1 { print "file " FILENAME; inside = 0 }
      /-BEGIN CERTIFICATE-/ { inside = 1 }
      inside || /client-certificate-data:/ { print }
      /-END CERTIFICATE-/ { inside = 0 }' "$@"
  fi
}

containers() {
  for socket in /run/containerd/containerd.sock /run/crio/crio.sock; do if [ -S "$socket" ]; then break; fi; done
  if [ ! -S "$socket" ]; then return; fi
  # What hangs must not keep the host from being seen.
  if command -v crictl >/dev/null; then
    said=$(timeout -k 1 2 crictl --timeout 2s --runtime-endpoint "unix://$socket" ps -a -o json | sed 's/^ *//')
    if [ -n "$said" ]; then section containers; echo "$said"; fi
  else
    # kubelet's own links name each container, what it is of and how often it was started again.
    section logs
    find /var/log/containers -name '*.log' -printf '%f %l %T@\n'
    section images
    timeout -k 1 2 ctr -n k8s.io containers ls
  fi
  section ports
  ss -Hltnp
}

# Its last complaint.
complaint() {
  section complaint
  journalctl -q -u kubelet -n 60 --no-pager -o short-unix | grep -E ' kubelet\[[0-9]+\]: ([EF][0-9]{4} |Error: |E[0-9]{4})|: kubelet\.service: (Main process exited|Failed|Deactivated|Consumed)' | grep -v 'Consumed' | tail -n 1 | cut -c 1-500
}

ticks() {
  files=none running=none n=0
  versions
  while [ $n -lt 300 ]; do
    moment
    files
    now=$(for task in "$tasks"/*; do if [ -e "$task" ]; then echo "${task##*/}"; fi; done)
    if [ "$now" != "$running" ] || [ $((n % 15)) = 0 ]; then
      if [ -d "$tasks" ]; then section tasks; echo "$now"; fi
      containers
    fi
    running=$now
    if [ $((n % 5)) = 0 ]; then complaint; fi
    section cost
    times
    section end
    n=$((n + 1))
    sleep 2
  done
}
ticks 2>/dev/null </dev/null
exit 0
