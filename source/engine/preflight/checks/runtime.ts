import { compareVersions } from '../../sources/versions.js';
import { ofHost } from '../check.js';

/** Oldest containerd releases, one for each of its lines, that Kubernetes minors were tested with by containerd's makers. */
const tested: Record<number, string[]> = {
  29: ['1.6.27', '1.7.11'],
  30: ['1.6.28', '1.7.13'],
  31: ['1.6.34', '1.7.20', '2.0.0'],
  32: ['1.7.24', '2.0.1', '2.1.0'],
  33: ['1.7.24', '2.0.4', '2.1.0'],
  34: ['1.7.28', '2.0.6', '2.1.3'],
  35: ['1.7.28', '2.1.5', '2.2.0'],
  36: ['2.2.0', '2.3.0'],
};
const lastTested = Math.max(...Object.keys(tested).map(Number));

/** `stop`: it cannot be expected to work. `warn`: older than what was tested. */
function judge(version: string, minor: number): 'stop' | 'warn' | null {
  const known = tested[Math.min(minor, lastTested)];
  if (!known) return null;
  const line = (each: string) => each.split('.').slice(0, 2).join('.');
  const [oldest] = known;
  if (compareVersions(`${version.split('.')[0]}.0.0`, '2.0.0') < 0 && minor >= 36) return 'stop';
  if (compareVersions(version, oldest!) < 0) return version.split('.')[0] === oldest!.split('.')[0] ? 'warn' : 'stop';
  const sameLine = known.find(each => line(each) === line(version));
  return sameLine && compareVersions(version, sameLine) < 0 ? 'warn' : null;
}

const needs = (minor: number) => (tested[Math.min(minor, lastTested)] ?? []).join(', ');

export const containerdNewEnough = ofHost('containerd-old', ({ facts, minor, spec }) => {
  const { version } = facts.containerd;
  const level = version && judge(version, minor);
  // The plan puts its own release in front of it.
  if (!level || spec.runtime === 'github') return null;
  const name = facts.packages['containerd.io'] ? 'containerd.io' : 'containerd';
  return {
    level,
    what: {
      en: `containerd ${version} is installed; Kubernetes v1.${minor} was tested with ${needs(minor)} and newer`,
      zh: `已安装 containerd ${version}；Kubernetes v1.${minor} 测试过的最低版本为 ${needs(minor)}`,
    },
    why:
      level === 'stop'
        ? {
            en: 'containerd 1.x has no support any more, and kubelet is about to refuse it.',
            zh: 'containerd 1.x 已停止维护，kubelet 即将拒绝使用。',
          }
        : { en: 'What an existing containerd cannot do shows only later.', zh: '现有 containerd 的问题可能在之后才显现。' },
    remedy: {
      en: `Take it out (apt-get remove ${name}) and the plan installs a new one, or upgrade it: apt-get install ${name}`,
      zh: `请卸载（apt-get remove ${name}），计划会安装新版本；或升级：apt-get install ${name}`,
    },
  };
});

export const containerdOfOthers = ofHost('containerd-reconfigured', ({ facts }) => {
  if (facts.containerd.ours || !facts.containerd.version || facts.cluster.state !== 'none') return null;
  const docker = facts.commands.includes('docker');
  return {
    level: 'warn',
    what: docker
      ? {
          en: 'Docker runs here, and its containerd will be configured anew and restarted',
          zh: '此处运行着 Docker，其 containerd 将被重新配置并重启',
        }
      : {
          en: `containerd ${facts.containerd.version} is here already, and will be configured anew and restarted`,
          zh: `已有 containerd ${facts.containerd.version}，将被重新配置并重启`,
        },
    why: {
      en: 'Kubernetes needs its CRI plugin, which Docker’s package switches off. What was configured before is kept, and undo brings it back.',
      zh: 'Kubernetes 需要 CRI 插件，而 Docker 的软件包将其关闭。原配置会保留，撤销时恢复。',
    },
    remedy: { en: 'Nothing, if a restart of containerd is agreeable now.', zh: '若此刻可以重启 containerd，则无需处理。' },
  };
});

export const distributionNewEnough = ofHost('distribution-runtime-old', ({ spec, facts, host, minor, report }) => {
  if (spec.runtime !== 'distribution' || facts.containerd.version) return null;
  const candidate = report.find(probe => probe.host === host.name && probe.kind === 'runtime')?.versions?.[0];
  const level = candidate && judge(candidate, minor);
  if (!level) return null;
  return {
    level,
    what: {
      en: `${facts.os.pretty} has containerd ${candidate}; Kubernetes v1.${minor} was tested with ${needs(minor)} and newer`,
      zh: `${facts.os.pretty} 提供 containerd ${candidate}；Kubernetes v1.${minor} 测试过的最低版本为 ${needs(minor)}`,
    },
    why: { en: 'The runtime would be too old for kubelet.', zh: '运行时对 kubelet 来说过旧。' },
    remedy: {
      en: 'Write runtime: docker (Docker’s apt repository) or runtime: github.',
      zh: '请写 runtime: docker（Docker 的 apt 仓库）或 runtime: github。',
    },
  };
});
