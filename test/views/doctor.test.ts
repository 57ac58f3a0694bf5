import { expect, it } from 'vitest';
import { offersOf } from '../../source/engine/sources/catalogue.js';
import { chooseSources } from '../../source/engine/sources/choose.js';
import type { SourceProbe } from '../../source/engine/sources/report.js';
import { readSpec } from '../../source/engine/spec/read.js';
import { doctorTable, speedOf } from '../../source/views/doctor.js';

const spec = readSpec(
  'kubernetes: v1.37.2\nhosts: [{name: n1, address: 192.168.1.1, roles: [control-plane]}, {name: n2, address: 192.168.1.2}]',
  'cluster.yaml',
);
const report: SourceProbe[] = ['n1', 'n2'].flatMap(host =>
  offersOf(spec).map(({ kind, place }): SourceProbe => {
    const known = { host, kind, place, url: 'https://x.example', ms: 42 };
    if (place === 'upstream') return { ...known, ok: false, reason: { en: 'the connection broke off', zh: '连接中断' } };
    if (place === 'aliyun' && kind === 'images')
      return { ...known, ok: false, reason: { en: 'does not carry a:1', zh: '没有 a:1' }, missing: ['a:1'] };
    if (kind === 'kubernetes-packages')
      return {
        ...known,
        ok: true,
        reason: null,
        versions: ['v1.37.2'],
        key: 'DE15B14486CD377B9E876E1A234654DA9A296436',
        keyExpires: Date.UTC(2026, 11, 29),
        evidence: { dns: 1, tcp: 2, tls: 3, address: null, asked: [], speed: { bytes: 4_194_304, ms: 100 } },
      };
    return { ...known, ok: true, reason: null, ...(kind === 'runtime' ? {} : { missing: [] }) };
  }),
);

it('shows hosts beside each other, reasons once, and who is taken from', () => {
  const lines = doctorTable(spec, report, chooseSources(spec, report), 'en');
  expect(lines[2]).toBe(
    '            ● aliyun    ✓ 42 ms 42 MB/s  ✓ 42 ms 42 MB/s  v1.37.2, key …234654DA9A296436, to 2026-12-29',
  );
  expect(lines).toContain('            ○ aliyun    ! lacks 1        ! lacks 1');
  expect(lines).toContain('  ✗ packages upstream, n1 n2: the connection broke off');
  expect(lines.find(line => line.includes('lacks') === false && line.includes('does not carry a:1'))).toContain('lie flat');
  expect(lines.at(-1)).toBe('Kubernetes v1.37.2: packages, containerd from aliyun; images, network from daocloud');
});

it('says the same in Chinese', () => {
  expect(doctorTable(spec, report, chooseSources(spec, report), 'zh').at(-1)).toBe(
    'Kubernetes v1.37.2：软件包、containerd 取自 aliyun；镜像、网络镜像取自 daocloud',
  );
});

it.each([
  [{ bytes: 420_000, ms: 1000 }, '420 kB/s'],
  [{ bytes: 2_500_000, ms: 1000 }, '2.5 MB/s'],
  [{ bytes: 4_194_304, ms: 100 }, '42 MB/s'],
])('%o is %s', (sample, text) => {
  expect(speedOf(sample)).toBe(text);
});
