import { Problem, type ProblemDetails } from '../engine/errors.js';
import type { Finding } from '../engine/preflight/finding.js';
import type { Text } from '../engine/text.js';

/** A choice that cannot be: it stands among the findings, so that all is mended from one place. */
export const findingOf = ({ path, what }: { path: readonly PropertyKey[]; what: Text }): Finding => ({
  id: `spec-${path.join('-')}`,
  level: 'stop',
  host: null,
  what: { en: `${path.join('.')}: ${what.en}`, zh: `${path.join('.')}：${what.zh}` },
  why: { en: 'The plan cannot be made from this choice.', zh: '无法据此制定计划。' },
  remedy: { en: 'Go back with Esc and change it.', zh: '按 Esc 返回修改。' },
});

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A failure for the operator: as it was thrown, or a fault of ours that says so. */
export function problemOf(error: unknown): ProblemDetails {
  if (error instanceof Problem) return error.details;
  const message = messageOf(error);
  return {
    code: 'internal',
    what: { en: `a fault in k8s-tui: ${message}`, zh: `k8s-tui 自身出错：${message}` },
    remedy: { en: 'Try again. If it comes back, please report it with the log.', zh: '请重试；若再次出现，请附上日志反馈。' },
  };
}
