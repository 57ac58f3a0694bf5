import { Problem } from '../errors.js';
import type { System } from './wanted.js';

const releases: Record<string, [id: string, codename: string]> = {
  'debian-12': ['debian', 'bookworm'],
  'debian-13': ['debian', 'trixie'],
  'ubuntu-22.04': ['ubuntu', 'jammy'],
  'ubuntu-24.04': ['ubuntu', 'noble'],
};
const architectures = ['amd64', 'arm64'];

/** Kinds of hosts that a bundle can be made for: `debian-12`, or with another processor `debian-12/arm64`. */
export const systemNames = Object.keys(releases);

/** @throws Problem spec where there is no such kind */
export function systemOf(name: string): System {
  const [release = '', arch = 'amd64'] = name.split('/');
  const [id, codename] = releases[release] ?? [];
  if (!id || !codename || !architectures.includes(arch)) {
    throw new Problem({
      code: 'spec',
      what: { en: `--for ${name}: there is no bundle for that`, zh: `--for ${name}：无法为其制作离线包` },
      remedy: {
        en: `Take of ${systemNames.join(', ')}; with /arm64 after it for that processor.`,
        zh: `可选：${systemNames.join('、')}；arm64 处理器请在其后加 /arm64。`,
      },
    });
  }
  return { os: { id, codename, versionId: release.split('-')[1]!, pretty: release }, arch };
}

/** The kind that a host is of. */
export const nameOfSystem = ({ os, arch }: System): string => `${os.id}-${os.versionId}${arch === 'amd64' ? '' : `/${arch}`}`;
