import { again, byHand, either, otherMirror, type Symptom, said } from '../symptom.js';

const pull = 'ImagePull|pull(ing)? (and unpack )?image|failed to resolve|crictl pull|ErrImagePull|PullImage';
const image = /(?:image |ref(?:erence)? )["\\]*([\w.-]+\.[\w.-]+(?::\d+)?\/[\w./-]+(?::[\w.-]+)?)/;
const after = (words: string) => new RegExp(`(?:${pull}).*?(?:${words})`, 'i');
const nameOf = (line: string) => image.exec(line)?.[1] ?? null;
const of = (line: string) => ({ en: nameOf(line) ? ` (${nameOf(line)})` : '', zh: nameOf(line) ? `（${nameOf(line)}）` : '' });

/** What has to come over the network: images first of all. */
export const downloads: readonly Symptom[] = [
  {
    id: 'names-not-resolved',
    likelihood: 'likely',
    find: said(
      /Temporary failure resolving|Could not resolve( host)?|lookup [\w.-]+.*(no such host|server misbehaving|i\/o timeout)/i,
      ['containerd', 'kubelet'],
    ),
    cause: {
      en: 'the host does not get names resolved: its DNS server is wrong or not reachable',
      zh: '主机无法解析域名：DNS 服务器有误或不可达',
    },
    fixes: () => [
      byHand(
        'look at /etc/resolv.conf (section "resolver"); try: getent hosts registry.k8s.io',
        '检查 /etc/resolv.conf（“resolver” 一节）；可试：getent hosts registry.k8s.io',
      ),
      again(),
    ],
    explains: ['image-blocked', 'image-not-pulled'],
  },
  {
    id: 'image-not-there',
    likelihood: 'sure',
    find: said(after('not found|manifest unknown'), ['events', 'kubelet', 'containerd']),
    cause: ({ line }) => ({ en: `the mirror does not carry this image${of(line).en}`, zh: `镜像源没有此镜像${of(line).zh}` }),
    fixes: () => [otherMirror],
    explains: ['image-not-pulled'],
  },
  {
    id: 'image-not-allowed',
    likelihood: 'sure',
    find: said(/403 Forbidden.*allow-?list|not in (the )?allow-?list|403 Forbidden/i, ['events', 'containerd', 'kubelet']),
    cause: ({ line }) => ({
      en: `the mirror does not serve this image to us${of(line).en}`,
      zh: `镜像源拒绝提供此镜像${of(line).zh}`,
    }),
    fixes: () => [otherMirror],
    explains: ['image-not-pulled', 'image-blocked'],
  },
  {
    id: 'rate-limit',
    likelihood: 'sure',
    find: said(/toomanyrequests|429 Too Many|rate limit exceeded|pull rate limit/i, ['events', 'containerd', 'kubelet']),
    cause: { en: 'the registry has had too many requests from this address', zh: '该地址对镜像仓库请求过多，已被限流' },
    fixes: () => [again('try again in some minutes', '几分钟后重试'), otherMirror],
    explains: ['image-not-pulled'],
  },
  {
    id: 'image-strangers-certificate',
    likelihood: 'likely',
    find: said(after('certificate signed by unknown authority|text/html'), ['events', 'containerd', 'kubelet']),
    cause: {
      en: 'somebody else answers in the registry’s place: a proxy that looks into TLS, or a sign-in page',
      zh: '有他人代替仓库应答：拦截 TLS 的代理或登录页面',
    },
    fixes: () => [
      byHand(
        'sign in to the network, or trust the proxy’s CA on the host: /usr/local/share/ca-certificates, update-ca-certificates',
        '登录网络，或在主机上信任代理的 CA：/usr/local/share/ca-certificates，update-ca-certificates',
      ),
      otherMirror,
    ],
    explains: ['image-not-pulled'],
  },
  {
    id: 'image-blocked',
    likelihood: 'likely',
    find: either(
      said(
        after(
          'i/o timeout|connection reset|TLS handshake timeout|EOF|connection refused|no route to host|network is unreachable|context deadline exceeded|connection timed out',
        ),
        ['events', 'containerd', 'kubelet'],
      ),
    ),
    cause: ({ line }) => ({
      en: `the registry cannot be reached from this host${of(line).en}`,
      zh: `此主机无法访问镜像仓库${of(line).zh}`,
    }),
    fixes: () => [otherMirror, again()],
    explains: ['image-not-pulled'],
  },
  {
    id: 'image-not-pulled',
    likelihood: 'possible',
    find: said(/ErrImagePull|ImagePullBackOff|given up after \d+ tries/i, ['pods', 'events', 'kubelet']),
    cause: { en: 'an image could not be pulled', zh: '有镜像未能拉取' },
    fixes: () => [again(), otherMirror],
  },
  {
    id: 'file-blocked',
    likelihood: 'likely',
    find: said(/curl: \((6|7|28|35|52|56)\)|Connection (timed out|reset|refused).*\[IP/i, []),
    cause: { en: 'a site that things come from cannot be reached from this host', zh: '此主机无法访问某个下载站点' },
    fixes: () => [otherMirror, again()],
  },
  {
    id: 'file-other-than-published',
    likelihood: 'sure',
    find: said(/Hash Sum mismatch|its digest is not the published one|File has unexpected size/i, []),
    cause: {
      en: 'what was downloaded is not what was published: a mirror in the middle of its update, or a proxy that changes files',
      zh: '下载内容与发布内容不符：镜像源正在同步，或代理改动了文件',
    },
    fixes: () => [again('try again in some minutes', '几分钟后重试'), otherMirror],
  },
];
