import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Ask, Connector } from '../../source/engine/fleet.js';
import { recordedHosts } from '../harness/panel.js';
import { keys } from '../harness/terminal.js';
import { memorySessions, openWalk, savedSession, threeHosts } from '../harness/walk.js';

type Walk = ReturnType<typeof openWalk>;
let open: Walk[] = [];
const start = (...options: Parameters<typeof openWalk>): Walk => {
  const walk = openWalk(...options);
  open.push(walk);
  return walk;
};

afterEach(async () => {
  for (const { terminal, exit } of open) {
    const ended = exit.then(() => true);
    // Ctrl-C three times ends whatever is going on.
    for (let n = 0; n < 4; n++) terminal.type(keys.ctrlC);
    await ended;
  }
  open = [];
});

/** From the hosts to the plan, where all is well. */
async function toReview(walk: Walk) {
  await walk.terminal.until('not asked');
  walk.terminal.type(keys.enter);
  await readyToReview(walk);
}

async function readyToReview({ terminal }: Walk) {
  await terminal.until('All hosts are ready');
  terminal.type(keys.enter);
  await terminal.until('Everything comes from');
  terminal.type(keys.enter);
  await terminal.until('Every default works');
  terminal.type(keys.enter);
  await terminal.until('enter go on');
  await terminal.until(/Nothing found|to look at/);
  terminal.type(keys.enter);
  await terminal.until('enter install');
}

async function toInstall(walk: Walk, review = toReview) {
  await review(walk);
  walk.terminal.type(keys.enter);
  await walk.terminal.until('Install now? 3 hosts will be changed: n1, n2, n3');
  walk.terminal.type('y');
}

describe('the walk by keys', () => {
  it('leads from typed hosts to a finished cluster', async () => {
    const walk = start();
    const { terminal, exit } = walk;
    await terminal.until('New cluster');
    terminal.type(keys.enter);
    await terminal.until('Which servers');
    terminal.type('10.77.0.11-13');
    await terminal.until('3 hosts: n1 10.77.0.11, n2 10.77.0.12, n3 10.77.0.13');
    terminal.type(keys.enter);
    await toInstall(walk);
    await terminal.until('The cluster k8s is ready');
    expect(terminal.text).toContain('/home/ops/.kube/config');
    expect(terminal.text).toContain('kubectl --context k8s get nodes');
    expect(terminal.text).toContain('control plane');
    expect(walk.sessions.saved[0]).toMatchObject({ screen: 'done', result: 'done', spec: { name: 'k8s' } });
    terminal.type('q');
    expect(await exit).toBe(0);
    await terminal.until(screen => !terminal.isAlternate && screen.includes('The cluster k8s is ready'));
  });

  it('goes on to the panel with Enter, which asks for no password again; what the install said stays behind', async () => {
    const passwords = { n1: 'canary-7', n2: 'canary-7', n3: 'canary-7' };
    const hosts = recordedHosts().connector();
    const told: (string | null)[] = [];
    const watcher = (ask: Ask): Connector => ({
      ...hosts(ask),
      async connect(spec, host, signal) {
        told.push(await ask.secret({ host: host.name, user: 'root', kind: 'password', attempt: 1 }));
        return hosts(ask).connect(spec, host, signal);
      },
    });
    const walk = start({ spec: threeHosts, script: { passwords }, watcher });
    const { terminal, exit } = walk;
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until('One password of root for 3 hosts');
    terminal.type('canary-7');
    terminal.type(keys.enter);
    await toInstall(walk, readyToReview);
    await terminal.until('The cluster lab is ready');
    terminal.type(keys.enter);
    await terminal.until(/n1 +control +. /);
    await terminal.until('● kubelet');
    expect(told).toEqual(['canary-7', 'canary-7', 'canary-7']);
    terminal.type('q');
    expect(await exit).toBe(0);
    await terminal.until(screen => !terminal.isAlternate && screen.includes('The cluster lab is ready'));
  });

  it('takes a pasted list of lines at once and keeps what it cannot read in the field', async () => {
    const { terminal } = start();
    await terminal.until('New cluster');
    terminal.type(keys.enter);
    await terminal.until('Which servers');
    terminal.paste('root@10.77.0.11:22\n10.77.0.12  # a worker\n10.77.0.999\n');
    await terminal.until('2 given');
    expect(terminal.text).toContain('line 3, 10.77.0.999');
    expect(terminal.text).toMatch(/Add {2}10\.77\.0\.999▏/);
    terminal.type('\x15'); // Ctrl-U
    terminal.type('db=10.77.0.14\r');
    await terminal.until('3 given');
    expect(terminal.text).toMatch(/db +10\.77\.0\.14 +worker/);
  });

  it('takes a paste from a terminal without bracketed paste too', async () => {
    const { terminal } = start();
    await terminal.until('New cluster');
    terminal.type(keys.enter);
    await terminal.until('Which servers');
    terminal.type('10.77.0.11\r\n10.77.0.12\r\n10.77.0.13\r\n');
    await terminal.until('3 given');
  });

  it('gives roles, edits a host and takes one out', async () => {
    const { terminal } = start({ spec: threeHosts });
    await terminal.until('not asked');
    terminal.type('r');
    await terminal.until('the only control plane');
    terminal.type(keys.down);
    terminal.type('r');
    await terminal.until(/n2 +10\.77\.0\.12 +control plane/);
    await terminal.until('2 now: no safer than 1, over half must be up.');
    terminal.type(keys.up);
    terminal.type('r');
    await terminal.until(/n1 +10\.77\.0\.11 +worker/);
    terminal.type(keys.down);
    terminal.type('e');
    await terminal.until('n2=10.77.0.12▏');
    terminal.type('\x15');
    terminal.type('db=admin@10.77.0.20:2222\r');
    await terminal.until(/db +admin@10\.77\.0\.20:2222 +control plane/);
    terminal.type('x');
    await terminal.until('2 given');
    expect(terminal.text).not.toContain('10.77.0.20');
  });

  it('shows every new host key and accepts those that were shown', async () => {
    const { terminal } = start({ spec: threeHosts, script: { newKeys: true } });
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until('These 3 hosts show keys');
    expect(terminal.text.match(/SHA256:/g)).toHaveLength(3);
    await new Promise(resolve => setTimeout(resolve, 350)); // shorter than it takes to read: not yet a yes
    terminal.type('a');
    await terminal.until('All hosts are ready');
  });

  it('does not take a key that was pressed before the question could be read for a yes', async () => {
    const { terminal } = start({ spec: threeHosts, script: { newKeys: true } });
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until(/shows? (a|keys)/);
    terminal.type('a');
    expect(await terminal.until(/shows? (a|keys)/)).not.toContain('ready.');
  });

  it('asks for a password once for all hosts, masked, and keeps it out of the screen', async () => {
    const walk = start({ spec: threeHosts, script: { passwords: { n1: 'canary-7', n2: 'canary-7', n3: 'canary-7' } } });
    const { terminal } = walk;
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until('One password of root for 3 hosts');
    expect(terminal.text).toMatch(/n1, n2, n3\n[\s\S]*told\s+more than two wrong[\s\S]*password is forgotten/);
    terminal.type(keys.tab);
    await terminal.until('Password of root on n1');
    terminal.type(keys.tab);
    await terminal.until('One password of root for 3 hosts');
    terminal.type('canary-7');
    await terminal.until('••••••••');
    terminal.type(keys.enter);
    await terminal.until('All hosts are ready');
    expect(walk.given).toEqual({ n1: 'canary-7', n2: 'canary-7', n3: 'canary-7' });
    expect(terminal.raw.join('')).not.toContain('canary-7');
    expect(JSON.stringify(walk.sessions.saved)).not.toContain('canary');
  });

  it('says what is wrong with a host that cannot be reached, and asks it again', async () => {
    const script = { unreachable: ['n3'] };
    const { terminal } = start({ spec: threeHosts, script });
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until('✗ unreachable');
    terminal.type('G');
    await terminal.until('nothing answers at 10.77.0.13 port 22');
    expect(terminal.text).toContain('enter connect again');
    script.unreachable = [];
    terminal.type(keys.enter);
    await terminal.until('All hosts are ready');
  });

  it('proposes the mirror that every host can reach', async () => {
    const { terminal } = start({ spec: threeHosts, script: { blocked: ['n3'] } });
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until('All hosts are ready');
    terminal.type(keys.enter);
    await terminal.until('Images from Aliyun; Network from DaoCloud');
    expect(terminal.text).toContain('✗ no answer');
    terminal.type('jj ');
    await terminal.until('Packages from TUNA; containerd, Images from Aliyun; Network from DaoCloud');
    terminal.type('e');
    await terminal.until('Packages · TUNA');
    expect(terminal.text).toMatch(/Signed by +DE15B144/);
    terminal.type(keys.esc);
    await terminal.until('Packages from TUNA');
  });

  it('says under the field what is wrong with a choice, and keeps the text', async () => {
    const { terminal } = start({ spec: threeHosts });
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until('All hosts are ready');
    terminal.type(keys.enter);
    await terminal.until('Everything comes from');
    terminal.type(keys.enter);
    await terminal.until('Every default works');
    terminal.type('jjj ');
    await terminal.until('10.244.0.0/16▏');
    terminal.type('\x15');
    terminal.type('10.244.0.0/99\r');
    await terminal.until('"10.244.0.0/99" is no IPv4 network');
    expect(terminal.text).toContain('10.244.0.0/99▏');
    terminal.type('\x7f\x7f16\r');
    await terminal.until(screen => !screen.includes('▏'));
    terminal.type(keys.up);
    terminal.type(keys.right);
    await terminal.until(/Pod network +calico/);
  });

  it('keeps a plan from running while something stands in its way', async () => {
    const finding = {
      id: 'disk-full',
      level: 'stop' as const,
      host: 'n2',
      what: { en: 'the disk is full', zh: '磁盘已满' },
      why: { en: 'Images would not fit.', zh: '镜像放不下。' },
      remedy: { en: 'Free 5 GB.', zh: '请腾出 5 GB。' },
    };
    const script = { findings: [finding] };
    const { terminal } = start({ spec: threeHosts, script });
    await terminal.until('not asked');
    terminal.type(keys.enter);
    await terminal.until('All hosts are ready');
    terminal.type(keys.enter);
    await terminal.until('Everything comes from');
    terminal.type(keys.enter);
    await terminal.until('Every default works');
    terminal.type(keys.enter);
    await terminal.until('the disk is full');
    expect(terminal.text).toContain('Free 5 GB.');
    expect(terminal.text).not.toContain('enter go on');
    terminal.type(keys.enter);
    script.findings = [];
    terminal.type('r');
    await terminal.until('Nothing found');
  });

  it('shows the scripts, saves them, and says that nothing has been changed', async () => {
    const walk = start({ spec: threeHosts });
    await toReview(walk);
    const { terminal } = walk;
    expect(terminal.text).toContain('nothing has been changed yet');
    terminal.type(keys.down);
    await terminal.until('kubelet refuses to start');
    expect(terminal.text).toContain('S03');
    terminal.type('w');
    await terminal.until('Saved: the scripts and cluster.yaml in /home/ops/lab-plan');
    expect(walk.plans).toEqual(['name: lab\n']);
  });

  it('shows a failure with its command and tries again', async () => {
    const walk = start({ spec: threeHosts, script: { fail: { host: 'n3', phase: 'images', times: 1 } } });
    const { terminal } = walk;
    await toInstall(walk);
    await terminal.until('✗ n3 · images');
    for (const part of [
      'crictl pull registry.k8s.io/kube-proxy:v1.37.2',
      'it ended with 1',
      'i/o timeout',
      'cannot reach registry.k8s.io',
      'run-1.log',
      'go on without n3',
    ])
      expect(terminal.text).toContain(part);
    terminal.type('l');
    await terminal.until(/n3 · .*lines/);
    terminal.type(keys.enter);
    await terminal.until('✗ n3 · images');
    terminal.type('r');
    await terminal.until('The cluster lab is ready');
    expect(walk.runs).toHaveLength(2);
  });

  it('says why a host failed, shows the commands that mend it, runs them on a yes and tries again', async () => {
    const evidence = {
      units: [
        'kubelet.LoadState=loaded',
        'kubelet.ActiveState=inactive',
        'kubelet.SubState=dead',
        'kubelet.UnitFileState=disabled',
      ],
      role: ['kubelet.conf'],
      kubelet: ['kubelet[812]: said before it was stopped'],
    };
    const walk = start({ spec: threeHosts, script: { fail: { host: 'n3', phase: 'join', times: 1 }, evidence } });
    const { terminal } = walk;
    await toInstall(walk);
    await terminal.until('kubelet does not run: somebody or something has stopped it');
    expect(terminal.text).toMatch(/Why {4}kubelet does not run.* this is it/);
    expect(terminal.text).toMatch(/Mend {3}1 {2}start kubelet/);
    terminal.type('e');
    await terminal.until('said before it was stopped');
    terminal.type(keys.esc);
    await terminal.until('Mend   1');
    terminal.type('b');
    await terminal.until('Write a support bundle?');
    expect(terminal.text).toContain('hosts/n3/kubelet.txt');
    terminal.type('y');
    await terminal.until(/Written: \/home\/ops\/lab-\d+\.tar\.gz/);
    terminal.type('1');
    await terminal.until('Run this as root on n3, then try again?');
    expect(terminal.text).toContain('systemctl enable -q --now kubelet');
    terminal.type(keys.esc);
    await terminal.until(screen => !screen.includes('Run this as root'));
    expect(walk.mended).toEqual([]);
    terminal.type('1');
    await terminal.until('Run this as root on n3');
    terminal.type('y');
    await terminal.until('The cluster lab is ready');
    expect(walk.mended).toEqual([expect.stringMatching(/^n3: .*unmask[\s\S]*enable -q --now kubelet/)]);
    expect(walk.runs).toHaveLength(2);
  });

  it('goes on without a worker that failed', async () => {
    const walk = start({ spec: threeHosts, script: { fail: { host: 'n3', phase: 'images', times: 9 } } });
    const { terminal } = walk;
    await toInstall(walk);
    await terminal.until('3  go on without n3');
    terminal.type('3');
    await terminal.until('enter install');
    expect(terminal.text).toContain('2 hosts,');
    terminal.type(keys.enter);
    await terminal.until('2 hosts will be changed: n1, n2');
    terminal.type('y');
    await terminal.until('The cluster lab is ready');
  });

  it('says so where nothing was to be done', async () => {
    const walk = start({ spec: threeHosts, script: { finished: true } });
    const { terminal } = walk;
    await toReview(walk);
    expect(terminal.text).toMatch(/0 to do, 2\d so already/);
    terminal.type(keys.enter);
    await terminal.until('Install now?');
    terminal.type('y');
    await terminal.until('was ready already: nothing was changed');
  });

  it('offers the demo, and says on every screen that it is one', async () => {
    const { terminal } = start({ demo: true });
    await terminal.until('Demo');
    terminal.type(keys.down);
    terminal.type(keys.enter);
    await terminal.until('not asked');
    const seen: string[] = [terminal.text];
    for (const [, next] of [
      ['hosts', 'All hosts are ready'],
      ['mirror', 'Everything comes from'],
      ['options', 'Every default'],
      ['check', 'Nothing found'],
      ['review', 'enter install'],
      ['confirm', 'Install now?'],
    ] as const) {
      terminal.type(keys.enter);
      seen.push(await terminal.until(next));
    }
    terminal.type('y');
    seen.push(await terminal.until('is ready'));
    for (const screen of seen) expect(screen).toContain('SIMULATION');
  });

  it('takes up a saved session', async () => {
    const saved = [savedSession({ savedAt: Date.now() - 3_600_000 })];
    const { terminal } = start({ parts: { sessions: memorySessions(saved) } });
    await terminal.until('Resume lab');
    expect(terminal.text).toContain('3 hosts, failed, 1 h ago');
    terminal.type(keys.down);
    terminal.type(keys.enter);
    await terminal.until('3 given');
  });
});

describe('sessions that cannot be read', () => {
  it('are told whole on the first screen, each of them, beside those that can', async () => {
    const sessions = memorySessions([savedSession({ savedAt: Date.now() })]);
    const list: typeof sessions.list = async onNote => {
      for (const name of ['edge', 'prod'])
        onNote?.({ en: `${name} was set aside as /home/ops/.local/state/k8s-tui/${name}/session.json.unreadable-1`, zh: '' });
      return sessions.saved as Awaited<ReturnType<typeof sessions.list>>;
    };
    const { terminal } = start({ parts: { sessions: { ...sessions, list } }, demo: true });
    await terminal.until('! prod was set aside');
    for (const words of ['Resume lab', 'edge/session.json.unreadable-1', 'prod/session.json.unreadable-1'])
      expect(terminal.text).toContain(words);
  });
});

describe('leaving', () => {
  it('wants Ctrl-C twice where nothing is running', async () => {
    const { terminal, exit } = start({ spec: threeHosts });
    await terminal.until('not asked');
    terminal.type(keys.ctrlC);
    await terminal.until('Press Ctrl-C again to quit');
    terminal.type(keys.ctrlC);
    expect(await exit).toBe(130);
  });

  it('asks on q in the middle of the walk', async () => {
    const { terminal, exit } = start({ spec: threeHosts });
    await terminal.until('not asked');
    terminal.type('q');
    await terminal.until('Leave k8s-tui?');
    expect(terminal.text).toMatch(/Nothing has been\s+changed\./);
    terminal.type(keys.esc);
    await terminal.until(screen => !screen.includes('Leave k8s-tui?'));
    terminal.type('q');
    await terminal.until('Leave k8s-tui?');
    terminal.type('y');
    expect(await exit).toBe(0);
  });

  it('never stops an install by Esc, asks on Ctrl-C, stops after the step on the second', async () => {
    const walk = start({ spec: threeHosts, script: { pace: 20 } });
    const { terminal } = walk;
    await toInstall(walk);
    await terminal.until('3 hosts are being changed');
    terminal.type(keys.esc);
    terminal.type(keys.ctrlC);
    await terminal.until('The install is running. Stop?');
    terminal.type(keys.esc);
    await terminal.until(screen => !screen.includes('Stop?'));
    terminal.type('q');
    await terminal.until('The install is running. Stop?');
    terminal.type(keys.ctrlC);
    terminal.type(keys.ctrlC);
    await terminal.until('Stopped by you');
    expect(terminal.text).toContain('not in the cluster');
    expect(walk.sessions.saved[0]).toMatchObject({ result: 'stopped' });
  });

  it('asks before it takes a host over from somebody else, and claims no change of its own meanwhile', async () => {
    const walk = start({ spec: threeHosts, script: { pace: 20, heldBy: { host: 'n3', who: 'li@laptop' } } });
    const { terminal } = walk;
    await toInstall(walk);
    await terminal.until('Somebody else is changing this host');
    expect(terminal.text).toMatch(/n3 +li@laptop +there for 2 min, last heard of 4 s ago/);
    expect(terminal.text).toContain('waits for your answer');
    expect(terminal.text).not.toContain('being changed');
    // A key that comes before the question can have been read is none.
    await vi.waitFor(() => {
      terminal.type('T');
      expect(terminal.text).toContain('3 hosts are being changed');
    }, 10_000);
  });

  it('gives the terminal back where a screen fails, and passes the fault on', async () => {
    const broken = [{}] as never;
    const { terminal, exit } = openWalk({ parts: { sessions: memorySessions(broken) } });
    await expect(exit).rejects.toThrow(TypeError);
    await terminal.until(() => !terminal.isAlternate);
  });

  it('leaves at once on the third Ctrl-C and says how to go on', async () => {
    const walk = start({ spec: threeHosts, script: { pace: 200 } });
    const { terminal, exit } = walk;
    await toInstall(walk);
    await terminal.until('3 hosts are being changed');
    for (let n = 0; n < 3; n++) terminal.type(keys.ctrlC);
    expect(await exit).toBe(130);
    await terminal.until('The hosts end their present step by themselves');
    expect(terminal.text).toContain('Take it up again with: k8s-tui');
  });
});
