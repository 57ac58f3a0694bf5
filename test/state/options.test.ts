import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeAuthority } from '../../source/engine/certificate.js';
import { clusterSpec } from '../../source/engine/spec/schema.js';
import { accessOptions, clusterOptions } from '../../source/state/options.js';
import { ownOptions } from '../../source/state/own-options.js';
import { emptySpec, turnRole, withPlanes, withRoles } from '../../source/state/spec.js';

const option = (id: string) => [...clusterOptions, ...accessOptions, ...ownOptions].find(one => one.id === id)!;
const hosts = [{ name: 'n1', address: '10.0.0.1' }];

it("begins with the schema's own defaults", () => {
  const { hosts: _, ...defaults } = clusterSpec.parse({ hosts });
  const { hosts: __, ...ours } = emptySpec;
  expect(ours).toEqual(defaults);
});

describe('a value that is accepted makes a spec that the schema accepts', () => {
  it.each([
    ['name', 'prod-1'],
    ['kubernetes', 'v1.37.2'],
    ['kubernetes', '1.36'],
    ['pods', '10.42.0.0/16'],
    ['services', '10.43.0.0/16'],
    ['endpoint', 'api.example.com:6443'],
    ['endpoint', ''],
    ['certificateNames', 'api.example.com, 10.0.0.9'],
    ['timeServers', 'ntp.aliyun.com ntp1.aliyun.com'],
    ['registry', 'registry.corp:5000/k8s'],
    ['registryUser', 'puller'],
    ['kubernetesPackages', 'http://apt.corp/k8s'],
    ['osPackages', ''],
    ['noProxy', '.corp, 10.0.0.0/8'],
    ['user', 'ops'],
    ['port', '2222'],
    ['port', ''],
    ['identityFile', '~/.ssh/id_ed25519'],
    ['jump', 'ops@bastion:22'],
  ])('%s: "%s"', (id, value) => {
    const { check, set, get } = option(id);
    expect(check?.(value) ?? null).toBeNull();
    const spec = { ...set(emptySpec, value), hosts };
    expect(clusterSpec.safeParse(spec).error?.issues).toBeUndefined();
    // What the field shows again is read as the same.
    expect(set(emptySpec, get(spec))).toEqual({ ...spec, hosts: [] });
  });

  it('of every choice', () => {
    for (const { choices, set } of clusterOptions)
      for (const value of choices?.({ versions: ['v1.37.1', 'v1.37.2'] }) ?? [])
        expect(clusterSpec.safeParse({ ...set(emptySpec, value), hosts }).success).toBe(true);
  });
});

describe('a value that is not accepted is named in both languages', () => {
  it.each([
    ['name', 'Prod 1'],
    ['name', ''],
    ['kubernetes', 'latest'],
    ['pods', '10.244.0.0'],
    ['pods', '10.244.0.0/33'],
    ['pods', 'fd00::/64'],
    ['services', '10.96.0.0/12/1'],
    ['endpoint', 'api.example.com'],
    ['certificateNames', 'api.example.com, 10.0.0.999'],
    ['registry', 'https://registry.corp'],
    ['kubernetesPackages', 'https://me:secret@apt.corp/k8s'],
    ['noProxy', 'a b$'],
    ['ca', '/nowhere/ca.pem'],
    ['user', '$(id)'],
    ['port', '0'],
    ['port', '22a'],
  ])('%s: "%s"', (id, value) => {
    const wrong = option(id).check!(value)!;
    expect(wrong.en).not.toBe('');
    expect(wrong.zh).toMatch(/[\u4e00-\u9fff]/);
  });
});

it('takes in the certificates of a file, and shows whose they are', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'own-')), 'ca.pem');
  const { certificate } = makeAuthority('Example Corp CA');
  writeFileSync(file, certificate);
  const { check, set, get } = option('ca');
  expect(check!(file)).toBeNull();
  const spec = set(emptySpec, file);
  expect(spec.own.ca).toBe(certificate);
  expect(get(spec)).toBe('Example Corp CA');
  expect(set(spec, get(spec))).toEqual(spec);
  expect(set(spec, '').own.ca).toBeUndefined();
});

it('offers the versions that the source carries, and their minors', () => {
  expect(option('kubernetes').choices!({ versions: ['v1.37.1', 'v1.37.2'] })).toEqual(['v1.37', 'v1.37.1', 'v1.37.2']);
});

it('always leaves a control plane', () => {
  const given = ['n1', 'n2', 'n3'].map((name, i) => ({ name, address: `10.0.0.${i}` }));
  const roles = (list: ReturnType<typeof withRoles>) => list.map(({ roles }) => roles?.[0]?.[0]).join('');
  const first = withRoles(given);
  expect(roles(first)).toBe('cww');
  expect(turnRole(first, 'n1'), 'the last one stays').toEqual(first);
  const two = turnRole(first, 'n2');
  expect(roles(two)).toBe('ccw');
  expect(roles(turnRole(two, 'n1'))).toBe('wcw');
  expect(roles(withRoles(turnRole(two, 'n1').slice(0, 1)))).toBe('c');
  expect(roles(withPlanes(two, ['n2', 'n3']))).toBe('wcc');
  const both = { name: 'n1', address: '10.0.0.1', roles: ['control-plane' as const, 'worker' as const] };
  expect(withRoles([both, given[1]!])[0], 'what somebody wrote stays').toEqual(both);
});
