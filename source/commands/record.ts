import { resolve } from 'node:path';
import type { Emit } from '../engine/events.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import { expandHome } from '../engine/ssh/expand-home.js';
import type { Text } from '../engine/text.js';
import { noRun, reduceRun } from '../state/run.js';
import { type NamedSession, type Sessions, sessionOf } from '../state/sessions.js';

export interface Record {
  event: Emit;
  /** Resolves when all that was heard up to now lies on the disk, or could not be written, which has been told. */
  saved(): Promise<void>;
}

/**
 * Keeps a run as a session while it goes: after every task of a host, so that whoever comes next sees how far it came.
 * @param before what an earlier run of this cluster has left
 * @param note told once where it cannot be written: the run goes on without
 */
export function recordRun(
  sessions: Sessions,
  { spec, before, log }: { spec: ClusterSpec; before: NamedSession | null; log: string | null },
  note: (text: Text) => void,
): Record {
  let run = noRun;
  let saving: Promise<void> = Promise.resolve();
  let isWaiting = false;
  let hasFailed = false;
  const save = () => {
    // One that has not begun yet takes in what has come meanwhile.
    if (isWaiting) return;
    isWaiting = true;
    saving = saving.then(async () => {
      isWaiting = false;
      try {
        await sessions.save(sessionOf({ spec, run, changed: before?.changed, logFile: log }, 'hosts', Date.now()));
      } catch (error) {
        if (!hasFailed) note(notSaved((error as Error).message));
        hasFailed = true;
      }
    });
  };
  return {
    event: event => {
      run = reduceRun(run, event);
      if (moments.has(event.type)) save();
    },
    saved: () => saving,
  };
}

const moments = new Set(['run-started', 'task-started', 'task-finished', 'problem', 'run-finished']);

/** Taken up again from another folder, it still means the same files. */
export function withWholePaths(spec: ClusterSpec): ClusterSpec {
  const whole = <S extends ClusterSpec['ssh'] | undefined>(ssh: S): S =>
    ssh?.identityFile ? { ...ssh, identityFile: resolve(expandHome(ssh.identityFile)) } : ssh;
  return { ...spec, ssh: whole(spec.ssh), hosts: spec.hosts.map(host => ({ ...host, ssh: whole(host.ssh) })) };
}

const notSaved = (why: string): Text => ({
  en: `this run cannot be saved as a session (${why}); it goes on, and the hosts keep what is done. apply with the same file finds it`,
  zh: `本次运行无法保存为会话（${why}）；运行将继续，主机上已完成的部分会保留。用同一文件执行 apply 即可继续`,
});
