import { look } from '../../engine/discover/look.js';
import type { ProblemDetails } from '../../engine/errors.js';
import type { Connector } from '../../engine/fleet.js';
import { secretVariables } from '../ask.js';
import { type Row, specOf } from './row.js';

/** Logs in and reads facts, all at once; each row is told as it is known. */
export async function lookAll(
  rows: readonly Row[],
  connectorOf: (row: Row) => Connector,
  onRow: (row: Row) => void,
  signal: AbortSignal,
): Promise<void> {
  const spec = specOf(rows);
  await Promise.all(
    rows.map(async (row, i) => {
      const said = await look(spec, spec.hosts[i]!, connectorOf(row), signal);
      row.inside = 'facts' in said ? said : undefined;
      row.problem = withVariable('facts' in said ? said.remote.noRoot : said);
      onRow(row);
    }),
  );
}

/** Names the variable that stands for a password where nobody can be asked. */
function withVariable(problem: ProblemDetails | undefined): ProblemDetails | undefined {
  if (!problem?.passwordsLeft) return problem;
  const { remedy, code } = problem;
  const variable = secretVariables[code === 'sudo' ? 'sudo' : 'password'];
  return {
    ...problem,
    remedy: { en: `${remedy.en} Without a terminal: ${variable}.`, zh: `${remedy.zh} 没有终端时：${variable}。` },
  };
}
