import { compareVersions } from '../../sources/versions.js';
import { ofHost } from '../check.js';

export const aptLock = ofHost(
  'apt-locked',
  ({ facts }) =>
    !!facts.aptLock && {
      level: 'warn',
      what: { en: `apt is at work: ${facts.aptLock}`, zh: `apt 正在运行：${facts.aptLock}` },
      why: {
        en: 'The install waits up to five minutes for its lock, and never ends the other program.',
        zh: '安装最多等待其锁五分钟，绝不会终止该程序。',
      },
      remedy: { en: 'Nothing; or wait until it has ended.', zh: '无需处理；或等待其结束。' },
    },
);

export const dpkg = ofHost('dpkg-broken', ({ facts, isOurs }) => {
  if (!facts.dpkgBroken) return null;
  const what = { en: 'A package was left half installed', zh: '有软件包未安装完成' };
  // An install of ours that was cut short leaves one, and mends it when it goes on.
  if (isOurs)
    return {
      level: 'note',
      what: { en: `${what.en}; it is brought to its end first`, zh: `${what.zh}；将先完成其安装` },
      why: { en: 'An earlier install was cut short here.', zh: '此前的安装在此中断。' },
      remedy: { en: 'Nothing.', zh: '无需处理。' },
    };
  return {
    level: 'stop',
    what,
    why: { en: 'apt installs nothing more before that is repaired.', zh: '修复之前 apt 不会安装其他软件包。' },
    remedy: {
      en: 'On that host, as root: dpkg --configure -a && apt-get -f install',
      zh: '在该主机上以 root 执行：dpkg --configure -a && apt-get -f install',
    },
  };
});

export const cloudInit = ofHost(
  'cloud-init-running',
  ({ facts }) =>
    facts.cloudInit === 'running' && {
      level: 'warn',
      what: { en: 'cloud-init is still setting this host up', zh: 'cloud-init 仍在配置此主机' },
      why: { en: 'It installs packages and rewrites files at the same time.', zh: '它会同时安装软件包并改写文件。' },
      remedy: { en: 'Wait for it: cloud-init status --wait', zh: '等待其完成：cloud-init status --wait' },
    },
);

export const toolsMissing = ofHost('tools-missing', ({ facts, isOurs }) => {
  const missing = ['curl', 'gpg', 'perl'].filter(command => !facts.commands.includes(command));
  if (!missing.length || isOurs) return null;
  return {
    level: 'note',
    what: { en: `Not installed: ${missing.join(', ')}`, zh: `未安装：${missing.join('、')}` },
    why: {
      en: 'Keys and packages are fetched and looked at with these; the plan installs what it needs.',
      zh: '获取和核对密钥与软件包需要它们；计划会安装所需工具。',
    },
    remedy: { en: 'Nothing.', zh: '无需处理。' },
  };
});

const kubernetes = ['kubelet', 'kubeadm', 'kubectl'];
const bare = (version: string) => /^(?:\d+:)?v?(\d+\.\d+\.\d+)/.exec(version)?.[1] ?? '0.0.0';

/** A cluster's own version is the business of version-skew. */
export const newerPackages = ofHost('packages-newer', ({ facts, version, minor, isOurs }) => {
  if (isOurs && facts.cluster.state !== 'none') return null;
  const wanted = version ?? `v1.${minor}.999`;
  const newer = kubernetes.filter(name => facts.packages[name] && compareVersions(bare(facts.packages[name]), wanted) > 0);
  if (!newer.length) return null;
  const names = newer.map(name => `${name} ${bare(facts.packages[name]!)}`).join(', ');
  return {
    level: 'stop',
    what: {
      en: `Installed is ${names}; wanted is ${version ?? `v1.${minor}`}`,
      zh: `已安装 ${names}；需要 ${version ?? `v1.${minor}`}`,
    },
    why: { en: 'apt does not go back to an older version by itself.', zh: 'apt 不会自动降级。' },
    remedy: {
      en: `Take them out (apt-get purge --allow-change-held-packages ${newer.join(' ')}), or install the newer version.`,
      zh: `请卸载（apt-get purge --allow-change-held-packages ${newer.join(' ')}），或安装较新的版本。`,
    },
  };
});

export const held = ofHost('packages-held', ({ facts, version, isOurs }) => {
  const others = facts.held.filter(
    name =>
      ['containerd.io', 'containerd', 'runc', ...kubernetes].includes(name) &&
      !(kubernetes.includes(name) && (isOurs || !version || `v${bare(facts.packages[name] ?? '')}` === version)),
  );
  if (!others.length) return null;
  return {
    level: 'warn',
    what: { en: `Held at their version: ${others.join(', ')}`, zh: `已锁定版本：${others.join('、')}` },
    why: {
      en: 'Somebody wanted them to stay; the install changes held packages where it must.',
      zh: '有人希望其保持不变；安装在必要时会更改被锁定的软件包。',
    },
    remedy: {
      en: `If they shall move: apt-mark unhold ${others.join(' ')}`,
      zh: `如允许变更：apt-mark unhold ${others.join(' ')}`,
    },
  };
});
