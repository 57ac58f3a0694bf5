import { wrap } from '../components/text.js';
import type { Cause, Diagnosis } from '../engine/diagnose/diagnose.js';
import { type Fix, likelihoodWords, type Place } from '../engine/diagnose/symptom.js';
import type { Language, Text } from '../engine/text.js';

/** Who can do a fix, where it is not commands that are shown. */
export const fixWords: Record<Exclude<Fix['by'], 'commands'>, Text> = {
  again: { en: 'k8s-tui apply', zh: 'k8s-tui apply' },
  mirror: { en: 'mirror: in cluster.yaml, then k8s-tui apply', zh: '修改 cluster.yaml 中的 mirror 后执行 k8s-tui apply' },
  hand: { en: 'by hand', zh: '手动处理' },
};

const places: Partial<Record<Place, Text>> = {
  facts: { en: 'the host', zh: '主机' },
  command: { en: 'the command that failed', zh: '失败的命令' },
};
export const placeWords = (where: Place): Text => places[where] ?? { en: where, zh: where };

/** Fixes that a key or a number can apply, in the order in which they are told. */
export const applicable = ({ causes }: Diagnosis) =>
  causes.flatMap(cause => cause.fixes.flatMap(fix => (fix.by === 'commands' ? [{ cause, fix }] : [])));

/** What is wrong, why, and what mends it, with the commands in full; those that can be applied are numbered. */
export function diagnosisLines(diagnosis: Diagnosis, language: Language, columns = 100): string[] {
  const t = (text: Text) => text[language];
  const numbered = applicable(diagnosis).map(({ fix }) => fix);
  const fixLines = (fix: Fix): string[] => {
    if (fix.by !== 'commands')
      return [`    ${t(words.mend)}  ${t(fix.title)}${fix.by === 'hand' ? '' : `  (${t(fixWords[fix.by])})`}`];
    return [
      `  ${String(numbered.indexOf(fix) + 1).padStart(2)}  ${t(fix.title)}`,
      ...fix.commands.text.split('\n').map(line => `        ${line}`),
    ];
  };
  const causeLines = ({ host, likelihood, cause, seen, fixes }: Cause): string[] => [
    '',
    `✗ ${host}  ${t(cause)}  [${t(likelihoodWords[likelihood])}]`,
    ...wrap(`${t(placeWords(seen.where))}: ${seen.line}`, columns - 6)
      .slice(0, 4)
      .map(line => `    | ${line}`),
    ...fixes.flatMap(fixLines),
  ];
  const { signs, causes } = diagnosis;
  if (!signs.length && !causes.length) return [t(words.well)];
  return [
    ...signs.map(({ host, what }) => `! ${host}  ${t(what)}`),
    ...causes.flatMap(causeLines),
    ...(causes.length ? [] : ['', t(words.unknown)]),
  ];
}

const words = {
  mend: { en: 'mend', zh: '处理' },
  well: { en: '✓ nothing is wrong that can be seen', zh: '✓ 未发现问题' },
  unknown: {
    en: 'No cause that is known here fits. The support bundle holds all that was found: --bundle FILE',
    zh: '没有匹配的已知原因。诊断包含有全部信息：--bundle 文件',
  },
} satisfies Record<string, Text>;
