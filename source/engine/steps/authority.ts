import { sh } from '../sh.js';
import type { Step } from './step.js';

export const AUTHORITY_FILE = '/usr/local/share/ca-certificates/k8s-tui.crt';

export const authority: Step = {
  id: 'authority',
  title: { en: 'the authority of your own sources', zh: '自有来源的 CA 证书' },
  why: {
    en: 'curl, apt and containerd believe a registry, mirror or proxy only whose certificate somebody signed whom the system trusts.',
    zh: 'curl、apt 和 containerd 只相信由系统信任的 CA 签发证书的仓库、镜像和代理。',
  },
  on: ({ spec }) => spec.own.ca !== undefined,
  file: ({ spec }) => ({ path: AUTHORITY_FILE, mode: '644', content: spec.own.ca! }),
  check: sh`file_authority same ${AUTHORITY_FILE} && [ -e /etc/ssl/certs/k8s-tui.pem ]`,
  apply: sh`
    if ! command -v update-ca-certificates >/dev/null; then refresh; packages ca-certificates; fi
    note step authority
    file_authority put ${AUTHORITY_FILE} 644
    run update-ca-certificates
  `,
  // Read backwards: the file is gone by now, and only a fresh start takes its links away.
  undo: sh`if command -v update-ca-certificates >/dev/null; then update-ca-certificates --fresh; else rm -f /etc/ssl/certs/k8s-tui.pem; fi`,
};
