import { sized, width } from '../components/text.js';
import { isSourceKind, type Offer, offersOf, type ProbeKind, placeOf, sourceKinds } from '../engine/sources/catalogue.js';
import type { Choice } from '../engine/sources/choose.js';
import type { SourceProbe, SourceReport } from '../engine/sources/report.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import { type Language, type Text, typeset } from '../engine/text.js';

/** Hosts beside each other, sources below each other; under it why those fail that do, and who is taken from. */
export function doctorTable(
  spec: ClusterSpec,
  report: SourceReport,
  { sources, version }: Choice,
  language: Language,
): string[] {
  const hosts = spec.hosts.map(host => host.name);
  const offers = offersOf(spec);
  const rows = offers.map((offer, i) => [
    offer.kind === offers[i - 1]?.kind ? '' : kindWords[offer.kind][language],
    `${!isSourceKind(offer.kind) || sources.from[offer.kind] === offer.place ? '●' : '○'} ${offer.place}`,
    ...hosts.map(host => cell(probeOf(report, host, offer), language)),
    carries(report, offer, language),
  ]);
  const head = ['', '', ...hosts, words.carries[language]];
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map(row => width(row[i]!))));
  const line = (row: string[]) =>
    row
      .map((text, i) => sized(text, widths[i]!))
      .join('  ')
      .trimEnd();
  return [
    line(head),
    ...rows.map(line),
    ...reasons(spec, report, language),
    '',
    words.chosen(version, mixOf(sources.from))[language],
  ];
}

export const kindWords: Record<ProbeKind, Text> = {
  'kubernetes-packages': { en: 'packages', zh: '软件包' },
  runtime: { en: 'containerd', zh: 'containerd' },
  images: { en: 'images', zh: '镜像' },
  'network-images': { en: 'network', zh: '网络镜像' },
  'os-packages': { en: 'system', zh: '系统' },
  time: { en: 'time', zh: '时间' },
};

const probeOf = (report: SourceReport, host: string, { kind, place }: Offer): SourceProbe | undefined =>
  report.find(probe => probe.host === host && probe.kind === kind && probe.place === place);

/** `✓ 42 ms 31 MB/s` */
function cell(probe: SourceProbe | undefined, language: Language): string {
  if (!probe || probe.unknown) return `? ${words.unknown[language]}`;
  if (probe.missing?.length) return `! ${words.lacks(probe.missing.length)[language]}`;
  if (!probe.ok) return `✗ ${words.fails[language]}`;
  const speed = probe.evidence?.speed;
  return `✓${probe.ms === null ? '' : ` ${probe.ms} ms`}${speed ? ` ${speedOf(speed)}` : ''}`;
}

/** `31 MB/s`, `420 kB/s` */
export function speedOf({ bytes, ms }: { bytes: number; ms: number }): string {
  const perSecond = (bytes / ms) * 1000;
  return perSecond >= 995_000
    ? `${(perSecond / 1e6).toFixed(perSecond < 9_950_000 ? 1 : 0)} MB/s`
    : `${Math.round(perSecond / 1000)} kB/s`;
}

/** What a place has: the newest version with the key that signs it, or whether all images are there. */
function carries(report: SourceReport, { kind, place }: Offer, language: Language): string {
  const probes = report.filter(probe => probe.kind === kind && probe.place === place);
  const versions = probes.find(probe => probe.versions?.length)?.versions;
  const { key, keyExpires } = probes.find(probe => probe.key) ?? {};
  const images = probes.filter(probe => probe.missing);
  return [
    versions?.at(-1),
    key && words.key(key.slice(-16))[language],
    keyExpires && words.until(new Date(keyExpires).toISOString().slice(0, 10))[language],
    images.length > 0 && images.every(probe => !probe.missing!.length) && words.complete[language],
  ]
    .filter(Boolean)
    .join(', ');
}

/** Each reason once, with the hosts that give it, and what the place is known to get wrong. */
function reasons(spec: ClusterSpec, report: SourceReport, language: Language): string[] {
  return offersOf(spec).flatMap(offer => {
    const bad = report.filter(probe => probe.kind === offer.kind && probe.place === offer.place && !probe.ok && probe.reason);
    const all = [...new Set(bad.map(probe => probe.reason![language]))];
    const caution = placeOf(spec, offer.place).caution;
    return all.map(reason => {
      const hosts = bad.filter(probe => probe.reason![language] === reason).map(probe => probe.host);
      const known = caution && bad.some(probe => probe.missing?.length) ? ` (${caution[language]})` : '';
      return `  ✗ ${kindWords[offer.kind][language]} ${offer.place}, ${hosts.join(' ')}: ${reason}${known}`;
    });
  });
}

/** Who is taken from, the kinds of one place together. */
function mixOf(from: Choice['sources']['from']): Text {
  const list = (language: Language) =>
    [...new Set(Object.values(from))]
      .map(place => {
        const kinds = sourceKinds.filter(kind => from[kind] === place).map(kind => kindWords[kind][language]);
        return language === 'en' ? `${kinds.join(', ')} from ${place}` : typeset(`${kinds.join('、')}取自 ${place}`);
      })
      .join(language === 'en' ? '; ' : '；');
  return { en: list('en'), zh: list('zh') };
}

const words = {
  carries: { en: 'CARRIES', zh: '内容' },
  unknown: { en: 'not known', zh: '未知' },
  fails: { en: 'fails', zh: '失败' },
  complete: { en: 'all images', zh: '镜像齐全' },
  lacks: (n: number): Text => ({ en: `lacks ${n}`, zh: `缺 ${n} 个` }),
  key: (id: string): Text => ({ en: `key …${id}`, zh: `密钥 …${id}` }),
  until: (day: string): Text => ({ en: `to ${day}`, zh: `有效至 ${day}` }),
  chosen: (version: string, mix: Text): Text => ({
    en: `Kubernetes ${version}: ${mix.en}`,
    zh: `Kubernetes ${version}：${mix.zh}`,
  }),
};
