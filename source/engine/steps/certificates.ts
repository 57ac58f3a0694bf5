import { sh, template } from '../sh.js';
import { isControlPlane } from '../spec/hosts.js';
import { certificatesConfig } from './kubeadm-config.js';
import { hasSeveralPlanes, joining, type Step } from './step.js';

const file = '/run/k8s-tui/certificates.yaml';

/** Encrypted by a key that every run makes anew, so what an earlier run left there is of no use to this one. */
export const certificatesLent: Step = {
  id: 'certificates_lent',
  seed: 'S19',
  title: { en: 'certificates for further control planes', zh: '供其他控制平面使用的证书' },
  why: {
    en: 'All control planes sign with the same keys; they lie encrypted in the cluster until the last one has joined.',
    zh: '所有控制平面使用同一组密钥签发；它们加密存放于集群中，直到最后一个控制平面加入。',
  },
  on: context => joining(context).some(isControlPlane),
  define: context => template('certificates_config', certificatesConfig(context)),
  check: sh`false`,
  // What it prints is the key.
  apply: sh`
    certificates_config | secret ${file}
    say run 'kubeadm init phase upload-certs --upload-certs'
    code=0
    kubeadm init phase upload-certs --upload-certs --config ${file} > /dev/null || code=$?
    rm -f ${file}
    return $code
  `,
  verify: sh`kubectl -n kube-system get secret kubeadm-certs`,
};

/** kubeadm itself leaves them there for two hours, with a token whose end is theirs. */
export const certificatesEnd: Step = {
  id: 'certificates_end',
  title: { en: 'certificates taken back', zh: '收回证书' },
  why: {
    en: 'Every control plane has them; in the cluster nobody needs them any more.',
    zh: '所有控制平面均已持有，集群中不再需要。',
  },
  on: hasSeveralPlanes,
  define: sh`lent() { kubectl -n kube-system get secret kubeadm-certs --ignore-not-found "$@"; }`,
  check: sh`found=$(lent -o name) && [ -z "$found" ]`,
  apply: sh`
    owner=$(lent -o jsonpath='{.metadata.ownerReferences[0].name}')
    run kubectl -n kube-system delete secret kubeadm-certs --ignore-not-found
    if [ -n "$owner" ]; then kubectl -n kube-system delete secret "$owner" --ignore-not-found; fi
  `,
};
