import { Problem } from '../engine/errors.js';
import type { Fleet } from '../engine/fleet.js';
import type { Plan } from '../engine/plan/plan.js';
import { type Holder, meets } from '../engine/run/holder.js';
import { type Outcome, type RunOptions, run } from '../engine/run/run.js';
import { specChanges } from '../engine/spec/changes.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';
import { savedSessions } from '../state/sessions.js';
import { hostsToChange } from '../views/plan.js';
import type { View } from '../views/view.js';
import { type ExitCode, exit } from './exit.js';
import { withFleet } from './fleet.js';
import { logged } from './logged.js';
import { prepare } from './prepare.js';
import { recordRun, withWholePaths } from './record.js';
import { withRelay } from './relay.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/** Makes it so: looks, plans, asks, runs. */
export async function apply(session: Session, file: string, bundle?: string): Promise<ExitCode> {
  // What a bundle holds reaches the hosts by the relay.
  return install(session, await readSpecFile(file, bundle ? { relay: true } : {}), bundle);
}

/** The same, for what a file or a saved session asks for. The run is kept as a session. */
export async function install(session: Session, asked: ClusterSpec, bundle?: string): Promise<ExitCode> {
  const spec = withWholePaths(asked);
  if (!session.yes && !session.terminal) throw nobodyToAsk();
  const { view, note, path } = logged(session, spec.name);
  const sessions = savedSessions();
  const before = await sessions.find(spec, note);
  if (before) for (const change of specChanges(before.spec, spec)) note(words.changed(change));

  const work = async (fleet: Fleet) => {
    const plan = await prepare(session, view, spec, fleet);
    if (!plan) return exit.unfit;
    if (!session.yes && !(await agreed(session, view, plan))) {
      note(words.refused);
      return exit.stopped;
    }
    const record = recordRun(sessions, { spec, before, log: path }, note);
    fleet.ahead?.(plan);
    const outcome = await watched(session, view, ({ emit, ...options }) =>
      run(plan, fleet.remotes, {
        ...options,
        emit: event => {
          emit(event);
          record.event(event);
        },
      }),
    );
    await record.saved();
    if (outcome.kubeconfig) note(words.kubeconfig(outcome.kubeconfig));
    return exits[outcome.result];
  };
  return withFleet(session, view, spec, fleet => withRelay(view, spec, fleet, work, bundle));
}

const exits: Record<Outcome['result'], ExitCode> = { done: exit.ok, same: exit.ok, failed: exit.failed, stopped: exit.stopped };

/** Shows the plan and waits for the word; nothing to change needs none. */
async function agreed({ terminal, language }: Session, view: View, plan: Plan): Promise<boolean> {
  const hosts = hostsToChange(plan);
  if (!hosts.length) return true;
  view.plan(plan);
  const answer = await terminal!.line(words.question(hosts)[language]);
  return answer?.trim() === 'yes';
}

/** A run that is shown as it goes, and that a Ctrl-C stops: first after the present step of each host, then at once. */
export async function watched<T>(
  { stop, now, terminal, language }: Session,
  view: View,
  start: (options: RunOptions) => Promise<T>,
): Promise<T> {
  const takeOver = async (holders: Holder[]) => {
    const answer = await terminal?.line(words.takeOver(holders)[language]);
    return answer?.trim() === words.takeOverAnswer[language];
  };
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  stop.addEventListener('abort', () => note(words.stopping), { once: true });
  now.addEventListener('abort', () => note(words.stoppingNow), { once: true });
  const clock = setInterval(() => view.tick(Date.now()), 1000);
  try {
    return await start({ emit: view.event, signal: now, stop, takeOver });
  } finally {
    clearInterval(clock);
  }
}

const nobodyToAsk = () =>
  new Problem({
    code: 'spec',
    what: { en: 'apply changes hosts, and there is no terminal to ask on', zh: 'apply 会更改主机，但没有可供询问的终端' },
    remedy: {
      en: 'Use --yes; `k8s-tui plan -f ...` shows before what will be done.',
      zh: '请使用 --yes；可先用 `k8s-tui plan -f ...` 查看将执行的操作。',
    },
  });

const words = {
  changed: (change: Text) => ({ en: `since the last run, ${change.en}`, zh: `与上次运行相比：${change.zh}` }),
  question: (hosts: string[]) => ({
    en: `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} will be changed: ${hosts.join(', ')}. Type yes to go on: `,
    zh: `将更改 ${hosts.length} 台主机：${hosts.join(', ')}。输入 yes 继续：`,
  }),
  takeOver: (holders: Holder[]) => ({
    en: `Somebody else is changing these hosts now:
${holders.map(holder => `  ${meets(holder).en}`).join('\n')}
Two at once is how clusters break: talk to them first. What runs there ends after its present step.
Type take over to go on in their place: `,
    zh: `他人正在更改这些主机：
${holders.map(holder => `  ${meets(holder).zh}`).join('\n')}
两人同时操作会损坏集群，请先与对方沟通。对方的操作会在当前步骤后结束。
输入 接管 以代替其继续：`,
  }),
  takeOverAnswer: { en: 'take over', zh: '接管' },
  refused: { en: 'Nothing has been changed.', zh: '没有任何改动。' },
  stopping: {
    en: 'stopping after the present step of each host; Ctrl-C again stops now',
    zh: '将在每台主机的当前步骤结束后停止；再按一次 Ctrl-C 立即停止',
  },
  stoppingNow: {
    en: 'stopping now; Ctrl-C again leaves the hosts to themselves',
    zh: '正在立即停止；再按一次 Ctrl-C 将不再等待主机',
  },
  kubeconfig: ({ path, context, backup }: NonNullable<Outcome['kubeconfig']>) => ({
    en: `kubectl --context ${context} get nodes   (written to ${path}${backup ? `; what was there before: ${backup}` : ''})`,
    zh: `kubectl --context ${context} get nodes   （已写入 ${path}${backup ? `；原文件备份于 ${backup}` : ''}）`,
  }),
};
