import { span, type Text } from '../text.js';
import type { HostReport, Unit } from './report.js';

/** What is the matter with a unit that is not active. @param at now, epoch ms */
export function unitWords(unit: Unit, at: number): Text {
  const { name, active, sub, result, exitCode, restarts } = unit;
  const since = unit.since === null ? null : span(Math.max(0, at - unit.since) / 1000);
  if (active === 'activating' && sub === 'auto-restart')
    return restarts
      ? {
          en: `${name} ends with ${exitCode} again and again: ${restarts} restarts`,
          zh: `${name} 反复以 ${exitCode} 退出：已重启 ${restarts} 次`,
        }
      : { en: `${name} ended with ${exitCode} and is to be started again`, zh: `${name} 以 ${exitCode} 退出，即将重启` };
  if (active === 'failed')
    return {
      en: `${name} failed (${result}, code ${exitCode})${since ? ` ${since.en} ago` : ''}`,
      zh: `${name} 失败（${result}，代码 ${exitCode}）${since ? `，${since.zh}前` : ''}`,
    };
  if (active === 'inactive')
    return { en: `${name} stopped${since ? ` ${since.en} ago` : ''}`, zh: `${name} 已停止${since ? ` ${since.zh}` : ''}` };
  return { en: `${name} is ${active}`, zh: `${name}：${active}` };
}

/** The same of kubelet, with its last complaint where that is from its present trouble. */
export function kubeletWords(unit: Unit, { complaint, at }: HostReport): Text {
  const said = unitWords(unit, at);
  if (unit.active === 'inactive' || !complaint) return said;
  const words = complaint.text.replace(/^[EF]\d{4} [\d:.]+\s+\d+ \S+\] /, '').slice(0, 160);
  return { en: `${said.en}: ${words}`, zh: `${said.zh}：${words}` };
}
