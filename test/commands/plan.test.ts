import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { scriptsOf } from '../../source/commands/plan.js';
import { planOf } from '../views/fixtures.js';

const run = (script: string, env = {}) => {
  const { status, stdout, stderr } = spawnSync('sh', {
    input: script,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  });
  return { status, stdout, stderr };
};
const withScripts = (...scripts: string[]) => {
  const plan = planOf();
  return {
    ...plan,
    tasks: plan.tasks.filter(task => task.host === 'n1').map((task, i) => ({ ...task, script: scripts[i] ?? '' })),
  };
};

describe('the scripts of one host, piped to a shell', () => {
  it('run one after the other, those of other hosts are left out', () => {
    expect(run(scriptsOf(planOf(), 'n1'), { K8S_TUI_TOKEN: 'x' })).toEqual({
      status: 0,
      stdout: 'prepare/n1\ncontrol-plane/n1\ntraffic/n1\n',
      stderr: '',
    });
  });

  it('end with the first that fails, and with its code', () => {
    expect(run(scriptsOf(withScripts('echo one; exit 7', 'echo two'), 'n1'))).toEqual({
      status: 7,
      stdout: 'one\n',
      stderr: '',
    });
  });

  it('say which variable a part needs, when its turn comes', () => {
    const { status, stdout, stderr } = run(scriptsOf(planOf(), 'n1'));
    expect({ status, stdout }).toEqual({ status: 2, stdout: 'prepare/n1\n' });
    expect(stderr).toContain('K8S_TUI_TOKEN: is needed from here on; k8s-tui apply sets it');
  });

  it('are not eaten by a command that reads its input', () => {
    expect(run(scriptsOf(withScripts('cat', 'echo two'), 'n1'), { K8S_TUI_TOKEN: 'x' }).stdout).toBe('two\n');
  });
});
