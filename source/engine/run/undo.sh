# ── Undo: the ledger read backwards. Each line is taken off once it has been undone, so this can be cut short and run again. ──

# kept LINE WHY: what could not be undone, for the report at the end
kept() { echo "stays: $1 ($2)"; printf '%s (%s)\n' "$1" "$2" >> $home/stays; }

undo_file() {
  new=$(beside "$2")
  rm -f "$new"
  if [ "$1" = absent ]; then rm -f "$2"; return; fi
  if [ ! -e "$home/kept/$1" ] && [ ! -L "$home/kept/$1" ]; then kept "file $2" 'its copy is gone'; return; fi
  if [ ! -d "$(dirname "$2")" ]; then kept "file $2" 'its folder is gone'; return; fi
  cp -a -- "$home/kept/$1" "$new" && mv -fT "$new" "$2"
}
undo_folder() { [ ! -d "$1" ] || rmdir "$1" 2>/dev/null || kept "folder $1" 'others have put something into it'; }
# undo_tree STATE PATH: also what is mounted in it, and overlays that are made of it, which a runtime that was cut short leaves
undo_tree() {
  awk -v tree="$2/" 'index($2, tree) == 1 || index($4, "=" tree) {print $2}' /proc/mounts | sort -r | while read -r mount; do umount -l "$mount"; done
  if [ "$1" = absent ]; then rm -rf "$2"; else find "$2" -mindepth 1 -delete; fi
}
undo_block() {
  new=$(beside "$1")
  rm -f "$new"
  if [ ! -e "$1" ]; then return 0; fi
  block_without "$1" > "$new" || { rm -f "$new"; return 1; }
  chmod --reference="$1" "$new"
  mv -f "$new" "$1"
}
undo_unit() {
  systemctl list-unit-files -q --no-legend "$1" 2>/dev/null | grep -q . || return 0
  case $2 in
    masked*) systemctl mask -q "$1" ;;
    enabled*) systemctl unmask -q "$1"; systemctl enable -q "$1" ;;
    disabled) systemctl unmask -q "$1"; systemctl disable -q "$1" ;;
    *) systemctl unmask -q "$1" ;;
  esac
  case $3 in
    active) systemctl start "$1" ;;
    inactive | failed) systemctl stop "$1" ;;
  esac
}
undo_setting() { key=$1; shift; sysctl -qw "$key=$*" 2>/dev/null || kept "setting $key" 'the kernel does not take its old value'; }
undo_module() { modprobe -r "$1" 2>/dev/null || kept "module $1" 'still in use; gone after a restart'; }
undo_lists() { rm -f /var/lib/apt/lists/"$1"_*; }
undo_hold() { apt-mark -qq unhold "$1" >/dev/null; }
undo_swap() { swapon "$1" || kept "swap $1" 'could not be switched on'; }
undo_selinux() { setenforce 1; }
undo_step() { "undo_step_$1"; }
# The list from before is needed only where the note of what came along was never completed.
undo_packaged() { rm -f "$home/kept/$1"; }
undo_packages() {
  if [ ! -e "$home/kept/$1" ]; then return 0; fi
  if [ ! -s "$home/kept/$1" ]; then kept "packages of an install that was cut short" 'the list of those before it is empty'; return; fi
  came=$(since "$home/kept/$1") || return 1
  # shellcheck disable=SC2086
  purge $came || return 1
  # A dpkg that was killed leaves what it was unpacking to the next one, and none may come; of others, one may be at work.
  if ! grep -qs ":$(stat -c %i /var/lib/dpkg/lock) " /proc/locks; then rm -rf /var/lib/dpkg/tmp.ci; fi
}
# purge NAME...: those of them that are still here in any form; one whose unpacking was cut short dpkg gives up only by force
purge() {
  configured
  present=
  for package in "$@"; do case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in '' | not-installed) ;; *) present="$present $package" ;; esac; done
  # shellcheck disable=SC2086
  [ -z "$present" ] || again 3 apt purge --allow-change-held-packages -o Dpkg::Options::=--force-remove-reinstreq $present
}

# at_work: the jobs of a run that was killed or taken over, which go on by themselves; a reset is none of them
at_work() {
  for end in "$run"/*.end; do
    job=$(basename "$end" .end)
    if [ -e "$end" ] && [ "$job" != reset ]; then echo "$job"; fi
  done
}
# alone: they are ended, so that nobody writes into the ledger, or installs, while it is read backwards
alone() {
  for job in $(at_work); do
    say run "end of what is still at work here: $job"
    if [ -d /run/systemd/system ]; then systemctl stop "k8s-tui-$job.service" || true
    else kill -s TERM -- "-$(cat "$run/$job.pid")" 2>/dev/null || true; fi
    rm -f "$run/$job.end"
  done
}

# A file that cannot be brought back now (the disk is full, or read-only) keeps its copy: the reset ends there, and later goes on from there.
replay() {
  alone
  whole
  while [ -s $home/ledger ]; do
    line=$(tail -n 1 $home/ledger) count=1
    say run "undo: $line"
    case $line in
      package\ *)
        names=$(tac $home/ledger | awk '$1 != "package" {exit} {print $2}')
        count=$(echo "$names" | wc -l)
        # shellcheck disable=SC2086
        purge $names || return 1 ;;
      cluster\ * | initialised | joined | tried\ *) ;;
      *)
        # shellcheck disable=SC2086
        set -- $line
        kind=$1; shift
        if ! "undo_$kind" "$@"; then
          case $kind in file | block | packages) return 1 ;; *) kept "$line" 'the command failed, see above' ;; esac
        fi ;;
    esac
    cut_last "$count"
  done
  systemctl daemon-reload
  if [ -s $home/stays ]; then say value "stays" "$(tr '\n' ';' < $home/stays)"; fi
  rm -rf $home
  # What a run that was cut short has left there: scripts, secrets, logs.
  for left in "$run"/*; do
    case $left in */reset.* | */lock*) ;; *) rm -rf "$left" ;; esac
  done
}
