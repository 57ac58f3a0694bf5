import type { Finding } from '../preflight/finding.js';
import type { SourceReport } from '../sources/report.js';
import type { ClusterSpec } from '../spec/schema.js';

/** Bytes that one host fetches for a node: packages and images. */
const NODE = 200e6;
/** Seconds of downloading above which it is worth a word. */
const LONG = 90;

/**
 * A line that all hosts share and that is slow is said, with what downloading once would make of it. It is proposed and not done:
 * only the operator knows whether this machine's own line is any better than that of the hosts, and on a fast one the hosts are
 * quicker without us between.
 */
export function proposeRelay(spec: ClusterSpec, here: SourceReport): Finding[] {
  if (spec.relay || spec.hosts.length < 2) return [];
  const speeds = spec.hosts.map(({ name }) => {
    const measured = here.flatMap(({ host, evidence }) => (host === name && evidence?.speed?.ms ? [evidence.speed] : []));
    return Math.max(0, ...measured.map(({ bytes, ms }) => (bytes / ms) * 1000));
  });
  // They were measured at the same time: what they had together is what the line gives.
  const line = speeds.reduce((sum, speed) => sum + speed, 0);
  if (speeds.includes(0) || (spec.hosts.length * NODE) / line < LONG) return [];
  const minutes = (bytes: number) => Math.max(1, Math.round(bytes / line / 60));
  const [each, once] = [minutes(spec.hosts.length * NODE), minutes(NODE)];
  const rate = (line / 1e6).toFixed(1);
  return [
    {
      id: 'line-slow',
      level: 'note',
      host: null,
      what: {
        en: `The hosts together get ${rate} MB/s from the sources: downloading takes about ${each} min`,
        zh: `所有主机从来源下载的总速度为 ${rate} MB/s：下载约需 ${each} 分钟`,
      },
      why: { en: 'Every host downloads the same things for itself.', zh: '每台主机各自下载相同的内容。' },
      remedy: {
        en: `Nothing; or write relay: true, and each thing comes once, through this machine: about ${once} min over a line like that.`,
        zh: `无需处理；或写 relay: true，每项内容只经本机下载一次：同样的线路约需 ${once} 分钟。`,
      },
    },
  ];
}
