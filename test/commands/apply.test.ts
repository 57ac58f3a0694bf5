import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from '../../source/commands/apply.js';
import { diagnose } from '../../source/commands/diagnose.js';
import { plan } from '../../source/commands/plan.js';
import { reset } from '../../source/commands/reset.js';
import { status } from '../../source/commands/status.js';
import { type DemoFleet, demoFleet } from '../../source/demo/index.js';
import { writeSpec } from '../../source/engine/spec/write.js';
import { savedSessions } from '../../source/state/sessions.js';
import { plainView } from '../../source/views/plain.js';
import { ownFolder, sessionWith } from './session.js';

let folder: string;
let fleet: DemoFleet;
let file: string;
beforeEach(() => {
  folder = ownFolder();
  fleet = demoFleet({ speed: Number.POSITIVE_INFINITY });
  file = join(folder, 'cluster.yaml');
  writeFileSync(file, writeSpec(fleet.spec));
});
afterEach(() => fleet.close());

/** Someone at the demo's hosts: all that they were shown, and what they answer. */
function somebody({ yes = true, answers = null as string[] | null, onLine = (_line: string) => {} } = {}) {
  const lines: string[] = [];
  const asked: string[] = [];
  const [stop, now] = [new AbortController(), new AbortController()];
  const session = sessionWith({
    yes,
    stop: stop.signal,
    now: now.signal,
    print: line => {
      lines.push(line);
      onLine(line);
    },
    connector: () => fleet.connector({ hostKey: async () => true, secret: async () => null }),
    terminal: answers && {
      line: async question => {
        asked.push(question);
        return answers.shift() ?? null;
      },
      secret: async () => null,
    },
  });
  return {
    session,
    lines,
    asked,
    stop,
    now,
    get text() {
      return lines.join('\n');
    },
  };
}

const logs = () =>
  readdirSync(join(folder, 'state/k8s-tui/demo'))
    .filter(name => name.endsWith('.log'))
    .sort();

describe('apply', () => {
  it('installs, then finds that nothing is left to do; reset takes it all back', async () => {
    const first = somebody();
    expect(await apply(first.session, file), first.text).toBe(0);
    expect(first.text).toMatch(/^ +\d+\.\ds {2}n1 +control plane {2}kubeadm init: done/m);
    expect(first.text).toMatch(/^ {2}n3 {2}all done$/m);
    expect(first.text).toContain('kubectl --context demo get nodes');
    expect(readFileSync(join(folder, 'kubeconfig'), 'utf8')).toContain('name: demo');
    expect(readFileSync(join(folder, 'state/k8s-tui/demo/run-1.log'), 'utf8')).toContain('run done in');

    const looked = somebody();
    expect(await status(looked.session, { file }), looked.text).toBe(0);
    expect(looked.text).toContain('✓ healthy');
    const adopted = somebody();
    const output = join(folder, 'adopted.yaml');
    expect(await status(adopted.session, { host: fleet.spec.hosts[0]!.address, output }), adopted.text).toBe(0);
    for (const { name } of fleet.spec.hosts) expect(adopted.text).toMatch(new RegExp(`${name} +`));
    expect(await status(adopted.session, { file: output })).toBe(0);

    const second = somebody({ yes: false, answers: [] });
    expect(await apply(second.session, file), second.text).toBe(0);
    expect(second.text).toContain('✓ everything is so already: nothing was changed');
    expect(second.asked, 'nothing to change needs no yes').toEqual([]);

    const back = somebody();
    expect(await reset(back.session, file, { confirm: 'demo' }), back.text).toBe(0);
    expect(back.text).toMatch(/n1: \d+ changes in its ledger will be undone/);
    expect(readFileSync(join(folder, 'kubeconfig'), 'utf8')).not.toContain('name: demo');

    const nothing = somebody();
    expect(await reset(nothing.session, file, { confirm: 'demo' })).toBe(0);
    expect(nothing.text).toContain('nothing to undo');
    expect(logs()).toEqual(['run-1.log', 'run-2.log', 'run-3.log', 'run-4.log']);
  });

  it('says where the kubeconfig cannot be written: the cluster stands, its session too; so does reset, and the hosts are undone', async () => {
    writeFileSync(join(folder, 'kubeconfig'), 'clusters: [{na');
    const first = somebody();
    expect(await apply(first.session, file), first.text).toBe(1);
    expect(first.text).toContain(`the cluster stands, but its entry could not be written to ${join(folder, 'kubeconfig')}`);
    expect((await savedSessions().list()).map(({ result }) => result)).toEqual(['failed']);
    const back = somebody();
    expect(await reset(back.session, file, { confirm: 'demo' }), back.text).toBe(0);
    expect(back.text).toContain('what this machine knows of the cluster could not all be brought up to date');
    expect((await savedSessions().list()).map(({ result }) => result)).toEqual(['idle']);
    expect(readFileSync(join(folder, 'kubeconfig'), 'utf8')).toBe('clusters: [{na');
  });

  it('shows the plan and asks; anything but yes changes nothing', async () => {
    for (const answer of ['y', 'no', null]) {
      const person = somebody({ yes: false, answers: answer === null ? [] : [answer] });
      expect(await apply(person.session, file), person.text).toBe(130);
      expect(person.asked).toEqual(['3 hosts will be changed: n1, n2, n3. Type yes to go on: ']);
      expect(person.text).toMatch(/^ {2}kubeadm init +\+$/m);
      expect(person.text).toContain('Nothing has been changed.');
    }
    expect((await fleet.host('n1')).machine).toBeDefined();
    const untouched = somebody();
    expect(await reset(untouched.session, file, { confirm: 'demo' })).toBe(0);
    expect(untouched.text).toContain('nothing to undo');
  });

  it('tells a failure with command, last lines, remedy and log; the same command goes on from there', async () => {
    (await fleet.host('n1')).failNext('kubeadm init', { status: 7, says: 'the oven is cold' });
    const failing = somebody();
    expect(await apply(failing.session, file), failing.text).toBe(1);
    expect(failing.text).toContain('✗ n1  kubeadm init failed');
    expect(failing.text).toMatch(/ {4}command kubeadm init .*\(exit code 7\)/);
    expect(failing.text).toContain('    | the oven is cold');
    expect(failing.text).toMatch(/ {4}remedy {2}\w/);
    expect(failing.text).toContain(`    log     ${join(folder, 'state/k8s-tui/demo/run-1.log')}`);
    expect(failing.text).toMatch(/^ {2}n2 {2}done: .*; open: join$/m);
    expect(failing.lines.at(-1)).toMatch(/^✗ failed; the same command again goes on from here/);

    const again = somebody();
    expect(await apply(again.session, file), again.text).toBe(0);
  });

  it('stops after the present step, says where each host stands, and goes on later', async () => {
    const person = somebody({ onLine: line => line.includes('kubelet, kubeadm and kubectl: done') && person.stop.abort() });
    expect(await apply(person.session, file), person.text).toBe(130);
    expect(person.text).toContain('stopping after the present step of each host; Ctrl-C again stops now');
    expect(person.text).toMatch(/^ {2}n1 {2}done: prepare.*; open: .*control plane/m);
    expect(person.lines.at(-1)).toMatch(/^‖ stopped; the same command again goes on from here/);

    const again = somebody();
    expect(await apply(again.session, file), again.text).toBe(0);
  });
});

describe('plan --script', () => {
  it('prints one script that a shell can read, and nothing else', async () => {
    const person = somebody();
    const aside: string[] = [];
    const view = person.session.view;
    person.session.view = options =>
      options?.aside ? plainView({ language: 'en', write: line => aside.push(line) }) : view(options);
    expect(await plan(person.session, file, 'n2'), person.text).toBe(0);
    expect(person.text).toMatch(/^#!\/bin\/sh\n\n# prepare\/n2\n\(\n/);
    expect(person.text).toMatch(/^# join\/n2\n\(\n: "\$\{K8S_TUI_TOKEN:\?/m);
    expect(person.text).not.toMatch(/^# \S+\/n1\n/m);
    expect(existsSync(join(folder, 'state/k8s-tui/demo')), 'a look leaves no log').toBe(false);
    const { spawnSync } = await import('node:child_process');
    const parsed = spawnSync('sh', ['-n'], { input: person.text, encoding: 'utf8' });
    expect(parsed).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('reset of one host', () => {
  const nodes = async () => {
    const looked = somebody();
    await status(looked.session, { file });
    return looked.text;
  };

  it('drains it and takes it out of the cluster, which lives on; anything but its name changes nothing', async () => {
    expect(await apply(somebody().session, file)).toBe(0);
    for (const answer of ['demo', 'yes', '']) {
      const unsure = somebody({ answers: [answer] });
      expect(await reset(unsure.session, file, { host: 'n3' })).toBe(130);
      expect(unsure.asked[0]).toContain("Type the host's name (n3)");
    }
    const sure = somebody({ answers: ['n3'] });
    expect(await reset(sure.session, file, { host: 'n3' }), sure.text).toBe(0);
    expect(sure.text).toContain('n3 is drained and taken out of the cluster first');
    expect(sure.text).toContain('n3 leaves the cluster: done');
    expect(await nodes()).toMatch(/n1 .*Ready[\s\S]*n2 .*Ready[\s\S]*n3 +worker +no kubelet/);
    expect(await (await fleet.host('n3')).fs.exists('/var/lib/k8s-tui')).toBe(false);
    // What is in the file joins again.
    const again = somebody();
    expect(await apply(again.session, file), again.text).toBe(0);
    expect(await nodes()).toContain('✓ healthy');
  });

  it('forgets a host that is gone for good', async () => {
    expect(await apply(somebody().session, file)).toBe(0);
    (await fleet.host('n2')).powerOff();
    const person = somebody({ answers: ['n2'] });
    expect(await reset(person.session, file, { host: 'n2' }), person.text).toBe(0);
    expect(person.text).toContain('n2 is not reached: it is taken out of the cluster');
    expect(await nodes()).toMatch(/n2 +worker +unreachable/);
    expect((await fleet.host('n1')).machine.cluster!.nodes.has('n2')).toBe(false);
  });

  it('names the hosts that there are', async () => {
    await expect(reset(somebody().session, file, { host: 'n9', confirm: 'n9' })).rejects.toThrow('there is no host n9');
    await expect(reset(somebody().session, file, { host: 'n2', confirm: 'demo' })).rejects.toThrow(
      'the host to reset is called n2',
    );
  });
});

describe('diagnose', () => {
  const stopKubelet = async () => {
    const { machine } = await fleet.host('n2');
    await machine.units.stop('kubelet.service');
  };

  it('finds what is wrong and applies a fix by its number, after the commands were shown; then all is well', async () => {
    expect(await apply(somebody().session, file)).toBe(0);
    const well = somebody();
    expect(await diagnose(well.session, [], { file }), well.text).toBe(0);
    expect(well.text).toContain('✓ nothing is wrong that can be seen');

    await stopKubelet();
    const pipe = somebody();
    expect(await diagnose(pipe.session, [], { file })).toBe(1);
    const unsure = somebody({ answers: ['1', 'no', ''] });
    expect(await diagnose(unsure.session, [], { file })).toBe(1);
    const person = somebody({ answers: ['1', 'yes'] });
    expect(await diagnose(person.session, ['n1=root@10.0.0.11', 'n2=ops@10.0.0.12'], {}), person.text).toBe(0);
    expect(person.text).toMatch(
      /✗ n2 {2}kubelet does not run[\s\S]*systemctl enable -q --now kubelet[\s\S]*✓ nothing is wrong/,
    );
    expect(person.asked[1]).toContain('as root on n2');
    // An install and four diagnoses of three hosts: a minute and more on a machine that is slow.
  }, 300_000);

  it('lists a bundle before it is written, for its owner alone, and without secrets', async () => {
    const bundle = join(folder, 'bundle.tar.gz');
    await (await fleet.host('n1')).fs.put('/etc/resolv.conf', 'nameserver 10.0.0.2\n# password=canary-4711\n');
    const refused = somebody({ yes: false, answers: ['no'] });
    expect(await diagnose(refused.session, [], { file, bundle }), refused.text).toBe(0);
    expect(refused.text).toContain('bundle/hosts/n1/facts.json');
    expect(existsSync(bundle)).toBe(false);
    expect(await diagnose(somebody().session, [], { file, bundle })).toBe(0);
    expect(statSync(bundle).mode & 0o777).toBe(0o600);
    const files = execFileSync('tar', ['-xzOf', bundle], { encoding: 'utf8' });
    expect(files).toContain('nameserver 10.0.0.2');
    expect(files).toContain('[hidden]');
    expect(files).not.toContain('canary-4711');
  });

  it('wants a file or hosts', async () => {
    await expect(diagnose(somebody().session, [], {})).rejects.toThrow('either a file or hosts');
  });
});
