import { sh } from '../../sh.js';
import { again, byHand, either, is, run, type Symptom, said, valueIn } from '../symptom.js';

export const join: readonly Symptom[] = [
  {
    id: 'token-invalid',
    likelihood: 'likely',
    find: said(
      /token id "?\\?"?\w+\\?"?"? is invalid for this cluster or it has expired|could not find a JWS signature|no JWS signed token|invalid bearer token/i,
      [],
    ),
    cause: { en: 'the token to join with has expired, or the clocks disagree', zh: '加入令牌已过期，或各主机时钟不一致' },
    fixes: () => [again('run the plan again: every run makes its own token', '重新运行计划：每次运行都会生成新令牌')],
  },
  {
    id: 'ca-hash',
    likelihood: 'sure',
    find: said(/none of the public keys "?\\?"?sha256|cluster CA found.*invalid|public keys .* are pinned/i, []),
    cause: {
      en: 'the cluster that answers is not the one that was to be joined: it was made anew',
      zh: '应答的集群不是要加入的集群：它已被重建',
    },
    fixes: () => [again('run the plan again: it asks for the identity anew', '重新运行计划：会重新获取集群身份')],
  },
  {
    id: 'certificate-key',
    likelihood: 'sure',
    find: said(/Secret "?\\?"?kubeadm-certs\\?"?"? was not found/i, []),
    cause: {
      en: 'the control plane’s certificates wait for a new member two hours only, and that time is over',
      zh: '控制平面证书只保留两小时供新成员获取，现已过期',
    },
    fixes: () => [
      again(),
      byHand('kubeadm init phase upload-certs --upload-certs', 'kubeadm init phase upload-certs --upload-certs'),
    ],
  },
  {
    id: 'node-exists',
    likelihood: 'sure',
    find: said(/a Node with name "?\\?"?([\w.-]+)\\?"?"? and status "?\\?"?Ready/i, []),
    cause: ({ match }) => ({
      en: `a node called ${match[1]} is in the cluster already`,
      zh: `集群中已有名为 ${match[1]} 的节点`,
    }),
    fixes: () => [
      byHand(
        'give this host another name, or delete the other node: kubectl delete node',
        '为此主机改名，或删除原有节点：kubectl delete node',
      ),
    ],
  },
  {
    id: 'api-unreachable',
    likelihood: 'likely',
    find: either(
      said(/couldn't validate the identity of the API Server.*(timeout|refused|no route|deadline)/i, []),
      is('health', look => {
        const said = valueIn(look, 'health', 'reached');
        return (
          !look.isControlPlane &&
          valueIn(look, 'health', 'server') &&
          said !== null &&
          /^(curl: |no answer)/.test(said) &&
          `${valueIn(look, 'health', 'server')}: ${said}`
        );
      }),
    ),
    cause: {
      en: 'this host cannot reach the API server: it is down, or a firewall between them closes its port',
      zh: '此主机无法访问 API Server：服务已停止，或中间的防火墙关闭了端口',
    },
    fixes: (_, { facts }) => [
      ...(facts.firewall.ufw === 'active' ? [run('let it out through ufw', '在 ufw 中放行', sh`ufw allow out 6443/tcp`)] : []),
      byHand(
        'look at the control plane first; then at firewalls and security groups: port 6443 has to be open to every node',
        '先检查控制平面，再检查防火墙与安全组：6443 端口须对所有节点开放',
      ),
      again(),
    ],
  },
];
