import type { ProblemDetails } from '../engine/errors.js';
import type { Finding } from '../engine/preflight/finding.js';
import type { Language, Text } from '../engine/text.js';

const labels = {
  where: { en: 'where', zh: '位置' },
  command: { en: 'command', zh: '命令' },
  why: { en: 'why', zh: '原因' },
  remedy: { en: 'remedy', zh: '解决' },
  log: { en: 'log', zh: '日志' },
} satisfies Record<string, Text>;

/** As many of a failing command's last lines as a card shows. */
const MOST_LINES = 20;

/** What went wrong, where, what the command said, what to do, where the whole log lies: a few lines. */
export function problemCard(problem: ProblemDetails, language: Language, log?: string): string[] {
  const { host, place, what, command, remedy } = problem;
  const ended =
    command &&
    (command.exitCode === null
      ? { en: 'gave no exit code', zh: '没有退出码' }
      : { en: `exit code ${command.exitCode}`, zh: `退出码 ${command.exitCode}` });
  const field = fields(language);
  return [
    ...`✗ ${host ? `${host}  ` : ''}${what[language]}`.split('\n').map((line, i) => (i ? `  ${line}` : line)),
    // The spec's mistakes are a list that names the place of each.
    ...field('where', problem.code === 'spec' ? undefined : place),
    ...field('command', command && ended && `${command.line} (${ended[language]})`),
    ...(command?.lastLines.slice(-MOST_LINES).map(line => `    | ${line}`) ?? []),
    ...field('remedy', remedy[language]),
    ...field('log', command?.log && log && command.log !== log ? `${log}, ${host}:${command.log}` : (log ?? command?.log)),
  ];
}

const glyphs = { stop: '✗', warn: '!', note: '·' } satisfies Record<Finding['level'], string>;

/** One finding of preflight. What is only good to know takes one line. */
export function findingCard({ level, host, what, why, remedy }: Finding, language: Language): string[] {
  const head = `${glyphs[level]} ${host ? `${host}  ` : ''}${what[language]}`;
  const field = fields(language);
  return level === 'note' ? [head] : [head, ...field('why', why[language]), ...field('remedy', remedy[language])];
}

const fields = (language: Language) => (name: keyof typeof labels, value: string | undefined) => {
  const label = labels[name][language];
  return value ? [`    ${label}${' '.repeat(language === 'zh' ? 2 : 8 - label.length)}${value}`] : [];
};
