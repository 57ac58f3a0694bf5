import { render } from 'ink';
import stringWidth from 'string-width';
import { changedLinesOnly } from '../../source/components/terminal.js';
import type { Language } from '../../source/engine/text.js';
import { Root } from '../../source/screens/root.js';
import type { ScreenId } from '../../source/state/state.js';
import { type App, createAppStore } from '../../source/state/store.js';
import { crowdedGround } from './ground.js';
import { type Script, scriptedEngine } from './scripted.js';
import { FakeTerminal } from './terminal.js';
import { memorySessions, savedSession, threeHosts } from './walk.js';

/** A walk whose state is brought about without keys, drawn on a fake terminal. */
export function openFrames(language: Language, script: Script = {}, spec = threeHosts) {
  const terminal = new FakeTerminal(80, 24);
  const { engine, connector } = scriptedEngine(script);
  const sessions = memorySessions([
    savedSession({ spec, hosts: [{ host: 'n3', phase: 'images', state: 'failed', step: 'pull' }] }),
  ]);
  const app = createAppStore({
    language,
    connector,
    ground: crowdedGround,
    engine,
    sessions,
    savePlan: async () => '/home/ops/lab-plan',
  });
  const ink = render(<Root app={app} />, {
    stdin: terminal.stdin,
    stdout: changedLinesOnly(terminal.stdout),
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 1000,
  });
  return {
    app,
    terminal,
    close: async () => {
      ink.unmount();
      app.quit(0);
      await app.close();
    },
  };
}

const settled = (app: App, isSo: () => boolean) =>
  new Promise<void>(resolve => {
    if (isSo()) return resolve();
    const off = app.store.subscribe(() => {
      if (!isSo()) return;
      off();
      resolve();
    });
  });

/** Every screen of the walk and every sheet over it, one after the other. */
export const stages: [name: string, reach: (app: App) => Promise<void>][] = [
  ['welcome', async app => app.warmUp()],
  ['hosts, none yet', async app => app.begin()],
  ['hosts, a list that cannot be read', async app => app.addHosts('root@10.77.0.999 n_1=10.0.0.1, 10.0.0.9-3')],
  ['hosts, given', async app => app.begin(threeHosts)],
  ['access', async app => app.openAccess()],
  [
    'host keys',
    async app => {
      app.set({ overlay: null });
      void app.connect();
      await settled(app, () => app.store.getState().questions.length === 3);
    },
  ],
  [
    'password',
    async app => {
      await new Promise(resolve => setTimeout(resolve, 350)); // so long a question has to stand before it is answered
      app.accept(app.store.getState().questions.map(({ id }) => id));
      await settled(app, () => app.store.getState().questions[0]?.kind === 'secret');
    },
  ],
  [
    'hosts, ready',
    async app => {
      app.secret.set('canary-7');
      app.secret.send(true);
      await settled(app, () => Object.values(app.store.getState().hosts).every(({ state }) => state === 'ready'));
    },
  ],
  ['scan?', async app => app.finder.openScan()],
  ['scan, too large', async app => app.finder.typeNetworks({ text: '10.0.0.0/8', cursor: 10 })],
  [
    'hosts, found',
    async app => {
      await app.finder.openScan('10.77.0.0/24');
      await app.finder.scan();
      app.patchUi('discovery', { filter: { text: '10.77', cursor: 5 }, isFiltering: true });
    },
  ],
  [
    'key on hosts?',
    async app => {
      app.patchUi('discovery', { filter: null, isFiltering: false, sort: 'address' });
      await app.entry.openKey();
    },
  ],
  ['jump host?', async app => app.set({ overlay: 'jump', keyOffer: null })],
  [
    'public addresses?',
    async app =>
      app.set(({ discovery }) => ({
        overlay: 'public',
        discovery: { ...discovery, advice: { ...discovery.advice, isPublic: ['n1', 'n2', 'n3'] } },
      })),
  ],
  [
    'keys, a changed one',
    async app => {
      app.set({ overlay: null });
      app.patchUi('discovery', { pane: 'keys' });
      await app.trust.read();
      app.patchUi('discovery', { keys: { ...app.store.getState().ui.discovery.keys, row: 2, furthest: 2, art: true } });
    },
  ],
  [
    'keys, fingerprints',
    async app =>
      app.patchUi('discovery', {
        keys: { ...app.store.getState().ui.discovery.keys, art: false, input: { text: '10.77.0.11 SHA256:', cursor: 18 } },
      }),
  ],
  [
    'who reaches whom',
    async app => {
      app.patchUi('discovery', { pane: 'reach' });
      await app.group.reach();
    },
  ],
  [
    'mirror',
    async app => {
      app.patchUi('discovery', { pane: 'table', sort: 'found' });
      app.goto('mirror');
      await settled(app, () => app.store.getState().sources.state === 'done');
    },
  ],
  ['options', async app => app.goto('options')],
  [
    'options, a wrong value',
    async app =>
      app.patchUi('form', { row: 3, input: { text: '10.0.0.0/99', cursor: 3 }, error: '"10.0.0.0/99" is no IPv4 network' }),
  ],
  [
    'check',
    async app => {
      app.patchUi('form', { input: null, error: null });
      app.goto('check');
      await settled(app, () => app.store.getState().check.state === 'done');
    },
  ],
  [
    'review',
    async app => {
      app.goto('review');
      await settled(app, () => app.store.getState().plan.state === 'done');
    },
  ],
  ['review, a step', async app => app.patchUi('review', { row: 2 })],
  ['review, the script', async app => app.patchUi('review', { pane: 'script' })],
  ['confirm', async app => app.set({ overlay: 'install' })],
  [
    'take over?',
    async app => {
      void app.install();
      await settled(app, () => app.store.getState().questions[0]?.kind === 'take-over');
    },
  ],
  [
    'install',
    async app => {
      await new Promise(resolve => setTimeout(resolve, 350));
      app.accept(app.store.getState().questions.map(({ id }) => id));
      await settled(app, () => app.store.getState().logVersion > 0);
    },
  ],
  ['stop?', async app => app.set({ overlay: 'stop' })],
  ['failure', async app => settled(app, () => app.store.getState().screen === 'failure')],
  ['failure, and why', async app => settled(app, () => app.store.getState().diagnosis.state === 'done')],
  [
    'a fix?',
    async app => {
      const cause = app.store.getState().diagnosis.causes[0]!;
      const fix = cause.fixes.find(({ by }) => by === 'commands');
      if (fix?.by === 'commands') app.diagnosis.choose({ host: cause.host, fix });
    },
  ],
  ['a bundle?', async app => app.diagnosis.listBundle()],
  ['evidence', async app => app.set({ screen: 'evidence', overlay: null })],
  ['log after a failure', async app => app.goto('install')],
  [
    'done',
    async app => {
      await app.retry();
    },
  ],
  ['help', async app => app.set({ overlay: 'help' })],
  ['quit?', async app => app.set({ overlay: 'quit' })],
];

export const fullScript: Script = {
  newKeys: true,
  simulation: true,
  passwords: { n1: 'canary-7', n2: 'canary-7', n3: 'canary-7' },
  blocked: ['n3'],
  heldBy: { host: 'n3', who: 'li.wei@a-laptop-with-a-long-name.example.com' },
  fail: { host: 'n3', phase: 'images', times: 1 },
  evidence: {
    units: [
      'kubelet.LoadState=loaded',
      'kubelet.ActiveState=inactive',
      'kubelet.SubState=dead',
      'kubelet.UnitFileState=disabled',
    ],
    role: ['kubelet.conf', 'pki/ca.crt'],
    kubelet: [`Nov 24 02:00:00 n3 kubelet[812]: E1124 ${'a long line with a 中文 word in it, and '.repeat(6)}`],
    disk: ['/dev/vda1 62914560 1620000 61294560 3% /'],
  },
  findings: [
    {
      id: 'memory',
      level: 'warn',
      host: 'n2',
      what: { en: '1.7 GB of memory; kubeadm wants 2 GB', zh: '内存 1.7 GB；kubeadm 要求 2 GB' },
      why: { en: 'Pods may be killed when memory runs out.', zh: '内存耗尽时 Pod 可能被杀死。' },
      remedy: { en: 'Give it more, or go on if this is a test.', zh: '增加内存；若只是测试可继续。' },
    },
  ],
};

/** Widths of the lines that were written since the last call, and the rows that they went to. */
export function written(terminal: FakeTerminal): { row: number; width: number; text: string }[] {
  const out = terminal.raw.splice(0).join('');
  return [...out.matchAll(/\x1b\[(\d+);1H([\s\S]*?)\x1b\[K/g)].map(([, row, line]) => {
    const text = line!.replace(/\x1b\[[0-9;]*m/g, '');
    return { row: Number(row), width: stringWidth(text), text };
  });
}

export const screenIds: ScreenId[] = [
  'welcome',
  'hosts',
  'mirror',
  'options',
  'check',
  'review',
  'install',
  'failure',
  'evidence',
  'done',
];
