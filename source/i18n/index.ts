import type { Language } from '../engine/text.js';
import { en } from './en.js';
import { zh } from './zh.js';

export type Catalogue = typeof en;
export const catalogues: Record<Language, Catalogue> = { en, zh };

/** The language of the operator's locale: Chinese where it says so, English elsewhere. */
export function languageOf(environment: Record<string, string | undefined>): Language {
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^zh/i.test(locale) ? 'zh' : 'en';
}
