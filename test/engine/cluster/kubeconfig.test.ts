import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { forgetKubeconfig, saveKubeconfig } from '../../../source/engine/cluster/kubeconfig.js';
import { Problem } from '../../../source/engine/errors.js';
import type { Remote } from '../../../source/engine/remote.js';
import { planOf } from '../plan/case.js';

const fetched = stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    { name: 'kubernetes', cluster: { server: 'https://lab-api.internal:6443', 'certificate-authority-data': 'Q0E=' } },
  ],
  users: [{ name: 'kubernetes-admin', user: { 'client-key-data': 'S0VZ' } }],
  contexts: [{ name: 'kubernetes-admin@kubernetes', context: { cluster: 'kubernetes', user: 'kubernetes-admin' } }],
  'current-context': 'kubernetes-admin@kubernetes',
});
const remote = { name: 'n1', run: async () => ({ code: 0, stdout: fetched, stderr: '' }) } as unknown as Remote;
const { spec } = planOf();
const n1 = spec.hosts[0]!;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'k8s-tui-kube-'));
  path = join(folder, 'deep', 'config');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the operator’s kubeconfig', () => {
  it('is made, 0600, with the cluster under its own name and an address that works from outside', async () => {
    expect(await saveKubeconfig(spec, n1, remote, path)).toEqual({ path, context: 'lab', backup: null });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(parse(readFileSync(path, 'utf8'))).toMatchObject({
      clusters: [{ name: 'lab', cluster: { server: 'https://10.0.0.11:6443', 'certificate-authority-data': 'Q0E=' } }],
      users: [{ name: 'lab-admin', user: { 'client-key-data': 'S0VZ' } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab-admin' } }],
      'current-context': 'lab',
    });
  });

  it('leads to the endpoint where there is one, and else to the control plane that was asked', async () => {
    await saveKubeconfig({ ...spec, endpoint: 'api.corp:8443' }, n1, remote, path);
    const serverOf = () => parse(readFileSync(path, 'utf8')).clusters[0].cluster.server;
    expect(serverOf()).toBe('https://api.corp:8443');
    await saveKubeconfig(spec, spec.hosts[1]!, remote, path);
    expect(serverOf()).toBe('https://10.0.0.12:6443');
  });

  it('keeps what is there, the context in use included, and a copy of how it was', async () => {
    path = join(folder, 'config');
    const other = stringify({
      clusters: [{ name: 'prod', cluster: { server: 'https://prod' } }],
      users: [],
      contexts: [{ name: 'prod', context: {} }],
      'current-context': 'prod',
      preferences: { colors: true },
    });
    writeFileSync(path, other, { mode: 0o644 });
    const { backup } = await saveKubeconfig(spec, n1, remote, path);
    expect(readFileSync(backup!, 'utf8')).toBe(other);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const merged = parse(readFileSync(path, 'utf8'));
    expect(merged['current-context']).toBe('prod');
    expect(merged.contexts.map(({ name }: { name: string }) => name)).toEqual(['prod', 'lab']);
    expect(merged.preferences).toEqual({ colors: true });
  });

  it.each([
    ['torn', 'clusters: [{name: "pro'],
    ['something else', '- a list'],
    ['something else', 'rubbish'],
  ])('that is %s is left as it is, and said with a way out', async (_, text) => {
    path = join(folder, 'config');
    writeFileSync(path, text);
    const saving = saveKubeconfig(spec, n1, remote, path);
    await expect(saving).rejects.toThrow(`could not be written to ${path}: `);
    await expect(saving).rejects.toMatchObject({ details: { remedy: { en: expect.stringContaining('KUBECONFIG') } } });
    await expect(forgetKubeconfig('lab', path)).rejects.toThrow();
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['config']);
  });

  it('where nothing can be written is said with a way out', async () => {
    writeFileSync(join(folder, 'deep'), 'in the way');
    await expect(saveKubeconfig(spec, n1, remote, path)).rejects.toBeInstanceOf(Problem);
  });

  it('is not written again when nothing differs, and forgets a cluster that is no more', async () => {
    await saveKubeconfig(spec, n1, remote, path);
    const before = statSync(path).mtimeMs;
    await saveKubeconfig(spec, n1, remote, path);
    expect(statSync(path).mtimeMs).toBe(before);
    await forgetKubeconfig('lab', path);
    expect(parse(readFileSync(path, 'utf8'))).toMatchObject({ clusters: [], users: [], contexts: [], 'current-context': '' });
    await forgetKubeconfig('lab', join(folder, 'no-such-file'));
  });
});
