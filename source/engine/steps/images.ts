import { lines, type Shell, sh } from '../sh.js';
import { kubeadmImages, networkImages, pauseImage, proxyImage, roamingImages } from '../sources/images.js';
import { isControlPlane } from '../spec/hosts.js';
import { ownPull } from './registry-login.js';
import { imageStandIns, pullOrElsewhere } from './stand-ins.js';
import type { Context, Step } from './step.js';

/** What kubeadm starts on a node: on a worker only kube-proxy and pause. */
const kubeadmRuns = ({ host, version, sources }: Context): string[] =>
  isControlPlane(host) ? kubeadmImages(version, sources) : [proxyImage(version, sources), pauseImage(version, sources)];

/** What the network runs on a node. The relay closes with the run: what a node may be asked to run later is here as well. */
const networkRuns = (context: Context): string[] => {
  const { spec, version, sources } = context;
  const all = [
    ...networkImages(spec.network.cni, sources),
    ...(spec.relay ? roamingImages(spec.network.cni, version, sources) : []),
  ];
  return all.filter(image => !kubeadmRuns(context).includes(image));
};

/** @param list the name of the shell function that says which images: one script may hold several */
const pulling = (list: Shell, imagesOf: (context: Context) => string[]): Pick<Step, 'define' | 'check' | 'apply'> => ({
  define: context =>
    lines([
      imageStandIns(context, imagesOf),
      ownPull(context),
      sh`
    ${list}() { printf '%s\n' ${imagesOf(context)}; }
    all_here() { crictl images | awk 'NR > 1 {print $1 ":" $2}' > "$1/have"; ! ${list} | grep -vxF -f "$1/have" > "$1/missing"; }
    pull_images() {
      if all_here "$1"; then return 0; fi
      with=$(puller)
      if command -v with_login >/dev/null; then
        own_images "$1/missing" | with_login xargs -r -n 1 -P 3 $with > /dev/null || return 1
        own_images -v "$1/missing" > "$1/others" || true
        mv "$1/others" "$1/missing"
      fi
      relayed \${watched:-} xargs -r -n 1 -P 3 $with < "$1/missing" > /dev/null && await 20 'containerd to list the images' all_here "$1"
    }
    # puller: the command that pulls here; containerd itself has no way out by the relay; ctr has one while it runs, and newer ones
    # have to be told to pull by themselves
    puller() {
      if [ -z "\${relay:-}" ]; then echo "crictl --timeout \${patience:-10m} pull"; return; fi
      echo "ctr -n k8s.io images pull $(ctr images pull --help | grep -o -m 1 -e '--local ' || true)"
    }
  `,
    ]),
  check: sh`
    have=$(crictl images | awk 'NR > 1 {print $1 ":" $2}')
    ${list} | while read -r image; do echo "$have" | grep -qxF "$image" || exit 1; done
  `,
  apply: context => sh`
    have=$run/images
    scratch "$have"
    ${imageStandIns(context, imagesOf) ? pullOrElsewhere : sh`again 3 pull_images "$have"`}
    rm -r "$have"
  `,
});

/** Pulled while the packages are installed; should kubeadm want another tag, it pulls that one itself. */
export const images: Step = {
  id: 'images',
  seed: 'S17',
  title: { en: 'images', zh: '容器镜像' },
  why: { en: 'What this node will run is here before it is asked to run it.', zh: '节点将要运行的镜像提前就位。' },
  ...pulling(sh`wanted_images`, kubeadmRuns),
};

/** Pulled after those, while kubeadm is at work. */
export const imagesOfNetwork: Step = {
  id: 'images_of_network',
  seed: 'S17',
  title: { en: 'images of the network', zh: '网络组件镜像' },
  why: { en: 'The network stands as soon as the node is part of the cluster.', zh: '节点一加入集群，网络即可就绪。' },
  ...pulling(sh`wanted_network_images`, networkRuns),
};
