import { sh } from '../sh.js';
import { sshOf } from '../spec/schema.js';
import type { Step } from './step.js';

export const kubeconfig: Step = {
  id: 'kubeconfig',
  seed: 'S18',
  title: { en: 'kubectl works for the login user', zh: '登录用户可直接使用 kubectl' },
  why: {
    en: 'A config that stands there already is left alone: it may belong to another cluster.',
    zh: '已存在的配置不会改动：它可能属于别的集群。',
  },
  define: ({ spec, host }) =>
    sh`login=${sshOf(spec, host).user} login_home=$(getent passwd ${sshOf(spec, host).user} | cut -d: -f6)`,
  check: sh`[ -e "$login_home/.kube/config" ]`,
  apply: sh`
    claim "$login_home/.kube"
    put "$login_home/.kube/config" 600 < /etc/kubernetes/admin.conf
    chown -R "$login:" "$login_home/.kube"
  `,
};
