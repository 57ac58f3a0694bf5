# What a host says of itself from moment to moment: a report every 2 s until the line goes, at most 300 of them. Reads only.
# A report is sections `@@ name` and ends with `@@ end`. Its moment is always told, all else when it is not what it was before;
# and what costs something is looked at when there is a sign that it has changed, or now and then.
LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
export LC_ALL PATH
etc=/etc/kubernetes tasks=/run/containerd/io.containerd.runtime.v2.task/k8s.io
disks='/ /var/lib/containerd /var/lib/kubelet /var/lib/etcd'

# tell NAME TEXT: a section of this report, unless it was the same before
tell() {
  if eval "[ \"\$2\" = \"\${told_$1-none}\" ]"; then return; fi
  eval "told_$1=\$2"
  report="$report@@ $1
$2
"
}
# every NUMBER: in the first report and in each of that number
every() { [ $((n % $1)) = 0 ]; }

# Uptime, processors, load, memory in KiB: by the shell alone, which starts no program for it.
moment() {
  read -r uptime _ < /proc/uptime
  read -r cpu < /proc/stat
  read -r one five fifteen _ < /proc/loadavg
  while read -r name value _; do
    case $name in
      MemTotal:) memory=$value ;;
      MemAvailable:) memory="$memory $value"; break ;;
    esac
  done < /proc/meminfo
  report="@@ moment
$uptime
$cpu
$one $five $fifteen
$memory
"
}

# percents NAME OPTION: how full each file system is, by where it is mounted
percents() {
  # shellcheck disable=SC2086 # several
  found=$(df "$2" $disks) text=
  while read -r _ _ _ _ percent mount; do text="$text$percent $mount
"; done <<END
$found
END
  tell "$1" "$text"
}

# Asked when a service's process is gone, while one is not active (it may be about to), and now and then.
units() {
  if every 15 || ! run_on; then
    found=$(systemctl show kubelet containerd crio docker -p Id,LoadState,ActiveState,SubState,Result,NRestarts,ExecMainStatus,MainPID,StateChangeTimestampMonotonic)
    processes=
    while read -r line; do
      case $line in
        MainPID=*) process=${line#*=} ;;
        Id=*) unit=${line#*=} ;;
        LoadState=*) load=${line#*=} ;;
        ActiveState=*) active=${line#*=} ;;
        '')
          if [ "$active" != active ]; then process=none; fi
          if [ "$load" != not-found ]; then processes="$processes $process"; fi
          if [ "$unit" = kubelet.service ]; then kubelet=$active; fi ;;
      esac
    done <<END
$found

END
    if [ "$found" != "${told_units-none}" ]; then
      tell units "$found"
      tell versions "$(kubelet --version; containerd --version)"
    fi
    if [ "$kubelet" != active ]; then tell complaint "$(complaint)"; fi
  fi
}
run_on() {
  if [ -z "$processes" ]; then return 1; fi
  for process in $processes; do if [ ! -d "/proc/$process" ]; then return 1; fi; done
}
# Its last complaint.
complaint() {
  journalctl -q -u kubelet -n 60 --no-pager -o short-unix | grep -E ' kubelet\[[0-9]+\]: ([EF][0-9]{4} |Error: |E[0-9]{4})|: kubelet\.service: (Main process exited|Failed|Deactivated|Consumed)' | grep -v 'Consumed' | tail -n 1 | cut -c 1-500
}

# What kubeadm wrote, and when; the certificates themselves, never a key.
files() {
  set -- $etc/manifests/*.yaml $etc/*.conf $etc/pki/*.crt $etc/pki/etcd/*.crt /var/lib/kubelet/pki/kubelet-client-current.pem
  now=$(stat -L -c '%n %Y' "$@")
  if [ "$now" = "${told_files-none}" ]; then return; fi
  tell files "$now"
  for file; do
    shift
    if [ -r "$file" ]; then set -- "$@" "$file"; fi
  done
  if [ $# -gt 0 ]; then
    tell certificates "$(awk 'FNR == 1 { print "file " FILENAME; inside = 0 }
      /-BEGIN CERTIFICATE-/ { inside = 1 }
      inside || /client-certificate-data:/ { print }
      /-END CERTIFICATE-/ { inside = 0 }' "$@")"
  fi
}

# The kernel knows what runs; the runtime is asked what it is when that has changed, and again when it has settled; so are its ports.
containers() {
  set -- "$tasks"/*
  if [ "$*" != "$running" ]; then
    running=$* again=$((n + 4)) now=
    for task; do if [ -e "$task" ]; then now="$now${task##*/}
"; fi; done
    if [ -d "$tasks" ]; then tell tasks "$now"; fi
  elif [ $n -lt $again ]; then return
  elif [ -d "$tasks" ]; then again=$((n + 60))
  else again=$((n + 8)); fi
  tell ports "$(ss -Hltnp)"
  for socket in /run/containerd/containerd.sock /run/crio/crio.sock; do if [ -S "$socket" ]; then break; fi; done
  if [ ! -S "$socket" ]; then return; fi
  # What hangs must not keep the host from being seen.
  if command -v crictl >/dev/null; then
    said=$(timeout -k 1 2 crictl --timeout 2s --runtime-endpoint "unix://$socket" ps -a -o json)
    if [ -z "$said" ]; then again=$((n + 4)); return; fi
    # What is equal is not packed again.
    if [ "$said" != "$known" ]; then known=$said; tell containers "$(printf '%s\n' "$said" | packed)"; fi
  else
    # kubelet's own links name each container, what it is of and how often it was started again.
    tell logs "$(find /var/log/containers -name '*.log' -printf '%f %l %T@\n')"
    tell images "$(timeout -k 1 2 ctr -n k8s.io containers ls)"
  fi
}
packed() { if command -v gzip >/dev/null; then gzip -1; else cat; fi | base64; }

# Who watches many hosts has less work with several reports at once than with one after the other: they begin at halves of a second of
# the clock. The uptime tells what the clock would say, so that no program is started for it; `ahead` is what lies between them.
ahead=0
# hundredths: of a second, of the uptime; with a 1 before them, as 08 would be octal
hundredths() { read -r uptime _ < /proc/uptime; hundredths=1${uptime#*.}; }
# set_by FRACTION: of a second, of the clock
set_by() {
  case $1 in *[!0-9]*) return ;; esac
  hundredths
  ahead=$((1${1%???????} - hundredths + 100))
}
# until_next: sleeps two seconds, or a little less
until_next() {
  hundredths
  wait=$((200 - (hundredths + ahead) % 50))
  sleep "${wait%??}.${wait#?}"
}

ticks() {
  running=none known=none processes='' kubelet=none again=0 n=0
  while [ $n -lt 300 ]; do
    moment
    percents disks -Pk
    if every 5; then percents inodes -Pi; fi
    units
    files
    containers
    if every 5; then clock=$(date +%s.%N); tell clock "$clock"; set_by "${clock#*.}"; fi
    # How many reports, and what the shell and its programs took for them: the shell that would keep it would be another.
    if every 15; then echo '@@ cost'; echo $n; times; fi
    printf '%s@@ end\n' "$report"
    n=$((n + 1))
    until_next
  done
}
ticks 2>/dev/null </dev/null
exit 0
