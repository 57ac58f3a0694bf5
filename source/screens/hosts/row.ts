import { cyan, dim, green, red, type Span, yellow } from '../../components/line.js';
import type { Column } from '../../components/table.js';
import type { HostSpec } from '../../engine/spec/schema.js';
import { type HostRow, isKey, shownRows } from '../../state/found.js';
import { memo } from '../../state/memo.js';
import { isControlPlane } from '../../state/spec.js';
import type { View } from '../screen.js';

/** The row that the cursor is on, of those that are shown. */
export function currentRow({ state }: View): HostRow | undefined {
  const rows = shownRows(state);
  return rows[Math.min(state.ui.hosts.row, rows.length - 1)];
}

export const addressOf = (host: Pick<HostSpec, 'address' | 'ssh'>): string =>
  `${host.ssh?.user ? `${host.ssh.user}@` : ''}${host.address}${host.ssh?.port ? `:${host.ssh.port}` : ''}`;

export const gib = (mib: number | undefined): string =>
  mib === undefined ? '' : mib >= 10 * 1024 ? `${Math.round(mib / 1024)}G` : `${(mib / 1024).toFixed(1)}G`;

export const columnsOf = ({ t }: View): Column<HostRow>[] => columnsFor(t);

const columnsFor = memo((t: View['t']): Column<HostRow>[] => {
  const { columns } = t.hosts;
  return [
    { title: '', cell: ({ host }) => (host ? cyan('◉') : dim('○')), min: 1, max: 1 },
    { title: columns.name, cell: nameOf, cut: 'middle', min: 6, max: 18 },
    { title: columns.address, cell: placeOfRow, cut: 'middle', min: 11, max: 26 },
    {
      title: columns.role,
      cell: ({ host }) => (host ? t.hosts.roles[isControlPlane(host) ? 'control-plane' : 'worker'] : ''),
      min: 6,
      rank: 2,
    },
    { title: columns.access, cell: row => accessOf(t, row), min: 10, max: 16 },
    { title: columns.system, cell: row => systemOf(t, row), min: 9, max: 18, rank: 3 },
    { title: columns.cpu, cell: row => String(row.known?.facts?.cpus ?? ''), align: 'right', rank: 4 },
    { title: columns.memory, cell: row => gib(row.known?.facts?.memoryMiB), align: 'right', rank: 4 },
    { title: columns.disk, cell: row => gib(row.known?.facts?.disks[0]?.freeMiB), align: 'right', rank: 5 },
    { title: columns.arch, cell: row => row.known?.facts?.arch ?? '', rank: 6 },
    { title: columns.hostname, cell: row => row.known?.facts?.hostname ?? '', max: 18, cut: 'middle', rank: 7 },
    { title: columns.kernel, cell: row => row.known?.facts?.kernel ?? '', max: 22, rank: 8 },
  ];
});

export const nameOf = ({ host, found }: HostRow): string => host?.name ?? found?.candidate.name ?? '—';

function placeOfRow({ host, found }: HostRow): string {
  if (host) return addressOf(host);
  const { address, user, port } = found!.candidate;
  return addressOf({ address, ssh: { user, port } });
}

function accessOf(t: View['t'], { host, found, known, key }: HostRow): Span {
  if (!host) {
    if (key && isKey(key) && key.problem) return red(`! ${t.discovery.changedKey}`);
    if (key && isKey(key) && key.is === 'new') return yellow(`… ${t.discovery.newKey}`);
    const is = found?.is ?? 'named';
    return is === 'refused' || is === 'other' ? red(`✗ ${t.discovery.is[is]}`) : dim(t.discovery.is[is]);
  }
  switch (known?.state) {
    case 'asking':
      return cyan(t.hosts.asking);
    case 'ready': {
      const { access } = known.facts!;
      if (access === 'none') return red(`✗ ${t.hosts.access.none}`);
      return green(`✓ ${known.byPassword ? t.discovery.password : t.hosts.access[access]}`);
    }
    case 'failed': {
      const { failed } = t.hosts;
      const { code } = known.problem!;
      return red(`✗ ${code in failed ? failed[code as keyof typeof failed] : failed.other}`);
    }
    default:
      return dim(t.hosts.unknown);
  }
}

/** What runs there, as far as it is known: from within, or by its greeting. */
function systemOf(t: View['t'], { found, known }: HostRow): Span | string {
  const facts = known?.facts;
  if (facts) return facts.os.pretty.replace(/ GNU\/Linux| \(.*\)/g, '');
  if (found?.is === 'refused') return dim(t.discovery.portRefused(found.candidate.port ?? 22));
  return dim(found?.banner.replace(/^SSH-2\.0-/, '').replace(/^(OpenSSH)_([\w.]+).*/, '$1 $2') ?? '');
}
