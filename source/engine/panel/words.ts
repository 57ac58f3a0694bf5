import { span, type Text } from '../text.js';
import type { HostReport, Unit } from './report.js';

/** What is the matter with a unit that is not active, where its name stands beside it. @param at now, epoch ms */
export function unitState({ active, sub, result, exitCode, restarts, since }: Unit, at: number): Text {
  const ago = since === null ? null : span(Math.max(0, at - since) / 1000);
  if (active === 'activating' && sub === 'auto-restart')
    return restarts
      ? {
          en: `ends with ${exitCode} again and again: ${restarts} restarts`,
          zh: `反复以 ${exitCode} 退出：已重启 ${restarts} 次`,
        }
      : { en: `ended with ${exitCode} and is to be started again`, zh: `以 ${exitCode} 退出，即将重启` };
  if (active === 'failed')
    return {
      en: `failed (${result}, code ${exitCode})${ago ? ` ${ago.en} ago` : ''}`,
      zh: `失败（${result}，代码 ${exitCode}）${ago ? `，${ago.zh}前` : ''}`,
    };
  if (active === 'inactive') return { en: `stopped${ago ? ` ${ago.en} ago` : ''}`, zh: `已停止${ago ? ` ${ago.zh}` : ''}` };
  return { en: active, zh: active };
}

/** The same as a sentence. */
export function unitWords(unit: Unit, at: number): Text {
  const { en, zh } = unitState(unit, at);
  return { en: `${unit.name} ${en}`, zh: `${unit.name} ${zh}` };
}

/** The same of kubelet, with its last complaint where that is from its present trouble. */
export function kubeletWords(unit: Unit, { complaint, at }: HostReport): Text {
  const said = unitWords(unit, at);
  if (unit.active === 'inactive' || !complaint) return said;
  const words = complaint.text.replace(/^[EF]\d{4} [\d:.]+\s+\d+ \S+\] /, '').slice(0, 160);
  return { en: `${said.en}: ${words}`, zh: `${said.zh}：${words}` };
}
