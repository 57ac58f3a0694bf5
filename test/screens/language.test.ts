import { expect, it } from 'vitest';
import { catalogues, languageOf } from '../../source/i18n/index.js';

const leaves = (value: unknown, path: string): [string, unknown][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, one]) => leaves(one, `${path}.${key}`))
    : [[path, value]];

it('says everything in Chinese that it says in English', () => {
  const zh = new Map(leaves(catalogues.zh, ''));
  // Names, numbers and words that stay as they are in Chinese.
  const same =
    /\.(root|sudo|runtime|containerd|kubernetes|dns|cpu|unset|level|kubeconfig|pods?|etcd|leader|and|daocloud|shell|learner|examples\.\d\.0|oneHost\.en)$/;
  for (const [path, en] of leaves(catalogues.en, '')) {
    expect(zh.has(path), path).toBe(true);
    if (typeof en === 'string' && !same.test(path)) expect(zh.get(path), path).toMatch(/[\u4e00-\u9fff]/);
  }
  expect([...zh.keys()]).toHaveLength(leaves(catalogues.en, '').length);
});

it.each([
  [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
  [{ LANG: 'en_US.UTF-8' }, 'en'],
  [{ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, 'en'],
  [{ LC_MESSAGES: 'zh_TW.UTF-8', LANG: 'en_US.UTF-8' }, 'zh'],
  [{}, 'en'],
])('%o means %s', (environment, language) => {
  expect(languageOf(environment)).toBe(language);
});
