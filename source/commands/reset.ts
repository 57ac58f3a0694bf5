import { forgetKubeconfig } from '../engine/cluster/kubeconfig.js';
import { Problem } from '../engine/errors.js';
import type { Plan } from '../engine/plan/plan.js';
import { makeResetPlan } from '../engine/run/reset.js';
import { run } from '../engine/run/run.js';
import { controlPlanes, isControlPlane } from '../engine/spec/hosts.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';
import { savedSessions } from '../state/sessions.js';
import { watched } from './apply.js';
import { type ExitCode, exit } from './exit.js';
import { withFleet } from './fleet.js';
import { logged } from './logged.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

export interface ResetOptions {
  /** This host alone; the cluster of the others lives on. */
  host?: string;
  /** What would have been typed: the cluster's name, or the host's where it is one alone. */
  confirm?: string;
}

/**
 * Makes the hosts what they were before, each by its own ledger, after the name of what ends was typed. --yes does not do it.
 */
export async function reset(session: Session, file: string, { host: only, confirm }: ResetOptions): Promise<ExitCode> {
  const spec = await readSpecFile(file);
  if (only !== undefined && !spec.hosts.some(({ name }) => name === only)) throw noSuchHost(only, spec);
  const name = only ?? spec.name;
  if (confirm !== undefined && confirm !== name) throw otherName(confirm, name, only !== undefined);
  if (confirm === undefined && !session.terminal) throw nobodyToAsk(name);
  const { view, note } = logged(session, spec.name);
  const needed =
    only === undefined ? spec : { ...spec, hosts: spec.hosts.filter(host => host.name === only || isControlPlane(host)) };

  return withFleet(
    session,
    view,
    needed,
    async ({ remotes, problems }) => {
      const plan = await makeResetPlan(needed, remotes, only);
      if (!plan.tasks.length) {
        note(problems.length ? words.notReached : words.nothing);
        return problems.length ? exit.unfit : exit.ok;
      }
      for (const [host, ledger] of Object.entries(plan.ledgers)) note(words.ledger(host, ledger.length));
      if (only !== undefined) note(leaving(spec, only, plan, remotes));
      if (confirm === undefined) {
        const question = only === undefined ? words.question(plan.tasks.length, name) : words.questionOfOne(name);
        const answer = await session.terminal!.line(question[session.language]);
        if (answer?.trim() !== name) {
          note(words.refused);
          return exit.stopped;
        }
      }
      const stays: Text[] = [];
      const { result } = await watched(session, view, options =>
        run(plan, remotes, {
          ...options,
          kubeconfig: false,
          emit: event => {
            options.emit(event);
            const stayed = event.type === 'step-output' && /^stays: (.*)$/.exec(event.line)?.[1];
            if (stayed) stays.push(words.stays(event.host, stayed));
          },
        }),
      );
      stays.forEach(note);
      if (result !== 'done' && result !== 'same') return result === 'failed' ? exit.failed : exit.stopped;
      if (only === undefined) await forget(spec, note);
      else {
        note(plan.ledgers[only] ? words.out(only) : words.outButNotUndone(only));
        if (isPlane(spec, only)) note(words.nameFollows(only));
      }
      return exit.ok;
    },
    { evenSo: only !== undefined },
  );
}

/** What the operator's machine knows of a cluster that is no more. What cannot be forgotten is said: the hosts are undone. */
async function forget(spec: ClusterSpec, note: (text: Text) => void): Promise<void> {
  for (const part of [() => forgetKubeconfig(spec.name), () => forgetSession(spec, note)])
    await part().catch((error: Error) => note(words.notForgotten(error.message)));
}

async function forgetSession(spec: ClusterSpec, note: (text: Text) => void): Promise<void> {
  const sessions = savedSessions();
  const saved = await sessions.find(spec, note);
  if (saved) await sessions.save({ ...saved, result: 'idle', changed: [], hosts: [], ms: null, savedAt: Date.now() });
}

/** What becomes of the cluster when one host leaves it. */
function leaving(spec: ClusterSpec, host: string, { tasks }: Pick<Plan, 'tasks'>, remotes: Record<string, unknown>): Text {
  if (controlPlanes(spec).every(({ name }) => name === host)) return words.lastPlane(host);
  if (!remotes[host]) return words.gone(host);
  if (isPlane(spec, host)) return words.planeLeaves(host, controlPlanes(spec).length - 1);
  const leave = tasks.find(task => task.host !== host);
  if (!leave) return words.notInCluster(host);
  return leave.after.length ? words.stillJoining(host) : words.drained(host);
}

const isPlane = (spec: ClusterSpec, host: string) => controlPlanes(spec).some(({ name }) => name === host);

const noSuchHost = (host: string, spec: ClusterSpec) =>
  new Problem({
    code: 'spec',
    what: { en: `there is no host ${host} in this file`, zh: `此文件中没有主机 ${host}` },
    remedy: {
      en: `One of: ${spec.hosts.map(({ name }) => name).join(', ')}.`,
      zh: `可选：${spec.hosts.map(({ name }) => name).join('、')}。`,
    },
  });

const otherName = (given: string, name: string, isHost: boolean) =>
  new Problem({
    code: 'spec',
    what: {
      en: `--confirm ${given}: ${isHost ? 'the host to reset' : 'the cluster of this file'} is called ${name}`,
      zh: `--confirm ${given}：${isHost ? '要重置的主机' : '此文件中的集群'}名为 ${name}`,
    },
    remedy: {
      en: 'Make sure that this is the file that you mean. Nothing has been changed.',
      zh: '请确认文件无误。没有任何改动。',
    },
  });

const nobodyToAsk = (name: string) =>
  new Problem({
    code: 'spec',
    what: {
      en: 'reset takes a cluster apart, and there is no terminal to ask on',
      zh: 'reset 会拆除集群，但没有可供询问的终端',
    },
    remedy: { en: `Use --confirm ${name}. --yes alone does not do it.`, zh: `请使用 --confirm ${name}；仅有 --yes 不够。` },
  });

const words = {
  notForgotten: (why: string): Text => ({
    en: `what this machine knows of the cluster could not all be brought up to date: ${why}`,
    zh: `本机上关于该集群的记录未能全部更新：${why}`,
  }),
  nothing: {
    en: 'none of these hosts holds anything of ours: nothing to undo',
    zh: '这些主机上没有本程序留下的内容：无需撤销',
  },
  ledger: (host: string, lines: number) =>
    lines
      ? { en: `${host}: ${lines} changes in its ledger will be undone`, zh: `${host}：将撤销账本中的 ${lines} 项改动` }
      : { en: `${host}: a run is still at work there and will be ended`, zh: `${host}：仍有运行在进行，将先终止` },
  question: (hosts: number, name: string) => ({
    en: `The cluster ends, with all that runs in it, and ${hosts} ${hosts === 1 ? 'host becomes' : 'hosts become'} what they were before. Type the cluster's name (${name}) to go on: `,
    zh: `集群及其中运行的一切将被清除，${hosts} 台主机将恢复原状。输入集群名称（${name}）继续：`,
  }),
  questionOfOne: (host: string) => ({
    en: `${host} becomes what it was before; pods that nobody would start elsewhere end. Type the host's name (${host}) to go on: `,
    zh: `${host} 将恢复原状；没有控制器的 Pod 将终止。输入主机名（${host}）继续：`,
  }),
  notReached: { en: 'nothing could be reached that would have to be changed', zh: '需要改动的主机均无法访问' },
  drained: (host: string) => ({
    en: `${host} is drained and taken out of the cluster first, which lives on`,
    zh: `先迁移 ${host} 上的 Pod 并将其移出集群，集群继续运行`,
  }),
  planeLeaves: (host: string, left: number) => ({
    en: `${host} is drained and leaves etcd and the cluster first, which lives on with ${left} control ${left === 1 ? 'plane' : 'planes'}; ${Math.floor((left - 1) / 2) || 'none'} of them may fail then`,
    zh: `先迁移 ${host} 上的 Pod，并将其移出 etcd 与集群；集群以 ${left} 个控制平面继续运行，此后允许 ${Math.floor((left - 1) / 2)} 个失效`,
  }),
  stillJoining: (host: string) => ({
    en: `${host} is still joining: its join is ended, and the cluster forgets it where it was let in before that`,
    zh: `${host} 正在加入：先终止加入；若此前已被接纳，则将其移出集群`,
  }),
  notInCluster: (host: string) => ({
    en: `the cluster does not know ${host}, or does not answer: only the host itself is changed`,
    zh: `集群中没有 ${host} 或集群没有应答：只改动该主机`,
  }),
  lastPlane: (host: string) => ({
    en: `${host} is the only control plane: the cluster ends with it, and its workers are left without one`,
    zh: `${host} 是唯一的控制平面：集群将随之终止，工作节点将失去控制平面`,
  }),
  gone: (host: string) => ({
    en: `${host} is not reached: it is taken out of the cluster, and what is on it stays until it is back`,
    zh: `无法访问 ${host}：将其移出集群，其上的内容在恢复连接前保持不变`,
  }),
  out: (host: string) => ({
    en: `${host} is what it was before. Take it out of the file, or apply lets it join again.`,
    zh: `${host} 已恢复原状。请从文件中删除它，否则 apply 会让它重新加入。`,
  }),
  outButNotUndone: (host: string) => ({
    en: `${host} is out of the cluster. When it is back: the same command again undoes what is on it.`,
    zh: `${host} 已移出集群。待其恢复后再次执行同一命令即可撤销其上的改动。`,
  }),
  nameFollows: (host: string) => ({
    en: `The other hosts, and kubectl here, look for the API server at ${host} as well until the next apply without it.`,
    zh: `其他主机与本机 kubectl 仍会在 ${host} 上查找 API 服务器，直到从文件中删除它后再次 apply。`,
  }),
  stays: (host: string, what: string) => ({ en: `${host}: stays as it is: ${what}`, zh: `${host}：保持不变：${what}` }),
  refused: { en: 'Nothing has been changed.', zh: '没有任何改动。' },
};
