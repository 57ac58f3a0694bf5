import { sh } from '../sh.js';
import { isControlPlane } from '../spec/hosts.js';
import type { Context, Step } from './step.js';

/** Ports that other hosts have to reach on this one, as ufw writes them. */
export function openPorts({ spec, host }: Pick<Context, 'spec' | 'host'>): string[] {
  return [
    '10250/tcp',
    '30000:32767/tcp',
    '30000:32767/udp',
    spec.network.cni === 'flannel' ? '8472/udp' : '4789/udp',
    ...(isControlPlane(host) ? ['6443/tcp', '2379:2380/tcp'] : []),
  ];
}

export const firewallOpen: Step = {
  id: 'firewall_open',
  seed: 'S08',
  title: { en: 'ports open in ufw', zh: '在 ufw 中放行端口' },
  why: {
    en: 'ufw drops what the nodes say to each other, and forwards nothing for pods.',
    zh: 'ufw 会丢弃节点间的通信，也不为 Pod 转发流量。',
  },
  on: ({ spec, facts }) => spec.firewall === 'open' && facts.firewall.ufw === 'active',
  define: context =>
    sh`firewall_ports=${openPorts(context).join(' ')} firewall_networks=${`${context.spec.network.pods} ${context.spec.network.services}`}`,
  check: sh`
    rules=$(ufw show added)
    for port in $firewall_ports; do echo "$rules" | grep -qF "allow $port" || return 1; done
    for network in $firewall_networks; do echo "$rules" | grep -qF "allow from $network" || return 1; done
    grep -q '^DEFAULT_FORWARD_POLICY="ACCEPT"' /etc/default/ufw
  `,
  apply: sh`
    note step firewall_open
    for file in /etc/default/ufw /etc/ufw/user.rules /etc/ufw/user6.rules; do keep $file; done
    for port in $firewall_ports; do run ufw allow "$port"; done
    for network in $firewall_networks; do run ufw allow from "$network"; done
    edit /etc/default/ufw 's/^DEFAULT_FORWARD_POLICY=.*/DEFAULT_FORWARD_POLICY="ACCEPT"/'
    run ufw reload
  `,
  undo: sh`ufw reload`,
};

export const firewallOff: Step = {
  id: 'firewall_off',
  seed: 'S08',
  title: { en: 'firewall off', zh: '关闭防火墙' },
  why: { en: 'It was asked for; undo switches it on again.', zh: '按要求关闭；撤销时会重新打开。' },
  on: ({ spec, facts }) =>
    spec.firewall === 'disable' && (facts.firewall.ufw === 'active' || facts.firewall.firewalld === 'active'),
  check: sh`! { ufw status 2>/dev/null | grep -q '^Status: active'; } && ! systemctl -q is-active firewalld`,
  apply: sh`
    if command -v ufw >/dev/null && ufw status | grep -q '^Status: active'; then
      note step firewall_off
      run ufw disable
    fi
    if systemctl -q is-active firewalld; then
      unit firewalld.service
      run systemctl disable -q --now firewalld
    fi
  `,
  undo: sh`ufw --force enable`,
};
