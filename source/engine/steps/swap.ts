import { sh } from '../sh.js';
import { isContainer, type Step } from './step.js';

export const swap: Step = {
  id: 'swap',
  seed: 'S03',
  title: { en: 'swap off', zh: '关闭交换分区' },
  why: {
    en: 'kubelet does not start while swap is on; it comes back through fstab, swap.target and zram.',
    zh: '交换分区开启时 kubelet 不会启动；它会经由 fstab、swap.target 和 zram 重新打开。',
  },
  on: ({ spec, facts }) => spec.swap === 'off' && !isContainer(facts),
  check: sh`
    [ "$(wc -l < /proc/swaps)" -le 1 ] || return 1
    [ ! -e /etc/fstab ] || awk '$1 !~ /^#/ && $3 == "swap" {found = 1} END {exit found}' /etc/fstab
  `,
  // What the check looks at comes last: a host that loses power on the way is not taken for done.
  apply: sh`
    for device in $(awk 'NR > 1 {print $1}' /proc/swaps); do note swap "$device"; done
    for zram in $(systemctl list-unit-files --no-legend 'zram*' 'systemd-zram*' | awk '$2 == "enabled" {print $1}'); do
      unit "$zram"
      run systemctl disable -q --now "$zram"
    done
    unit swap.target
    run systemctl mask -q swap.target
    if [ -e /etc/fstab ]; then
      edit /etc/fstab 's/^([^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]])/# \1/'
    fi
    run swapoff -a
  `,
};
