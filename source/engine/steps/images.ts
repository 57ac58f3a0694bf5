import { lines, sh } from '../sh.js';
import { kubeadmImages, networkImages, pauseImage, proxyImage, roamingImages } from '../sources/images.js';
import { isControlPlane } from '../spec/schema.js';
import { ownPull } from './registry-login.js';
import { imageStandIns, pullOrElsewhere } from './stand-ins.js';
import type { Context, Step } from './step.js';

/** What one node runs: a worker only kube-proxy, pause and the network. */
const nodeImages = ({ spec, host, version, sources }: Context): string[] => [
  ...new Set([
    ...(isControlPlane(host) ? kubeadmImages(version, sources) : [proxyImage(version, sources), pauseImage(version, sources)]),
    ...networkImages(spec.network.cni, sources),
    // The relay closes with the run: what a node may be asked to run later is here as well.
    ...(spec.relay ? roamingImages(spec.network.cni, version, sources) : []),
  ]),
];

/** Pulled while the packages are installed; should kubeadm want another tag, it pulls that one itself. */
export const images: Step = {
  id: 'images',
  seed: 'S17',
  title: { en: 'images', zh: '容器镜像' },
  why: { en: 'What this node will run is here before it is asked to run it.', zh: '节点将要运行的镜像提前就位。' },
  define: context =>
    lines([
      imageStandIns(context, nodeImages),
      ownPull(context),
      sh`
    wanted_images() { printf '%s\n' ${nodeImages(context)}; }
    all_here() { crictl images | awk 'NR > 1 {print $1 ":" $2}' > "$1/have"; ! wanted_images | grep -vxF -f "$1/have" > "$1/missing"; }
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
    wanted_images | while read -r image; do echo "$have" | grep -qxF "$image" || exit 1; done
  `,
  apply: context => sh`
    have=$run/images
    scratch "$have"
    ${imageStandIns(context, nodeImages) ? pullOrElsewhere : sh`again 3 pull_images "$have"`}
    rm -r "$have"
  `,
};
