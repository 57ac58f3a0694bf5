import { onHost } from './lab.js';

const everyFile = `find /etc /usr/local /opt /root /home /boot /srv -xdev ! -path /etc/.pwd.lock ! -path '*/.ssh/*' ! -path /etc/ld.so.cache`;

/** All that an install may touch, as text to compare: files of /etc and others by digest, packages, units, settings, links, rules. */
export function snapshot(host: string): Record<string, string> {
  const parts = {
    files: String.raw`${everyFile} \( -type f -o -type l \) -printf '%p %m %u %l\n' | sort; ${everyFile} -type f -print0 | sort -z | xargs -0 sha256sum`,
    folders: `find /etc /opt /usr/local /var/lib /root /home -xdev -maxdepth 2 -type d ! -path '/var/lib/apt*' ! -path '/var/lib/private*' ! -path '/root/.ssh' | sort`,
    packages: String.raw`dpkg-query -W -f '${'$'}{Package} ${'$'}{Version} ${'$'}{db:Status-Want} ${'$'}{db:Status-Status}\n'; apt-mark showmanual; apt-mark showhold`,
    units: `systemctl list-unit-files --no-legend | awk '$2 != "transient" {print $1, $2}' | sort`,
    active: `systemctl list-units --all --no-legend --plain --type=service,mount,slice --state=active | awk '{print $1}' | grep -vE '^(session-|user|run-|apt-daily|e2scrub|fstrim|dpkg-db|systemd-tmpfiles|systemd-(hostnamed|timedated|localed|logind))' | sort`,
    settings: `sysctl net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables vm.swappiness 2>/dev/null`,
    links: `ip -o link show | awk '{sub(/@if[0-9]+/, "", $2); print $2}' | sort; ip route | sort`,
    rules: `for t in iptables ip6tables; do command -v $t-save >/dev/null && $t-save | grep ^-A; done; command -v nft >/dev/null && nft list tables; true`,
    mounts: `awk '{print $2}' /proc/mounts | grep -E 'kubelet|containerd|netns' | sort; true`,
  };
  const said = onHost(
    host,
    Object.entries(parts)
      .map(([name, command]) => `echo '@@ ${name}'\n${command}`)
      .join('\n'),
  );
  const named = (part: string) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trim()];
  return Object.fromEntries(said.split(/^@@ /m).slice(1).map(named));
}
