import { sh } from '../sh.js';
import { firstControlPlane, nodeAddress } from '../spec/schema.js';
import { endpointName } from './kubeadm-config.js';
import type { Step } from './step.js';

export const hostsFile: Step = {
  id: 'hosts_file',
  seed: 'S06',
  title: { en: 'names in /etc/hosts', zh: '写入 /etc/hosts' },
  why: {
    en: 'Every node must know every other and the API server by name, with or without a DNS server.',
    zh: '无论有没有 DNS，每个节点都要能按名称找到其他节点和 API 服务器。',
  },
  file: ({ spec }) => ({
    path: '/etc/hosts',
    mode: '644',
    content: [
      ...spec.hosts.map(host => `${nodeAddress(host)} ${host.name}`),
      ...(spec.endpoint ? [] : [`${nodeAddress(firstControlPlane(spec))} ${endpointName(spec)}`]),
    ].join('\n'),
  }),
  check: sh`file_hosts_file | block_same /etc/hosts`,
  apply: sh`file_hosts_file | block /etc/hosts`,
};
