import { Problem } from '../errors.js';
import prelude from '../plan/prelude.sh';
import type { Remote } from '../remote.js';
import { type Shell, sh } from '../sh.js';
import { redact } from './redact.js';

export interface MendOptions {
  /** The cluster whose ledger lies on the host; null where it has none. */
  ledger: string | null;
  signal?: AbortSignal;
  onLine?: (line: string) => void;
}

/** Where there is no ledger that could bring a file back, a copy of it stays beside it. */
const keepBeside = `keep() { if [ -e "$1" ] && [ ! -e "$1.before-k8s-tui" ]; then cp -a -- "$1" "$1.before-k8s-tui"; fi; }`;

/** The commands of a fix as they run: what they change is kept before, in the ledger or beside the file. */
export const mendScript = (commands: Shell, ledger: string | null): string =>
  [ledger === null ? keepBeside : `${prelude}\n${sh`cluster=${ledger}`.text}`, 'set -e', commands.text, ''].join('\n');

/**
 * Runs the commands of a fix on a host, as root; bounded to three minutes.
 * @throws Problem step where one of them failed, with its last lines; and whatever the remote throws
 */
export async function mend(remote: Remote, commands: Shell, { ledger, signal, onLine }: MendOptions): Promise<void> {
  const { code, stdout, stderr } = await remote.run(mendScript(commands, ledger), {
    timeout: 180_000,
    signal,
    onLine: line => onLine?.(redact(line)),
  });
  if (code === 0) return;
  throw new Problem({
    code: 'step',
    host: remote.name,
    what: { en: 'the fix did not run to its end', zh: '修复命令未能执行完' },
    remedy: {
      en: 'Its last lines say why. It can be applied again; k8s-tui diagnose looks anew.',
      zh: '最后几行说明了原因。可再次执行；k8s-tui diagnose 会重新检查。',
    },
    command: {
      line: commands.text.split('\n')[0]!,
      exitCode: code,
      lastLines: redact(`${stdout}\n${stderr}`).trim().split('\n').slice(-20),
    },
  });
}
