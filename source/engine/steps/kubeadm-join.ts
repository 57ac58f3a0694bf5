import { lines, sh, template } from '../sh.js';
import { type ClusterSpec, controlPlanes, type HostSpec, isControlPlane, nodeAddress } from '../spec/schema.js';
import { etcd } from './etcd.js';
import { discoveryConfig, discoveryFile, joinConfig } from './kubeadm-config.js';
import { kubeadmReset } from './kubeadm-reset.js';
import type { Context, Step } from './step.js';

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
      template('discovery_config', discoveryConfig(context.spec)),
      template('join_config', joinConfig(context)),
      kubeadmReset,
      isControlPlane(context.host) && etcd,
      isControlPlane(context.host) && leaveCluster(context),
    ]),
  // kubelet of a control plane is at work long before the join has ended.
  check: ({ host }) =>
    isControlPlane(host)
      ? sh`noted joined || noted initialised || { ! begun && [ -e /etc/kubernetes/kubelet.conf ]; }`
      : sh`noted joined || [ -e /etc/kubernetes/kubelet.conf ]`,
  apply: ({ host }) => sh`
    if noted joined; then return 0; fi
    ${isControlPlane(host) ? clearPlane : clearWorker}
    note step kubeadm_join
    discovery_config | secret ${discoveryFile}
    join_config | secret ${file}
    code=0
    run kubeadm join --config ${file} || code=$?
    rm -f ${file} ${discoveryFile}
    [ $code -eq 0 ] || return $code
    note joined
  `,
  verify: ({ host }) =>
    isControlPlane(host)
      ? sh`await 120 'the API server' kubectl get --raw /readyz`
      : sh`await 60 'kubelet' systemctl -q is-active kubelet`,
  undo: lines([kubeadmReset, sh`kubeadm_reset`]),
};

const clearWorker = sh`if noted step kubeadm_join; then echo 'a join that did not end is cleared away first'; kubeadm_reset; fi`;
const clearPlane = sh`if begun; then echo 'a join that did not end is cleared away first'; leave_cluster; kubeadm_reset; fi`;

/**
 * What a join that was cut short has told the cluster: kubeadm lets nobody in whose node is Ready, and a member of etcd whose data are
 * gone would keep the others from being the majority.
 */
const leaveCluster = ({ spec, host }: Context) => sh`
  begun() { noted step kubeadm_join || noted step kubeadm_init; }
  leave_cluster() {
    if [ ! -e /etc/kubernetes/pki/etcd/healthcheck-client.crt ] || ! noted step kubeadm_join; then return 0; fi
    for server in ${others(spec, host).map(nodeAddress)}; do
      if etcd_remove "$server" ${nodeAddress(host)}; then
        kubectl --server "https://$server:6443" delete node ${host.name} --ignore-not-found
        return
      fi
    done
    echo 'the other control planes do not say whether etcd knows this one; when they are up: the same again, or k8s-tui reset with --host'
    return 1
  }
`;
const others = (spec: ClusterSpec, { name }: HostSpec) => controlPlanes(spec).filter(plane => plane.name !== name);
