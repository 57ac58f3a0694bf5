import { copyFile, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Problem } from '../errors.js';
import type { Remote } from '../remote.js';
import { sh } from '../sh.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { writeWhole } from '../whole-file.js';

export interface KubeconfigPlace {
  path: string;
  context: string;
  /** Where the file that stood there before was copied to. */
  backup: string | null;
}

interface Named {
  name: string;
  [field: string]: unknown;
}
export interface Kubeconfig {
  clusters?: Named[];
  users?: Named[];
  contexts?: Named[];
  'current-context'?: string;
  [field: string]: unknown;
}

/** The file that kubectl would write to. */
export const kubeconfigPath = (): string =>
  process.env.KUBECONFIG?.split(delimiter).find(Boolean) ?? join(homedir(), '.kube', 'config');

/**
 * Fetches the administrator's config over the verified line and merges it into the operator's: 0600, in one move, with a backup.
 * It leads to the spec's endpoint or, where there is none, to the control plane itself.
 */
export async function saveKubeconfig(
  spec: ClusterSpec,
  plane: HostSpec,
  remote: Remote,
  path = kubeconfigPath(),
): Promise<KubeconfigPlace> {
  const { code, stdout, stderr } = await remote.run(sh`cat /etc/kubernetes/admin.conf`);
  if (code !== 0) {
    throw new Problem({
      code: 'step',
      host: remote.name,
      what: { en: 'the cluster’s kubeconfig could not be read', zh: '无法读取集群的 kubeconfig' },
      remedy: {
        en: 'Look for /etc/kubernetes/admin.conf on the control plane.',
        zh: '请在控制平面检查 /etc/kubernetes/admin.conf。',
      },
      command: { line: 'cat /etc/kubernetes/admin.conf', exitCode: code, lastLines: stderr.trim().split('\n') },
    });
  }
  const fetched = named(parse(stdout) as Kubeconfig, spec.name, `https://${spec.endpoint ?? `${plane.address}:6443`}`);
  try {
    const before = await readOptional(path);
    const after = stringify(merge(parseKubeconfig(before) ?? {}, fetched), { lineWidth: 0 });
    if (before === after) return { path, context: spec.name, backup: null };
    const backup = before === null ? null : `${path}.before-${spec.name}`;
    // The first one is the one worth keeping: it is from before we ever wrote there.
    if (backup && !(await stat(backup).catch(() => null))) await copyFile(path, backup);
    writeWhole(path, after);
    return { path, context: spec.name, backup };
  } catch (error) {
    const [why] = (error as Error).message.split('\n');
    throw new Problem({
      code: 'step',
      what: {
        en: `the cluster stands, but its entry could not be written to ${path}: ${why}`,
        zh: `集群已就绪，但无法将其写入 ${path}：${why}`,
      },
      remedy: {
        en: 'Make that file readable, writable and a kubeconfig, or set KUBECONFIG to another, and run it again: the hosts are left as they are.',
        zh: '请确保该文件可读写且为有效的 kubeconfig，或将 KUBECONFIG 设为其他文件，然后重新运行：不会再改动主机。',
      },
    });
  }
}

/** What a file holds; null where there is none, or nothing in it. @throws Error where it is something else than a kubeconfig */
export function parseKubeconfig(text: string | null): Kubeconfig | null {
  const config: unknown = text && parse(text);
  if (config && (typeof config !== 'object' || Array.isArray(config))) throw new Error('it is no kubeconfig');
  return (config as Kubeconfig) || null;
}

/** Takes a cluster that is no more out of the operator's file. */
export async function forgetKubeconfig(name: string, path = kubeconfigPath()): Promise<void> {
  const before = parseKubeconfig(await readOptional(path));
  if (before?.contexts?.some(context => context.name === name))
    writeWhole(path, stringify(without(before, name), { lineWidth: 0 }));
}

async function readOptional(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** kubeadm's config under names of our own: cluster and context as the spec's name, and an address that works from outside. */
export function named(config: Kubeconfig, name: string, server: string): Kubeconfig {
  const user = `${name}-admin`;
  const cluster = config.clusters?.[0]?.cluster as Record<string, unknown>;
  return {
    clusters: [{ name, cluster: { ...cluster, server } }],
    users: [{ ...config.users?.[0], name: user }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  };
}

/** Entries of the same name are replaced; all others, and the context in use, are left as they are. */
export function merge(into: Kubeconfig, from: Kubeconfig): Kubeconfig {
  const lists = Object.fromEntries(
    (['clusters', 'users', 'contexts'] as const).map(key => {
      const names = new Set(from[key]?.map(entry => entry.name));
      return [key, [...(into[key] ?? []).filter(entry => !names.has(entry.name)), ...(from[key] ?? [])]];
    }),
  );
  return {
    apiVersion: 'v1',
    kind: 'Config',
    ...into,
    ...lists,
    'current-context': into['current-context'] || from['current-context'],
  };
}

/** Without the entries that carry the cluster's name. */
export function without(config: Kubeconfig, name: string): Kubeconfig {
  const kept = Object.fromEntries(
    (['clusters', 'users', 'contexts'] as const).map(key => [
      key,
      (config[key] ?? []).filter(entry => entry.name !== (key === 'users' ? `${name}-admin` : name)),
    ]),
  );
  return { ...config, ...kept, 'current-context': config['current-context'] === name ? '' : config['current-context'] };
}
