import { Problem } from '../errors.js';
import type { Ask, Connector } from '../fleet.js';
import { sshOf } from '../spec/hosts.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import type { Text } from '../text.js';
import { describe, isPassword } from './auth.js';
import { type Dial, dialTcp } from './dial.js';
import { loginRefused, type Target } from './errors.js';
import { LoginRefused } from './handshake.js';
import { HostKeys } from './host-key.js';
import { parseJump } from './jump.js';
import { KeyRing } from './keys.js';
import { KnownHosts } from './known-hosts.js';
import { Line } from './line.js';
import { enter, Gates, type Lobby, logIn, loginOf } from './login.js';
import { SshRemote } from './remote.js';
import { findRoot } from './sudo.js';
import { type Timings, timings as usual } from './timings.js';
import { type PasswordTries, sessionTries } from './tries.js';
import { orStopped } from './waiting.js';

export interface SshOptions {
  ask: Ask;
  /** Hosts of which no key is known are trusted at once, and written down; a changed key still stops. */
  acceptNewHostKeys?: boolean;
  /** `~/.ssh/known_hosts` unless told. */
  knownHostsFile?: string;
  /** Tried before anybody is asked. */
  secrets?: { password?: string; sudo?: string };
  /** The one key file that is offered to the hosts, and no password: whether it alone opens them. Jump hosts are entered as ever. */
  onlyKey?: string;
  /** How many passwords were wrong; of the whole process unless told. */
  tries?: PasswordTries;
  /** In place of TCP: the demo fleet's in-memory sockets. */
  dial?: Dial;
  onNote?: (text: Text) => void;
  simulation?: boolean;
}

const loginName = ({ user, address, port }: Pick<Target, 'user' | 'address' | 'port'>) => `${user}@${address}:${port}`;

/** Opens hosts over ssh: one connection each, opened again where it breaks. */
export function sshConnector(options: SshOptions, timings: Timings = usual): Connector {
  const { ask, secrets = {}, simulation = false, onNote = () => {} } = options;
  const direct = options.dial ?? dialTcp(timings);
  const lobby: Lobby = {
    ask,
    hostKeys: new HostKeys(new KnownHosts(options.knownHostsFile), ask, options.acceptNewHostKeys ?? false, onNote),
    keys: new KeyRing(),
    password: secrets.password,
    keyOnly: options.onlyKey !== undefined,
    tries: options.tries ?? sessionTries,
    simulation,
    gates: new Gates(),
    timings,
  };
  // Hosts wait in their gates for the jump host, so it has gates of its own; the hosts' password is none of its business.
  const outside: Lobby = { ...lobby, gates: new Gates(), password: undefined, keyOnly: false };
  const jumps = new Map<string, Promise<Line>>();
  const lines = new Set<Line>();
  /** Of the hosts that were entered. */
  const keyFiles = new Map<string, string | undefined>();

  const open = async (lobby: Lobby, target: Target, dial: Dial, identityFile: string | undefined, signal?: AbortSignal) => {
    const inside = await logIn(lobby, target, dial, identityFile, signal);
    const again = async (signal: AbortSignal) => {
      try {
        return await enter(lobby, target, dial, inside.used, signal);
      } catch (error) {
        if (error instanceof LoginRefused)
          throw loginRefused(target, inside.used.map(describe), error.takes, lobby.tries.left(loginOf(target)));
        throw error;
      }
    };
    const line = new Line(target, inside, again, timings);
    lines.add(line);
    // A line that is closed is not kept, for it holds what opened it.
    line.onClosed(() => lines.delete(line));
    return { line, used: inside.used };
  };

  /**
   * By way of another host: one connection to it carries those of all hosts behind it. Where that is a host of the cluster, it is
   * entered as it is by itself, and once.
   */
  const through = (target: Target, jump: string, spec: ClusterSpec, identityFile: string | undefined): Dial => {
    const hop = parseJump(jump, target);
    const name = loginName(hop);
    const own = spec.hosts.find(each => loginName({ address: each.address, ...sshOf(spec, each) }) === name);
    const key = own ? sshOf(spec, own).identityFile : (keyFiles.get(name) ?? identityFile);
    return async (host, port, signal) => {
      const entered = [...lines].find(line => loginName(line.target) === name);
      const opening =
        jumps.get(name) ?? (entered ? Promise.resolve(entered) : open(outside, hop, direct, key).then(({ line }) => line));
      if (!jumps.has(name)) void opening.then(line => line.onClosed(() => jumps.delete(name))).catch(() => {});
      jumps.set(name, opening);
      try {
        return await (await orStopped(opening, target, signal)).forward(host, port, signal);
      } catch (error) {
        if (!(error instanceof Problem) || signal?.aborted) throw error;
        if (jumps.get(name) === opening) jumps.delete(name);
        throw new Problem({ ...error.details, host: target.host, place: target.place && `${target.place}.ssh.jump` });
      }
    };
  };

  const wayTo = (spec: ClusterSpec, host: HostSpec) => {
    const { user, port, identityFile, jump } = sshOf(spec, host);
    const index = spec.hosts.indexOf(host);
    const target: Target = {
      host: host.name,
      address: host.address,
      port,
      user,
      ...(index < 0 ? {} : { place: `hosts[${index}]` }),
    };
    keyFiles.set(loginName(target), identityFile);
    return { target, identityFile, dial: jump ? through(target, jump, spec, identityFile) : direct };
  };

  return {
    simulation,
    dial(spec: ClusterSpec, host: HostSpec, signal?: AbortSignal) {
      const { target, dial } = wayTo(spec, host);
      return dial(target.address, target.port, signal);
    },
    async connect(spec: ClusterSpec, host: HostSpec, signal?: AbortSignal) {
      const { target, identityFile, dial } = wayTo(spec, host);
      const { line, used } = await open(lobby, target, dial, options.onlyKey ?? identityFile, signal);
      const passwords = [secrets.sudo, ...used.filter(isPassword).map(method => method.password)];
      const root = await findRoot(
        line,
        ask,
        passwords.filter(password => password !== undefined),
        lobby.tries,
        signal,
      );
      return new SshRemote(line, root, timings);
    },
    async close() {
      // Those behind a jump host first: the jump hosts' lines carry theirs.
      const carriers = await Promise.all([...jumps.values()].map(opening => opening.catch(() => null)));
      await Promise.all([...lines].filter(line => !carriers.includes(line)).map(line => line.close()));
      await Promise.all(carriers.map(line => line?.close()));
    },
  };
}
