import { sh } from '../sh.js';
import type { Step } from './step.js';

export const packageTools: Step = {
  id: 'package_tools',
  seed: 'S16',
  title: { en: 'curl, gpg and certificates', zh: 'curl、gpg 与证书' },
  why: {
    en: 'Signing keys are fetched over TLS and looked at before apt may trust them.',
    zh: '签名密钥经 TLS 获取，核对之后才交给 apt 信任。',
  },
  check: sh`command -v curl && command -v gpg && command -v openssl && [ -e /etc/ssl/certs/ca-certificates.crt ]`,
  apply: sh`
    refresh
    packages curl gpg openssl ca-certificates
  `,
};
