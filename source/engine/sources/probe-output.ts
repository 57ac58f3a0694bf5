import type { RunResult } from '../remote.js';
import type { Text } from '../text.js';
import { type Answer, hostOf, late, parseAnswer, why } from './answers.js';
import { keyExpiry, keyFingerprint } from './openpgp.js';
import type { Target } from './probe.js';
import type { Evidence, SourceProbe } from './report.js';
import { compareVersions } from './versions.js';

/** Turns the script's lines into probes, each as soon as it is whole. A sample of the speed comes later, and its probe again with it. */
export function readProbe(host: string, targets: Target[], onProbe: (probe: SourceProbe) => void, now = Date.now()) {
  const found = new Map<string, SourceProbe>();
  let name: string | null = null;
  let body: string[] = [];
  let seen = false;

  const tell = (target: Target, probe: SourceProbe) => {
    found.set(target.name, probe);
    onProbe(probe);
  };
  const settle = (target: Target, said: Verdict) =>
    tell(target, { host, place: target.place, kind: target.kind, url: target.url, ...said });
  const sampled = (text: string) => {
    const [, of, bytes, seconds] = /^@@ sample (\S+) (\d+) ([\d.]+)$/.exec(text) ?? [];
    const target = targets.find(each => each.name === of);
    const probe = of && found.get(of);
    if (!target || !probe || !Number(bytes) || !Number(seconds)) return;
    const speed = { bytes: Number(bytes), ms: Math.max(1, Math.round(Number(seconds) * 1000)) };
    tell(target, { ...probe, evidence: { ...probe.evidence!, speed } });
  };
  const line = (text: string) => {
    seen = true;
    if (text === '@@ no-curl') {
      for (const target of targets) settle(target, unknown('curl is not installed', '未安装 curl'));
    } else if (text.startsWith('@@ sample ')) {
      sampled(text);
    } else if (text === '@@ done') {
      const target = targets.find(each => each.name === name);
      if (target && !found.has(target.name)) settle(target, verdict(target, body, now));
      name = null;
    } else if (text.startsWith('@@ ')) {
      name = text.slice(3);
      body = [];
    } else if (name) body.push(text);
  };
  return {
    line: (text: string, stream: 'stdout' | 'stderr' = 'stdout') => {
      if (stream === 'stdout') line(text);
    },
    /** All probes, in the order of the targets. */
    end({ stdout, stderr }: RunResult): SourceProbe[] {
      if (!seen) for (const text of stdout.split('\n')) line(text);
      const words = stderr.trim().split('\n').at(-1) ?? '';
      for (const target of targets) {
        if (found.has(target.name)) continue;
        settle(target, unknown(`it did not say${words && ` (${words})`}`, `没有回答${words && `（${words}）`}`));
      }
      return targets.map(target => found.get(target.name)!);
    },
  };
}

type Verdict = Omit<SourceProbe, 'host' | 'place' | 'kind' | 'url'>;
type Make = (more: Partial<Verdict>, reason: Text | null) => Verdict;

const unknown = (en: string, zh: string): Verdict => ({
  ok: false,
  unknown: true,
  ms: null,
  reason: { en, zh },
});

function verdict(target: Target, body: string[], now: number): Verdict {
  const asked = body.flatMap(parseAnswer);
  const all = body.flatMap(line => parseAnswer(line.replace(/^image \S+/, 'asked')));
  const evidence = evidenceOf(all, body);
  const result: Make = (more, reason) => ({
    ok: reason === null,
    ms: (asked[0] ?? all[0])?.ms ?? null,
    reason: reason && (clockReason(all, body) ?? reason),
    ...(all.length ? { evidence: { ...evidence, ...more.evidence } } : {}),
    ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'evidence')),
  });
  const failed = asked.map(answer => why(answer, target.url)).find(reason => reason !== null) ?? null;

  if (target.kind === 'os-packages') return systemVerdict(body, asked, now, result);
  if (target.kind === 'time') return timeVerdict(body);
  if (target.images) return imagesVerdict(target, body, failed, result);
  if (target.url === 'apt: containerd') return distributionVerdict(body);
  if (target.kind === 'runtime' && !body.some(line => /^(signed|key )/.test(line)) && asked.length === 1) {
    return result({}, failed);
  }
  return packagesVerdict(target, body, { asked, failed, now }, result);
}

/** A repository: signed, its key where it should be and not expired, and with the packages in it. */
function packagesVerdict(
  target: Target,
  body: string[],
  { asked, failed, now }: { asked: Answer[]; failed: Text | null; now: number },
  result: Make,
): Verdict {
  const file = Buffer.from(body.flatMap(line => /^key (\S+)$/.exec(line)?.[1] ?? [])[0] ?? '', 'base64');
  const key = keyFingerprint(file);
  const expires = key ? keyExpiry(file) : null;
  const versions = body
    .flatMap(line => /^version (\d+\.\d+\.\d+)-/.exec(line)?.[1] ?? [])
    .map(version => `v${version}`)
    .sort(compareVersions);
  const more = {
    ...(key ? { key } : {}),
    ...(expires === null ? {} : { keyExpires: expires }),
    ...(versions.length ? { versions: [...new Set(versions)] } : {}),
  };
  if (target.kind === 'kubernetes-packages' && asked[0]?.exit === 0 && asked[0].code === 404) {
    return result({ versions: [] }, { en: 'it has no packages of this minor version', zh: '没有该次版本的软件包' });
  }
  if (failed) return result(more, failed);
  if (asked.length === 0) return result(more, late);
  if (!body.includes('signed')) return result(more, strange(target));
  if (!key) return result(more, { en: 'serves no signing key where it should be', zh: '应有签名密钥的位置没有密钥' });
  if (expires !== null && expires < now) {
    const day = new Date(expires).toISOString().slice(0, 10);
    return result(more, {
      en: `its signing key expired on ${day}: apt refuses it`,
      zh: `其签名密钥已于 ${day} 过期：apt 会拒绝`,
    });
  }
  if (target.kind === 'kubernetes-packages' && !versions.length) {
    return result(more, { en: 'its index names no kubeadm for this architecture', zh: '其索引中没有适用于此架构的 kubeadm' });
  }
  return result(more, null);
}

/** What a registry answers where it has no such image, or has it for others only. */
const refused = new Set([401, 403, 404]);

function imagesVerdict(target: Target, body: string[], failed: Text | null, result: Make): Verdict {
  const expected = target.images!.filter(image => !(body.includes('no version') && image.endsWith(':VERSION')));
  const images = body.flatMap(line => {
    const [, image, rest] = /^image (\S+) (.+)$/.exec(line) ?? [];
    return image ? parseAnswer(`asked ${rest}`).map(answer => ({ image, answer })) : [];
  });
  if (target.place === 'own' && images.some(({ answer }) => answer.code === 401))
    return result({}, { en: 'it refuses the login', zh: '拒绝登录：用户或密码不正确' });
  const missing = images.filter(({ answer }) => refused.has(answer.code)).map(({ image }) => image);
  // The first request is one without a token: that it is refused means nothing.
  const broken = images
    .filter(({ answer }) => !refused.has(answer.code))
    .map(({ answer }) => why(answer, target.url) ?? (/^text\/html/.test(answer.contentType) ? strange(target) : null));
  const reason = broken.find(each => each !== null) ?? (images.length ? null : (failed ?? late));
  if (reason) return result({}, reason);
  if (missing.length) {
    return result({ missing }, { en: `does not carry ${missing.join(', ')}`, zh: `没有 ${missing.join('、')}` });
  }
  return images.length === expected.length ? result({ missing }, null) : result({}, late);
}

/** Each Release file: there, signed, and not too old. */
function systemVerdict(body: string[], asked: Answer[], now: number, result: Make): Verdict {
  const said = body.flatMap(line => /^(signed|other)(?: (.*))?$/.exec(line)?.slice(1) ?? []);
  if (!asked.length)
    return said.length ? result({}, late) : unknown('apt has no sources that could be asked', 'apt 没有可供查询的软件源');
  const reasons = asked.map((answer, i) => {
    const [is, until] = said.slice(2 * i, 2 * i + 2);
    const failed = why(answer, answer.url) ?? (is === 'signed' ? null : strange(answer));
    if (failed) return at(answer.url, failed);
    const end = until ? Date.parse(until) : Number.NaN;
    return end < now ? at(answer.url, expired(new Date(end).toISOString().slice(0, 10))) : null;
  });
  return result({}, reasons.find(reason => reason !== null) ?? null);
}
const at = (url: string, { en, zh }: Text): Text => ({ en: `${url}: ${en}`, zh: `${url}：${zh}` });
const expired = (day: string): Text => ({
  en: `its list expired on ${day}, or the clock of this host is ahead: apt refuses it`,
  zh: `其清单已于 ${day} 过期，或本机时钟偏快：apt 会拒绝`,
});

/** One server that answers is enough; without any named, something has to keep the clock right. */
function timeVerdict(body: string[]): Verdict {
  if (body.includes('shared')) return unknown('its clock is that of the machine around it', '其时钟属于所在的宿主机');
  const kept = body.flatMap(line => /^synchronized (yes|no)$/.exec(line)?.[1] ?? [])[0];
  if (kept) return { ok: kept === 'yes', ms: null, reason: kept === 'yes' ? null : adrift };
  const servers = body.flatMap(line => {
    const [, name, ms, off] = /^time (\S+) (?:(\d+) (-?[\d.]+)|none)$/.exec(line) ?? [];
    return name ? [{ name, ms: ms ? Number(ms) : null, off: Number(off) }] : [];
  });
  if (!servers.length) return unknown('it did not say', '没有回答');
  const best = servers.filter(({ ms }) => ms !== null).sort((a, b) => a.ms! - b.ms!)[0];
  const silent = servers.filter(({ ms }) => ms === null).map(({ name }) => name);
  if (!best) return { ok: false, ms: null, reason: silentAll(silent) };
  return {
    ok: true,
    ms: best.ms,
    reason: Math.abs(best.off) > 1 ? clockOff(best.off) : silent.length ? silentAll(silent) : null,
  };
}
const adrift: Text = { en: 'nothing keeps the clock of this host right', zh: '本机时钟未同步' };
const silentAll = (names: string[]): Text => ({
  en: `no answer on UDP port 123 from ${names.join(', ')}`,
  zh: `${names.join('、')} 在 UDP 123 端口没有响应`,
});
const clockOff = (seconds: number): Text => ({
  en: `the clock of this host is ${Math.abs(seconds).toFixed(0)} s ${seconds > 0 ? 'ahead' : 'behind'}`,
  zh: `本机时钟${seconds > 0 ? '快' : '慢'}了 ${Math.abs(seconds).toFixed(0)} 秒`,
});

function distributionVerdict(body: string[]): Verdict {
  const candidate = body.flatMap(line => /^candidate (?:\d+:)?(\d+\.\d+\.\d+)/.exec(line)?.[1] ?? [])[0];
  if (candidate) return { ok: true, ms: null, reason: null, versions: [candidate] };
  return {
    ok: false,
    unknown: true,
    ms: null,
    reason: {
      en: 'apt does not know the package containerd; its lists may be empty',
      zh: 'apt 不认识软件包 containerd；其列表可能为空',
    },
  };
}

function evidenceOf(answers: Answer[], body: string[]): Evidence {
  // Later requests go over the same connection: only the first that got somewhere says how long each part took.
  const first = answers.find(({ tcp }) => tcp !== null) ?? answers[0];
  const digests = body
    .flatMap(line => [/^digest (\S+) (sha256:[0-9a-f]{64})$/.exec(line)?.slice(1) ?? []])
    .filter(pair => pair.length);
  const proxy = body.flatMap(line => /^proxy (.+)$/.exec(line)?.[1] ?? [])[0];
  return {
    dns: first?.dns ?? null,
    tcp: first?.tcp ?? null,
    tls: first?.tls ?? null,
    address: first?.address ?? null,
    asked: answers.map(({ url, code, exit, ms }) => ({ url, code, exit, ms })),
    ...(digests.length ? { digests: Object.fromEntries(digests) } : {}),
    ...(proxy ? { proxy } : {}),
  };
}

/** A certificate that is refused because this host's clock is off: the site said what time it is. */
function clockReason(answers: Answer[], body: string[]): Text | null {
  const [, here, there] = body.flatMap(line => [/^clock (\d+) (.+)$/.exec(line) ?? []]).find(match => match.length) ?? [];
  if (!here || !answers.some(({ exit }) => exit === 60)) return null;
  const off = Math.round(Number(here) - Date.parse(there!) / 1000);
  if (!(Math.abs(off) > 300)) return null;
  const days = Math.abs(off) / 86_400;
  const amount = days >= 2 ? `${Math.round(days)} d` : `${Math.round(Math.abs(off) / 60)} min`;
  return {
    en: `the clock of this host is ${amount} ${off > 0 ? 'ahead' : 'behind'}, so its certificate is refused`,
    zh: `本机时钟${off > 0 ? '快' : '慢'}了 ${amount}，因此其证书被拒绝`,
  };
}

const strange = ({ url }: { url: string }): Text => ({
  en: `something else than packages answers for ${hostOf(url)}: perhaps the page of a proxy or portal`,
  zh: `${hostOf(url)} 返回的不是软件包：可能是代理或门户页面`,
});
