import { calicoVersion } from '../../sources/images.js';
import { ofCluster } from '../check.js';

/** The day from which a minor gets no fixes any more (kubernetes.io/releases). */
const endOfLife: Record<number, string> = {
  29: '2025-02-28',
  30: '2025-07-15',
  31: '2025-11-11',
  32: '2026-02-28',
  33: '2026-06-28',
  34: '2026-10-27',
  35: '2027-02-28',
  36: '2027-06-28',
  37: '2027-10-28',
};
const newestKnown = Math.max(...Object.keys(endOfLife).map(Number));
/** What Calico's makers tested this release with. */
const CALICO_TESTED_UP_TO = 30;

/** Today, as the hosts have it: the one clock that a check can see. */
export const maintained = ofCluster('kubernetes-end-of-life', ({ fleet, minor }) => {
  const day = endOfLife[minor];
  const today = Math.max(0, ...Object.values(fleet).map(facts => facts.time.epochMs));
  if (!day || today < Date.parse(day)) return null;
  return {
    level: 'warn',
    what: { en: `Kubernetes v1.${minor} gets no fixes since ${day}`, zh: `Kubernetes v1.${minor} 自 ${day} 起不再维护` },
    why: { en: 'Holes that are found in it stay open.', zh: '之后发现的漏洞不会修复。' },
    remedy: { en: `Write kubernetes: v1.${newestKnown}.`, zh: `请写 kubernetes: v1.${newestKnown}。` },
  };
});

export const known = ofCluster(
  'kubernetes-untried',
  ({ minor }) =>
    minor > newestKnown && {
      level: 'warn',
      what: {
        en: `Kubernetes v1.${minor} is newer than this program knows`,
        zh: `Kubernetes v1.${minor} 比本程序已知的版本更新`,
      },
      why: { en: 'Its images and its configuration may differ.', zh: '其镜像和配置可能有所不同。' },
      remedy: {
        en: `Write kubernetes: v1.${newestKnown}, or get a newer k8s-tui.`,
        zh: `请写 kubernetes: v1.${newestKnown}，或使用更新的 k8s-tui。`,
      },
    },
);

export const calico = ofCluster(
  'calico-untested',
  ({ spec, minor }) =>
    spec.network.cni !== 'flannel' &&
    minor > CALICO_TESTED_UP_TO && {
      level: 'note',
      what: {
        en: `Calico ${calicoVersion} was tested by its makers up to Kubernetes v1.${CALICO_TESTED_UP_TO}; wanted is v1.${minor}`,
        zh: `Calico ${calicoVersion} 官方测试到 Kubernetes v1.${CALICO_TESTED_UP_TO}；需要 v1.${minor}`,
      },
      why: {
        en: 'By its manifest it ran with v1.37 in the tests of this program, NetworkPolicy included.',
        zh: '以清单方式安装时，本程序的测试中它可与 v1.37 一起运行，包括网络策略。',
      },
      remedy: { en: 'Nothing; or take cni: flannel.', zh: '无需处理；或使用 cni: flannel。' },
    },
);

export const operatorUntried = ofCluster(
  'calico-operator-untried',
  ({ spec }) =>
    spec.network.cni === 'calico-operator' && {
      level: 'warn',
      what: {
        en: 'Calico by its operator was never tried on real hosts by the makers of this program',
        zh: '以 operator 安装 Calico 未经本程序作者在真实主机上验证',
      },
      why: { en: 'It may stop half way.', zh: '安装可能中途停止。' },
      remedy: {
        en: 'Write cni: calico, the same by its manifest, which was.',
        zh: '请写 cni: calico，即以清单方式安装，已经过验证。',
      },
    },
);
