import type { PhaseId } from '../plan/phases.js';
import { authority } from './authority.js';
import { certificatesEnd, certificatesLent } from './certificates.js';
import { cloudInit } from './cloud-init.js';
import { controlPlaneReady, dnsApart, dnsReady, networksReady, nodesReady, proxyReady } from './cluster-ready.js';
import { containerd, containerdConfig, containerdRelease, crictlConfig } from './containerd.js';
import { etcdReady } from './etcd.js';
import { firewallOff, firewallOpen } from './firewall.js';
import { hostsFile, hostsFilesOfPods } from './hosts-file.js';
import { images, imagesOfNetwork } from './images.js';
import { kernelModules } from './kernel-modules.js';
import { apiAnswers, clusterIdentity, joinToken, kubeadmInit, tokensEnd } from './kubeadm-init.js';
import { kubeadmJoin } from './kubeadm-join.js';
import { kubeconfig } from './kubeconfig.js';
import { kubernetesPackages } from './kubernetes-packages.js';
import { calico, calicoOperator, flannel } from './network.js';
import { osSource } from './os-source.js';
import { dockerSource, kubernetesSource } from './package-source.js';
import { packageTools } from './package-tools.js';
import { containerdProxy, proxy } from './proxy.js';
import { registryLogin } from './registry-login.js';
import { selinux } from './selinux.js';
import type { Step } from './step.js';
import { swap } from './swap.js';
import { sysctl } from './sysctl.js';
import { time } from './time.js';
import { checkEnd, checkPods, checkServer, dnsAnswers, podsReach, serviceReach, trafficTried } from './traffic.js';

/** The whole install, top to bottom. A list of steps is what one script does on one host. */
export const steps = {
  prepare: [
    cloudInit,
    selinux,
    swap,
    kernelModules,
    sysctl,
    hostsFile,
    hostsFilesOfPods,
    proxy,
    osSource,
    authority,
    time,
    firewallOpen,
    firewallOff,
    packageTools,
    kubernetesSource,
    dockerSource,
    containerdProxy,
    containerd,
    containerdRelease,
    crictlConfig,
    registryLogin,
    containerdConfig,
  ],
  packages: [kubernetesPackages],
  images: [images],
  'control-plane': [kubeadmInit, apiAnswers, kubeconfig, joinToken, certificatesLent, clusterIdentity],
  network: [flannel, calico, calicoOperator],
  join: [kubeadmJoin, kubeconfig],
  verify: [
    tokensEnd,
    certificatesEnd,
    nodesReady,
    controlPlaneReady,
    etcdReady,
    proxyReady,
    ...networksReady,
    dnsReady,
    dnsApart,
  ],
  traffic: [checkServer, podsReach, serviceReach, dnsAnswers],
} as const satisfies Record<Exclude<PhaseId, 'reset'>, readonly Step[]>;

/** Images that kubeadm's are not kept waiting for. */
export const laterImages: readonly Step[] = [imagesOfNetwork];

/** Traffic on the control plane: the test pods are its to make and to remove. */
export const trafficBegin: readonly Step[] = [checkPods, checkServer];
export const trafficEnd: readonly Step[] = [podsReach, serviceReach, dnsAnswers, checkEnd, trafficTried];

export const allSteps: readonly Step[] = [...Object.values(steps).flat(), ...laterImages, ...trafficBegin, ...trafficEnd];
