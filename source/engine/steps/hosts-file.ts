import { sh } from '../sh.js';
import { controlPlanes, nodeAddress } from '../spec/hosts.js';
import { endpointName } from './kubeadm-config.js';
import { type Context, hasSeveralPlanes, type Step, type StepFile } from './step.js';

/**
 * The name of the API server has a line for every control plane: who asks for it tries one address after the other, so a node
 * does without a load balancer when one of them is down. A control plane asks itself first.
 */
function hostsLines({ spec, host }: Context): StepFile {
  const planes = controlPlanes(spec);
  const own = planes.filter(({ name }) => name === host.name);
  const inOrder = [...own, ...planes.filter(({ name }) => name !== host.name)];
  return {
    path: '/etc/hosts',
    mode: '644',
    content: [
      ...spec.hosts.map(each => `${nodeAddress(each)} ${each.name}`),
      ...(spec.endpoint ? [] : inOrder.map(plane => `${nodeAddress(plane)} ${endpointName(spec)}`)),
    ].join('\n'),
  };
}

export const hostsFile: Step = {
  id: 'hosts_file',
  seed: 'S06',
  title: { en: 'names in /etc/hosts', zh: '写入 /etc/hosts' },
  why: {
    en: 'Every node must know every other and the API server by name, with or without a DNS server.',
    zh: '无论有没有 DNS，每个节点都要能按名称找到其他节点和 API 服务器。',
  },
  file: hostsLines,
  check: sh`file_hosts_file block_same /etc/hosts`,
  apply: sh`file_hosts_file block /etc/hosts`,
};

/** kubelet makes the copies when a pod starts, and mounts them: a file that is moved into their place would not be seen there. */
export const hostsFilesOfPods: Step = {
  id: 'hosts_files_of_pods',
  title: { en: 'the same names in pods of the host’s network', zh: '主机网络 Pod 中的相同名称' },
  why: {
    en: 'kube-proxy and the network have a copy of /etc/hosts from when they started; control planes may have come since.',
    zh: 'kube-proxy 与网络组件使用启动时的 /etc/hosts 副本，其后可能有新的控制平面。',
  },
  on: context => hasSeveralPlanes(context) && !context.spec.endpoint,
  file: hostsLines,
  define: sh`
    old_copies() {
      for copy in /var/lib/kubelet/pods/*/etc-hosts; do
        if grep -qsx "$block_begin" "$copy" && ! file_hosts_files_of_pods block_same "$copy"; then echo "$copy"; fi
      done
    }
  `,
  check: sh`[ -z "$(old_copies)" ]`,
  apply: sh`
    for copy in $(old_copies); do
      file_hosts_files_of_pods with_block "$copy" | secret $run/hosts
      cat $run/hosts > "$copy"
    done
    rm -f $run/hosts
  `,
};
