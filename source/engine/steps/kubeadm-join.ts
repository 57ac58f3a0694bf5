import { lines, raw, sh } from '../sh.js';
import { discoveryConfig, discoveryFile, joinConfig } from './kubeadm-config.js';
import { kubeadmReset } from './kubeadm-reset.js';
import type { Step } from './step.js';

const file = '/run/k8s-tui/join.yaml';

export const kubeadmJoin: Step = {
  id: 'kubeadm_join',
  seed: 'S19',
  title: { en: 'kubeadm join', zh: 'kubeadm join' },
  why: {
    en: 'The node asks to be let in, by a token of this run, and trusts only the CA that came over ssh.',
    zh: '节点凭本次生成的令牌请求加入，只信任经 ssh 得到的 CA。',
  },
  define: context =>
    lines([
      raw(`discovery_config() {\ncat <<END\n${discoveryConfig(context.spec)}END\n}`),
      raw(`join_config() {\ncat <<END\n${joinConfig(context)}END\n}`),
      kubeadmReset,
    ]),
  check: sh`noted joined || [ -e /etc/kubernetes/kubelet.conf ]`,
  apply: sh`
    if noted joined; then return 0; fi
    if noted step kubeadm_join; then echo 'a join that did not end is cleared away first'; kubeadm_reset; fi
    note step kubeadm_join
    discovery_config | secret ${discoveryFile}
    join_config | secret ${file}
    run kubeadm join --config ${file}
    note joined
    rm -f ${file} ${discoveryFile}
  `,
  verify: sh`await 60 'kubelet' systemctl -q is-active kubelet`,
  undo: lines([kubeadmReset, sh`kubeadm_reset`]),
};
