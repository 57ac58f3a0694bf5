import { sized, width } from '../components/text.js';
import { phaseIds, phases } from '../engine/plan/phases.js';
import { isNeeded, type Plan, type PlannedStep } from '../engine/plan/plan.js';
import { placesIn } from '../engine/sources/sources.js';
import type { Language, Text } from '../engine/text.js';

/** `·` it is so already, `+` it will be done; `+` too where nobody asked the host. */
const sign = (step: PlannedStep | undefined) => (!step ? ' ' : step.state === 'same' ? '·' : '+');

/** The plan as a table: phases and steps down, hosts across (in several tables where they do not fit side by side). */
export function planTable(plan: Plan, language: Language, columns = 100): string[] {
  const t = (text: Text) => text[language];
  const hosts = plan.spec.hosts.map(host => host.name);
  const titles = plan.tasks.flatMap(task => task.steps.map(step => t(step.title)));
  const titleWidth = Math.max(...titles.map(width));
  const groups = sideBySide(hosts, columns - titleWidth - 4);
  return [
    t(words.head(plan)),
    ...groups.flatMap(group => ['', ...table(plan, group, titleWidth, t)]),
    '',
    ...plan.notes.map(note => `! ${t(note)}`),
    t(words.foot(plan)),
  ];
}

function table(plan: Plan, hosts: string[], titleWidth: number, t: (text: Text) => string): string[] {
  const row = (title: string, cell: (host: string) => string) =>
    `${sized(title, titleWidth + 4)}${hosts.map(host => `  ${sized(cell(host), width(host))}`).join('')}`.trimEnd();
  const lines = [row('', host => host)];
  const isChange = hostsToChange(plan).length > 0;
  for (const phase of phaseIds) {
    const tasks = plan.tasks.filter(
      task => task.phase === phase && hosts.includes(task.host) && (isChange || !task.afterChange),
    );
    const steps = new Map(tasks.flatMap(task => task.steps).map(step => [step.id, step]));
    if (steps.size) lines.push(t(phases[phase]));
    for (const [id, { title }] of steps) {
      const of = (host: string) =>
        tasks
          .filter(task => task.host === host)
          .flatMap(task => task.steps)
          .find(step => step.id === id);
      lines.push(row(`  ${t(title)}`, host => sign(of(host))));
    }
  }
  return lines;
}

function sideBySide(hosts: string[], columns: number): string[][] {
  const groups: string[][] = [[]];
  let used = 0;
  for (const host of hosts) {
    used += width(host) + 2;
    if (used > columns && groups.at(-1)!.length) {
      groups.push([]);
      used = width(host) + 2;
    }
    groups.at(-1)!.push(host);
  }
  return groups;
}

/** Hosts on which the plan will change something. */
export const hostsToChange = (plan: Plan): string[] =>
  plan.spec.hosts.map(host => host.name).filter(host => plan.tasks.some(task => task.host === host && isNeeded(task)));

const words = {
  head: ({ spec, version, sources }: Plan): Text => ({
    en: `${spec.name}: Kubernetes ${version} from ${placesIn(sources).join(' + ')}, ${spec.network.cni}, ${spec.hosts.length} hosts`,
    zh: `${spec.name}：Kubernetes ${version}，来源 ${placesIn(sources).join(' + ')}，${spec.network.cni}，${spec.hosts.length} 台主机`,
  }),
  foot: (plan: Plan): Text => {
    const hosts = hostsToChange(plan);
    const tasks = plan.tasks.filter(isNeeded);
    const steps = tasks.flatMap(task => task.steps).filter(step => step.state !== 'same').length;
    return hosts.length
      ? {
          en: `· already so   + will be done: ${steps} steps on ${hosts.length} hosts. Nothing has been changed.`,
          zh: `· 原已如此   + 将要执行：${hosts.length} 台主机上共 ${steps} 个步骤。目前没有任何改动。`,
        }
      : { en: 'Everything is so already: there is nothing to do.', zh: '一切原已如此：无需任何改动。' };
  },
};
