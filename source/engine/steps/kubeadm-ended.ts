import { sh } from '../sh.js';

/** An init or a join came to its end: noted when what kubeadm and kubelet wrote is on the disk, which neither of them sees to. */
export const kubeadmEnded = sh`
  # kubeadm_ended NOTE
  kubeadm_ended() { sync -f /etc/kubernetes /var/lib/kubelet; note "$1"; }
`;
