import { isSourceKind, type Offer } from '../engine/sources/catalogue.js';
import type { ClusterSpec, HostSpec } from '../engine/spec/schema.js';
import type { Text } from '../engine/text.js';
import { createAnswers } from './answers.js';
import { createConnections } from './connections.js';
import { type AppDeps, createCore } from './core.js';
import { createDiagnosis } from './diagnosis.js';
import { createEntry } from './entry.js';
import { messageOf } from './faults.js';
import { createFinder } from './finder.js';
import { placeOfHost, rowsOf } from './found.js';
import { createGroup } from './group.js';
import { createInstaller } from './installer.js';
import { createQuestions } from './questions.js';
import { createRelay } from './relay.js';
import type { SavedSession } from './sessions.js';
import { isControlPlane, turnRole, withRoles } from './spec.js';
import { type ScreenId, stops, walk } from './state.js';
import { createSurvey } from './survey.js';
import { createTrust, hostOfRow } from './trust.js';

/** A second Ctrl-C within this time leaves. */
const TWICE_MS = 2000;

const NO_FORM = { row: 0, input: null, error: null };

/** One walk: its state, and all that can be done to it. Screens only call. */
export function createAppStore(deps: AppDeps) {
  const core = createCore(deps);
  const { store, getState, setState, logs, now, t, notify, patchUi, save } = core;
  const questions = createQuestions(open => {
    const { ui, questions: before } = getState();
    const isNew = open[0]?.id !== before[0]?.id;
    setState({ questions: open, ...(isNew && { ui: { ...ui, question: { row: 0, length: 0, shown: false, forAll: true } } }) });
  }, now);
  const connections = createConnections(core, questions);
  const relay = createRelay(core, connections);
  const survey = createSurvey(core, connections, relay);
  const installer = createInstaller(core, connections, survey, relay, questions);
  const diagnosis = createDiagnosis(core, connections, () => retry());
  /** A run that fails is asked about at once. */
  const watched = (work: () => Promise<void>) => async () => {
    diagnosis.stop();
    await work();
    if (getState().screen === 'failure') void diagnosis.collect();
  };
  const install = watched(installer.install);
  const retry = watched(installer.retry);
  const { probe, check, makePlan, forget } = survey;

  let interrupts: number[] = [];
  let panel: { spec: ClusterSpec; connector: AppDeps['connector'] } | null = null;
  let leave!: (code: number) => void;
  const exited = new Promise<number>(resolve => {
    leave = resolve;
  });

  /** What reads lists of hosts knows many formats: it is loaded once the first screen stands. */
  let hostList: typeof import('./host-list.js') | null = null;
  const loadHostList = async () => {
    if (hostList) return hostList;
    hostList = await import('./host-list.js');
    // What was typed meanwhile gets its preview now.
    setState({});
    return hostList;
  };

  const setHosts = (hosts: readonly HostSpec[]) => {
    finder.remember(hosts);
    connections.keepOnly(hosts);
    forget('sources');
    setState(({ spec }) => ({ spec: { ...spec, hosts: withRoles(hosts) } }));
  };

  const finder = createFinder(core, {
    ground: connections.ground,
    setHosts,
    asHosts: async (found, present) => {
      const taken = new Set(present.map(({ name }) => name));
      const free = found.map(each => (each.name && taken.has(each.name) ? { ...each, name: undefined } : each));
      return (await loadHostList()).asHosts(free, present).hosts;
    },
  });
  const group = createGroup(core, connections, setHosts);
  const connect = async (names?: readonly string[]) => {
    await connections.connect(names);
    await group.propose();
  };
  const trust = createTrust(core, connections, { connect, asHost: hostOfRow });
  const entry = createEntry(core, connections, questions);

  const goto = (screen: ScreenId) => {
    setState(({ ui }) => ({ screen, notice: null, overlay: null, ui: { ...ui, form: NO_FORM } }));
    save();
    if (screen === 'mirror' && getState().sources.state === 'none') void probe();
    if (screen === 'check' && getState().check.state === 'none') void check();
    if (screen === 'review' && getState().plan.state === 'none') void makePlan();
  };

  const quit = (code: number) => {
    save();
    core.stopClock();
    questions.refuse(questions.open.map(question => question.id));
    installer.leave();
    leave(code);
  };

  return {
    store,
    logs,
    exited,
    quit,
    goto,
    connect,
    probe,
    check,
    makePlan,
    retry,
    diagnosis,
    finder,
    trust,
    entry,
    group,
    stop: installer.stop,
    notify,
    patchUi,
    set: setState,

    async install() {
      interrupts = [];
      await install();
    },

    async close() {
      for (const each of [survey, diagnosis, finder, trust, entry, group]) each.stop();
      await core.saved();
      await relay.close().catch(() => {});
      await connections.close();
    },

    openOwn: () => setState(({ ui }) => ({ overlay: 'own', ui: { ...ui, form: NO_FORM } })),

    /** What was named is measured at once. */
    closeOwn() {
      setState({ overlay: null });
      if (getState().sources.state === 'none') void probe({ propose: false });
    },

    openAccess: () => setState(({ ui }) => ({ overlay: 'access', ui: { ...ui, form: NO_FORM } })),

    /** One step of the walk back or on; not beyond its ends. */
    step(by: 1 | -1) {
      const at = walk.indexOf(getState().screen as (typeof walk)[number]);
      goto(walk[at + by] ?? (by < 0 ? 'welcome' : 'install'));
    },

    /** What a list would become, while it is being typed; null until its reader is loaded. */
    previewHosts: (text: string, present: readonly HostSpec[]) => hostList?.parseHostList(text, present) ?? null,

    /** Reads a typed or pasted list. What cannot be read stays in the field, with the reason. */
    async addHosts(text: string) {
      const { parseHostList } = await loadHostList();
      const { spec } = getState();
      const { hosts, problems, duplicates } = parseHostList(text, spec.hosts);
      if (hosts.length > 0) setHosts([...spec.hosts, ...hosts]);
      const rest = problems.map(problem => problem.entry).join(' ');
      const input = rest ? { text: rest, cursor: rest.length } : null;
      const row = Math.max(0, rowsOf(getState()).length - hosts.length);
      patchUi('hosts', { problems, duplicates, editing: null, input, row });
    },

    /** Opens the field with a host as it would be typed. */
    async editHost(host: HostSpec) {
      const { formatHost } = await loadHostList();
      const text = formatHost(host);
      patchUi('hosts', { input: { text, cursor: text.length }, editing: host.name, problems: [] });
    },

    /** Leads the way to one host through another; without text it is reached as all are. */
    async setJump(name: string, text: string) {
      const { sshFor } = await loadHostList();
      const { spec, language } = getState();
      const said = sshFor(text);
      if ('en' in said) return notify(said[language], 'bad');
      setHosts(spec.hosts.map(host => (host.name === name ? { ...host, ssh: { ...host.ssh, ...said } } : host)));
      setState({ overlay: null });
    },

    /** Puts another address, user or name in the place of a host. */
    async replaceHost(name: string, text: string) {
      const { parseHostList } = await loadHostList();
      const { spec } = getState();
      const others = spec.hosts.filter(host => host.name !== name);
      const { hosts, problems } = parseHostList(text, others);
      if (problems.length > 0 || hosts.length !== 1) {
        patchUi('hosts', { problems: problems.length > 0 ? problems : [{ line: 1, entry: text, what: t.hosts.oneHost }] });
        return;
      }
      const before = spec.hosts.find(host => host.name === name)!;
      finder.replace(before, hosts[0]!);
      setHosts(spec.hosts.map(host => (host === before ? { ...host, ssh: undefined, ...hosts[0]! } : host)));
      patchUi('hosts', { input: null, editing: null, problems: [] });
    },

    removeHost(name: string) {
      const { spec, ui } = getState();
      const host = spec.hosts.find(host => host.name === name);
      setHosts(spec.hosts.filter(each => each !== host));
      if (host) finder.forget(placeOfHost(host));
      patchUi('hosts', { row: Math.max(0, Math.min(ui.hosts.row, rowsOf(getState()).length - 1)) });
    },

    /** Goes on without a host that failed: the others keep what was found out about them. */
    async without(name: string) {
      const { spec, sources } = getState();
      setHosts(spec.hosts.filter(host => host.name !== name));
      setState({ sources: { ...sources, report: sources.report.filter(found => found.host !== name) } });
      await check();
      if (stops(getState().check.findings).length > 0 || getState().check.problem) return goto('check');
      goto('review');
    },

    /** From a question about host keys to the screen where they are reviewed; nobody is entered meanwhile. */
    reviewKeys() {
      questions.refuse(questions.open.filter(({ kind }) => kind === 'host-key').map(({ id }) => id));
      setState({ screen: 'hosts' });
      patchUi('discovery', { pane: 'keys' });
      void trust.read();
    },

    /** A control plane becomes a worker, a worker a control plane; the last control plane stays one. */
    turnRole(name: string) {
      const before = getState().spec.hosts;
      const hosts = turnRole(before, name);
      const planes = hosts.filter(isControlPlane);
      if (planes.length === before.filter(isControlPlane).length) return notify(t.hosts.onlyControlPlane);
      group.roleChosen();
      setState(({ spec }) => ({ spec: { ...spec, hosts } }));
      forget('check');
      notify(
        t.hosts.turned(
          name,
          planes.some(plane => plane.name === name),
          planes.length,
        ),
      );
    },

    /** Another choice in a form; what was found out under the old one is forgotten. */
    setSpec(spec: ClusterSpec) {
      const before = getState().spec;
      if (JSON.stringify(spec) === JSON.stringify(before)) return;
      const isOtherDownload =
        spec.kubernetes !== before.kubernetes ||
        spec.network.cni !== before.network.cni ||
        spec.runtime !== before.runtime ||
        JSON.stringify(spec.own) !== JSON.stringify(before.own);
      const isOtherLogin = JSON.stringify(spec.ssh) !== JSON.stringify(before.ssh);
      setState({ spec });
      if (isOtherLogin) connections.startOver();
      forget(isOtherLogin || isOtherDownload ? 'sources' : 'check');
    },

    chooseMirror(mirror: ClusterSpec['mirror']) {
      if (getState().spec.mirror === mirror) return;
      setState(({ spec }) => ({ spec: { ...spec, mirror } }));
      forget('check');
    },

    /** Everything over SSH through this machine, or by the hosts' own lines; measured again that way. */
    toggleRelay() {
      setState(({ spec }) => ({ spec: { ...spec, relay: !spec.relay } }));
      forget('sources');
      void probe({ propose: false });
    },

    /** This kind of thing from this place first, or no longer so. */
    takeFrom({ kind, place }: Offer) {
      const { spec } = getState();
      if (!isSourceKind(kind) || place === 'own') return;
      const { [kind]: before, ...others } = spec.sources;
      setState({ spec: { ...spec, sources: before === place ? others : { ...others, [kind]: place } } });
      forget('check');
    },

    async savePlan() {
      const { plan } = getState().plan;
      if (!plan) return;
      try {
        notify(t.review.saved(await deps.savePlan(plan, await deps.engine.toYaml(plan.spec))), 'good');
      } catch (error) {
        notify(t.review.notSaved(messageOf(error)), 'bad');
      }
    },

    /** After something was mended on a host: its facts, the sources and the check are all read again. */
    async checkAgain() {
      forget('sources');
      setState(state => ({ check: { ...state.check, state: 'busy' } }));
      await connect(getState().spec.hosts.map(host => host.name));
      await check();
    },

    begin(spec?: ClusterSpec) {
      if (spec) {
        setState({ spec: { ...spec, hosts: withRoles(spec.hosts) } });
        finder.remember(spec.hosts);
        if (spec.hosts.some(isControlPlane)) group.roleChosen();
      }
      goto('hosts');
    },

    resume(session: SavedSession) {
      setState({ spec: session.spec, changed: session.changed ?? [] });
      finder.remember(session.spec.hosts);
      group.roleChosen();
      goto('hosts');
    },

    /** Leaves for the panel of a cluster that stands. */
    openPanel(spec = getState().spec) {
      panel = { spec, connector: connections.watcher };
      quit(0);
    },
    /** Where the walk goes on; null where it ends. */
    get panel() {
      return panel;
    },

    hasDemo: deps.demo !== undefined,

    async beginDemo() {
      if (!deps.demo) return;
      const demo = await deps.demo();
      await connections.switchTo(demo);
      this.begin(demo.spec);
    },

    /** What the first screen does not wait for. */
    async warmUp() {
      const unreadSessions: Text[] = [];
      const sessions = await deps.sessions
        .list(text => unreadSessions.push(text))
        .catch((error: unknown) => {
          notify(t.app.noSessions(messageOf(error)), 'bad');
          return [];
        });
      setState({ sessions, unreadSessions });
      await loadHostList();
    },

    ...createAnswers(questions, now, length => patchUi('question', { length })),

    /**
     * Ctrl-C. Idle: the second one leaves. While hosts are being changed: the first one asks, the second one stops after
     * the present step, the third one leaves at once and the hosts finish by themselves.
     */
    interrupt() {
      const { run } = getState();
      interrupts.push(now());
      if (run.state !== 'running') {
        const [before] = interrupts.slice(-2, -1);
        if (before !== undefined && now() - before <= TWICE_MS) return quit(130);
        notify(t.app.ctrlCAgain);
        const { notice } = getState();
        setTimeout(() => getState().notice === notice && setState({ notice: null }), TWICE_MS).unref();
        return;
      }
      if (interrupts.length === 1) setState({ overlay: 'stop' });
      else if (interrupts.length === 2) installer.stop('after-step');
      else quit(130);
    },
    keepGoing() {
      interrupts = [];
      setState({ overlay: null });
    },
  };
}

export type App = ReturnType<typeof createAppStore>;
