import { sh } from '../sh.js';
import { type Context, isContainer, type Step } from './step.js';

const path = '/etc/sysctl.d/99-k8s-tui.conf';

const settings = ({ facts }: Context): [string, string][] => [
  ['net.bridge.bridge-nf-call-iptables', '1'],
  ['net.bridge.bridge-nf-call-ip6tables', '1'],
  ['net.ipv4.ip_forward', '1'],
  ...(isContainer(facts) ? [] : [['vm.swappiness', '0'] as [string, string]]),
];

export const sysctl: Step = {
  id: 'sysctl',
  seed: 'S13',
  title: { en: 'kernel settings', zh: '内核参数' },
  why: {
    en: 'Nodes forward packets for pods. What counts is the value in force: a later file may overrule ours.',
    zh: '节点要为 Pod 转发数据包。以生效的值为准：后加载的文件可能覆盖我们的设置。',
  },
  file: context => ({
    path,
    mode: '644',
    content: settings(context)
      .map(([key, value]) => `${key} = ${value}`)
      .join('\n'),
  }),
  // Not by the shell's read: it asks for a byte at a time, and the kernel gives the first one of a number only.
  check: context => sh`
    file_sysctl same ${path} || return 1
    # shellcheck disable=SC2046 # one word for each value
    set -- $(sysctl -n ${settings(context).map(([key]) => key)})
    [ "$*" = ${settings(context)
      .map(([, value]) => value)
      .join(' ')} ]
  `,
  apply: context => sh`
    for key in ${settings(context).map(([key]) => key)}; do setting "$key"; done
    file_sysctl put ${path} 644
    run sysctl -q -p ${path}
  `,
};
