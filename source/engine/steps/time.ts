import { sh } from '../sh.js';
import { type Context, isContainer, type Step } from './step.js';

const servers = ({ sources }: Context) => sources.timeServers;

/** A working clock is left alone; servers are set where they were asked for or where the mirror brings its own. */
export const time: Step = {
  id: 'time',
  seed: 'S07',
  title: { en: 'time servers', zh: '时间服务器' },
  why: {
    en: 'Certificates and tokens are refused by a host whose clock is off.',
    zh: '时钟不准的主机会拒绝证书和令牌。',
  },
  on: context => !isContainer(context.facts) && servers(context).length > 0,
  define: context => sh`
    chrony_servers() { printf 'server %s iburst\n' ${servers(context)}; }
    timesyncd_servers() { printf '[Time]\nNTP=%s\n' ${servers(context).join(' ')}; }
    has_chrony() { [ -d /etc/chrony/sources.d ]; }
  `,
  check: sh`
    if has_chrony; then
      chrony_servers | same /etc/chrony/sources.d/k8s-tui.sources && systemctl -q is-active chrony
    else
      timesyncd_servers | same /etc/systemd/timesyncd.conf.d/k8s-tui.conf && systemctl -q is-active systemd-timesyncd
    fi
  `,
  apply: sh`
    if ! has_chrony && [ ! -e /lib/systemd/system/systemd-timesyncd.service ]; then refresh; packages chrony; fi
    if has_chrony; then
      unit chrony.service
      chrony_servers | put /etc/chrony/sources.d/k8s-tui.sources 644
      run systemctl enable -q --now chrony
      run chronyc reload sources
    else
      unit systemd-timesyncd.service
      timesyncd_servers | put /etc/systemd/timesyncd.conf.d/k8s-tui.conf 644
      run systemctl enable -q systemd-timesyncd
      run systemctl restart systemd-timesyncd
    fi
  `,
};
