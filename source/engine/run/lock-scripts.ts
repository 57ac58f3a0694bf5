import { RUN_DIRECTORY } from '../remote.js';
import { type Shell, sh } from '../sh.js';

/** Seconds between two signs of life. */
export const HEARTBEAT = 10;
/** A lock that was silent for so many seconds is nobody's: three signs of life in a row were missed. */
export const STALE = 3 * HEARTBEAT + 5;

/**
 * The lock of a host is one line in one file on its memory file system, so a restart clears it: `ID WHO MACHINE PID SINCE SEEN`.
 * `SINCE` and `SEEN`, when it was taken and the last sign of life, are the host's own uptime: no clock that may be set is asked.
 */
const common = (id: string): Shell => sh`
  d=${RUN_DIRECTORY} lock=${RUN_DIRECTORY}/lock id=${id}
  IFS='. ' read -r now _ </proc/uptime
  holder= who= machine= pid= since= seen=
  look() { IFS=' ' read -r holder who machine pid since seen 2>/dev/null <"$lock" || holder=; }
  write() { printf '%s %s %s %s %s %s\n' "$id" "$1" "$2" "$3" "$4" "$now" >"$d/lock.$id"; }
`;

/**
 * Takes the lock of a host. Says `taken`, `taken-over WHO SECONDS` from somebody who was silent too long or whose id is
 * `over`, or `held ID WHO MACHINE PID SECONDS-HELD SECONDS-SILENT`.
 */
export const takeScript = (id: string, owner: { who: string; machine: string; pid: number }, over: string): Shell => sh`
  ${common(id)}
  umask 077
  [ -d "$d" ] || mkdir "$d" || exit
  write ${owner.who} ${owner.machine} ${owner.pid} "$now" || exit
  if ln "$d/lock.$id" "$lock" 2>/dev/null; then
    rm -f "$d/lock.$id"
    echo taken
    exit
  fi
  look
  silent=$((now - seen))
  if [ "$holder" = "$id" ] || [ -z "$holder" ] || [ "$holder" = ${over || 'nobody'} ] || [ "$silent" -gt ${STALE} ]; then
    mv -f "$d/lock.$id" "$lock"
    echo "taken-over $who $silent"
  else
    rm -f "$d/lock.$id"
    echo "held $holder $who $machine $pid $((now - since)) $silent"
  fi`;

/** A sign of life. Says `kept`; `free` where a restart has cleared the lock; `lost WHO` where somebody has taken the host over. */
export const keepScript = (id: string): Shell => sh`
  ${common(id)}
  look
  case $holder in
    "$id") write "$who" "$machine" "$pid" "$since" && mv -f "$d/lock.$id" "$lock" && echo kept ;;
    '') echo free ;;
    *) echo "lost $who" ;;
  esac`;

export const releaseScript = (id: string): Shell => sh`
  ${common(id)}
  look
  [ "$holder" != "$id" ] || rm -f "$lock"`;
