import { lines, sh } from '../sh.js';
import type { Context, Step } from './step.js';

const modules = ({ spec }: Context) => [
  'overlay',
  'br_netfilter',
  ...(spec.network.proxy === 'ipvs' ? ['ip_vs', 'ip_vs_rr', 'ip_vs_wrr', 'ip_vs_sh', 'nf_conntrack'] : []),
];

export const kernelModules: Step = {
  id: 'kernel_modules',
  seed: 'S12',
  title: { en: 'kernel modules', zh: '内核模块' },
  why: {
    en: 'Containers need overlay, and bridged pod traffic must pass netfilter; the file loads them again after a restart.',
    zh: '容器需要 overlay，桥接的 Pod 流量须经过 netfilter；该文件使其在重启后仍会加载。',
  },
  file: context => ({ path: '/etc/modules-load.d/k8s-tui.conf', mode: '644', content: modules(context).join('\n') }),
  check: context => sh`
    file_kernel_modules same /etc/modules-load.d/k8s-tui.conf || return 1
    for name in ${modules(context)}; do has_module "$name" || return 1; done
  `,
  // The file last: after a restart in between it would have loaded modules that no line of the ledger names.
  apply: context =>
    lines([
      ...modules(context).map(name => sh`module ${name}`),
      sh`file_kernel_modules put /etc/modules-load.d/k8s-tui.conf 644`,
    ]),
};
