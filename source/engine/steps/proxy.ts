import { lines, sh } from '../sh.js';
import { directly, ownHosts, proxyUrl } from '../sources/proxy.js';
import type { Context, Step } from './step.js';

/** The proxy as environment variables: containerd's unit reads it, and the scripts where they fetch something. */
export const PROXY_FILE = '/etc/default/k8s-tui-proxy';
const aptFile = '/etc/apt/apt.conf.d/99k8s-tui-proxy';

const isOn = ({ spec }: Context) => spec.own.proxy !== undefined;

/** apt knows no list: each host that it reaches without the proxy by name. */
const exceptions = ({ spec }: Context) => [
  ...new Set([...ownHosts(spec), ...spec.own.noProxy.filter(name => /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(name))]),
];

export const proxy: Step = {
  id: 'proxy',
  title: { en: 'the way out: a proxy', zh: '出口代理' },
  why: {
    en: 'apt, containerd and downloads go through it; nodes, pods, Services and sources of your own are reached without it.',
    zh: 'apt、containerd 和下载经由代理；节点、Pod、Service 和自有来源直接访问。',
  },
  on: isOn,
  define: context =>
    lines([
      proxyUrl(context.spec),
      sh`
        proxy_environment() {
          for name in http_proxy https_proxy HTTP_PROXY HTTPS_PROXY; do echo "$name=$(proxy_url)"; done
          for name in no_proxy NO_PROXY; do echo "$name="${directly(context.spec).join(',')}; done
        }
        proxy_apt() {
          for scheme in http https; do
            echo "Acquire::$scheme::Proxy \"$(proxy_url)\";"
            for name in ${exceptions(context)}; do echo "Acquire::$scheme::Proxy::$name \"DIRECT\";"; done
          done
        }
      `,
    ]),
  check: sh`proxy_environment | same ${PROXY_FILE} && proxy_apt | same ${aptFile}`,
  apply: ({ spec }) => sh`
    proxy_environment | put ${PROXY_FILE} ${spec.own.proxyUser ? '600' : '644'}
    proxy_apt | put ${aptFile} ${spec.own.proxyUser ? '600' : '644'}
  `,
};

export const containerdProxy: Step = {
  id: 'containerd_proxy',
  title: { en: 'containerd’s way out', zh: 'containerd 的出口' },
  why: {
    en: 'containerd pulls the images, and units do not see what a shell sees.',
    zh: '镜像由 containerd 拉取，而系统单元看不到 shell 的环境。',
  },
  on: isOn,
  file: () => ({
    path: '/etc/systemd/system/containerd.service.d/k8s-tui-proxy.conf',
    mode: '644',
    content: `[Service]\nEnvironmentFile=${PROXY_FILE}`,
  }),
  apply: sh`
    file_containerd_proxy put /etc/systemd/system/containerd.service.d/k8s-tui-proxy.conf 644
    run systemctl daemon-reload
  `,
};
