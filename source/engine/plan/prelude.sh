# ── How steps run, and how they write down what was there before. The same lines head every script. ──
LC_ALL=C LANG=C DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=l
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
KUBECONFIG=/etc/kubernetes/admin.conf KUBECACHEDIR=/run/k8s-tui/cache
export LC_ALL LANG DEBIAN_FRONTEND APT_LISTCHANGES_FRONTEND NEEDRESTART_MODE PATH KUBECONFIG KUBECACHEDIR
umask 022
home=/var/lib/k8s-tui # the ledger: what was changed on this host, and what was there before
run=/run/k8s-tui      # secrets and requests; gone after a restart
mode=${K8S_TUI_MODE:-apply}

exec 3>&1
say() { printf '##k8s-tui %s\n' "$*" >&3; }

# ours: nobody has taken this host over from the run that this script belongs to; by hand it belongs to none
ours() {
  if [ -z "${K8S_TUI_LOCK:-}" ] || [ ! -e $run/lock ]; then return 0; fi
  read -r holder _ < $run/lock && [ "$holder" = "$K8S_TUI_LOCK" ]
}

# step NAME: is it so already? If not: make it so, and look again. The first step that fails ends the script. One that was begun and
# not ended is done again, whatever it looks like: its check may have seen only what came first.
step() {
  if [ "$mode" = apply ] && { [ -e $run/stop ] || ! ours; }; then say stopped "$1"; exit 75; fi
  if [ "$mode" = apply ]; then whole; say start "$1"; fi
  if [ ! -e "$run/begun.$1" ] && checked "$1"; then say same "$1"; return 0; fi
  if [ "$mode" = check ]; then say needed "$1"; return 0; fi
  if [ ! -d $run ]; then mkdir -p $run; chmod 700 $run; fi
  : > "$run/begun.$1"
  (set -e; "apply_$1")
  code=$?
  if [ $code -ne 0 ]; then say failed "$1" $code; exit 1; fi
  if ! ("verify_$1"); then echo "it was done without an error, but is still not so"; say failed "$1" verify; exit 1; fi
  rm -f "$run/begun.$1"
  say changed "$1"
}

# checked NAME: by itself, so that nothing of it stays behind. A script that only looks does without: for a host a process is dear.
checked() { if [ "$mode" = check ]; then "check_$1"; else ("check_$1"); fi >/dev/null 2>&1; }

# run COMMAND...: a command that people should see in the log
run() { say run "$*"; "$@"; }

# again TIMES COMMAND...: where the network or a lock may be the reason, with 2, 4, 8 ... seconds between; 65 says that it is hopeless
again() {
  times=$1 try=1 pause=2; shift
  say run "$*"
  while :; do
    if "$@"; then return 0; else code=$?; fi
    if [ $code -eq 65 ]; then return 65; fi
    if [ $try -ge "$times" ]; then echo "given up after $try tries"; return $code; fi
    say wait "try $((try + 1)) of $times in $pause s"
    sleep $pause
    try=$((try + 1)) pause=$((pause * 2))
  done
}

# await SECONDS WHAT COMMAND...: until the command says yes; shows its last words when it never does
await() {
  limit=$1 what=$2; shift 2
  if "$@" >/dev/null 2>&1; then return 0; fi
  say wait "$what"
  end=$(($(date +%s) + limit))
  until "$@" >/dev/null 2>&1; do
    if [ "$(date +%s)" -ge $end ]; then echo "not so after $limit s: $what"; "$@"; return 1; fi
    sleep 0.3
  done
}

# relayed COMMAND...: with the way out that the plan says: the operator's proxy, or the line to the operator's machine; waits while
# that line is broken
relay_answers() {
  . "$relay/environment"
  perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]", Timeout => 5)' "$port" # k8s-tui-relay
}
relayed() {
  # shellcheck disable=SC1090 # written by the step proxy
  if [ -n "${proxy:-}" ] && [ -e "$proxy" ]; then (set -a; . "$proxy"; "$@"); return; fi
  if [ -z "${relay:-}" ]; then "$@"; return; fi
  await 600 'the relay on the machine of the operator (k8s-tui apply opens it)' relay_answers || return 1
  (. "$relay/environment"; "$@")
}

# ── The ledger: a line for each thing, written before the thing is changed. Undo reads it backwards. ──

# note KIND WORDS...: one line, once
note() {
  if [ ! -d $home/kept ]; then mkdir -p $home/kept; chmod 700 $home; fi
  if [ ! -s $home/ledger ]; then (umask 077; written "cluster $cluster"); fi
  if grep -qxF -- "$*" $home/ledger 2>/dev/null; then return 0; fi
  written "$*" || return 1
  flushed $home/ledger
}
# flushed PATH: on the disk, so that no power cut takes it
flushed() { sync "$1" 2>/dev/null || sync; }
written() { echo "$1" | cat >> $home/ledger || { whole; return 1; }; }
# whole: a line that was cut short (a full disk, a power cut) is taken off; what it speaks of was not begun, and half a path is another path
whole() {
  if [ ! -s $home/ledger ] || [ "$(tail -c 1 $home/ledger | wc -l)" -eq 1 ]; then return 0; fi
  cut_last 1
}
# cut_last LINES: in place, which a full disk allows as well
cut_last() { truncate -s "-$(tail -n "$1" $home/ledger | wc -c)" $home/ledger; }
noted() { grep -qxF -- "$*" $home/ledger 2>/dev/null; }

# folder PATH: made with all its parents, where missing
folder() {
  if [ -d "$1" ]; then return 0; fi
  folder "$(dirname "$1")"
  note folder "$1"
  mkdir -p "$1"
}

# keep PATH: the file as it is now is what undo brings back
keep() {
  if grep -qE "^file [^ ]+ $1\$" $home/ledger 2>/dev/null; then return 0; fi
  if [ -e "$1" ] || [ -L "$1" ]; then
    mkdir -p $home/kept; chmod 700 $home
    copy=$(mktemp -u $home/kept/XXXXXXXX)
    cp -a -- "$1" "$copy" || return 1
    flushed "$copy"
    note file "${copy##*/}" "$1"
  else
    folder "$(dirname "$1")"
    note file absent "$1"
  fi
}

# claim PATH...: trees that programs will fill; what is empty or absent now is removed by undo with all that grew in it
claim() {
  for tree in "$@"; do
    if noted tree absent "$tree" || noted tree empty "$tree"; then continue; fi
    if [ ! -e "$tree" ]; then note tree absent "$tree"
    elif [ -z "$(ls -A "$tree")" ]; then note tree empty "$tree"; fi
  done
}

# put PATH MODE: a whole file from standard input, in one move
put() {
  keep "$1"
  folder "$(dirname "$1")"
  new=$(beside "$1")
  (umask 077; cat > "$new") || { rm -f "$new"; return 1; }
  chmod "$2" "$new"
  mv -f "$new" "$1"
}
# edit PATH SCRIPT: what `sed -E` makes of a file, in one move
edit() {
  keep "$1"
  new=$(beside "$1")
  sed -E "$2" "$1" > "$new" || { rm -f "$new"; return 1; }
  chmod --reference="$1" "$new"
  mv -f "$new" "$1"
}
# beside PATH: where a file grows; what was cut short there is written over, or goes with the undo
beside() { echo "$(dirname "$1")/.k8s-tui.$(basename "$1")"; }
# same PATH: is the file what standard input says, but for empty lines at its end? By the shell itself: to start programs takes longer
# than all else that checks do.
same() {
  [ -f "$1" ] && while :; do
    ended=0
    IFS= read -r wanted || [ -n "$wanted" ] || ended=1
    IFS= read -r line <&4 || [ -n "$line" ] || ended=$((ended + 1))
    if [ "$line" != "$wanted" ]; then return 1; fi
    if [ $ended -eq 2 ]; then return 0; fi
  done 4< "$1"
}

# scratch FOLDER: an empty one; what a run that was killed has left in it is gone
scratch() { rm -rf "$1"; mkdir -p "$1"; chmod 700 "$1"; }
# secret PATH: a file from standard input for this run alone
secret() {
  mkdir -p $run; chmod 700 $run
  (umask 077; cat > "$1")
}

# block PATH, block_same PATH: our lines in a file of others, from standard input; with_block PATH: what that file would be
block_begin='# BEGIN k8s-tui' block_end='# END k8s-tui' nl='
'
block_without() { sed "/^$block_begin\$/,/^$block_end\$/d" "$1"; }
block_same() {
  wanted=$nl$block_begin there='' inside=''
  while IFS= read -r line || [ -n "$line" ]; do wanted="$wanted$nl$line"; done
  while IFS= read -r line || [ -n "$line" ]; do
    if [ "$line" = "$block_begin" ]; then inside=yes; fi
    if [ -n "$inside" ]; then there="$there$nl$line"; fi
    if [ "$line" = "$block_end" ]; then inside=; fi
  done < "$1"
  [ "$there" = "$wanted$nl$block_end" ]
}
with_block() { block_without "$1" && echo "$block_begin" && cat && echo "$block_end"; }
block() {
  note block "$1"
  new=$(beside "$1")
  with_block "$1" > "$new" || { rm -f "$new"; return 1; }
  chmod --reference="$1" "$new"
  mv -f "$new" "$1"
}

# unit NAME: whether it is enabled and running now is what undo brings back
unit() {
  if grep -q "^unit $1 " $home/ledger 2>/dev/null; then return 0; fi
  note unit "$1" "$(systemctl is-enabled "$1" 2>/dev/null || true)" "$(systemctl is-active "$1" 2>/dev/null || true)"
}

# runs NAME: it is at work now, and will be after a restart
runs() { case $(systemctl show -p ActiveState -p UnitFileState "$1") in ActiveState=active*UnitFileState=enabled*) ;; *) return 1 ;; esac; }

# setting KEY: the kernel setting's value now is what undo brings back
setting() {
  if grep -q "^setting $1 " $home/ledger 2>/dev/null; then return 0; fi
  note setting "$1" "$(sysctl -n "$1" 2>/dev/null)"
}

offers_filesystem() { while read -r kind name; do [ "${name:-$kind}" != "$1" ] || return 0; done < /proc/filesystems; return 1; }
# module NAME, has_module NAME: loaded, or a part of this kernel
has_module() {
  if [ -d "/sys/module/$1" ]; then return 0; fi
  case $1 in
    br_netfilter) [ -d /proc/sys/net/bridge ] ;;
    overlay) offers_filesystem overlay ;;
    *) grep -qs "/$1\\.ko" "/lib/modules/$(uname -r)/modules.builtin" ;;
  esac
}
module() {
  if has_module "$1"; then return 0; fi
  note module "$1"
  run modprobe "$1"
}

# installed PACKAGE [VERSION]
installed() {
  case $(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null) in "installed ${2:-}"*) return 0 ;; *) return 1 ;; esac
}
apt() { relayed ${watched:-} apt-get ${relay:+-c "$relay/apt.conf"} ${parts:+-o "Dir::Etc::sourceparts=$parts"} -y -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o APT::Install-Recommends=false -o APT::Keep-Downloaded-Packages=false "$@" </dev/null; }
# configured: what an apt that was cut short has left half done is brought to its end
configured() {
  if [ -z "$(dpkg --audit 2>/dev/null; ls -A /var/lib/dpkg/updates 2>/dev/null)" ]; then return 0; fi
  run dpkg --configure -a || true # what it says is in the log; apt, which waits for locks, has the last word
}
# packages NAME...: installed, with a note of every package that comes along. The list from before is kept until that note
# is complete, so that an install that was cut short can be undone as well.
packages() {
  configured
  mkdir -p $home/kept; chmod 700 $home
  before=$(mktemp -u $home/kept/XXXXXXXX)
  present > "$before" || return 1
  flushed "$before"
  note packages "${before##*/}"
  again_elsewhere apt install --allow-change-held-packages "$@"
  if [ -n "$parts" ]; then for name in $(stand_in_lists); do rm -f /var/lib/apt/lists/"$name"_*; done; fi
  came=$(since "$before") || return 1
  for package in $came; do note package "$package"; done
  note packaged "${before##*/}"
}
# present: what is installed, wholly or half, in order. A list that is not whole would be undone as if the rest had come since: then
# there is none.
present() {
  listed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n') || return 1
  listed=$(echo "$listed" | sed -nE '/^(not-installed|config-files) /!s/^[^ ]+ //p') && [ -n "$listed" ] || return 1
  echo "$listed" | sort
}
# since LIST: what is installed and was not when the list was made
since() {
  listed=$(present) || return 1
  echo "$listed" | comm -13 "$1" -
}
# again_elsewhere COMMAND...: with the chosen package sources and, where these fail, with their stand-ins before them, for this
# command and those after it in the step. Only apt is told so: no file in /etc ever names a stand-in.
parts=
again_elsewhere() {
  if [ -n "$parts" ] || ! command -v stand_ins >/dev/null; then again 4 "$@"; return; fi
  if [ -z "${relay:-}" ]; then watched='unless_slow /var/cache/apt/archives partial'; fi
  if again 2 "$@"; then watched=; return 0; fi
  watched='' parts=$run/sources
  mkdir -p $parts; chmod 700 $run; rm -f $parts/*
  folder=/etc/apt/sources.list.d
  if [ -n "${relay:-}" ]; then folder=$relay/sources; fi
  for list in "$folder"/*; do if [ -e "$list" ]; then cp "$list" $parts; fi; done
  stand_ins > $parts/0.list
  say run "apt with $(stand_ins | wc -l) stand-ins before the chosen sources"
  for name in $(stand_in_lists); do note lists "$name"; done
  if ! apt update; then echo 'some of the stand-ins failed as well'; fi
  code=0
  again 3 "$@" -o quiet=1 > $run/taken || code=$?
  cat $run/taken
  for site in $(stand_ins | sed 's,.*] [a-z]*://,,; s,/.*,,' | sort -u); do
    if grep -q "^Get:.*//$site/" $run/taken; then say instead "$site" "$(echo "$*" | sed 's/^apt install --[a-z-]* //')"; fi
  done
  return $code
}
# stand_in_lists: how apt names its lists of them
stand_in_lists() { stand_ins | sed 's,.*] [a-z]*://,,; s, .*,,; s,/*$,,; s,/,_,g'; }
# unless_slow FOLDER PART COMMAND...: ended where less than 100 kB/s have come into the folder for half a minute while something was
# under way in its part: 65, so that nobody tries it again and somebody else is asked
unless_slow() {
  folder=$1 part=$2; shift 2
  { setsid "$@" <&4 & } 4<&0
  task=$!
  (
    before=$(du -sk "$folder" | cut -f 1)
    while sleep 30; do
      now=$(du -sk "$folder" | cut -f 1)
      if [ -n "$(ls -A "$folder/$part")" ] && [ $((now - before)) -lt 3000 ]; then kill -s TERM -- "-$task"; break; fi
      before=$now
    done
  ) >/dev/null 2>&1 3>&- &
  watch=$!
  code=0
  wait $task || code=$?
  kill $watch 2>/dev/null || true
  if wait $watch 2>/dev/null; then code=65; fi # dash says of who is killed that he was
  return $code
}
# hold NAME...
hold() {
  for package in "$@"; do note hold "$package"; done
  run apt-mark -qq hold "$@"
}
# refresh: the lists of what can be installed; a source of others that is broken does not stop ours
refresh() {
  again_elsewhere refresh_lists
}
refresh_lists() {
  if [ -n "$parts" ]; then apt update; return 0; fi
  if [ -n "${relay:-}" ]; then apt update -o APT::Update::Error-Mode=any; return; fi
  if [ ! -e /etc/apt/sources.list.d/k8s-tui-os.list ] && [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' ! -name '*k8s*' ! -name '*docker*' ! -name '*kubernetes*' -mtime -1 2>/dev/null)" ]; then
    if apt update -o APT::Update::Error-Mode=any; then return 0; fi
    echo 'some package source failed; the ones of Kubernetes and containerd alone:'
  fi
  for list in /etc/apt/sources.list.d/k8s-tui-*.list; do
    apt update -o APT::Update::Error-Mode=any -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0 -o Acquire::Languages=none || return 1
  done
}
# keys_of FILE: fingerprints of the primary keys in it
keys_of() {
  mkdir -p $run/gnupg; chmod 700 $run $run/gnupg
  gpg --homedir $run/gnupg -q --show-keys --with-colons "$1" | awk -F: '$1 == "pub" {primary = 1} $1 == "fpr" && primary {print $10; primary = 0}'
}
# source_elsewhere URL: a source of this URL that is not ours; by the relay apt looks at ours alone
source_elsewhere() {
  if [ -n "${relay:-}" ]; then return 1; fi
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    case $list in */k8s-tui-*) continue ;; esac
    if grep -qsE "^(deb .*|URIs: *)$1" "$list"; then return 0; fi
  done
  return 1
}
# fetch URL FILE: hopeless where the server says that there is no such thing
fetch() {
  if answer=$(relayed curl -sSL --fail -w '%{http_code}' --connect-timeout 10 --max-time 600 --speed-limit 1000 --speed-time 60 -o "$2" "$1"); then return 0; fi
  case $answer in 401 | 403 | 404 | 410) return 65 ;; *) return 1 ;; esac
}
