import { controlPlanes } from '../../spec/hosts.js';
import type { Text } from '../../text.js';
import { ofCluster } from '../check.js';

/** What an even number of control planes means: etcd works as long as more than half of its members do. */
export const evenPlanes = (count: number): Text => ({
  en: `${count} control planes are no safer than ${count - 1}: more than half of them have to be up`,
  zh: `${count} 个控制平面并不比 ${count - 1} 个更可靠：必须有超过半数在线`,
});

export const oddNumber = ofCluster('control-planes-even', ({ spec }) => {
  const { length } = controlPlanes(spec);
  if (length === 0 || length % 2 === 1) return null;
  return {
    level: 'warn',
    what: evenPlanes(length),
    why: {
      en: `Of ${length} etcd members ${length / 2 + 1} are the majority, so ${length / 2 - 1 || 'none'} may fail; with each further one it grows likelier that one does.`,
      zh: `${length} 个 etcd 成员的多数为 ${length / 2 + 1} 个，因此最多允许 ${length / 2 - 1} 个失效；成员越多，出现失效的可能越大。`,
    },
    remedy: {
      en: 'Make one more host a control plane, or one of them a worker.',
      zh: '请再增加一个控制平面，或将其中一个改为工作节点。',
    },
  };
});
