import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { type Shell, sh } from '../sh.js';

export interface LogOptions {
  /** How many lines from the end; 100 unless told. */
  lines?: number;
  /** Only what is younger, in seconds. */
  sinceSeconds?: number;
  /** Stays and hands on what comes, until the signal says stop. */
  follow?: boolean;
  signal?: AbortSignal;
  onLine: (line: string) => void;
}

/** A container's log is read back so far where it is asked for by time. */
const FAR = 20_000;
/** A log that is followed is let go after a day. */
const DAY = 86_400_000;

/**
 * Reads the log of a unit (kubelet, containerd, any other) or of a container (etcd, kube-apiserver, coredns) on a host: from the
 * journal and from /var/log/pods, so also while the API server is down. Changes nothing.
 * @param name a unit, or a container's name as kubelet calls it; of several containers of one name the one that wrote last
 * @throws Problem step where the host knows neither: its remedy names the containers that it knows; and whatever the remote throws
 */
export async function readLog(remote: Remote, name: string, options: LogOptions): Promise<void> {
  const { sinceSeconds, follow = false, signal, onLine } = options;
  const after = sinceSeconds === undefined ? null : Date.now() - sinceSeconds * 1000;
  const { code, stderr } = await remote
    .run(logScript(name, options), {
      asRoot: remote.access !== 'none',
      timeout: follow ? DAY : 60_000,
      signal,
      onLine: (line, stream) => {
        if (stream === 'stderr') return;
        const words = containerLine(line, after);
        if (words !== null) onLine(words);
      },
    })
    .catch((error: unknown) => {
      // To stop following is how it ends.
      if (follow && signal?.aborted) return { code: 0, stderr: '' };
      throw error;
    });
  if (code !== 0) throw unknownLog(remote.name, name, code, stderr);
}

/** The commands that `readLog` runs, to be shown and to be typed by hand. */
export function logScript(name: string, { lines = 100, sinceSeconds, follow = false }: Omit<LogOptions, 'onLine'>): Shell {
  // The first line is the seed's own: journalctl -u kubelet -n 100 --no-pager
  const journal = [
    ...['-u', name],
    ...(sinceSeconds === undefined ? ['-n', lines] : [`--since=-${Math.round(sinceSeconds)}s`]),
    '--no-pager',
    ...(follow ? ['-f'] : []),
  ];
  const tail = ['-n', sinceSeconds === undefined ? lines : FAR, ...(follow ? ['-F'] : [])];
  return sh`
    newest=$(ls -t /var/log/pods/*/${name}/*.log 2>/dev/null | head -n 1)
    if [ -n "$newest" ]; then exec tail ${tail} "$newest"; fi
    if systemctl cat ${name} >/dev/null 2>&1; then exec journalctl ${journal}; fi
    ls /var/log/pods/* 2>/dev/null | grep -v : | sort -u | grep . | tr '\n' ' ' >&2
    exit 3
  `;
}

/** kubelet's form of a container's line, `TIME stdout F WORDS`, as `TIME WORDS`; null where it is too old. Others stay. */
function containerLine(line: string, after: number | null): string | null {
  const [, time, words] = /^(\d{4}-\d\d-\d\dT\S+) (?:stdout|stderr) [FP] ?(.*)$/s.exec(line) ?? [];
  if (time === undefined) return line;
  if (after !== null && Date.parse(time) < after) return null;
  return `${time.slice(0, 19).replace('T', ' ')} ${words}`;
}

function unknownLog(host: string, name: string, exitCode: number | null, stderr: string): Problem {
  const known = exitCode === 3 ? stderr.trim() : '';
  return new Problem({
    code: 'step',
    host,
    what: { en: `there is no log of ${name}`, zh: `没有 ${name} 的日志` },
    remedy: known
      ? { en: `Take a unit, such as kubelet, or one of: ${known}`, zh: `请指定单元（如 kubelet）或以下容器之一：${known}` }
      : { en: 'Take a unit, such as kubelet or containerd.', zh: '请指定单元，例如 kubelet 或 containerd。' },
    ...(known ? {} : { command: { line: `journalctl -u ${name}`, exitCode, lastLines: stderr.trim().split('\n').slice(-5) } }),
  });
}
