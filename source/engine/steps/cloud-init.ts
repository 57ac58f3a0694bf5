import type { Step } from './step.js';

export const cloudInit: Step = {
  id: 'cloud_init',
  seed: 'S05',
  title: { en: 'cloud-init keeps names', zh: '阻止 cloud-init 改写主机名' },
  why: {
    en: 'At every start cloud-init would set the host name and /etc/hosts anew.',
    zh: 'cloud-init 会在每次启动时重写主机名和 /etc/hosts。',
  },
  on: ({ facts }) => facts.cloudInit !== null,
  file: () => ({
    path: '/etc/cloud/cloud.cfg.d/99-k8s-tui.cfg',
    mode: '644',
    content: 'preserve_hostname: true\nmanage_etc_hosts: false\n',
  }),
};
