import { readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { isAbsolute, join } from 'node:path';
import { Problem } from '../errors.js';
import type { Text } from '../text.js';
import type { Kubeconfig } from './kubeconfig.js';

const PATIENCE = 8000;

/** The API server that a kubeconfig's current context leads to. */
export interface Api {
  server: string;
  /** The context's name. */
  context: string;
  /** @returns the body. @throws Problem unreachable; preflight where the server says no */
  get(path: string, signal?: AbortSignal): Promise<string>;
}

interface Cluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
}
interface User {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  exec?: { command?: string };
}

/**
 * The way to the API as kubectl would go it: with a client certificate or a token. A program that would fetch credentials is not run.
 * @param file its name, for messages
 * @param folder what its relative paths are relative to
 * @throws Problem spec where the file leads nowhere
 */
export function apiOf(config: Kubeconfig, file: string, folder: string): Api {
  const current = config['current-context'];
  const named = (list: 'clusters' | 'users' | 'contexts', name: unknown) =>
    (Array.isArray(config[list]) ? config[list] : []).find(entry => entry.name === name);
  const context = (named('contexts', current)?.context ?? {}) as { cluster?: string; user?: string };
  const cluster = (named('clusters', context.cluster)?.cluster ?? {}) as Cluster;
  const user = (named('users', context.user)?.user ?? {}) as User;
  if (!current || !cluster.server || !/^https:\/\//.test(cluster.server)) throw leadsNowhere(file);
  if (user.exec) throw needsProgram(file, user.exec.command ?? '');
  const read = (path: string | undefined) => {
    if (!path) return undefined;
    try {
      return readFileSync(isAbsolute(path) ? path : join(folder, path));
    } catch (error) {
      throw unreadable(file, path, (error as Error).message);
    }
  };
  const part = (data: string | undefined, path: string | undefined) => (data ? Buffer.from(data, 'base64') : read(path));
  const token = user.token ?? read(user.tokenFile)?.toString().trim();
  const options: RequestOptions = {
    ca: part(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: part(user['client-certificate-data'], user['client-certificate']),
    key: part(user['client-key-data'], user['client-key']),
    rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
    ...(cluster['tls-server-name'] && { servername: cluster['tls-server-name'] }),
    headers: { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    agent: false,
  };
  const server = cluster.server.replace(/\/$/, '');
  return { server, context: current, get: (path, signal) => get(server, path, options, signal) };
}

async function get(server: string, path: string, options: RequestOptions, signal?: AbortSignal): Promise<string> {
  const bound = AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]);
  const answer = await new Promise<{ code: number; body: string }>((resolve, reject) => {
    const asked = request(`${server}${path}`, { ...options, signal: bound }, response => {
      let body = '';
      response.setEncoding('utf8').on('error', reject);
      response.on('data', chunk => {
        body += chunk;
      });
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject).end();
  }).catch((error: NodeJS.ErrnoException) => {
    signal?.throwIfAborted();
    throw noAnswer(server, bound.aborted ? `no answer for ${PATIENCE / 1000} s` : error.message || String(error.code));
  });
  if (answer.code !== 200) throw refused(server, path, answer.code);
  return answer.body;
}

const instead: Text = {
  en: 'Name a control plane instead: k8s-tui panel root@10.0.0.11; its nodes are read over SSH.',
  zh: '可改为指定一台控制平面：k8s-tui panel root@10.0.0.11；节点将通过 SSH 读取。',
};

const leadsNowhere = (file: string) =>
  new Problem({
    code: 'spec',
    what: { en: `${file} has no current context that leads to a cluster`, zh: `${file} 没有指向集群的当前 context` },
    remedy: {
      en: `Choose one: kubectl --kubeconfig ${file} config use-context NAME.`,
      zh: `请选择：kubectl --kubeconfig ${file} config use-context NAME。`,
    },
  });

const needsProgram = (file: string, command: string) =>
  new Problem({
    code: 'spec',
    what: {
      en: `${file} gets its credentials from a program (${command}), which is not run`,
      zh: `${file} 的凭据来自程序 ${command}，不会执行该程序`,
    },
    remedy: instead,
  });

const unreadable = (file: string, path: string, why: string) =>
  new Problem({
    code: 'spec',
    what: { en: `${file} names ${path}, which cannot be read: ${why}`, zh: `${file} 引用的 ${path} 无法读取：${why}` },
    remedy: { en: 'Make it readable, or take another kubeconfig.', zh: '请使其可读，或使用其他 kubeconfig。' },
  });

const noAnswer = (server: string, why: string) =>
  new Problem({
    code: 'unreachable',
    what: { en: `the API server ${server} does not answer: ${why}`, zh: `API Server ${server} 没有应答：${why}` },
    remedy: instead,
  });

const refused = (server: string, path: string, code: number) =>
  new Problem({
    code: 'preflight',
    what: {
      en: `the API server ${server} refuses ${path}: HTTP ${code}`,
      zh: `API Server ${server} 拒绝了 ${path}：HTTP ${code}`,
    },
    remedy: {
      en: `Its user has to be allowed to list nodes. ${instead.en}`,
      zh: `其用户需要有列出节点的权限。${instead.zh}`,
    },
  });
