import { sized, width } from '../components/text.js';
import type { EngineEvent } from '../engine/events.js';
import { type PhaseId, phases } from '../engine/plan/phases.js';
import { servedBy } from '../engine/sources/stand-in.js';
import type { Language, Text } from '../engine/text.js';
import { findingCard, problemCard } from './card.js';
import { planTable } from './plan.js';
import { statusTable } from './status.js';
import type { View } from './view.js';

export interface PlainOptions {
  language: Language;
  write: (line: string) => void;
  /** Where the whole log of the run lies. */
  log?: string;
  columns?: number;
}

/** A step that is at work for longer says what it is doing, this often. */
const SILENCE = 20_000;

interface Busy {
  host: string;
  phase: PhaseId;
  title: Text;
  lastLine: string | null;
  saidAt: number;
  since: number;
}

/**
 * A run in lines for a log or a pipe: `12.3s  n1  packages  kubelet installed`. What was so already is counted, what was changed or
 * failed is named, what takes long says so. Times are seconds since the first event.
 */
export function plainView({ language, write, log, columns }: PlainOptions): View {
  let begin: number | null = null;
  let hostWidth = 0;
  let phaseWidth = 0;
  const busy = new Map<string, Busy>();
  const started = new Set<string>();
  const counts = new Map<string, { changed: number; same: number }>();
  const t = (text: Text) => text[language];

  const say = (at: number, host: string, phase: PhaseId | null, text: string) => {
    begin ??= at;
    const seconds = `${((at - begin) / 1000).toFixed(1)}s`.padStart(7);
    const parts = [seconds, host && column(host, hostWidth), phase && column(t(phases[phase]), phaseWidth), text];
    write(parts.filter(part => part).join('  '));
  };

  const event = (event: EngineEvent) => {
    begin ??= event.at;
    tick(event.at);
    switch (event.type) {
      case 'run-started': {
        const steps = event.tasks.reduce((sum, task) => sum + task.steps.length, 0);
        if (steps) say(event.at, event.cluster, null, t(words.started(event.hosts.length, steps)));
        hostWidth = Math.max(...event.hosts.map(width));
        phaseWidth = Math.max(0, ...event.tasks.map(task => width(t(phases[task.phase]))));
        break;
      }
      case 'task-started':
        counts.set(event.task, { changed: 0, same: 0 });
        started.add(event.host);
        break;
      case 'task-waiting':
        // What a host will wait for later is no news while it has other work.
        if (started.has(event.host) && ![...busy.values()].some(step => step.host === event.host))
          say(event.at, event.host, event.phase, t({ en: `waits for ${event.for.en}`, zh: `等待 ${event.for.zh}` }));
        break;
      case 'step-started':
        busy.set(event.task, {
          host: event.host,
          phase: event.phase,
          title: event.title,
          lastLine: null,
          saidAt: event.at,
          since: event.at,
        });
        break;
      case 'step-output': {
        const step = busy.get(event.task);
        if (step) step.lastLine = event.line;
        break;
      }
      case 'step-waiting':
        say(event.at, event.host, event.phase, t(words.waits(busy.get(event.task)?.title, event.for)));
        break;
      case 'source-changed':
        say(event.at, event.host, event.phase, t(servedBy(event)));
        break;
      case 'step-finished': {
        const title = busy.get(event.task)?.title ?? untitled(event.step);
        const count = counts.get(event.task);
        busy.delete(event.task);
        if (count && (event.result === 'changed' || event.result === 'same')) count[event.result]++;
        if (event.result !== 'same')
          say(event.at, event.host, event.phase, `${t(title)}: ${t(words.step[event.result])}${took(event.ms)}`);
        break;
      }
      case 'task-finished': {
        const { changed = 0, same = 0 } = counts.get(event.task) ?? {};
        say(event.at, event.host, event.phase, t(words.task[event.result](changed, same)) + took(event.ms));
        break;
      }
      case 'problem':
        for (const line of problemCard(event.problem, language, log)) write(line);
        break;
      case 'host-lost':
        say(event.at, event.host, null, t(words.lost(event.reason)));
        break;
      case 'host-back':
        say(event.at, event.host, null, t(words.back));
        break;
      case 'note':
        say(event.at, '', null, t(event.text));
        break;
      case 'run-finished':
        write('');
        for (const { host, state } of event.hosts) write(`  ${column(host, hostWidth)}  ${t(state)}`);
        write(t(words.run[event.result]) + took(event.ms));
        break;
    }
  };

  function tick(at: number) {
    for (const step of busy.values()) {
      if (at - step.saidAt < SILENCE) continue;
      step.saidAt = at;
      say(at, step.host, step.phase, t(words.still(step, at - step.since)));
    }
  }

  return {
    event,
    tick,
    findings: findings => findings.flatMap(finding => findingCard(finding, language)).forEach(write),
    plan: plan => planTable(plan, language, columns).forEach(write),
    status: status => statusTable(status, language).forEach(write),
  };
}

const column = (text: string, columns: number) => sized(text, Math.max(columns, width(text)));

/** A step that was stopped before it began has said only its id. */
const untitled = (step: string): Text => ({ en: step.replaceAll('_', ' '), zh: step.replaceAll('_', ' ') });

const took = (ms: number) => (ms >= 1000 ? ` (${(ms / 1000).toFixed(1)} s)` : '');

const words = {
  started: (hosts: number, steps: number): Text => ({
    en: `${hosts} ${hosts === 1 ? 'host' : 'hosts'}, ${steps} steps`,
    zh: `${hosts} 台主机，${steps} 个步骤`,
  }),
  waits: (title: Text | undefined, what: string): Text => ({
    en: `${title ? `${title.en}: ` : ''}waits: ${what}`,
    zh: `${title ? `${title.zh}：` : ''}等待：${what}`,
  }),
  still: ({ title, lastLine }: Busy, ms: number): Text => ({
    en: `${title.en}: at work for ${Math.round(ms / 1000)} s${lastLine ? `: ${lastLine}` : ''}`,
    zh: `${title.zh}：已进行 ${Math.round(ms / 1000)} 秒${lastLine ? `：${lastLine}` : ''}`,
  }),
  lost: (reason: string): Text => ({ en: `line lost: ${reason}; trying to get it back`, zh: `连接断开：${reason}；正在重连` }),
  back: { en: 'line is back', zh: '连接已恢复' },
  step: {
    changed: { en: 'done', zh: '完成' },
    failed: { en: 'failed', zh: '失败' },
    stopped: { en: 'stopped before it', zh: '在此之前停止' },
  },
  task: {
    done: (changed: number, same: number): Text => ({
      en: `done: ${changed} changed, ${same} already so`,
      zh: `完成：改动 ${changed} 项，${same} 项原已如此`,
    }),
    same: (): Text => ({ en: 'already so', zh: '原已如此' }),
    failed: (): Text => ({ en: 'failed', zh: '失败' }),
    stopped: (): Text => ({ en: 'stopped', zh: '已停止' }),
    skipped: (): Text => ({ en: 'not begun', zh: '未开始' }),
  },
  run: {
    done: { en: '✓ done', zh: '✓ 完成' },
    same: { en: '✓ everything is so already: nothing was changed', zh: '✓ 一切原已如此：没有任何改动' },
    failed: { en: '✗ failed; the same command again goes on from here', zh: '✗ 失败；再次执行同一命令将从此处继续' },
    stopped: { en: '‖ stopped; the same command again goes on from here', zh: '‖ 已停止；再次执行同一命令将从此处继续' },
  },
} satisfies Record<string, unknown>;
