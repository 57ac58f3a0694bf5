import { readFileSync } from 'node:fs';
import { certificatesIn, isAuthority, isDirect, isLogin, isRegistry, isSourceUrl } from '../engine/spec/own.js';
import type { ClusterSpec } from '../engine/spec/schema.js';
import { expandHome } from '../engine/ssh/expand-home.js';
import type { Text } from '../engine/text.js';
import type { Option } from './options.js';

type Own = ClusterSpec['own'];
type Field = Exclude<keyof Own, 'noProxy'>;

const list = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const field = (key: Field): Pick<Option, 'get' | 'set'> => ({
  get: spec => spec.own[key] ?? '',
  set: (spec, value) => ({ ...spec, own: withField(spec.own, key, value) }),
});
function withField(own: Own, key: Field, value: string): Own {
  const { [key]: _, ...rest } = own;
  return value ? { ...rest, [key]: value } : rest;
}
const allowed =
  (is: (value: string) => boolean, en: string, zh: string) =>
  (value: string): Text | null =>
    value === '' || is(value) ? null : { en: `"${value}": ${en}`, zh: `“${value}”：${zh}` };
const url = allowed(
  isSourceUrl,
  'a URL without / at its end and without a password, such as https://apt.example.com/kubernetes',
  '应为末尾不带 /、不含密码的 URL，例如 https://apt.example.com/kubernetes',
);
const user = allowed(isLogin, 'a user name', '应为用户名');

/** Whose certificates they are: PEM is nothing to look at. */
const holders = (pem: string | undefined) =>
  pem
    ? certificatesIn(pem)
        .map(({ subject }) => subject.replace(/^.*CN=/s, ''))
        .join(', ')
    : '';

function readAuthority(path: string): string | null {
  try {
    const pem = readFileSync(expandHome(path), 'utf8');
    return isAuthority(pem) ? pem : null;
  } catch {
    return null;
  }
}

/** Sources of the operator's own. What one of them carries is taken from there alone. */
export const ownOptions: readonly Option[] = [
  {
    id: 'registry',
    label: { en: 'Registry', zh: '镜像仓库' },
    help: {
      en: 'host:port/path, by TLS; every image under the path that it has upstream, e.g. flannel-io/flannel.',
      zh: 'host:port/path，使用 TLS；各镜像沿用其官方路径，例如 flannel-io/flannel。',
    },
    ...field('registry'),
    check: allowed(
      isRegistry,
      'a registry such as registry.example.com:5000/k8s',
      '应为镜像仓库，例如 registry.example.com:5000/k8s',
    ),
  },
  {
    id: 'registryUser',
    label: { en: 'its user', zh: '其用户' },
    help: {
      en: 'Empty: anyone may pull. The password is asked for when it is needed and is never saved here.',
      zh: '留空：匿名拉取。需要时询问密码，此处从不保存。',
    },
    ...field('registryUser'),
    check: user,
  },
  {
    id: 'kubernetesPackages',
    label: { en: 'Packages', zh: 'Kubernetes 软件包' },
    help: {
      en: 'A mirror of pkgs.k8s.io/core:/stable:/v1.NN/deb, with its key at /Release.key.',
      zh: 'pkgs.k8s.io/core:/stable:/v1.NN/deb 的镜像，密钥位于 /Release.key。',
    },
    ...field('kubernetesPackages'),
    check: url,
  },
  {
    id: 'dockerPackages',
    label: { en: 'containerd', zh: 'containerd' },
    help: {
      en: 'A mirror of download.docker.com/linux, with its key at /debian/gpg or /ubuntu/gpg.',
      zh: 'download.docker.com/linux 的镜像，密钥位于 /debian/gpg 或 /ubuntu/gpg。',
    },
    ...field('dockerPackages'),
    check: url,
  },
  {
    id: 'osPackages',
    label: { en: 'System', zh: '系统软件包' },
    help: {
      en: "A mirror of the distribution's archive. The hosts' own sources are left alone.",
      zh: '发行版软件仓库的镜像。主机原有的软件源不作改动。',
    },
    ...field('osPackages'),
    check: url,
  },
  {
    id: 'proxy',
    label: { en: 'HTTP proxy', zh: 'HTTP 代理' },
    help: {
      en: 'The way out for apt, containerd and downloads. Nodes, pods, Services and the sources above are reached without it.',
      zh: 'apt、containerd 和下载的出口。节点、Pod、Service 及以上来源不经代理。',
    },
    ...field('proxy'),
    check: allowed(
      isSourceUrl,
      'such as http://proxy.example.com:3128, without a password',
      '例如 http://proxy.example.com:3128，不含密码',
    ),
  },
  {
    id: 'proxyUser',
    label: { en: 'its user', zh: '其用户' },
    help: {
      en: 'Empty: anyone may use it. The password is asked for when it is needed and is never saved here.',
      zh: '留空：无需登录。需要时询问密码，此处从不保存。',
    },
    ...field('proxyUser'),
    check: user,
  },
  {
    id: 'noProxy',
    label: { en: 'not by it', zh: '不经代理' },
    help: {
      en: 'What else is reached without the proxy: names, .example.com, addresses, networks.',
      zh: '其他不经代理访问的目标：名称、.example.com、地址、网段。',
    },
    get: spec => spec.own.noProxy.join(', '),
    set: (spec, value) => ({ ...spec, own: { ...spec.own, noProxy: list(value) } }),
    check: value => allowed(all => list(all).every(isDirect), 'names, addresses, networks', '应为名称、地址、网段')(value),
  },
  {
    id: 'ca',
    label: { en: 'Authority', zh: 'CA 证书' },
    help: {
      en: 'A file in PEM with the certificates of who signs for them; the hosts will trust it. Empty: a public authority.',
      zh: '签发者证书的 PEM 文件；主机将信任它。留空：公共 CA。',
    },
    get: spec => holders(spec.own.ca),
    set: (spec, value) =>
      value === holders(spec.own.ca) ? spec : { ...spec, own: withField(spec.own, 'ca', readAuthority(value) ?? '') },
    check: value =>
      value === '' || readAuthority(value) !== null
        ? null
        : {
            en: `"${value}": no file here with certificates in PEM, and no private key`,
            zh: `“${value}”：应为本机上含 PEM 证书、不含私钥的文件`,
          },
  },
];
