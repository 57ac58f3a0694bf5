import { lines, sh, template } from '../sh.js';
import { controlPlanes, isControlPlane, nodeAddress } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { etcd } from './etcd.js';
import { bootstrapConfig, criSocket, discoveryConfig, discoveryFile, joinConfig } from './kubeadm-config.js';
import { kubeadmEnded } from './kubeadm-ended.js';
import { kubeadmReset } from './kubeadm-reset.js';
import { type Context, minorOf, type Step } from './step.js';

const file = '/run/k8s-tui/join.yaml';
const bootstrapFile = '/run/k8s-tui/bootstrap.yaml';

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
      kubeadmEnded,
      ...(isControlPlane(context.host) ? [etcd, leaveCluster(context)] : [finishJoin(context), awaitOut(context)]),
    ]),
  // kubelet is at work before the join has ended, that of a control plane long before.
  check: ({ host }) =>
    isControlPlane(host)
      ? sh`noted joined || noted initialised || { ! begun && [ -e /etc/kubernetes/kubelet.conf ]; }`
      : sh`noted joined || { ! noted step kubeadm_join && [ -e /etc/kubernetes/kubelet.conf ]; }`,
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
    kubeadm_ended joined
  `,
  verify: ({ host }) =>
    isControlPlane(host)
      ? sh`await 120 'the API server' kubectl get --raw /readyz`
      : sh`await 60 'kubelet' systemctl -q is-active kubelet`,
  undo: lines([kubeadmReset, sh`kubeadm_reset`]),
};

const clearWorker = sh`
  if noted step kubeadm_join; then
    if admitted; then finish_join; kubeadm_ended joined; return 0; fi
    echo 'a join that did not end is cleared away first'
    kubeadm_reset
    await_out
  fi
`;
const clearPlane = sh`if begun; then echo 'a join that did not end is cleared away first'; leave_cluster; kubeadm_reset; fi`;

/**
 * A worker whose kubelet has its certificate is in the cluster, which lets nobody in twice while his node is Ready: what kubeadm does
 * after that moment is done here.
 */
const finishJoin = ({ host, version }: Context) => sh`
  admitted() { grep -qsF "$K8S_TUI_CA" /etc/kubernetes/kubelet.conf && [ -s /var/lib/kubelet/pki/kubelet-client-current.pem ]; }
  finish_join() {
    echo 'the cluster had let this host in before the join was cut short'
    rm -f /etc/kubernetes/bootstrap-kubelet.conf ${file} ${discoveryFile}
    systemctl start kubelet
    ${lines([minorOf(version) < 34 && nameSocket(host)])}
  }
`;
/** kubeadm before v1.34 reads there, when it upgrades a node, how its container runtime is reached. */
const nameSocket = ({ name }: HostSpec) =>
  sh`await 60 'the node to be known' kubectl --kubeconfig /etc/kubernetes/kubelet.conf annotate --overwrite node ${name} ${`kubeadm.alpha.kubernetes.io/cri-socket=${criSocket}`}`;

/** Nobody is let in under the name of a node that the cluster still takes for Ready; it looks every 40 s or so. */
const awaitOut = ({ spec, host }: Context) =>
  lines([
    template('bootstrap_config', bootstrapConfig(spec)),
    sh`
      is_out() {
        ready=$(kubectl --kubeconfig ${bootstrapFile} get node ${host.name} --ignore-not-found -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') &&
          [ "$ready" != True ]
      }
      await_out() {
        bootstrap_config | secret ${bootstrapFile}
        code=0
        await 120 'the cluster to notice that this node is out' is_out || code=$?
        rm -f ${bootstrapFile}
        return $code
      }
    `,
  ]);

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
