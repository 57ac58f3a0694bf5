import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { demoFleet } from '../../source/demo/index.js';
import { isKey, mayBeChosen, rowsOf, shownRows } from '../../source/state/found.js';
import { lazyEngine } from '../../source/state/lazy-engine.js';
import type { AppState } from '../../source/state/state.js';
import { type App, createAppStore } from '../../source/state/store.js';
import { memorySessions } from '../harness/walk.js';

/** A walk over the embedded fleet: real logins, keys and files, and no network. */
function open({ speed = Number.POSITIVE_INFINITY, hosts = 3 } = {}) {
  const fleet = demoFleet({ speed, hosts });
  let at = 0;
  const app = createAppStore({
    language: 'en',
    connector: fleet.connector,
    ground: fleet.ground,
    engine: lazyEngine,
    sessions: memorySessions(),
    savePlan: async () => '/plan',
    now: () => (at += 1000),
  });
  const states: string[] = [];
  app.store.subscribe(state => states.push(JSON.stringify(state)));
  onTestFinished(async () => {
    await app.close();
    fleet.close();
  });
  const state = () => app.store.getState();
  const names = () => state().spec.hosts.map(({ name }) => name);
  const known = () => readFileSync(fleet.known.file, 'utf8').trim().split('\n');
  return { fleet, app, state, states, names, known };
}

const until = (app: App, isSo: (state: AppState) => boolean) =>
  new Promise<void>(resolve => {
    const look = () => {
      if (!isSo(app.store.getState())) return;
      off();
      resolve();
    };
    const off = app.store.subscribe(look);
    look();
  });

/** How often a host was being entered. */
const loginsOf = (name: string, states: readonly string[]) => {
  const asking = states.map(state => (JSON.parse(state) as AppState).hosts[name]?.state === 'asking');
  return asking.filter((is, i) => is && !asking[i - 1]).length;
};

/** All hosts of the fleet, found by a scan and chosen. */
async function scanned(walk: ReturnType<typeof open>) {
  await walk.app.finder.openScan();
  await walk.app.finder.scan();
  await walk.app.finder.chooseAll();
}

it('asks no network before it is told to, then shows who answers, and chooses what speaks SSH', async () => {
  const { app, state, names } = open();
  await app.finder.openScan();
  expect(state().ui.discovery.scan).toMatchObject({ input: { text: '10.0.0.0/24' }, count: 254, error: null });
  expect(state().discovery).toMatchObject({ list: [], scan: { state: 'none', asked: 0 } });

  await app.finder.scan();
  expect(state().discovery.scan).toMatchObject({ state: 'done', asked: 254, of: 254, networks: ['10.0.0.0/24'] });
  const found = rowsOf(state()).map(({ address, found }) => [address, found!.is]);
  expect(found.toSorted()).toEqual([
    ['10.0.0.1', 'refused'],
    ['10.0.0.11', 'ssh'],
    ['10.0.0.12', 'ssh'],
    ['10.0.0.13', 'ssh'],
  ]);
  expect(names()).toEqual([]);

  await app.finder.chooseAll();
  expect(
    state()
      .spec.hosts.map(({ address }) => address)
      .toSorted(),
  ).toEqual(['10.0.0.11', '10.0.0.12', '10.0.0.13']);
  expect(names().toSorted()).toEqual(['n1', 'n2', 'n3']);
  const gateway = rowsOf(state()).find(row => !mayBeChosen(row))!;
  await app.finder.choose(gateway);
  expect(names()).toHaveLength(3);
  expect(state().notice?.text).toContain('10.0.0.1 answers without SSH');
  await app.finder.chooseAll();
  expect(names(), 'again: none of them').toEqual([]);
});

it('stops a scan where it is and keeps what has answered', async () => {
  const { app, state } = open({ speed: 1 });
  await app.finder.openScan();
  const scanning = app.finder.scan();
  await until(app, ({ discovery }) => discovery.list.length > 0);
  app.finder.stopScan();
  await scanning;
  const { scan, list } = state().discovery;
  expect(scan.state).toBe('stopped');
  expect(scan.asked).toBeLessThan(254);
  expect(list.length).toBeGreaterThan(0);
});

it.each([
  ['10.0.0.0/8', 'at most 4096'],
  ['224.0.0.0/24', 'no network of hosts'],
  ['fd00::/64', 'is no IPv4 network'],
  ['10.0.0.11', 'is no IPv4 network'],
])('scans no %s: %s', async (text, why) => {
  const { app, state } = open();
  await app.finder.openScan(text);
  expect(state().ui.discovery.scan.error?.what.en).toContain(why);
  await app.finder.scan();
  expect(state().discovery.scan.state).toBe('none');
});

it('keeps each row where it is, chosen or not, typed or found', async () => {
  const walk = open();
  const { app, state } = walk;
  await app.addHosts('db=10.0.0.50 10.0.0.12');
  await scanned(walk);
  const places = () => rowsOf(state()).map(({ place }) => place);
  const before = places();
  expect(before.slice(0, 2)).toEqual(['10.0.0.50 22', '10.0.0.12 22']);
  expect(new Set(before).size, 'one row for each').toBe(before.length);
  await app.finder.choose(rowsOf(state())[0]!);
  expect(places()).toEqual(before);
  expect(rowsOf(state())[0]!.host).toBeUndefined();
  await app.finder.choose(rowsOf(state())[0]!);
  expect(rowsOf(state())[0]!.host?.name).toBe('db');

  app.patchUi('discovery', { filter: { text: 'openssh 10.0.0.1', cursor: 0 } });
  expect(
    shownRows(state())
      .map(({ address }) => address)
      .toSorted(),
  ).toEqual(['10.0.0.11', '10.0.0.12', '10.0.0.13']);
  app.patchUi('discovery', { filter: null, sort: 'address' });
  expect(shownRows(state()).map(({ address }) => address)).toEqual([
    '10.0.0.1',
    '10.0.0.11',
    '10.0.0.12',
    '10.0.0.13',
    '10.0.0.50',
  ]);
});

it('reads the keys of the chosen hosts, trusts what was read and enters whom it had kept out', async () => {
  const { app, state, fleet, known } = open();
  app.begin(fleet.spec);
  const connecting = app.connect();
  await until(app, ({ questions }) => questions.length === 1);
  app.reviewKeys();
  await connecting;
  expect(state().hosts.n3?.problem?.code).toBe('host-key');
  await until(app, ({ discovery }) => Object.keys(discovery.keys).length === 3);
  const is = () => Object.values(state().discovery.keys).map(said => isKey(said) && said.is);
  expect(is().toSorted()).toEqual(['known', 'known', 'new']);
  expect(known()).toHaveLength(2);

  const keys = Object.values(state().discovery.keys).filter(isKey);
  await app.trust.accept(keys);
  expect(known()).toHaveLength(3);
  expect(is()).toEqual(['known', 'known', 'known']);
  await until(app, ({ hosts }) => hosts.n3?.state === 'ready');
  expect(state().questions).toEqual([]);
});

it('blocks a key that has changed, whatever is pressed, and says the line that is in the way', async () => {
  const { app, state, fleet, known } = open();
  app.begin(fleet.spec);
  fleet.known.addAll([{ host: '10.0.0.13', port: 22, key: fleet.known.of('10.0.0.11', 22)[0]!.key }]);
  await app.trust.read();
  const said = state().discovery.keys['10.0.0.13 22']!;
  expect(isKey(said) && said.is).toBe('changed');
  expect(isKey(said) && said.place).toBe(`${fleet.known.file}:3`);
  const before = known();
  await app.trust.accept(Object.values(state().discovery.keys).filter(isKey));
  expect(known()).toEqual(before);
});

it('accepts a key by its fingerprint from elsewhere, and blocks one that is not as expected', async () => {
  const { app, state, fleet, known } = open();
  app.begin(fleet.spec);
  await app.trust.read();
  const key = state().discovery.keys['10.0.0.13 22']!;
  if (!isKey(key)) throw new Error('no key');
  await app.trust.expect(`10.0.0.13 SHA256:${'A'.repeat(43)}`);
  const other = state().discovery.keys['10.0.0.13 22']!;
  expect(isKey(other) && other.is).toBe('unexpected');
  expect(known()).toHaveLength(2);
  expect(state().ui.discovery.keys.said[0]).toContain('1 not as expected');

  await app.trust.read();
  await app.trust.expect(`10.0.0.13 ${key.fingerprint}`);
  expect(known()).toHaveLength(3);
});

it('lets a key in on hosts that a password opened, and tells the password to nobody after', async () => {
  const { app, state, states, fleet } = open();
  const machines = await Promise.all(['n1', 'n3'].map(name => fleet.host(name)));
  for (const host of machines) {
    host.logins.by = 'password';
    host.machine.password = 'canary-7391';
  }
  app.begin({ ...fleet.spec, hosts: fleet.spec.hosts.filter(({ name }) => name !== 'n3') });
  const connecting = app.connect();
  await until(app, ({ questions }) => questions[0]?.kind === 'secret');
  app.secret.set('canary-7391');
  app.secret.send(true);
  await connecting;
  expect(state().hosts.n1).toMatchObject({ state: 'ready', byPassword: true });
  // From now on what was typed opens nothing.
  for (const { machine } of machines) machine.password = 'another';
  expect(state().hosts.n2?.byPassword).toBeUndefined();

  await app.entry.openKey();
  expect(state()).toMatchObject({ overlay: 'key', keyOffer: { hosts: ['n1'], key: null, state: 'asking' } });
  expect(await machines[0]!.fs.text('/root/.ssh/authorized_keys'), 'nothing before it is agreed to').toBe(null);
  const entries = loginsOf(machines[0]!.machine.name, states);
  await app.entry.install();
  expect(await machines[0]!.fs.text('/root/.ssh/authorized_keys')).toMatch(/^ssh-ed25519 AAAA/);
  expect(state()).toMatchObject({ overlay: null, keyOffer: null, questions: [] });
  expect(state().hosts.n1).toMatchObject({ state: 'ready' });
  expect(state().hosts.n1?.byPassword).toBeUndefined();
  expect(loginsOf(machines[0]!.machine.name, states), 'entered again, by the key').toBe(entries + 1);
  expect(state().spec.hosts[0]!.ssh?.identityFile).toBe(`${fleet.folder}/id_ed25519`);
  expect(states.join('')).not.toContain('canary');
});

it('proposes the strongest as control plane, unless somebody has said which', async () => {
  const { app, state, fleet } = open();
  const controlPlane = () => state().spec.hosts.find(({ roles }) => roles?.includes('control-plane'))!.address;
  await app.addHosts('ops@10.0.0.12 10.0.0.11');
  expect(controlPlane()).toBe('10.0.0.12');
  await app.connect();
  expect(controlPlane()).toBe('10.0.0.11');
  expect(state().notice?.text).toContain('the strongest, proposed as control plane.');
  expect(
    Object.values(state().hosts).map(({ state }) => state),
    'nobody is asked again',
  ).toEqual(['ready', 'ready']);
  app.turnRole(state().spec.hosts[0]!.name);
  app.turnRole(state().spec.hosts[1]!.name);
  await app.connect(state().spec.hosts.map(({ name }) => name));
  expect(controlPlane()).toBe('10.0.0.12');
  expect(fleet.spec.hosts).toHaveLength(3);
});

it('keeps to the control plane that a list names, and to several, of an even number of which it explains what it means', async () => {
  const { app, state } = open();
  const roles = () => state().spec.hosts.map(({ address, roles }) => `${address} ${roles?.[0]}`);
  await app.addHosts(
    '[kube_control_plane]\nb ansible_host=10.0.0.12 ansible_user=ops\n[kube_node]\na ansible_host=10.0.0.11\n',
  );
  await app.connect();
  expect(roles(), 'not the strongest').toEqual(['10.0.0.12 control-plane', '10.0.0.11 worker']);
  expect(state().discovery.advice.notes).toEqual([]);

  const two = open();
  await two.app.addHosts('[kube_control_plane]\nb ansible_host=10.0.0.12 ansible_user=ops\na ansible_host=10.0.0.11\n');
  await two.app.connect();
  expect(two.state().spec.hosts.map(({ address, roles }) => `${address} ${roles?.[0]}`)).toEqual([
    '10.0.0.12 control-plane',
    '10.0.0.11 control-plane',
  ]);
  expect(two.state().discovery.advice.notes).toEqual([expect.stringContaining('2 control planes are no safer than 1')]);
});

it('proposes three control planes from six hosts on', async () => {
  const { app, state, fleet } = open({ hosts: 6 });
  app.begin({ ...fleet.spec, hosts: fleet.spec.hosts.map(({ roles, ...host }) => host) });
  const connecting = app.connect();
  await until(app, ({ questions }) => questions.length === 1);
  app.accept([state().questions[0]!.id]);
  await connecting;
  expect(state().discovery.advice.notes).toEqual([
    expect.stringContaining('three control planes are proposed (10.0.0.11, 10.0.0.12, 10.0.0.13)'),
  ]);
  expect(
    state()
      .spec.hosts.map(({ roles }) => roles?.[0]?.[0])
      .join(''),
  ).toBe('cccwww');
});

it('shows who reaches whom on the embedded fleet, and the rule of a host that closes a port', async () => {
  const { app, state, fleet } = open();
  const n2 = await fleet.host('n2');
  app.begin({ ...fleet.spec, hosts: fleet.spec.hosts.slice(0, 2) });
  await app.connect();
  await app.group.reach();
  const { reach } = state().discovery;
  expect(reach.found.map(({ from, to, port, protocol, is }) => `${from} ${to} ${port}/${protocol} ${is}`)).toEqual([
    ...['10250/tcp', '30000/tcp', '30000/udp', '8472/udp'].map(place => `n1 n2 ${place} open`),
    ...['10250/tcp', '30000/tcp', '30000/udp', '8472/udp', '6443/tcp', '2379/tcp', '2380/tcp'].map(
      place => `n2 n1 ${place} open`,
    ),
  ]);
  expect(reach).toMatchObject({ state: 'done', findings: [] });
  const rule = 'tcp dport 10250 drop';
  n2.machine.ruleset = `table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t\t${rule}\n\t}\n}\n`;
  await app.group.reach();
  const { found, findings } = state().discovery.reach;
  expect(found.filter(({ is }) => is !== 'open')).toEqual([
    { from: 'n1', to: 'n2', protocol: 'tcp', port: 10250, is: 'dropped' },
  ]);
  expect(findings[0]?.why.en).toContain(rule);
  for (const name of ['n1', 'n2']) {
    const { machine } = await fleet.host(name);
    expect([...machine.standIns, ...machine.faults]).toEqual([]);
    expect([...machine.processes.values()].filter(({ argv }) => argv[0]?.endsWith('perl'))).toEqual([]);
  }
});
