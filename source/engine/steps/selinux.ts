import { sh } from '../sh.js';
import type { Step } from './step.js';

export const selinux: Step = {
  id: 'selinux',
  seed: 'S04',
  title: { en: 'SELinux permissive', zh: 'SELinux 设为宽容模式' },
  why: {
    en: 'Containers must reach the host’s files; permissive keeps the labels, disabled would lose them.',
    zh: '容器需要访问主机文件；宽容模式保留标签，禁用则会丢失。',
  },
  on: ({ facts }) => facts.selinux === 'enforcing',
  check: sh`[ "$(getenforce)" != Enforcing ] && ! grep -q '^SELINUX=enforcing' /etc/selinux/config`,
  apply: sh`
    note selinux enforcing
    keep /etc/selinux/config
    sed -i 's/^SELINUX=enforcing/SELINUX=permissive/' /etc/selinux/config
    run setenforce 0
  `,
};
