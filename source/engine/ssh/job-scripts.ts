import { RUN_DIRECTORY, type Script, STOP_FILE } from '../remote.js';
import { raw, type Shell, sh } from '../sh.js';
import { assignments, PRELUDE } from './frame.js';

/**
 * A job on a host is: `ID.sh`, the script, which removes itself as it starts; `ID.log`, all that it says, then an end of line
 * and the line `MARK exited 0`; `ID.mark`, whose job it is. It runs as the unit k8s-tui-ID, or without systemd in a session of its own.
 */
const common = (id: string): Shell => sh`
  d=${RUN_DIRECTORY} id=${id}
  unit=k8s-tui-$id.service
  has_systemd() { [ -d /run/systemd/system ]; }
  ended() { case $(tail -n 1 "$d/$id.log" 2>/dev/null) in "$1 "*) ;; *) return 1 ;; esac; }
  active() {
    if has_systemd; then
      case $(systemctl show -p ActiveState --value "$unit") in active | activating | deactivating | reloading) ;; *) return 1 ;; esac
    else
      pid=$(cat "$d/$id.pid" 2>/dev/null) && grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null
    fi
  }
  follow() { # from byte $1 on, until nobody listens any more
    tail -c "+$1" -f "$d/$id.log" &
    read -r _
    kill $!
  }
  IFS= read -r boot </proc/sys/kernel/random/boot_id
  IFS= read -r owner 2>/dev/null <"$d/$id.mark" || owner=`;

/**
 * Starts a job and follows it. Says first `started BOOT`, or `busy BOOT MARK` where another of the same id still runs.
 * The script and its variables lie in a file of root's on a memory file system, from the start of the unit to its first command.
 */
export function startScript(id: string, mark: string, script: Script, variables?: Record<string, string>): Shell {
  const text = `rm -f "$0"\n${PRELUDE}\nHOME=~root; export HOME\n${assignments(variables)}${script}`;
  return sh`
    ${common(id)}
    if [ -e "$d/$id.end" ] && active "$owner"; then
      echo "busy $boot $owner"
      exit
    fi
    umask 077
    [ -d "$d" ] || mkdir "$d" || exit
    [ ! -e ${STOP_FILE} ] || rm ${STOP_FILE}
    : >"$d/$id.log" || exit
    echo ${mark} >"$d/$id.mark"
    printf "%s\n" ${endScript(id, mark).text} >"$d/$id.end"
    cat >"$d/$id.sh" <<'END-${raw(mark)}' || exit
    ${raw(text)}
    END-${raw(mark)}
    if has_systemd; then
      tries=0
      until said=$(systemd-run --quiet --no-block --collect --unit="$unit" --description="k8s-tui $id" \
        -p StandardOutput="append:$d/$id.log" -p StandardError="append:$d/$id.log" \
        -p TimeoutStopSec=10 -p ExecStopPost="/bin/sh $d/$id.end" /bin/sh "$d/$id.sh" 2>&1 </dev/null); do
        # The unit of the job before has said its last line, and is gone in a moment.
        tries=$((tries + 1))
        case $said in *already*) [ "$tries" -lt 200 ] ;; *) false ;; esac || {
          rm -f "$d/$id.sh" "$d/$id.end"
          echo "$said" >&2
          exit 70
        }
        sleep 0.05
      done
    else
      setsid /bin/sh -c 'trap : TERM; /bin/sh "$1.sh" >>"$1.log" 2>&1; EXIT_CODE=exited EXIT_STATUS=$? /bin/sh "$1.end"' \
        ${mark} "$d/$id" </dev/null >/dev/null 2>&1 &
      echo $! >"$d/$id.pid"
    fi
    echo "started $boot"
    follow 1`;
}

/**
 * What is done when the unit has ended, in whatever way: the last line of the log, on a line of its own. While the file with
 * this is there, the job has not ended.
 */
const endScript = (id: string, mark: string): Shell => {
  const base = raw(`${RUN_DIRECTORY}/${id}`);
  return sh`
    rm -f ${base}.sh ${base}.end ${base}.pid
    printf "\n%s %s %s\n" ${mark} "$EXIT_CODE" "$EXIT_STATUS" >>${base}.log`;
};

/**
 * Goes on with a job from a byte of its log. Says first `following BOOT`; `gone BOOT` with the rest of the log where it ended
 * without a last line; `never BOOT` where the last job of this id is not this one.
 */
export const followScript = (id: string, mark: string, from: number): Shell => sh`
  ${common(id)}
  tries=0
  while [ "$owner" = ${mark} ] && ! ended "$owner" && ! active "$owner" && [ "$tries" -lt 20 ]; do
    tries=$((tries + 1)) # its last line may just be being written
    sleep 0.1
  done
  if [ "$owner" != ${mark} ]; then
    echo "never $boot"
  elif [ "$tries" -lt 20 ]; then
    echo "following $boot"
    follow ${from}
  else
    echo "gone $boot"
    tail -c +${from} "$d/$id.log"
  fi`;

/** Succeeds while a job runs. */
export const isRunningScript = (id: string, mark: string): Shell => sh`
  ${common(id)}
  [ "$owner" = ${mark} ] && ! ended "$owner" && active "$owner"`;

export const stopScript = (id: string, when: 'after-step' | 'now'): Shell =>
  when === 'after-step'
    ? sh`mkdir -p -m 700 ${RUN_DIRECTORY} && : >${STOP_FILE}`
    : sh`
      ${common(id)}
      if has_systemd; then
        ! active "$owner" || systemctl stop "$unit"
      elif active "$owner"; then
        kill -s TERM -- "-$(cat "$d/$id.pid")"
      fi`;
