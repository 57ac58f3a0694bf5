import { lines, sh } from '../sh.js';
import { pauseImage } from '../sources/images.js';
import { AUTHORITY_FILE } from './authority.js';
import unitFile from './containerd.service';
import { criSocket } from './kubeadm-config.js';
import { PROXY_FILE } from './proxy.js';
import { releases } from './releases.js';
import { packageStandIns } from './stand-ins.js';
import type { Step } from './step.js';

/** What containerd fills, also the folder of the network's configuration, which it makes at its first start. */
const claims = sh`claim /etc/containerd /var/lib/containerd /opt/containerd /opt/cni /etc/cni`;

/** crictl and containerd are needed before the other packages: images are pulled while those are installed. */
export const containerd: Step = {
  id: 'containerd',
  seed: 'S09',
  title: { en: 'containerd and runc', zh: 'containerd 与 runc' },
  why: { en: 'The container runtime; its package brings a matching runc.', zh: '容器运行时；软件包自带匹配的 runc。' },
  on: ({ spec }) => spec.runtime !== 'github',
  define: context =>
    lines([
      packageStandIns(context),
      sh`
        containerd_package=${context.spec.runtime === 'docker' ? 'containerd.io' : 'containerd'}
        # whole_containerd: what an unpacking that was cut short has left is none
        whole_containerd() {
          command -v containerd >/dev/null && command -v runc >/dev/null || return 1
          case $(dpkg-query -W -f '\${db:Status-Status}' "$containerd_package" 2>/dev/null) in '' | installed | not-installed | config-files) ;; *) return 1 ;; esac
        }
      `,
    ]),
  check: sh`whole_containerd && installed cri-tools`,
  apply: sh`
    ${claims}
    refresh
    if whole_containerd; then packages cri-tools; else packages "$containerd_package" cri-tools; fi
  `,
};

/** The seed's way: release files of GitHub, each checked against the sums of its release. */
export const containerdRelease: Step = {
  id: 'containerd_release',
  seed: 'S09, S10',
  title: { en: 'containerd and runc, from their releases', zh: 'containerd 与 runc（发布包）' },
  why: { en: 'The container runtime, from the files that its makers publish.', zh: '容器运行时，取自官方发布文件。' },
  on: ({ spec }) => spec.runtime === 'github',
  define: context => {
    const { sources, facts } = context;
    const { containerd, runc } = releases(facts.arch);
    const places = [sources, ...sources.standIns].flatMap(({ githubReleases }) => githubReleases ?? []);
    return lines([
      packageStandIns(context),
      sh`
      # release PATH NAME SUMS: a release file whose digest is in the sums of the same release
      release() {
        # shellcheck disable=SC2043 # there may be one alone
        for place in ${places}; do
          if release_from "$place" "$@"; then
            [ "$place" = ${sources.githubReleases} ] || say instead "$place" "$2"
            return 0
          fi
        done
        return 1
      }
      release_from() {
        place=$1; shift
        again ${places.length > 1 ? 2 : 4} fetch "$place/$1/$2" "$download/$2" || return 1
        again ${places.length > 1 ? 2 : 4} fetch "$place/$1/$3" "$download/sums" || return 1
        wanted=$(awk -v name="$2" '$2 == name || $2 == "*" name {print $1; exit}' "$download/sums")
        if [ -z "$wanted" ] || ! echo "$wanted  $download/$2" | sha256sum -c --status; then echo "$2: its digest is not the published one"; return 1; fi
      }
      containerd_path=${containerd.path} containerd_file=${containerd.file} runc_path=${runc.path} runc_file=${runc.file}
      containerd_version=${containerd.version} runc_version=${runc.version}
    `,
    ]);
  },
  check: sh`
    installed cri-tools && [ -e /etc/systemd/system/containerd.service ] || return 1
    case $(/usr/local/bin/containerd --version) in *" v$containerd_version "*) ;; *) return 1 ;; esac
    case $(/usr/local/sbin/runc --version) in "runc version $runc_version"*) ;; *) return 1 ;; esac
  `,
  apply: sh`
    ${claims}
    refresh
    packages cri-tools libseccomp2
    download=$home/download
    scratch "$download"
    release "$containerd_path" "$containerd_file" "$containerd_file.sha256sum"
    tar -C "$download" -xzf "$download/$containerd_file"
    for program in "$download"/bin/*; do put "/usr/local/bin/\${program##*/}" 755 < "$program"; done
    release "$runc_path" "$runc_file" runc.sha256sum
    put /usr/local/sbin/runc 755 < "$download/$runc_file"
    rm -r "$download"
    note step containerd_release
    file_containerd_release put /etc/systemd/system/containerd.service 644
    run systemctl daemon-reload
    run systemctl enable -q --now containerd
  `,
  file: () => ({ path: '/etc/systemd/system/containerd.service', mode: '644', content: unitFile }),
  undo: sh`
    systemctl disable -q --now containerd
    rm -f /etc/systemd/system/containerd.service
    systemctl daemon-reload
  `,
};

export const containerdConfig: Step = {
  id: 'containerd_config',
  seed: 'S09, S14',
  title: { en: 'containerd’s configuration', zh: 'containerd 配置' },
  why: {
    en: 'CRI on, systemd as cgroup driver as kubelet has it, and the pause image of this version from the chosen source; the whole file, never edited in place.',
    zh: '启用 CRI，cgroup 驱动与 kubelet 一致用 systemd，pause 镜像取自所选来源；整个文件重写，从不就地修改。',
  },
  define: ({ spec, sources, version }) => sh`
    read_at_start=${['/etc/containerd/config.toml', spec.own.proxy && PROXY_FILE, spec.own.ca && AUTHORITY_FILE].filter(Boolean).join(' ')}
    sandbox=${pauseImage(version, sources)}
    containerd_config() {
      case $(containerd --version | awk '{print $3}') in
        1.* | v1.*) cat <<END
    version = 2
    [plugins."io.containerd.grpc.v1.cri"]
      sandbox_image = "$sandbox"
    [plugins."io.containerd.grpc.v1.cri".registry]
      config_path = "/etc/containerd/certs.d"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
    END
          ;;
        *) cat <<END
    version = 3
    [plugins."io.containerd.cri.v1.images".pinned_images]
      sandbox = "$sandbox"
    [plugins."io.containerd.cri.v1.images".registry]
      config_path = "/etc/containerd/certs.d"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = true
    END
          ;;
      esac
    }
  `,
  // The socket is as old as the running containerd: one that started before a file was written has not read it.
  check: sh`
    containerd_config | same /etc/containerd/config.toml || return 1
    runs containerd || return 1
    for file in $read_at_start; do if [ "$file" -nt /run/containerd/containerd.sock ]; then return 1; fi; done
  `,
  apply: sh`
    unit containerd.service
    containerd_config | put /etc/containerd/config.toml 644
    run systemctl enable -q containerd
    run systemctl restart containerd
    await 30 'containerd to answer' crictl --runtime-endpoint ${criSocket} version
  `,
};

export const crictlConfig: Step = {
  id: 'crictl_config',
  seed: 'S09',
  title: { en: 'crictl’s configuration', zh: 'crictl 配置' },
  why: { en: 'The tool that looks into the runtime has to know its socket.', zh: '查看运行时的工具需要知道其套接字。' },
  file: () => ({
    path: '/etc/crictl.yaml',
    mode: '644',
    content: `runtime-endpoint: ${criSocket}\nimage-endpoint: ${criSocket}\ntimeout: 10`,
  }),
};
