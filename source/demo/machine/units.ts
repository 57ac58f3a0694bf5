import { Shell } from '../shell/shell.js';
import { type Machine, root } from './machine.js';
import type { Process } from './process.js';
import { sink } from './streams.js';

export type ActiveState = 'active' | 'inactive' | 'activating' | 'deactivating' | 'failed';

interface State {
  active: ActiveState;
  main: Process | null;
  /** Of a unit that systemd-run made. */
  transient: { description: string; collect: boolean; stopPost: string[] } | null;
  result: string;
  exitCode: number;
  since: number;
}

const folders = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system'];

/** The service manager of a machine. */
export class Units {
  private states = new Map<string, State>();
  /** What a service does when it starts and when it stops; a promise that is refused: it failed. */
  readonly behaviours: Record<
    string,
    { start?: () => Promise<ActiveState | undefined> | ActiveState | undefined; stop?: () => Promise<void> | void }
  > = {};

  constructor(private readonly machine: Machine) {}

  static fullName = (name: string) =>
    /\.(service|target|socket|timer|slice|swap|mount|scope)$/.test(name) ? name : `${name}.service`;

  /** The file that defines a unit, or null. */
  async file(name: string): Promise<string | null> {
    for (const folder of folders)
      if (await this.machine.fs.lstat(`${folder}/${name}`).catch(() => null)) return `${folder}/${name}`;
    return null;
  }
  async exists(name: string): Promise<boolean> {
    return this.states.has(name) || (await this.file(name)) !== null;
  }
  async isMasked(name: string): Promise<boolean> {
    const link = await this.machine.fs.readlink(`/etc/systemd/system/${name}`).catch(() => null);
    return link === '/dev/null';
  }

  /** enabled, disabled, static, masked, transient; null where there is no such unit. */
  async enablement(name: string): Promise<string | null> {
    if (this.states.get(name)?.transient) return 'transient';
    if (await this.isMasked(name)) return 'masked';
    const file = await this.file(name);
    if (!file) return null;
    const wanted = await this.wantedBy(file);
    if (!wanted.length) return 'static';
    for (const target of wanted)
      if (await this.machine.fs.lstat(`/etc/systemd/system/${target}.wants/${name}`).catch(() => null)) return 'enabled';
    return 'disabled';
  }
  private async wantedBy(file: string): Promise<string[]> {
    const text = (await this.machine.fs.text(file)) ?? '';
    return [...text.matchAll(/^(?:WantedBy|RequiredBy)=(.*)$/gm)].flatMap(match => match[1]!.split(/\s+/).filter(Boolean));
  }

  /** What systemctl says about it; null where there is no such unit. */
  async enable(name: string): Promise<string[] | null> {
    const file = await this.file(name);
    if (!file) return null;
    const said: string[] = [];
    for (const target of await this.wantedBy(file)) {
      const link = `/etc/systemd/system/${target}.wants/${name}`;
      if (await this.machine.fs.lstat(link).catch(() => null)) continue;
      await this.machine.fs.mkdir(`/etc/systemd/system/${target}.wants`, { recursive: true });
      await this.machine.fs.symlink(file.replace('/usr/lib', '/lib'), link);
      said.push(`Created symlink ${link} → ${file.replace('/usr/lib', '/lib')}.`);
    }
    return said;
  }
  /** What systemctl says about it; null where there is neither such a unit nor a link that was left of it. */
  async disable(name: string): Promise<string[] | null> {
    const { fs } = this.machine;
    const said: string[] = [];
    for (const folder of (await fs.readdir('/etc/systemd/system')).filter(each => each.endsWith('.wants'))) {
      const link = `/etc/systemd/system/${folder}/${name}`;
      if (!(await fs.lstat(link).catch(() => null))) continue;
      await fs.remove(link);
      said.push(`Removed "${link}".`);
    }
    return said.length || (await this.file(name)) ? said : null;
  }
  async mask(name: string): Promise<string[]> {
    const link = `/etc/systemd/system/${name}`;
    if (await this.isMasked(name)) return [];
    await this.machine.fs.symlink('/dev/null', link);
    return [`Created symlink ${link} → /dev/null.`];
  }
  async unmask(name: string): Promise<string[]> {
    if (!(await this.isMasked(name))) return [];
    await this.machine.fs.remove(`/etc/systemd/system/${name}`);
    return [`Removed "/etc/systemd/system/${name}".`];
  }

  active(name: string): ActiveState {
    return this.states.get(name)?.active ?? 'inactive';
  }
  state(name: string): Readonly<State> | undefined {
    return this.states.get(name);
  }
  setActive(name: string, active: ActiveState = 'active') {
    const before = this.states.get(name);
    this.states.set(name, {
      main: null,
      transient: null,
      result: 'success',
      exitCode: 0,
      ...before,
      active,
      since: Date.now(),
    });
  }
  forget(name: string) {
    this.states.delete(name);
  }

  /** @returns what systemctl says where it cannot be started, or null */
  async start(name: string): Promise<string | null> {
    if (this.active(name) === 'active') return null;
    if (await this.isMasked(name)) return `Failed to start ${name}: Unit ${name} is masked.`;
    if (!(await this.exists(name))) return `Failed to start ${name}: Unit ${name} not found.`;
    try {
      this.setActive(name, (await this.behaviours[name]?.start?.()) ?? 'active');
      return null;
    } catch (error) {
      this.setActive(name, 'failed');
      return `Job for ${name} failed because the control process exited with error code.\nSee "systemctl status ${name}" and "journalctl -xeu ${name}" for details.\n${(error as Error).message}`.trim();
    }
  }

  async stop(name: string): Promise<void> {
    const state = this.states.get(name);
    if (!state || state.active === 'inactive') return;
    if (state.main) {
      const all = this.machine.ofUnit(name);
      for (const process of all) process.kill(15);
      await Promise.all([state.main, ...all].map(({ exited }) => exited));
      while (this.states.get(name)?.active === 'deactivating') await new Promise(done => setImmediate(done));
      return;
    }
    await this.behaviours[name]?.stop?.();
    this.setActive(name, 'inactive');
  }

  /**
   * A unit for one command.
   * @param options.files where its output and errors go: `append:PATH`, or the journal
   * @returns what systemd-run says where there is one of that name already
   */
  async run(
    name: string,
    argv: string[],
    options: {
      description: string;
      collect: boolean;
      stopPost: string[];
      env: Record<string, string>;
      files: (string | undefined)[];
    },
  ): Promise<string | null> {
    const before = this.states.get(name);
    if (before && (before.main?.status === null || before.active !== 'inactive'))
      return `Failed to start transient service unit: Unit ${name} was already loaded or has a fragment file.`;
    const main = this.machine.launch(
      argv,
      root,
      { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', ...options.env },
      name,
    );
    main.fds.set(
      0,
      sink(() => {}),
    );
    for (const [i, file] of options.files.entries()) {
      const [, mode, path] = /^(append|truncate|file):(.+)$/.exec(file ?? '') ?? [];
      main.fds.set(i + 1, path ? await this.machine.open(main, path, mode === 'append' ? '>>' : '>', false) : sink(() => {}));
    }
    this.states.set(name, { active: 'active', main, transient: options, result: 'success', exitCode: 0, since: Date.now() });
    void main.start(() => new Shell(main).program(argv, {}, true)).then(status => this.ended(name, status));
    return null;
  }

  private async ended(name: string, status: number) {
    const state = this.states.get(name)!;
    if (!this.machine.isUp) return;
    state.active = 'deactivating';
    // systemd ends whatever the main process has left behind.
    for (const process of this.machine.ofUnit(name)) process.kill(15);
    const bySignal = status > 128 ? { 129: 'HUP', 130: 'INT', 137: 'KILL', 141: 'PIPE', 143: 'TERM' }[status] : undefined;
    state.exitCode = status;
    // A service that ends by SIGTERM, SIGHUP, SIGINT or SIGPIPE has ended well.
    const isWell = status === 0 || ['TERM', 'HUP', 'INT', 'PIPE'].includes(bySignal ?? '');
    state.result = isWell ? 'success' : bySignal ? 'signal' : 'exit-code';
    if (state.transient?.stopPost.length) {
      const env = {
        SERVICE_RESULT: state.result,
        EXIT_CODE: bySignal ? 'killed' : 'exited',
        EXIT_STATUS: bySignal ?? String(status),
        PATH: '/usr/sbin:/usr/bin',
      };
      const post = this.machine.launch(state.transient.stopPost, root, env, name);
      for (const fd of [0, 1, 2])
        post.fds.set(
          fd,
          sink(() => {}),
        );
      await post.start(() => new Shell(post).program(post.argv, {}, true));
    }
    state.main = null;
    if (state.transient?.collect || isWell) this.states.delete(name);
    else this.states.set(name, { ...state, active: 'failed' });
  }

  /** What runs at the start of the machine. */
  async boot(): Promise<void> {
    this.states.clear();
    for (const target of ['sysinit.target', 'multi-user.target']) {
      const names = await this.machine.fs.readdir(`/etc/systemd/system/${target}.wants`).catch(() => []);
      for (const name of names) await this.start(name);
    }
    this.setActive('systemd-journald.service');
  }
  clear() {
    this.states.clear();
  }
  names(): string[] {
    return [...this.states.keys()];
  }
  async files(): Promise<string[]> {
    const all = await Promise.all(folders.map(folder => this.machine.fs.readdir(folder).catch(() => [])));
    return [...new Set(all.flat())].filter(name => /\.(service|target|socket|timer|swap)$/.test(name)).sort();
  }
}
