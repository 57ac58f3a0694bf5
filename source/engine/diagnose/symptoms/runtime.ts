import { sh } from '../../sh.js';
import { again, byHand, either, is, type Look, run, type Symptom, said, unitIs } from '../symptom.js';

const config = '/etc/containerd/config.toml';

/** What configuration says; the commands for a file that is not ours are those that people would use. */
const newConfig = (look: Look) =>
  look.isOurs
    ? again('run the plan again: it writes the whole file', '重新运行计划：会重写整个文件')
    : run(
        "write containerd's own defaults, with the cgroup driver that kubelet has",
        '写入 containerd 默认配置，并使用与 kubelet 相同的 cgroup 驱动',
        sh`
        keep ${config}
        containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' > ${config}
        systemctl restart containerd
      `,
      );

const settingOf = (look: Look, name: string): string | null =>
  look.sections['containerd-config']?.map(line => new RegExp(`^\\d+: *${name} *= *(.*)$`).exec(line)?.[1]).find(Boolean) ??
  null;

/** The container runtime. */
export const runtime: readonly Symptom[] = [
  {
    id: 'containerd-config',
    likelihood: 'sure',
    find: said(
      /failed to load TOML|toml: |invalid (plugin )?config|unmarshal .*config\.toml|containerd: .*\/etc\/containerd\/config\.toml/i,
      ['containerd'],
    ),
    cause: { en: `containerd cannot read ${config}`, zh: `containerd 无法读取 ${config}` },
    fixes: (_, look) => [newConfig(look)],
    explains: [
      'containerd-stopped',
      'containerd-not-there',
      'kubelet-keeps-ending',
      'kubelet-check',
      'cgroup-driver',
      'api-server-ends',
      'control-plane-check',
    ],
  },
  {
    id: 'containerd-stopped',
    likelihood: 'sure',
    find: is('units', look => {
      const state = unitIs(look, 'containerd');
      const isLoaded = ['loaded', 'masked'].includes(unitIs(look, 'containerd', 'LoadState') ?? '');
      const isNeeded = look.isUnwell || (look.sections.role?.length ?? 0) > 0;
      return (
        isNeeded && isLoaded && state !== 'active' && `containerd is ${state}, ${unitIs(look, 'containerd', 'UnitFileState')}`
      );
    }),
    cause: { en: 'containerd does not run, so no container does', zh: 'containerd 未运行，因此没有容器可以运行' },
    fixes: () => [
      run(
        'start containerd, now and after a restart',
        '启动 containerd，并设为开机启动',
        sh`
        systemctl unmask -q containerd
        systemctl reset-failed containerd || true
        systemctl enable -q --now containerd
        systemctl is-active containerd
      `,
      ),
    ],
    explains: [
      'containerd-not-there',
      'kubelet-keeps-ending',
      'kubelet-check',
      'api-server-ends',
      'control-plane-check',
      'cni-missing',
      'api-unreachable',
      'sandbox-image',
    ],
  },
  {
    id: 'cri-off',
    likelihood: 'sure',
    find: either(
      is('containerd-config', look => {
        const off = settingOf(look, 'disabled_plugins');
        return off && /cri/.test(off) && `disabled_plugins = ${off}`;
      }),
      said(/unknown service runtime\.v1(alpha2)?\.(Runtime|Image)Service/),
    ),
    cause: {
      en: "containerd's CRI plugin is off: kubelet cannot talk to it",
      zh: 'containerd 的 CRI 插件未启用：kubelet 无法与其通信',
    },
    fixes: (_, look) => [
      look.isOurs
        ? newConfig(look)
        : run(
            'switch it on',
            '启用',
            sh`
            keep ${config}
            sed -Ei 's/^( *disabled_plugins *= *).*/\1[]/' ${config}
            systemctl restart containerd
          `,
          ),
    ],
    explains: [
      'containerd-not-there',
      'kubelet-keeps-ending',
      'kubelet-check',
      'control-plane-check',
      'api-server-ends',
      'cni-missing',
    ],
  },
  {
    id: 'containerd-not-there',
    likelihood: 'likely',
    find: said(
      /containerd\.sock.*(connect: )?(no such file or directory|connection refused)|connect: no such file or directory.*containerd\.sock/i,
      [],
    ),
    cause: { en: "containerd's socket is not there", zh: 'containerd 的套接字不存在' },
    fixes: (_, look) => [
      look.isOurs ? again() : run('start containerd', '启动 containerd', sh`systemctl enable -q --now containerd`),
    ],
    explains: ['kubelet-keeps-ending'],
  },
  {
    id: 'cri-several',
    likelihood: 'sure',
    find: said(/Found multiple CRI endpoints/i),
    cause: {
      en: 'beside containerd another container runtime is here, and kubeadm was not told which to take',
      zh: '除 containerd 外还有其他容器运行时，而 kubeadm 未指定使用哪个',
    },
    fixes: () => [
      byHand(
        'name it: --cri-socket unix:///run/containerd/containerd.sock',
        '请指定：--cri-socket unix:///run/containerd/containerd.sock',
      ),
    ],
  },
  {
    id: 'cgroup-driver',
    likelihood: 'likely',
    find: either(
      is('containerd-config', look => {
        const wanted = look.sections['kubelet-config']?.some(line => /^cgroupDriver: *systemd/.test(line));
        return (
          wanted &&
          settingOf(look, 'SystemdCgroup') === 'false' &&
          'SystemdCgroup = false, while kubelet has cgroupDriver: systemd'
        );
      }),
      said(/cgroup driver:? ["']?(systemd|cgroupfs)["']? is different from/i),
      said(/expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups/i),
    ),
    cause: {
      en: 'containerd and kubelet disagree on the cgroup driver: containers are killed every few minutes',
      zh: 'containerd 与 kubelet 的 cgroup 驱动不一致：容器会每隔几分钟被终止',
    },
    fixes: (_, look) => [
      look.isOurs
        ? newConfig(look)
        : run(
            'let both use systemd',
            '统一使用 systemd',
            sh`
            keep ${config}
            sed -Ei 's/(SystemdCgroup *= *)false/\1true/' ${config}
            systemctl restart containerd kubelet
          `,
          ),
    ],
    explains: ['api-server-ends', 'kubelet-check', 'kubelet-keeps-ending'],
  },
  {
    id: 'sandbox-image',
    likelihood: 'likely',
    find: said(
      /failed to (pull|get sandbox|get) image.*pause|failed to (start|create|get) sandbox (container|image).*pause|sandbox image.*(not found|timeout)/i,
    ),
    cause: ({ line }) => {
      const name = /[\w./:-]*\bpause[:@][\w.:-]+/.exec(line)?.[0];
      return {
        en: `the image that every pod needs first, pause${name ? ` (${name})` : ''}, cannot be had`,
        zh: `每个 Pod 首先需要的 pause 镜像${name ? `（${name}）` : ''}无法获取`,
      };
    },
    fixes: (_, look) => [
      ...(look.isOurs
        ? [again('run the plan again: it names and pulls the right one', '重新运行计划：会指定并拉取正确的镜像')]
        : []),
      byHand(
        'name the one that `kubeadm config images list` tells, or a copy of it that can be pulled, in /etc/containerd/config.toml (sandbox), and restart containerd',
        '在 /etc/containerd/config.toml 中（sandbox）填写 `kubeadm config images list` 列出的 pause 镜像或可拉取的副本，并重启 containerd',
      ),
    ],
    explains: ['image-blocked', 'image-not-there', 'image-not-pulled', 'cni-missing'],
  },
];
