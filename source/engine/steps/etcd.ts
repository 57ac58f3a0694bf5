import { sh } from '../sh.js';
import { controlPlanes, nodeAddress } from '../spec/hosts.js';
import { hasSeveralPlanes, type Step } from './step.js';

/** etcd by its own API, in JSON, as the client that kubeadm made to look after its health: on control planes alone. */
export const etcd = sh`
  # etcd_ask SERVER PATH QUESTION
  etcd_ask() {
    client=/etc/kubernetes/pki/etcd/healthcheck-client
    curl -sS --fail-with-body --noproxy '*' --max-time 10 --cacert /etc/kubernetes/pki/etcd/ca.crt --cert $client.crt --key $client.key -d "$3" "https://$1:2379$2"
  }
  # etcd_members SERVER: a line for each
  etcd_members() { etcd_ask "$1" /v3/cluster/member/list '{}' | tr '{' '\n' | grep '"peerURLs"'; }
  # etcd_member ADDRESS: the line of the member there, of those on standard input
  etcd_member() { grep -F "\"https://$1:2380\""; }
  # etcd_remove SERVER ADDRESS: the member there is forgotten, where the server knows it
  etcd_remove() {
    members=$(etcd_members "$1") || return 1
    id=$(echo "$members" | etcd_member "$2" | sed 's/.*"ID":"\([0-9]*\)".*/\1/')
    if [ -z "$id" ]; then return 0; fi
    say run "etcd: member remove $id, which was at $2"
    etcd_ask "$1" /v3/cluster/member/remove "{\"ID\":\"$id\"}" > /dev/null
  }
`;

export const etcdReady: Step = {
  id: 'etcd_ready',
  title: { en: 'etcd on every control plane', zh: '各控制平面的 etcd 成员就绪' },
  why: {
    en: 'A member that only listens, or was never started, does not help when another one fails.',
    zh: '仅学习或未启动的成员，在其他成员失效时不起作用。',
  },
  on: hasSeveralPlanes,
  define: ({ spec }) => sh`
    ${etcd}
    wanted_members=${controlPlanes(spec).map(nodeAddress).join(' ')}
    etcd_whole() {
      members=$(etcd_members 127.0.0.1) || return 1
      for address in $wanted_members; do
        echo "$members" | etcd_member "$address" | grep '"name"' | grep -qv '"isLearner":true' || return 1
      done
    }
  `,
  check: sh`etcd_whole`,
  apply: sh`
    await 120 'every member of etcd' etcd_whole && return
    etcd_members 127.0.0.1
    return 1
  `,
  verify: sh`true`,
};
