import { expect, it } from 'vitest';
import type { Finding } from '../../source/engine/preflight/finding.js';
import { findingRows } from '../../source/state/findings.js';

const finding = (id: string, level: Finding['level'], host: string | null, what = id): Finding => ({
  id,
  level,
  host,
  what: { en: what, zh: what },
  why: { en: 'why', zh: '原因' },
  remedy: { en: 'remedy', zh: '办法' },
});

it('puts what is the same on several hosts on one row, the gravest first', () => {
  const rows = findingRows([
    finding('swap', 'note', 'n1', 'Swap is on: /dev/vda5'),
    finding('swap', 'note', 'n2', 'Swap is on: /dev/vda5'),
    finding('swap', 'note', 'n3', 'Swap is on: /swapfile'),
    finding('memory', 'warn', 'n2'),
    finding('pods-overlap', 'stop', null),
    finding('memory', 'warn', 'n2'),
  ]);
  expect(rows.map(({ id, level, hosts }) => `${level} ${id} ${hosts}`)).toEqual([
    'stop pods-overlap ',
    'warn memory n2',
    'note swap n1,n2',
    'note swap n3',
  ]);
});
