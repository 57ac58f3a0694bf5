import { sh } from '../sh.js';
import { aptLine, keyringOf } from './stand-ins.js';
import type { Context, Step } from './step.js';

interface Source {
  name: 'kubernetes' | 'docker';
  /** Where the key lies, and where the stand-ins have it. */
  keyUrls: string[];
  key: string | null;
  url: string;
  /** What follows the URL in the line for apt. */
  suite: string;
}

const keysAt = (
  field: 'kubernetesPackages' | 'dockerPackages',
  sources: Context['sources'],
  keyOf: (url: string) => string,
): string[] => [sources[field], ...sources.standIns.flatMap(standIn => standIn[field] ?? [])].map(keyOf);

/** How apt names its lists of a repository. */
const lists = (url: string) => url.replace(/^https?:\/\//, '').replaceAll('/', '_');

/** An apt repository whose key must have the fingerprint that preflight saw and the plan shows. */
function packageSource(
  name: Source['name'],
  where: Pick<Step, 'seed' | 'title' | 'on'>,
  of: (context: Context) => Source,
): Step {
  const id = `${name}_source`;
  const list = `/etc/apt/sources.list.d/k8s-tui-${name}.list`;
  const keyring = keyringOf(name);
  const hasKey = (key: string | null) => (key ? sh`[ "$(keys_of ${keyring})" = ${key} ]` : sh`[ -s ${keyring} ]`);
  return {
    id,
    ...where,
    why: {
      en: 'apt takes packages from here only while they are signed by the key with this fingerprint.',
      zh: 'apt 只接受由该指纹密钥签名的软件包。',
    },
    file: context => {
      const { url, suite } = of(context);
      return { path: list, mode: '644', content: aptLine(name, context.facts, url, suite) };
    },
    check: context => sh`
      if source_elsewhere ${of(context).url}; then return 0; fi
      file_${id} same ${list} && ${hasKey(of(context).key)}
    `,
    apply: context => sh`
      mkdir -p $run; chmod 700 $run
      found=''
      # shellcheck disable=SC2043 # there may be one alone
      for url in ${of(context).keyUrls}; do
        again ${context.sources.standIns.length ? 2 : 4} fetch "$url" $run/${name}.asc || continue
        found=$(keys_of $run/${name}.asc)
        if [ "$found" = ${of(context).key ?? 'unknown'} ]; then break; fi
        echo "the key that $url serves is $found and not the one of the plan"
      done
      if [ "$found" != ${of(context).key ?? 'unknown'} ]; then return 1; fi
      put ${keyring} 644 < $run/${name}.asc
      rm -f $run/${name}.asc
      note lists ${lists(of(context).url)}
      file_${id} put ${list} 644
    `,
  };
}

export const kubernetesSource = packageSource(
  'kubernetes',
  { seed: 'S16', title: { en: 'package source of Kubernetes', zh: 'Kubernetes 软件源' } },
  ({ sources }) => ({
    name: 'kubernetes',
    url: sources.kubernetesPackages,
    suite: '/ /',
    keyUrls: keysAt('kubernetesPackages', sources, url => `${url}/Release.key`),
    key: sources.kubernetesKey,
  }),
);

export const dockerSource = packageSource(
  'docker',
  {
    seed: 'S09',
    title: { en: 'package source of containerd', zh: 'containerd 软件源' },
    on: ({ spec }) => spec.runtime === 'docker',
  },
  ({ sources, facts }) => ({
    name: 'docker',
    url: `${sources.dockerPackages}/${facts.os.id}`,
    suite: ` ${facts.os.codename} stable`,
    keyUrls: keysAt('dockerPackages', sources, url => `${url}/${facts.os.id}/gpg`),
    key: sources.dockerKey,
  }),
);
