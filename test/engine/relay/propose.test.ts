import { describe, expect, it } from 'vitest';
import { proposeRelay } from '../../../source/engine/relay/propose.js';
import type { SourceProbe } from '../../../source/engine/sources/report.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';

const specOf = (count: number, relay = false) =>
  clusterSpec.parse({
    relay,
    hosts: Array.from({ length: count }, (_, i) => ({ name: `n${i + 1}`, address: `10.0.0.${i + 1}` })),
  });

/** Each host got so many bytes in a second. */
const measured = (...speeds: number[]): SourceProbe[] =>
  speeds.map((bytes, i) => ({
    host: `n${i + 1}`,
    place: 'upstream',
    kind: 'images',
    url: 'https://registry.k8s.io',
    ok: true,
    ms: 20,
    reason: null,
    evidence: { dns: 1, tcp: 1, tls: 1, address: null, asked: [], speed: { bytes, ms: 1000 } },
  }));

describe('a slow line that hosts share', () => {
  it('is said, with what the relay would make of it', () => {
    const [finding] = proposeRelay(specOf(3), measured(8e5, 8e5, 9e5));
    expect(finding).toMatchObject({ id: 'line-slow', level: 'note', host: null });
    expect(finding!.what.en).toContain('2.5 MB/s');
    expect(finding!.what.en).toContain('about 4 min');
    expect(finding!.remedy.en).toContain('about 1 min');
  });

  it.each([
    ['a fast line', specOf(3), measured(2e7, 2e7, 2e7)],
    ['one host', specOf(1), measured(1e5)],
    ['a host that was not measured', specOf(3), measured(8e5, 8e5)],
    ['the relay already', specOf(3, true), measured(8e5, 8e5, 9e5)],
  ])('and not with %s', (_, spec, report) => {
    expect(proposeRelay(spec, report)).toEqual([]);
  });
});
