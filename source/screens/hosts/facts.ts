import { blank, bold, dim, type Line } from '../../components/line.js';
import { sized, width, wrap } from '../../components/text.js';
import type { View } from '../screen.js';
import { currentRow, gib } from './row.js';

/** All that the probe of the chosen host said and that an operator may want to see. */
export function factLines(view: View, columns: number): Line[] {
  const host = currentRow(view)?.host;
  const facts = host && view.state.hosts[host.name]?.facts;
  if (!host || !facts) return [];
  const t = view.t.hosts.facts;
  const gateway = facts.routes.find(route => route.to === 'default' && route.via);
  const { ufw, firewalld } = facts.firewall;
  const said: [string, string][] = [
    [t.system, `${facts.os.pretty}, ${facts.arch}`],
    [t.kernel, `${facts.kernel}, cgroup v${facts.cgroup}`],
    [
      t.machine,
      [t.machineSays(facts.cpus, gib(facts.memoryMiB)), facts.virtualization !== 'none' && facts.virtualization]
        .filter(Boolean)
        .join(', '),
    ],
    ...facts.disks
      .slice(0, 3)
      .map((disk): [string, string] => [t.disk, `${disk.path}  ${t.free(gib(disk.freeMiB), gib(disk.totalMiB))}`]),
    ...facts.interfaces
      .filter(({ name, addresses }) => name !== 'lo' && addresses.length > 0)
      .slice(0, 3)
      .map(({ name, addresses }): [string, string] => [t.network, `${name}  ${addresses.join(' ')}`]),
    ...(gateway ? [[t.network, t.via(gateway.via!, gateway.device)] as [string, string]] : []),
    [t.dns, facts.nameservers.join(' ') || t.none],
    [t.clock, [facts.time.synchronized ? t.synchronized : t.notSynchronized, facts.time.service].filter(Boolean).join(', ')],
    [t.swap, facts.swap.join(' ') || t.none],
    [
      t.firewall,
      [ufw === 'active' && `ufw ${t.active}`, firewalld === 'active' && `firewalld ${t.active}`].filter(Boolean).join(', ') ||
        t.none,
    ],
    [t.containerd, facts.containerd.version ?? t.none],
    [
      t.kubernetes,
      facts.cluster.state === 'none' ? t.none : [facts.cluster.state, facts.cluster.version].filter(Boolean).join(' '),
    ],
  ];
  const widest = Math.max(...said.map(([label]) => width(label)));
  return [
    [bold(host.name), '  ', dim(facts.hostname === host.name ? '' : facts.hostname)],
    blank,
    ...said.flatMap(([label, value], i) =>
      wrap(value, columns - widest - 2).map(
        (line, n): Line => [dim(sized(n === 0 && label !== said[i - 1]?.[0] ? label : '', widest + 2)), line],
      ),
    ),
  ];
}
