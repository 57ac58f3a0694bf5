import type { Facts } from '../engine/facts/facts.js';
import type { Fleet } from '../engine/fleet.js';
import { gather } from '../engine/gather.js';
import { withLogins } from '../engine/sources/logins.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';
import type { View } from '../views/view.js';
import { makeAsk } from './ask.js';
import { type ExitCode, exit } from './exit.js';
import type { Session } from './session.js';

/**
 * Connects all hosts of a spec, and lets go of them when the work is done. What keeps a host out is told, and keeps the work
 * from being begun unless `evenSo`.
 */
export async function withFleet(
  session: Session,
  view: View,
  spec: ClusterSpec,
  work: (fleet: Fleet) => Promise<ExitCode>,
  { evenSo = false } = {},
): Promise<ExitCode> {
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  const ask = makeAsk(session.terminal, session.language);
  const connector = withLogins(session.connector(ask, note), ask);
  try {
    const fleet = await gather(spec, connector, {
      signal: session.stop,
      onHost: (host, said) => 'os' in said && note(words.reached(host, said)),
    });
    for (const problem of fleet.problems) view.event({ at: Date.now(), type: 'problem', task: null, problem });
    if (fleet.problems.length && !evenSo) {
      note(words.notBegun(fleet.problems.length, spec.hosts.length));
      return exit.unfit;
    }
    return await work(fleet);
  } finally {
    await connector.close();
  }
}

const words = {
  reached: (host: string, { os, arch, cpus, memoryMiB }: Facts): Text => {
    const about = `${host}: ${os.pretty}, ${arch}, ${cpus} CPU, ${(memoryMiB / 1024).toFixed(1)} GiB`;
    return { en: about, zh: about };
  },
  notBegun: (bad: number, all: number): Text => ({
    en: `${bad} of ${all} hosts cannot be used as they are; no host has been changed`,
    zh: `${all} 台主机中有 ${bad} 台目前无法使用；没有更改任何主机`,
  }),
};
