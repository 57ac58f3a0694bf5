import type { Fleet } from '../engine/fleet.js';
import { type ExitCode, exit } from './exit.js';
import { withFleet } from './fleet.js';
import { judge } from './prepare.js';
import { withRelay } from './relay.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/** Looks whether all hosts and sources are fit, and says everything that it finds at once. */
export async function preflight(session: Session, file: string): Promise<ExitCode> {
  const spec = await readSpecFile(file);
  const view = session.view();
  const look = async (fleet: Fleet) => {
    const verdict = await judge(session, view, spec, fleet);
    const isFit = verdict && !fleet.problems.length;
    view.event({ at: Date.now(), type: 'note', text: isFit ? words.fit(spec.hosts.length, verdict.version) : words.unfit });
    return isFit ? exit.ok : exit.unfit;
  };
  return withFleet(session, view, spec, fleet => withRelay(view, spec, fleet, look), { evenSo: true });
}

const words = {
  fit: (hosts: number, version: string) => ({
    en: `${hosts} ${hosts === 1 ? 'host is' : 'hosts are'} fit for Kubernetes ${version}; nothing has been changed`,
    zh: `${hosts} 台主机满足安装 Kubernetes ${version} 的要求；没有任何改动`,
  }),
  unfit: { en: 'not fit as it is; nothing has been changed', zh: '目前不满足要求；没有任何改动' },
};
