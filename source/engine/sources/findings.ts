import type { Finding } from '../preflight/finding.js';
import type { ClusterSpec } from '../spec/schema.js';
import { type Text, typeset } from '../text.js';
import { isSourceKind, type PlaceName, type ProbeKind, placesFor, type SourceKind, sourceKinds } from './catalogue.js';
import { isForecast, verdictOf } from './rank.js';
import type { SourceProbe, SourceReport } from './report.js';
import { minorVersion } from './versions.js';

export const kindNames: Record<ProbeKind, Text> = {
  'kubernetes-packages': { en: 'the Kubernetes packages', zh: 'Kubernetes 软件包' },
  runtime: { en: 'the packages of the container runtime', zh: '容器运行时软件包' },
  images: { en: 'the images of Kubernetes', zh: 'Kubernetes 镜像' },
  'network-images': { en: 'the images of the network', zh: '网络插件镜像' },
  'os-packages': { en: 'the distribution’s own packages', zh: '发行版自身的软件包' },
  time: { en: 'the time', zh: '时间' },
};

/** Other places that have it for every host, and how the cluster file says so. */
const elsewhere = (spec: ClusterSpec, kind: SourceKind, here: PlaceName, report: SourceReport, host: string | null) =>
  placesFor(spec, kind)
    .filter(place => place !== here)
    .find(
      place =>
        verdictOf(
          report.filter(probe => host === null || probe.host === host),
          kind,
          place,
          null,
        ) === 'good',
    );
const pin = (kind: SourceKind, place: PlaceName) => `sources: {${kind}: ${place}}`;

/** @param carried oldest first; none where the whole minor is not there */
export function notCarried(spec: ClusterSpec, place: PlaceName, carried: string[], report: SourceReport): Finding {
  const newest = carried.slice(-5).reverse();
  const minor = minorVersion(spec.kubernetes);
  const carrier = report.find(
    probe =>
      probe.place !== place &&
      probe.versions?.some(version => version === spec.kubernetes || minorVersion(version) === spec.kubernetes),
  )?.place;
  const other = carrier && {
    en: `write ${pin('kubernetes-packages', carrier)}, which carries it`,
    zh: `写 ${pin('kubernetes-packages', carrier)}，其中有该版本`,
  };
  const here = newest[0]
    ? {
        en: `write kubernetes: ${newest[0]}, or kubernetes: ${minor} for the newest patch`,
        zh: `写 kubernetes: ${newest[0]}，或写 kubernetes: ${minor} 以取最新补丁版本`,
      }
    : { en: 'write another minor version', zh: '写其他次版本' };
  return {
    id: 'version-not-carried',
    level: 'stop',
    host: null,
    what: newest.length
      ? {
          en: `${place} does not carry Kubernetes ${spec.kubernetes}; the newest that it has of ${minor}: ${newest.join(', ')}`,
          zh: `${place} 没有 Kubernetes ${spec.kubernetes}；其 ${minor} 的最新版本：${newest.join('、')}`,
        }
      : {
          en: `${place} carries nothing of Kubernetes ${minor}`,
          zh: `${place} 没有 Kubernetes ${minor} 的任何版本`,
        },
    why: { en: 'The packages could not be installed.', zh: '软件包将无法安装。' },
    remedy: {
      en: `In the cluster file ${here.en}${other ? `; or ${other.en}` : ''}.`,
      zh: `请在集群文件中${here.zh}${other ? `；或${other.zh}` : ''}。`,
    },
  };
}

export const unresolved = (spec: ClusterSpec, place: PlaceName): Finding => ({
  id: 'version-unresolved',
  level: 'stop',
  host: null,
  what: {
    en: `It is not known what the newest patch of ${spec.kubernetes} is: no host could ask ${place}`,
    zh: `无法得知 ${spec.kubernetes} 的最新补丁版本：没有主机能查询 ${place}`,
  },
  why: { en: 'All packages and images are of one exact version.', zh: '所有软件包和镜像都属于同一确切版本。' },
  remedy: {
    en: `Install curl on a host (apt-get install curl), or name the version: kubernetes: ${spec.kubernetes}.1`,
    zh: `请在主机上安装 curl（apt-get install curl），或写明版本：kubernetes: ${spec.kubernetes}.1`,
  },
});

export const keyUnknown = (kind: SourceKind, key: string, known: string, url: string): Finding => ({
  id: 'key-unknown',
  level: 'warn',
  host: null,
  what: {
    en: `${capital(kindNames[kind].en)} at ${url} are signed with a key that is not known: ${spaced(key)}`,
    zh: typeset(`${url} 的${kindNames[kind].zh}使用未知密钥签名：${spaced(key)}`),
  },
  why: {
    en: `Known is ${spaced(known)}. All hosts see the same key, and only packages signed with it will be accepted; but whoever holds it can run anything on the hosts.`,
    zh: `已知密钥为 ${spaced(known)}。所有主机看到的密钥一致，且只接受由它签名的软件包；但持有该密钥者可在主机上执行任意程序。`,
  },
  remedy: {
    en: `Compare the fingerprint with what the mirror's operator publishes; if it is theirs, write trustedKeys: [${key}].`,
    zh: `请与镜像运营方公布的指纹核对；若一致，写入 trustedKeys: [${key}]。`,
  },
});

export const keysDiffer = (kind: SourceKind, keys: string[], seen: SourceProbe[]): Finding => {
  const list = (of: string) =>
    keys.map(
      key =>
        `${spaced(key)} (${seen
          .filter(probe => probe.key!.toUpperCase() === key)
          .map(probe => probe.host)
          .join(of)})`,
    );
  return {
    id: 'key-differs',
    level: 'stop',
    host: null,
    what: {
      en: `Hosts see different signing keys for ${kindNames[kind].en}: ${list(', ').join('; ')}`,
      zh: typeset(`各主机看到的${kindNames[kind].zh}签名密钥不同：${list('、').join('；')}`),
    },
    why: {
      en: 'Something between one of the hosts and the source answers in its place.',
      zh: '某台主机与来源之间有其他东西代为应答。',
    },
    remedy: {
      en: `Find out what answers on these hosts (proxy, DNS, hosts file): curl -v ${seen[0]!.url}`,
      zh: `请在这些主机上查明是谁在应答（代理、DNS、hosts 文件）：curl -v ${seen[0]!.url}`,
    },
  };
};

/** Sources that do not answer, per host; once for all where it is the same everywhere. @param here of the places that were chosen */
export function unreachable(spec: ClusterSpec, here: SourceProbe[], report: SourceReport): Finding[] {
  return sourceKinds.flatMap(kind => {
    const all = here.filter(probe => probe.kind === kind);
    const bad = all.filter(probe => !probe.ok && !probe.unknown && !probe.missing?.length && probe.versions?.length !== 0);
    const reasons = new Set(bad.map(probe => probe.reason?.en));
    if (all.length > 1 && bad.length === all.length && reasons.size === 1) return [notReached(spec, bad[0]!, null, report)];
    return bad.map(probe => notReached(spec, probe, probe.host, report));
  });
}

function notReached(spec: ClusterSpec, probe: SourceProbe, host: string | null, report: SourceReport): Finding {
  const other = isSourceKind(probe.kind) && elsewhere(spec, probe.kind, probe.place, report, host);
  const reason = probe.reason ?? { en: 'no reason known', zh: '原因未知' };
  return {
    id: 'source-unreachable',
    level: 'stop',
    host,
    what: {
      en: `${host ? capital(kindNames[probe.kind].en) : `On no host can ${kindNames[probe.kind].en}`} ${host ? 'cannot ' : ''}be had from ${probe.url}: ${reason.en}`,
      zh: typeset(`${host ? '' : '所有主机都'}无法从 ${probe.url} 获取${kindNames[probe.kind].zh}：${reason.zh}`),
    },
    why: { en: 'The install would stop half way, when it needs them.', zh: '安装会在需要时中途停止。' },
    remedy: other
      ? {
          en: `Another place answers from there: write ${pin(probe.kind as SourceKind, other)}.`,
          zh: `另一来源可以访问：请写 ${pin(probe.kind as SourceKind, other)}。`,
        }
      : probe.place === 'own'
        ? mendOwn(spec, probe)
        : {
            en: `Try it there: curl -sSIL ${probe.url}. Check DNS, the way out, and a proxy if one is needed.${spec.relay ? '' : ' Hosts without a way out get everything over SSH, through this machine: relay: true (v on the mirror screen).'}`,
            zh: `请在主机上尝试：curl -sSIL ${probe.url}。检查 DNS、出口网络，以及是否需要代理。${spec.relay ? '' : '无出口的主机可经 SSH 由本机中继全部内容：relay: true（镜像源界面按 v）。'}`,
          },
  };
}

/** What is the operator's own is not exchanged for something else. */
const mendOwn = ({ own }: ClusterSpec, { kind, url }: SourceProbe): Text => {
  const way = own.proxy ? { en: ' It is reached without the proxy.', zh: '访问它时不经代理。' } : { en: '', zh: '' };
  const user = kind.endsWith('images') && own.registryUser;
  return {
    en: `Try it there: curl -sSIL ${url}.${way.en} Look at own in the cluster file${user ? `, and at the password of ${user} (K8S_TUI_REGISTRY_PASSWORD)` : ''}; its authority belongs into own.ca. Nothing is taken from elsewhere in its place.`,
    zh: `请在主机上尝试：curl -sSIL ${url}。${way.zh}请检查集群文件中的 own${user ? `以及 ${user} 的密码（K8S_TUI_REGISTRY_PASSWORD）` : ''}；其 CA 证书应写入 own.ca。不会改从其他来源获取。`,
  };
};

/** What an install leans on and does not work: it may do without, so this stops nobody. */
export function underneath(report: SourceReport): Finding[] {
  // That nothing keeps a host's clock right is found by its facts as well, and said there.
  const bad = report.filter(
    ({ kind, place, ok, unknown }) => !isSourceKind(kind) && !ok && !unknown && !(kind === 'time' && place === 'host'),
  );
  return bad.map(({ host, kind, url, reason }) => ({
    id: `${kind}-unreachable`,
    level: 'warn',
    host,
    what: {
      en: `${capital(kindNames[kind].en)} (${url}): ${reason?.en ?? 'no reason known'}`,
      zh: `${kindNames[kind].zh}（${url}）：${reason?.zh ?? '原因未知'}`,
    },
    ...(kind === 'time' ? aboutTime : aboutSystem),
  }));
}
const aboutSystem = {
  why: {
    en: 'What kubelet and containerd need of the distribution and is not installed yet (iptables, for one) comes from there.',
    zh: 'kubelet 与 containerd 依赖的、尚未安装的发行版软件包（例如 iptables）由此获取。',
  },
  remedy: {
    en: 'Try it there: apt-get update. A mirror of your own: own: {osPackages: URL}; a proxy: own: {proxy: URL}.',
    zh: '请在主机上尝试：apt-get update。自有镜像：own: {osPackages: URL}；代理：own: {proxy: URL}。',
  },
};
const aboutTime = {
  why: {
    en: 'Certificates and tokens are refused by a host whose clock is off.',
    zh: '时钟不准的主机会拒绝证书和令牌。',
  },
  remedy: {
    en: 'Open UDP port 123 to them, or name servers that are reached: timeServers: [...].',
    zh: '请放行到它们的 UDP 123 端口，或写明可访问的服务器：timeServers: [...]。',
  },
};

/** Neither good nor bad: once for each host. */
export function unmeasured(here: SourceProbe[]): Finding[] {
  const unknown = here.filter(probe => probe.unknown);
  return [...new Map(unknown.map(probe => [probe.host, probe])).values()].map(({ host, reason }) => ({
    id: 'source-unknown',
    level: 'note' as const,
    host,
    what: {
      en: `How this host reaches the sources is not known: ${reason?.en ?? 'it did not say'}`,
      zh: `无法得知此主机能否访问各来源：${reason?.zh ?? '没有回答'}`,
    },
    why: {
      en: 'Where it cannot, the install stops at the step that needs them.',
      zh: '若无法访问，安装会在需要它们的步骤停止。',
    },
    remedy: {
      en: 'Nothing, or try it there; the install brings curl with it.',
      zh: '无需处理，或在该主机上自行尝试；安装过程会安装 curl。',
    },
  }));
}

/** That another place than the preferred one was chosen, and why. */
export function takenElsewhere(spec: ClusterSpec, kind: SourceKind, chosen: PlaceName, report: SourceReport): Finding[] {
  const [preferred] = placesFor(spec, kind);
  if (!preferred || chosen === preferred) return [];
  const bad = report.filter(probe => probe.kind === kind && probe.place === preferred && (!probe.ok || probe.missing?.length));
  const hosts = [...new Set(bad.map(probe => probe.host))];
  const everywhere = hosts.length === new Set(report.map(probe => probe.host)).size;
  const reason = bad.find(probe => probe.reason)?.reason ?? { en: 'it does not have them', zh: '没有所需内容' };
  return [
    {
      id: 'source-elsewhere',
      level: 'warn',
      host: null,
      what: {
        en: `${capital(kindNames[kind].en)} come from ${chosen}, not from ${preferred}${everywhere || !hosts.length ? '' : ` (${hosts.join(', ')})`}: ${reason.en}`,
        zh: typeset(
          `${kindNames[kind].zh}取自 ${chosen}，而非 ${preferred}${everywhere || !hosts.length ? '' : `（${hosts.join('、')}）`}：${reason.zh}`,
        ),
      },
      why: {
        en: 'Every host takes them from the same place, the next one that has all of them.',
        zh: '所有主机从同一来源获取，即下一个内容齐全的来源。',
      },
      remedy: {
        en: `Nothing, if that suits you; ${pin(kind, chosen)} makes it the first choice.`,
        zh: `若可接受则无需处理；写 ${pin(kind, chosen)} 可将其设为首选。`,
      },
    },
  ];
}

export function imagesMissing(spec: ClusterSpec, kind: 'images' | 'network-images', here: SourceProbe[]): Finding[] {
  const probes = here.filter(probe => probe.missing?.length);
  const missing = [...new Set(probes.flatMap(probe => probe.missing!))];
  if (!missing.length) return [];
  const certain = kind === 'network-images' || !missing.every(isForecast);
  const others = placesFor(spec, kind).filter(place => place !== probes[0]!.place);
  const isOwn = probes[0]!.place === 'own';
  return [
    {
      id: 'images-missing',
      level: certain ? 'stop' : 'warn',
      host: null,
      what: {
        en: `${probes[0]!.url.replace('https://', '')} does not carry ${missing.join(', ')}`,
        zh: `${probes[0]!.url.replace('https://', '')} 没有 ${missing.join('、')}`,
      },
      why: certain
        ? { en: 'Pulling would fail in the middle of the install.', zh: '拉取会在安装中途失败。' }
        : {
            en: 'kubeadm is expected to ask for these; its own list is known only once it is installed.',
            zh: '预计 kubeadm 需要它们；确切列表要在安装后才知道。',
          },
      remedy: isOwn
        ? {
            en: `Put them there under these names, or have this kind from elsewhere: ${pin(kind, spec.mirror === 'aliyun' && kind === 'network-images' ? 'daocloud' : spec.mirror)}.`,
            zh: `请以这些名称推送镜像，或改从其他来源获取这一类：${pin(kind, spec.mirror === 'aliyun' && kind === 'network-images' ? 'daocloud' : spec.mirror)}。`,
          }
        : kind === 'images'
          ? {
              en: `Mirrors lag behind new releases: take an older patch of Kubernetes, or try ${others.join(', ')}: ${pin(kind, others[0]!)}.`,
              zh: `镜像同步晚于新版本发布：请使用较旧的 Kubernetes 补丁版本，或尝试 ${others.join('、')}：${pin(kind, others[0]!)}。`,
            }
          : {
              en: `Write ${pin(kind, others[0]!)}, or another cni.`,
              zh: `请写 ${pin(kind, others[0]!)}，或使用其他 cni。`,
            },
    },
  ];
}

const spaced = (fingerprint: string) => fingerprint.match(/.{1,4}/g)!.join(' ');
const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);
