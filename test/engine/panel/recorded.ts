import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiReport, parseApiReport } from '../../../source/engine/panel/api-report.js';
import { type HostReport, parseReport } from '../../../source/engine/panel/report.js';
import { emptyPanel, fold, type PanelState } from '../../../source/engine/panel/state.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';

const read = (name: string) => readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8');

/** When the recordings were made. */
export const RECORDED_AT = Date.parse('2026-11-24T02:47:30Z');

/** Two reports of a real host, two seconds apart. */
export function recordedReports(host: 'control-plane' | 'worker'): [HostReport, HostReport] {
  const [first = '', second = ''] = read(`${host}.txt`).split('@@ end\n');
  const before = parseReport(first, null, clockOf(first));
  return [before, parseReport(second, before, clockOf(second))];
}
const clockOf = (text: string) => Math.round(Number(/@@ clock\n([\d.]+)/.exec(text)![1]) * 1000);

export const recordedApi = (at = RECORDED_AT): ApiReport =>
  parseApiReport(read('api.txt').replace('@@ end\n', ''), null, 'n10', at);

/** The recorded cluster of two hosts, n10 and n11, healthy. */
export function recordedPanel(): PanelState {
  const spec = clusterSpec.parse({
    name: 'panel',
    hosts: [
      { name: 'n10', address: '10.77.0.20', roles: ['control-plane'] },
      { name: 'n11', address: '10.77.0.21' },
    ],
  });
  const reports = { n10: recordedReports('control-plane'), n11: recordedReports('worker') };
  let state = emptyPanel(spec, RECORDED_AT);
  for (const [host, pair] of Object.entries(reports))
    for (const report of pair) state = fold(state, { type: 'report', host, report });
  const at = state.at;
  // As if all had been asked in the same moment.
  state = { ...state, hosts: state.hosts.map(host => ({ ...host, report: { ...host.report!, at } })) };
  return fold(state, { type: 'api', report: recordedApi(at) });
}
