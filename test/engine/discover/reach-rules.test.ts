import { expect, it } from 'vitest';
import { rulesThatClose } from '../../../source/engine/discover/reach-rules.js';

const iptables = `:INPUT ACCEPT [12:800]
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 6443 -j DROP
-A INPUT -p tcp -m multiport --dports 80,10250:10260 -j REJECT --reject-with tcp-reset
-A FORWARD -j DROP
-A OUTPUT -p tcp -m tcp --dport 6443 -j DROP`;
const nft = `table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		ct state invalid drop
		tcp dport { 22, 80 } accept
		tcp dport 6443 drop comment "no \u001b[31mapi"
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		tcp dport 6443 reject
	}
	chain later {
		udp dport 8000-9000 reject
	}
}`;

it.each([
  ['a port', iptables, [6443], ['-A INPUT -p tcp -m tcp --dport 6443 -j DROP']],
  [
    'a port in a range',
    iptables,
    [10255],
    ['-A INPUT -p tcp -m multiport --dports 80,10250:10260 -j REJECT --reject-with tcp-reset'],
  ],
  ['none of these ports', iptables, [2379], []],
  ['everything by default', ':INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT', [2379], [':INPUT DROP [0:0]']],
  ['everything at the end', '-A INPUT -j REJECT', [2379], ['-A INPUT -j REJECT']],
  [
    'with nftables, a port and the policy',
    nft,
    [6443],
    ['type filter hook input priority filter; policy drop;', 'tcp dport 6443 drop comment "no api"'],
  ],
  [
    'with nftables, in a chain that others call',
    nft,
    [8472],
    ['type filter hook input priority filter; policy drop;', 'udp dport 8000-9000 reject'],
  ],
  ['nothing where there are no rules', '', [6443], []],
])('names the rule that closes %s', (_, text, ports, rules) => {
  expect(rulesThatClose(text, new Set(ports))).toEqual(rules);
});
