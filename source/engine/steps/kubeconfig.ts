import { sh } from '../sh.js';
import { isControlPlane, sshOf } from '../spec/hosts.js';
import type { Step } from './step.js';

export const kubeconfig: Step = {
  id: 'kubeconfig',
  seed: 'S18',
  title: { en: 'kubectl works for the login user', zh: '登录用户可直接使用 kubectl' },
  why: {
    en: 'A config that stands there already is left alone: it may belong to another cluster.',
    zh: '已存在的配置不会改动：它可能属于别的集群。',
  },
  on: ({ host }) => isControlPlane(host),
  define: ({ spec, host }) =>
    sh`login=${sshOf(spec, host).user} login_home=$(getent passwd ${sshOf(spec, host).user} | cut -d: -f6)`,
  check: sh`[ -e "$login_home/.kube/config" ]`,
  // It is the login user's before it has its name: a power cut in between would leave them one that they cannot read.
  apply: sh`
    claim "$login_home/.kube"
    if [ ! -d "$login_home/.kube" ]; then mkdir "$login_home/.kube"; chown "$login:" "$login_home/.kube"; fi
    keep "$login_home/.kube/config"
    new=$(beside "$login_home/.kube/config")
    (umask 077; cat /etc/kubernetes/admin.conf > "$new")
    chown "$login:" "$new"
    mv -f "$new" "$login_home/.kube/config"
  `,
};
