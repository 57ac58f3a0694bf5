import { chooseSources } from '../engine/sources/choose.js';
import { probeSources } from '../engine/sources/probe.js';
import type { SourceProbe } from '../engine/sources/report.js';
import { doctorTable } from '../views/doctor.js';
import { type ExitCode, exit } from './exit.js';
import { withFleet } from './fleet.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/**
 * Measures from every host at once how it reaches every source, and says who would be taken from. Changes nothing.
 * As JSON: each cell as `probe` when it is known, and again with its speed; what is found as `finding`; the choice as `sources`.
 */
export async function doctor(session: Session, file: string): Promise<ExitCode> {
  const spec = await readSpecFile(file);
  const view = session.view();
  return withFleet(
    session,
    view,
    spec,
    async ({ remotes, fetching = remotes, facts, problems }) => {
      const say = (type: string, rest: object) => session.print(JSON.stringify({ at: Date.now(), type, ...rest }));
      const onProbe = session.json ? (probe: SourceProbe) => say('probe', probe) : undefined;
      if (!session.json) view.event({ at: Date.now(), type: 'note', text: words.measuring(spec.hosts.length) });
      const report = await probeSources(spec, fetching, facts, { deep: true, signal: session.stop, onProbe });
      const choice = chooseSources(spec, report, facts);
      view.findings(choice.findings);
      if (session.json) say('sources', { version: choice.version, from: choice.sources.from });
      else for (const line of doctorTable(spec, report, choice, session.language)) session.print(line);
      const isFit = !problems.length && !choice.findings.some(finding => finding.level === 'stop');
      view.event({ at: Date.now(), type: 'note', text: isFit ? words.fit : words.unfit });
      return isFit ? exit.ok : exit.unfit;
    },
    { evenSo: true },
  );
}

const words = {
  measuring: (hosts: number) => ({
    en: `${hosts} ${hosts === 1 ? 'host measures' : 'hosts measure'} every source, at most 50 s; nothing is changed`,
    zh: `${hosts} 台主机正在测量所有来源，至多 50 秒；不做任何改动`,
  }),
  fit: { en: 'every host can get everything; nothing has been changed', zh: '每台主机都能取得所需的一切；没有任何改动' },
  unfit: {
    en: 'not every host can get everything; nothing has been changed',
    zh: '并非每台主机都能取得所需的一切；没有任何改动',
  },
};
