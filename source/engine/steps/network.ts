import { stringify } from 'yaml';
import { heredoc, raw, sh } from '../sh.js';
import { calicoVersion, flannelVersion } from '../sources/images.js';
import { endpointName, endpointPort } from './kubeadm-config.js';
import calicoManifest from './manifests/calico-vxlan.yaml';
import flannelManifest from './manifests/flannel.yaml';
import type { Context, Step } from './step.js';

/** A manifest with some of its lines changed. @throws where a line is not there: the manifest is not the one this was written for. */
function edit(manifest: string, changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new TypeError(`the manifest does not have: ${from}`);
    return text.replaceAll(from, () => to);
  }, manifest);
}

/**
 * Where a network's own pods reach the API: the control plane itself. Its Service is there on a node only once kube-proxy is,
 * and a pod that came earlier ends, and is tried again ten seconds later.
 */
const apiServer = ({ spec }: Context) => ({
  KUBERNETES_SERVICE_HOST: endpointName(spec),
  KUBERNETES_SERVICE_PORT: endpointPort(spec),
});

/** Flannel's manifest with the chosen registry and pod network, and bound to the address that the node is known by. */
const flannelOf = (context: Context): string => {
  const server = Object.entries(apiServer(context)).map(
    ([name, value]) => `        - name: ${name}\n          value: "${value}"\n`,
  );
  return edit(flannelManifest, [
    ['image: ghcr.io/', `image: ${context.sources.ghcr}/`],
    ['"Network": "10.244.0.0/16"', `"Network": "${context.spec.network.pods}"`],
    // A rollout is seen as soon as it is there, not up to fifteen seconds later.
    [
      '            path: /readyz\n            port: healthz\n          initialDelaySeconds: 5\n          periodSeconds: 10\n',
      '            path: /readyz\n            port: healthz\n          initialDelaySeconds: 1\n          periodSeconds: 2\n',
    ],
    ['        - --kube-subnet-mgr\n', '        - --kube-subnet-mgr\n        - --iface=$(NODE_ADDRESS)\n'],
    [
      '        env:\n',
      `        env:\n        - name: NODE_ADDRESS\n          valueFrom:\n            fieldRef:\n              fieldPath: status.hostIP\n${server.join('')}`,
    ],
  ]);
};

/** Calico's, likewise; VXLAN needs nothing of the network between the hosts but UDP. Its pods read the map where there is one. */
const calicoOf = (context: Context): string =>
  `${stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kubernetes-services-endpoint', namespace: 'kube-system' },
    data: apiServer(context),
  })}---\n${edit(calicoManifest, [
    ['image: docker.io/calico/', `image: ${context.sources.dockerHub}/calico/`],
    ['            # - name: CALICO_IPV4POOL_CIDR\n', '            - name: CALICO_IPV4POOL_CIDR\n'],
    ['            #   value: "192.168.0.0/16"\n', `              value: "${context.spec.network.pods}"\n`],
    [
      '            - name: IP\n              value: "autodetect"\n',
      '            - name: IP\n              value: "autodetect"\n            - name: IP_AUTODETECTION_METHOD\n              value: "kubernetes-internal-ip"\n',
    ],
  ])}`;

/** A manifest that is part of this program, applied, and there already where its daemon set runs the wanted image. */
function networkStep(
  id: 'flannel' | 'calico',
  about: Pick<Step, 'title' | 'why'>,
  daemonSet: [string, string],
  manifest: (context: Context) => string,
  image: (context: Context) => string,
): Step {
  const [namespace, name] = daemonSet;
  return {
    id,
    seed: 'S20',
    ...about,
    on: ({ spec }) => spec.network.cni === id,
    define: context => heredoc(`${id}_manifest`, manifest(context)),
    check: context => sh`
      kubectl -n ${namespace} get daemonset ${name} -o jsonpath='{.spec.template.spec.containers[*].image}' | grep -qF ${image(context)}
    `,
    // Server-side: a client's own record of a manifest this long would not fit into an annotation.
    apply: sh`
      say run 'kubectl apply --server-side -f -'
      ${raw(id)}_manifest | kubectl apply --server-side --force-conflicts -f -
    `,
  };
}

export const flannel = networkStep(
  'flannel',
  {
    title: { en: `flannel ${flannelVersion}`, zh: `flannel ${flannelVersion}` },
    why: {
      en: 'Nodes are not Ready, and pods reach nobody, before a network is there.',
      zh: '没有网络插件，节点不会就绪，Pod 也无法通信。',
    },
  },
  ['kube-flannel', 'kube-flannel-ds'],
  flannelOf,
  ({ sources }) => `${sources.ghcr}/flannel-io/flannel:${flannelVersion}`,
);

export const calico = networkStep(
  'calico',
  {
    title: { en: `Calico ${calicoVersion} (VXLAN)`, zh: `Calico ${calicoVersion}（VXLAN）` },
    why: {
      en: 'Nodes are not Ready before a network is there; this one also enforces NetworkPolicy.',
      zh: '没有网络插件，节点不会就绪；Calico 还会执行网络策略。',
    },
  },
  ['kube-system', 'calico-node'],
  calicoOf,
  ({ sources }) => `${sources.dockerHub}/calico/node:${calicoVersion}`,
);

/** The seed's own way: the operator's manifest from its release, checked by digest, and an Installation of ours. */
export const calicoOperator: Step = {
  id: 'calico_operator',
  seed: 'S20',
  title: { en: `Calico ${calicoVersion} (operator)`, zh: `Calico ${calicoVersion}（operator）` },
  why: {
    en: 'Nodes are not Ready before a network is there. This way was never tried on real hosts by its makers.',
    zh: '没有网络插件，节点不会就绪。此方式未经作者在真实主机上验证。',
  },
  on: ({ spec }) => spec.network.cni === 'calico-operator',
  define: ({ spec, sources }) =>
    heredoc(
      'installation',
      `apiVersion: operator.tigera.io/v1
kind: Installation
metadata:
  name: default
spec:
  registry: ${sources.dockerHub}/
  calicoNetwork:
    ipPools:
    - name: default-ipv4-ippool
      blockSize: 26
      cidr: ${spec.network.pods}
      encapsulation: VXLAN
      natOutgoing: Enabled
      nodeSelector: all()
`,
    ),
  check: sh`kubectl get installation default && kubectl -n calico-system get daemonset calico-node`,
  apply: ({ sources }) => sh`
    scratch $run/calico
    manifest=$run/calico/operator.yaml
    again 4 fetch ${`https://raw.githubusercontent.com/projectcalico/calico/${calicoVersion}/manifests/tigera-operator.yaml`} "$manifest"
    echo "69159fe3450ff0cf8b6db29e2b011a287ed5d8de341e81812c98aae69d3e51b5  $manifest" | sha256sum -c --quiet
    sed ${`s#image: quay.io/#image: ${sources.quay}/#`} "$manifest" | kubectl apply --server-side --force-conflicts -f -
    rm -r $run/calico
    run kubectl wait --for=condition=Established --timeout=60s crd/installations.operator.tigera.io
    installation | kubectl apply --server-side -f -
    await 300 'the operator to create calico-node' kubectl -n calico-system get daemonset calico-node
  `,
};
