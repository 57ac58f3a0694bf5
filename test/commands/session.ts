import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { Session } from '../../source/commands/session.js';
import { plainView } from '../../source/views/plain.js';

/** A folder of the test's own, with all that the program keeps on the operator's machine. Gone when the test is over. */
export function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'k8s-tui-commands-'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'));
  vi.stubEnv('KUBECONFIG', join(folder, 'kubeconfig'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** What a command has at hand where nobody is asked and everything is agreed to. @param own what is not so */
export function sessionWith({ print = () => {}, ...own }: Partial<Session> & Pick<Session, 'connector'>): Session {
  return {
    language: 'en',
    json: false,
    yes: true,
    acceptNewHostKeys: true,
    stop: new AbortController().signal,
    now: new AbortController().signal,
    print,
    view: ({ log } = {}) => plainView({ language: 'en', write: print, log }),
    terminal: null,
    ...own,
  };
}
