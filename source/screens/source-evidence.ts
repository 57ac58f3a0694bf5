import { blank, bold, dim, green, type Line, red } from '../components/line.js';
import { cut, sized, width, wrap } from '../components/text.js';
import { type Offer, placeOf } from '../engine/sources/catalogue.js';
import type { SourceProbe } from '../engine/sources/report.js';
import type { View } from './screen.js';

/** All that one cell of the matrix rests on. */
export function sourceEvidence(
  { state, t, columns, height }: View,
  host: string,
  { kind, place }: Offer,
  probe?: SourceProbe,
): Line[] {
  const words = t.mirror.evidence;
  const title: Line = [' ', bold(`${host} · ${t.mirror.kinds[kind]} · ${t.mirror.places[place]}`)];
  if (!probe) return [title, blank, [' ', dim(words.none)]];
  const { evidence } = probe;
  const labels = [words.url, words.verdict, words.took, words.speed, words.by, words.key, words.has, words.lacks, words.known];
  const indent = Math.max(...labels.map(width)) + 3;
  const row = (label: string, text: string | null | undefined | false, paint = (line: string) => ({ text: line })): Line[] =>
    text
      ? wrap(text, columns - indent - 1).map((line, i) => [' ', dim(sized(i === 0 ? label : '', indent - 1)), paint(line)])
      : [];
  const step = (name: string, ms: number | null | undefined) => (ms === null || ms === undefined ? null : `${name} ${ms} ms`);
  const took = evidence && [
    step('DNS', evidence.dns),
    step('TCP', evidence.tcp),
    step('TLS', evidence.tls),
    step(words.first, probe.ms),
  ];
  const speed = evidence?.speed;
  const key =
    probe.key &&
    [probe.key, probe.keyExpires && words.until(new Date(probe.keyExpires).toISOString().slice(0, 10))]
      .filter(Boolean)
      .join('  ');
  const digest = (image: string) => evidence?.digests?.[image]?.slice(7, 19);
  const images = Object.keys(evidence?.digests ?? {}).map(image => `${image}@${digest(image)}`);
  const lines = [
    ...row(words.url, probe.url),
    ...row(
      words.verdict,
      probe.reason?.[state.language] ?? words.good,
      probe.ok ? green : probe.unknown ? line => ({ text: line }) : red,
    ),
    ...row(words.took, took?.filter(Boolean).join('  ')),
    ...row(words.speed, speed && words.sample((speed.bytes / 1e6).toFixed(1), (speed.ms / 1000).toFixed(2))),
    ...row(words.by, [evidence?.address, evidence?.proxy && words.proxy(evidence.proxy)].filter(Boolean).join('  ')),
    ...row(words.key, key),
    ...row(words.has, [...(probe.versions ?? []), ...images].join('  ')),
    ...row(words.lacks, probe.missing?.join('  '), red),
    ...row(words.known, placeOf(state.spec, place).caution?.[state.language]),
    ...(evidence?.asked.length ? [blank] : []),
    ...(evidence?.asked ?? []).map(
      ({ url, code, exit, ms }): Line => [
        ' ',
        dim(`${sized(exit ? `curl ${exit}` : String(code), 8)}${sized(ms === null ? '' : `${ms} ms`, 9)}`),
        cut(url, columns - 20, 'middle'),
      ],
    ),
  ];
  return [title, blank, ...lines].slice(0, height);
}
