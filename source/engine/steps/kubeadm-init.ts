import { lines, sh, template } from '../sh.js';
import { pauseImage } from '../sources/images.js';
import { initConfig } from './kubeadm-config.js';
import { kubeadmEnded } from './kubeadm-ended.js';
import { kubeadmReset } from './kubeadm-reset.js';
import { ownPull } from './registry-login.js';
import { joining, type Step } from './step.js';

const file = '/run/k8s-tui/kubeadm.yaml';

export const kubeadmInit: Step = {
  id: 'kubeadm_init',
  seed: 'S17a, S17b',
  title: { en: 'kubeadm init', zh: 'kubeadm init' },
  why: {
    en: 'Certificates, etcd and the control plane, from one configuration file; the token in it is made for this run and lives an hour.',
    zh: '由一份配置文件生成证书、etcd 和控制平面；其中的令牌只为本次生成，有效期一小时。',
  },
  define: context =>
    lines([
      sh`told=${pauseImage(context.version, context.sources)}`,
      template('kubeadm_config', initConfig(context)),
      kubeadmReset,
      kubeadmEnded,
      ownPull(context),
    ]),
  // A control plane that once came up is never initialised again, whether its API answers just now or not. An init of ours that did
  // not end is none, however much of it is there.
  check: sh`noted initialised || noted joined || { ! noted step kubeadm_init && [ -e /etc/kubernetes/admin.conf ] && kubectl -n kube-system get configmap kubeadm-config; }`,
  apply: sh`
    if noted initialised; then return 0; fi
    if noted step kubeadm_init; then echo 'an init that did not end is cleared away first'; kubeadm_reset; fi
    note step kubeadm_init
    kubeadm_config | secret ${file}
    pause=$(kubeadm config images list --config ${file} 2>/dev/null | grep /pause: || true)
    if [ "$pause" != "$told" ]; then echo "kubeadm wants $pause, containerd is told $told"; return 1; fi
    # kubeadm knows no login: what it wants beyond what is here is fetched before it asks
    if command -v with_login >/dev/null; then
      for image in $(kubeadm config images list --config ${file}); do
        if ! crictl inspecti -q "$image" >/dev/null 2>&1; then again 3 with_login crictl pull "$image"; fi
      done
    fi
    run kubeadm init --config ${file} --skip-token-print
    kubeadm_ended initialised
    rm -f ${file}
  `,
  undo: lines([kubeadmReset, sh`kubeadm_reset`]),
};

/** After a restart of the host it takes its time, and all that comes after it asks it. */
export const apiAnswers: Step = {
  id: 'api_answers',
  seed: 'S17b',
  title: { en: 'API server answers', zh: 'API server 可用' },
  why: {
    en: 'Whatever comes now is told to it or asked of it; after a restart of the host it takes its time.',
    zh: '后续操作都要通过它进行；主机重启后它需要一些时间。',
  },
  check: sh`kubectl get --raw /readyz`,
  apply: sh`await 180 'the API server' kubectl get --raw /readyz`,
  verify: sh`true`,
};

/** `kubeadm init` makes this run's token with the cluster; where the cluster stood already, or another run made it, it is made here. */
export const joinToken: Step = {
  id: 'join_token',
  seed: 'S19',
  title: { en: 'a token to join with', zh: '加入令牌' },
  why: {
    en: 'Nodes that are still to join need one; it is made for this run and lives an hour.',
    zh: '尚未加入的节点需要令牌；它只为本次生成，有效期一小时。',
  },
  on: context => joining(context).length > 0,
  check: sh`kubectl -n kube-system get secret "bootstrap-token-\${K8S_TUI_TOKEN%.*}"`,
  apply: sh`
    kubectl -n kube-system delete secret --ignore-not-found "bootstrap-token-\${K8S_TUI_TOKEN%.*}"
    say run kubectl create -f - '# a bootstrap token'
    kubectl create -f - <<END
    apiVersion: v1
    kind: Secret
    type: bootstrap.kubernetes.io/token
    metadata:
      name: bootstrap-token-\${K8S_TUI_TOKEN%.*}
      namespace: kube-system
    stringData:
      description: k8s-tui
      token-id: \${K8S_TUI_TOKEN%.*}
      token-secret: \${K8S_TUI_TOKEN#*.}
      expiration: $(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)
      usage-bootstrap-authentication: "true"
      usage-bootstrap-signing: "true"
      auth-extra-groups: system:bootstrappers:kubeadm:default-node-token
    END
  `,
};

/** Tells the run what the others join by. */
export const clusterIdentity: Step = {
  id: 'cluster_identity',
  seed: 'S19',
  title: { en: 'the cluster’s identity', zh: '集群身份' },
  why: {
    en: 'Who joins must know the cluster’s CA, so that nobody else can pose as it.',
    zh: '加入者必须知道集群的 CA，以防他人冒充。',
  },
  check: sh`[ -e /etc/kubernetes/pki/ca.crt ] && say value ca "$(base64 /etc/kubernetes/pki/ca.crt | tr -d '\n')"`,
  apply: sh`echo 'there is no /etc/kubernetes/pki/ca.crt'; return 1`,
};

/** Tokens of this run, and those that a run which was cut short left behind. */
export const tokensEnd: Step = {
  id: 'tokens_end',
  seed: 'S19',
  title: { en: 'tokens deleted', zh: '删除令牌' },
  why: {
    en: 'Everybody has joined; a token that nobody needs is one that nobody can steal.',
    zh: '所有节点均已加入；不再需要的令牌不应留下。',
  },
  define: sh`
    # their description says whose they are: k8s-tui in base64
    our_tokens() { kubectl -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token -o jsonpath='{range .items[?(@.data.description=="azhzLXR1aQ==")]}{.metadata.name} {end}'; }
  `,
  check: sh`tokens=$(our_tokens) && [ -z "$tokens" ]`,
  apply: sh`
    tokens=$(our_tokens)
    for token in $tokens; do kubectl -n kube-system delete secret "$token"; done
  `,
  verify: sh`true`,
};
