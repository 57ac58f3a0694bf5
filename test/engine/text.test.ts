import { expect, it } from 'vitest';
import { typeset } from '../../source/engine/text.js';

it.each([
  ['获取Kubernetes 镜像', '获取 Kubernetes 镜像'],
  ['从清华 TUNA下载：3项', '从清华 TUNA 下载：3 项'],
  ['等待 n1 应答（v1.37.2）', '等待 n1 应答（v1.37.2）'],
  ['只有汉字，和 one name', '只有汉字，和 one name'],
])('%s is set as %s', (given, set) => {
  expect(typeset(given)).toBe(set);
});
