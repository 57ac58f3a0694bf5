/** A sentence for the operator in every language of the product. Both stand side by side where the sentence is made. */
export interface Text {
  en: string;
  zh: string;
}

export type Language = keyof Text;

/** A Chinese sentence that names were filled into: a space where Latin letters or digits meet Han characters. */
export const typeset = (zh: string): string =>
  zh.replace(/(?<=\p{Script=Han})(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=\p{Script=Han})/gu, ' ');

/** A span of time in its largest unit: 40 s, 3 min, 5 h, 12 d. */
export function span(seconds: number): Text {
  const [value, en, zh] =
    seconds < 120
      ? [seconds, 's', '秒']
      : seconds < 7200
        ? [seconds / 60, 'min', '分钟']
        : seconds < 172_800
          ? [seconds / 3600, 'h', '小时']
          : [seconds / 86_400, 'd', '天'];
  return { en: `${Math.floor(value)} ${en}`, zh: `${Math.floor(value)} ${zh}` };
}
