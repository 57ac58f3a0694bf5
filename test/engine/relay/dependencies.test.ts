import { describe, expect, it } from 'vitest';
import { compareDebian, type Package, withDependencies } from '../../../source/engine/relay/dependencies.js';
import { listOf, packagesOf } from '../../../source/engine/relay/expected.js';

it.each([
  ['1.0', '1.0', 0],
  ['1.10', '1.9', 1],
  ['1:0.1', '9', 1],
  ['1.0~rc1', '1.0', -1],
  ['1.0-1', '1.0-1+deb12u1', -1],
  ['2.36-9+deb12u10', '2.36-9+deb12u9', 1],
  ['1.37.2-1.1', '1.37.2', 1],
  ['1.0a', '1.0', 1],
  ['1.0a', '1.0+', -1],
  ['2.3.7-1~debian.12~bookworm', '2.3.7-1', -1],
])('%s against %s: %d', (a, b, order) => {
  expect(Math.sign(compareDebian(a, b))).toBe(order);
  expect(Math.sign(compareDebian(b, a))).toBe(-order + 0);
});

const archive = (text: string): Package[] => [...packagesOf(text)].map(each => ({ ...each, root: 'http://a' }));

describe('packages with what they depend on', () => {
  const all = archive(`Package: kubelet
Version: 1.37.1-1.1
Depends: old-thing

Package: kubelet
Version: 1.37.2-1.1
Depends: iptables (>= 1.4.21), mail-agent, util-linux

Package: kubelet
Version: 1.37.3-1.1

Package: iptables
Version: 1.8.9-2
Pre-Depends: libc6 (>= 2.36)
Depends: libxt (= 1.8.9-2) | libother:any, kubelet

Package: libxt
Version: 1.8.9-2

Package: libc6
Version: 2.36-9

Package: libc6
Version: 2.36-9+deb12u1

Package: exim
Version: 1
Provides: mail-agent (= 1)

Package: util-linux
Version: 1
Essential: yes
Depends: never-looked-at
`);

  it('are taken as apt would', () => {
    const taken = withDependencies(['kubelet=1.37.2-*'], all).map(({ Package, Version }) => `${Package} ${Version}`);
    expect(taken.sort()).toEqual(['exim 1', 'iptables 1.8.9-2', 'kubelet 1.37.2-1.1', 'libc6 2.36-9+deb12u1', 'libxt 1.8.9-2']);
  });

  it('are named where they are missing', () => {
    expect(() => withDependencies(['kubelet=1.38.0-*'], all)).toThrow('no package kubelet=1.38.0-*');
  });
});

it('a list that is none is empty', async () => {
  expect(await listOf(Buffer.from('<html>'))).toBe('');
});
