import { type Shell, sh } from '../sh.js';
import { loginInBase64, registryOf } from '../sources/registry.js';
import type { Context, Step } from './step.js';

/** Where kubelet looks for logins of registries, for whatever it pulls (kubernetes.io: configure nodes to authenticate to a private registry). */
const file = '/var/lib/kubelet/config.json';

/** The function by which images come out of a registry that wants a login; null where none does. It is told nobody else. */
export const ownPull = ({ spec: { own } }: Context): Shell | null =>
  own.registryUser === undefined
    ? null
    : sh`
        registry_login() { ${loginInBase64(own.registryUser)}; }
        # with_login COMMAND...: crictl finds it in its environment
        with_login() { (CRICTL_AUTH=$(registry_login); export CRICTL_AUTH; "$@"); }
        own_images() { grep -F ${`${registryOf(own.registry!)}/`} "$@"; }
      `;

export const registryLogin: Step = {
  id: 'registry_login',
  title: { en: 'the login of your registry', zh: '自有镜像仓库的登录' },
  why: {
    en: 'kubelet pulls by it whatever a pod wants from there; only root can read it.',
    zh: 'kubelet 凭此从该仓库拉取 Pod 所需镜像；只有 root 可读。',
  },
  on: ({ spec }) => spec.own.registryUser !== undefined,
  define: ({ spec }) => sh`
    registry_login() { ${loginInBase64(spec.own.registryUser!)}; }
    registry_config() { echo '{"auths":{"'${registryOf(spec.own.registry!)}'":{"auth":"'"$(registry_login)"'"}}}'; }
  `,
  check: sh`registry_config | same ${file} && [ "$(stat -c %a ${file})" = 600 ]`,
  apply: sh`
    claim /var/lib/kubelet
    mkdir -p /var/lib/kubelet
    registry_config | put ${file} 600
  `,
};
