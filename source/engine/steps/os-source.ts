import { distributionSources } from '../relay/sites.js';
import { sh } from '../sh.js';
import type { Step } from './step.js';

const list = '/etc/apt/sources.list.d/k8s-tui-os.list';

/** Beside what the host has, which is left alone; while it is there the scripts ask no other source of the distribution. */
export const osSource: Step = {
  id: 'os_source',
  title: { en: 'package source of the distribution', zh: '发行版软件源' },
  why: {
    en: 'What is needed of the distribution comes from your mirror of it, signed by the distribution’s own key.',
    zh: '所需的发行版软件包取自自有镜像，仍由发行版自己的密钥签名。',
  },
  on: ({ spec }) => spec.own.osPackages !== undefined,
  file: ({ spec, facts }) => ({ path: list, mode: '644', content: distributionSources(facts, spec).join('\n') }),
  apply: ({ spec }) => sh`
    note lists ${spec.own.osPackages!.replace(/^https?:\/\//, '').replaceAll('/', '_')}
    file_os_source put ${list} 644
  `,
};
