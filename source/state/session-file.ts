import { readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { clusterSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';
import type { SavedSession } from './sessions.js';
import { emptySpec } from './spec.js';

/** The version of the file that this program writes. */
const VERSION = 2;

/** From each version to the next. */
const migrations: Record<number, (session: object) => object> = {
  // There was one file for all, and nothing on where each host was.
  1: session => ({ ...session, version: 2, hosts: [], log: null }),
};

/** What has to be there for a session to be of use; the choices themselves are looked at by the check of the walk. */
const shape = z.looseObject({
  spec: z.looseObject({
    name: z.string(),
    hosts: z.array(z.looseObject({ name: z.string(), address: z.string() })).min(1),
  }),
  screen: z.string(),
  result: z.enum(['idle', 'running', 'done', 'same', 'failed', 'stopped']),
  changed: z.array(z.string()).default([]),
  hosts: z.array(z.looseObject({ host: z.string(), phase: z.string().nullable(), state: z.string() })),
  savedAt: z.number(),
});

/**
 * A session from what its file holds, brought to the present version; choices that were not known when it was written have
 * their defaults.
 * @throws Error where it is none; with `newer` where a newer program wrote it
 */
export function readSession(data: unknown): SavedSession {
  let session = { version: 1, ...(data as object) } as { version: number };
  if (!Number.isInteger(session.version) || session.version < 1) throw new Error('version: none that there ever was');
  if (session.version > VERSION) throw Object.assign(new Error('it is newer than this program'), { newer: true });
  while (session.version < VERSION) session = migrations[session.version]!(session) as typeof session;
  const { success, data: found, error } = shape.safeParse(session);
  if (!success) {
    const [issue] = error.issues;
    throw new Error(`${issue!.path.join('.') || 'the file'}: ${issue!.message}`);
  }
  const spec = clusterSpec.safeParse(found.spec);
  return {
    ...found,
    spec: spec.success ? spec.data : { ...emptySpec, ...found.spec },
  } as unknown as SavedSession;
}

/** Sessions up to version 1 lay in one file; each gets its own, and the old file is kept under another name. */
export async function moveOldSessions(
  onNote: (text: Text) => void = () => {},
  write: (name: string, session: SavedSession) => Promise<void>,
): Promise<void> {
  const path = join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'k8s-tui', 'sessions.json');
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return;
  try {
    const { sessions } = JSON.parse(text) as { sessions: Record<string, unknown> };
    for (const session of Object.values(sessions)) {
      const moved = readSession(session);
      await write(moved.spec.name, moved);
    }
    await rename(path, `${path}.moved`);
  } catch (error) {
    await rename(path, `${path}.unreadable`);
    onNote({
      en: `the sessions of an earlier version cannot be read (${(error as Error).message}); they lie in ${path}.unreadable`,
      zh: `无法读取旧版本的会话（${(error as Error).message}）；原文件位于 ${path}.unreadable`,
    });
  }
}
