import { afterEach, describe, expect, it } from 'vitest';
import { type DemoFleet, demoFleet } from '../../../source/demo/index.js';
import { diagnose } from '../../../source/engine/diagnose/diagnose.js';
import { collectEvidence } from '../../../source/engine/diagnose/evidence.js';
import { mend } from '../../../source/engine/diagnose/mend.js';
import type { ProblemDetails } from '../../../source/engine/errors.js';
import { gather } from '../../../source/engine/gather.js';
import { makePlan } from '../../../source/engine/plan/make.js';
import { makeResetPlan } from '../../../source/engine/run/reset.js';
import { run } from '../../../source/engine/run/run.js';
import { chooseSources } from '../../../source/engine/sources/choose.js';
import { probeSources } from '../../../source/engine/sources/probe.js';

let fleet: DemoFleet;
afterEach(() => {
  const faults = [...fleet.world.machines.values()].flatMap(machine => machine.faults);
  fleet.close();
  expect(faults).toEqual([]);
});

async function start(hosts = 2) {
  fleet = demoFleet({ hosts, speed: Number.POSITIVE_INFINITY });
  const connector = fleet.connector({ hostKey: async () => true, secret: async () => 'right' });
  const { remotes, facts } = await gather(fleet.spec, connector);
  const choice = chooseSources(fleet.spec, await probeSources(fleet.spec, remotes, facts));
  const plan = makePlan({ spec: fleet.spec, facts, ...choice });
  const look = async (problem?: ProblemDetails) =>
    diagnose(await Promise.all(Object.values(remotes).map(remote => collectEvidence(remote))), problem);
  const install = () => run(plan, remotes, { emit: () => {}, kubeconfig: false });
  return { remotes, look, install };
}

describe('a diagnosis of the demo', () => {
  it('says nothing of fresh hosts and of a cluster that is well', async () => {
    const { look, install } = await start();
    expect(await look()).toEqual({ signs: [], causes: [] });
    expect((await install()).result).toBe('done');
    expect(await look()).toEqual({ signs: [], causes: [] });
  });

  it('finds a kubelet that was stopped, and starts it', async () => {
    const { remotes, look, install } = await start();
    await install();
    await remotes.n2!.run('systemctl disable -q --now kubelet');
    const { signs, causes } = await look();
    expect(signs.map(({ host }) => host)).toEqual(['n2', 'n2']);
    expect(causes).toMatchObject([{ id: 'kubelet-stopped', host: 'n2', likelihood: 'sure' }]);
    const [fix] = causes[0]!.fixes;
    if (fix?.by !== 'commands') throw new Error('no commands');
    await mend(remotes.n2!, fix.commands, { ledger: 'demo' });
    expect(await look()).toEqual({ signs: [], causes: [] });
  });

  it('finds why a step failed, mends it, and what was changed goes back with the reset', async () => {
    const { remotes, look, install } = await start();
    (await fleet.host('n2')).failNext('kubeadm join', {
      says: 'error: [ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents are not set to 1\n',
    });
    const { result, problems } = await install();
    expect(result).toBe('failed');
    const { causes } = await look(problems[0]);
    expect(causes).toMatchObject([{ id: 'ip-forward', host: 'n2', seen: { where: 'command' } }]);
    const [fix] = causes[0]!.fixes;
    if (fix?.by !== 'commands') throw new Error('no commands');
    await mend(remotes.n2!, fix.commands, { ledger: 'demo' });
    expect((await remotes.n2!.run('cat /var/lib/k8s-tui/ledger')).stdout).toContain(
      'file absent /etc/sysctl.d/99-kubernetes-forward.conf',
    );
    expect((await install()).result).toBe('done');
    const plan = await makeResetPlan(fleet.spec, remotes);
    expect((await run(plan, remotes, { emit: () => {}, kubeconfig: false })).result).toBe('done');
    expect((await remotes.n2!.run('ls /etc/sysctl.d')).stdout).not.toContain('forward');
  });
});
