import type { Text } from '../text.js';

/** The table of contents of an install, in the order in which an operator meets it. */
export const phases = {
  prepare: { en: 'prepare', zh: '准备' },
  packages: { en: 'packages', zh: '软件包' },
  images: { en: 'images', zh: '镜像' },
  'control-plane': { en: 'control plane', zh: '控制平面' },
  network: { en: 'network', zh: '网络' },
  join: { en: 'join', zh: '加入' },
  verify: { en: 'verify', zh: '验证' },
  traffic: { en: 'traffic', zh: '流量' },
  reset: { en: 'reset', zh: '重置' },
} as const satisfies Record<string, Text>;

/** All but reset belong to an install. */
export type PhaseId = keyof typeof phases;

export const phaseIds = Object.keys(phases) as PhaseId[];
