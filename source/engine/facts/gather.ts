import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { turn } from '../turn.js';
import type { Facts } from './facts.js';
import { parseFacts } from './parse.js';
import probe from './probe.sh';

/** The one POSIX script that reads all facts of a host. */
export const probeScript: string = probe;

/**
 * Asks a host about itself: one script, one round trip, nothing changed. As root where that can be had, else as the user who
 * logged in, who sees less.
 * @throws Problem preflight where the script did not run to its end, and whatever the remote throws
 */
export async function gatherFacts(remote: Remote, signal?: AbortSignal): Promise<Facts> {
  const askedAt = Date.now();
  let answeredAt: number | null = null;
  const result = await remote.run(probeScript, {
    asRoot: remote.access !== 'none',
    timeout: 60_000,
    signal,
    onLine: () => {
      answeredAt ??= Date.now();
    },
  });
  if (!/^@@ end$/m.test(result.stdout)) throw unanswered(remote.name, result.stderr);
  await turn();
  return parseFacts(result.stdout, { askedAtMs: (askedAt + (answeredAt ?? Date.now())) / 2, access: remote.access });
}

function unanswered(host: string, stderr: string): Problem {
  const words = stderr.trim().split('\n').at(-1) ?? '';
  return new Problem({
    code: 'preflight',
    host,
    what: {
      en: `The host did not run the script that asks it about itself${words && `: ${words}`}`,
      zh: `主机没有执行完查询自身情况的脚本${words && `：${words}`}`,
    },
    remedy: {
      en: `Log in as the same user and run: sh -c 'echo ok'. It has to print ok: the user needs an ordinary shell.`,
      zh: `请用同一用户登录并执行：sh -c 'echo ok'，应输出 ok：该用户需要一个普通的 shell。`,
    },
  });
}
