import { distributionSources } from '../relay/sites.js';
import { heredoc, type Shell, sh } from '../sh.js';
import type { Context } from './step.js';

/** Where the key of a package source lies on a host; its stand-ins are signed with the same. */
export const keyringOf = (name: 'kubernetes' | 'docker'): string => `/etc/apt/keyrings/k8s-tui-${name}.asc`;

/** A package source as apt reads it. */
export const aptLine = (name: 'kubernetes' | 'docker', { arch }: Context['facts'], url: string, suite: string): string =>
  `deb [arch=${arch} signed-by=${keyringOf(name)}] ${url}${suite}`;

/** The function by which `again_elsewhere` knows the chosen package sources at other places; null where there are none. */
export function packageStandIns({ spec, sources, facts }: Context): Shell | null {
  const lines = sources.standIns.flatMap(({ kubernetesPackages, dockerPackages }) => [
    ...(kubernetesPackages ? [aptLine('kubernetes', facts, kubernetesPackages, '/ /')] : []),
    ...(dockerPackages && spec.runtime === 'docker'
      ? [aptLine('docker', facts, `${dockerPackages}/${facts.os.id}`, ` ${facts.os.codename} stable`)]
      : []),
  ]);
  // By the relay a host's own sources lead nowhere: those of its distribution are the plan's business too.
  if (spec.relay) {
    const mirror = spec.mirror === 'aliyun' ? 'upstream' : 'aliyun';
    lines.push(...distributionSources(facts, { ...spec, mirror }));
  }
  return lines.length ? heredoc('stand_ins', lines.join('\n')) : null;
}

/** The functions by which images are pulled from elsewhere; null where there is nowhere else. @param imagesOf what a node runs, by name */
export function imageStandIns(context: Context, imagesOf: (context: Context) => string[]): Shell | null {
  const own = imagesOf(context);
  const lines = context.sources.standIns.flatMap(standIn => {
    const others = imagesOf({ ...context, sources: { ...context.sources, ...standIn } });
    return own.flatMap((image, i) => (image === others[i] ? [] : [`${image} ${others[i]}`]));
  });
  if (!lines.length) return null;
  return sh`
    # what was chosen, and the same at a stand-in, in the order in which they are tried
    ${heredoc('images_elsewhere', lines.join('\n'))}
    # swept: what a place that answers rubbish has begun, containerd would go on with at the next; with a lease it puts such things away
    swept() { ctr -n k8s.io leases rm --sync "$(ctr -n k8s.io leases create)" > /dev/null; }
    # What is missing, under the name that it was chosen by: nothing on this host names the other.
    pull_elsewhere() {
      if all_here "$1"; then return 0; fi
      lacking=
      while read -r image; do
        lacking="$lacking $image"
        for other in $(images_elsewhere | awk -v image="$image" '$1 == image {print $2}'); do
          with=$(puller)
          say run "$with $other"
          swept
          if ! relayed \${watched:-} $with "$other" < /dev/null > /dev/null; then continue; fi
          if ! ctr -n k8s.io images tag --force "$other" "$image" > /dev/null; then continue; fi
          ctr -n k8s.io images rm "$other" > /dev/null
          say instead "$other" "$image"
          lacking=\${lacking% *}
          break
        done
      done < "$1/missing"
      [ -z "$lacking" ] && await 20 'containerd to list the images' all_here "$1"
    }
  `;
}

/** Two tries, then the stand-ins, then without haste. */
export const pullOrElsewhere = sh`
  # a line that all hosts share may well be slow, and the relay has a patience of its own
  if [ -z "\${relay:-}" ]; then watched='unless_slow /var/lib/containerd/io.containerd.content.v1.content ingest' patience=3m; fi
  if ! again 2 pull_images "$have" && ! pull_elsewhere "$have"; then
    watched='' patience=
    again 2 pull_images "$have"
  fi
`;
