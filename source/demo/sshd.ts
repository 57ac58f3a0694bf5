import type { Duplex } from 'node:stream';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { type Machine, root } from './machine/machine.js';
import { type Credentials, signals } from './machine/process.js';
import { Pipe, sink } from './machine/streams.js';
import { Shell } from './shell/shell.js';
import { LOGIN_SHELL, lineDiscipline, toTerminal } from './terminal.js';
import { makeWire, type Wire } from './wire.js';

/** Who is let in, and by what. */
export interface Logins {
  /** Users beside root. */
  users: string[];
  /** `open`: whoever comes. `password`: with the machine's password, or a key in authorized_keys. `key`: with such a key alone. */
  by: 'open' | 'password' | 'key';
}

/** A machine's ssh server. It has no port: connections are made in memory. */
export class Sshd {
  readonly publicKey: Buffer;
  private readonly server: InstanceType<typeof ssh2.Server>;
  private readonly wires = new Set<Wire>();
  private isCut = false;

  constructor(
    private readonly machine: Machine,
    private readonly logins: Logins,
    hostKey: string,
  ) {
    const key = ssh2.utils.parseKey(hostKey);
    if (key instanceof Error) throw key;
    this.publicKey = (Array.isArray(key) ? key[0]! : key).getPublicSSH();
    this.server = new ssh2.Server({ hostKeys: [hostKey], ident: 'OpenSSH_9.2p1 Debian-2+deb12u7' }, client =>
      this.welcome(client),
    );
  }

  /** A connection to it. @throws Error with the code of the system call that would fail */
  connect(): Duplex {
    if (!this.machine.isUp)
      throw Object.assign(new Error(`connect EHOSTUNREACH ${this.machine.address}:22`), { code: 'EHOSTUNREACH' });
    if (this.isCut) throw Object.assign(new Error(`connect ETIMEDOUT ${this.machine.address}:22`), { code: 'ETIMEDOUT' });
    const wire = makeWire();
    this.wires.add(wire);
    wire.far.once('close', () => this.wires.delete(wire));
    this.server.injectSocket(wire.far as never);
    return wire.near;
  }

  /** Breaks all connections; new ones can be made. */
  drop(): void {
    for (const wire of this.wires) wire.far.destroy();
  }
  /** The network goes silent: nothing is refused, nothing arrives. */
  cut(): void {
    this.isCut = true;
    for (const wire of this.wires) wire.cut();
  }
  mend(): void {
    this.isCut = false;
  }

  private welcome(client: Connection): void {
    let credentials: Credentials = root;
    client.on('error', () => {});
    client.on('authentication', async context => {
      const found = this.credentialsOf(context.username);
      if (!found || !(await this.mayEnter(context, found)))
        return context.reject(this.logins.by === 'password' ? ['publickey', 'password'] : ['publickey']);
      credentials = found;
      context.accept();
    });
    client.on('session', accept => {
      const session = accept();
      session.on('pty', accept => accept?.());
      session.on('window-change', accept => accept?.());
      session.on('shell', accept => this.execute(accept(), LOGIN_SHELL, credentials, true));
      session.on('exec', (accept, _reject, { command }) => this.execute(accept(), command, credentials));
    });
  }

  private credentialsOf(user: string): Credentials | null {
    const index = this.logins.users.indexOf(user);
    return user === 'root' ? root : index < 0 ? null : { uid: 1000 + index, user, home: `/home/${user}` };
  }
  private async mayEnter(context: AuthContext, { home }: Credentials): Promise<boolean> {
    const { by } = this.logins;
    if (by === 'open') return context.method === 'none' || context.method === 'publickey';
    if (context.method === 'password') return by === 'password' && context.password === this.machine.password;
    if (context.method !== 'publickey') return false;
    const { key, blob, signature, hashAlgo } = context;
    const parsed = ssh2.utils.parseKey(`${key.algo} ${key.data.toString('base64')}`);
    if (parsed instanceof Error || (signature && !parsed.verify(blob!, signature, hashAlgo))) return false;
    const lines = ((await this.machine.fs.text(`${home}/.ssh/authorized_keys`)) ?? '').split('\n');
    return lines.some(line => line.split(' ')[1] === key.data.toString('base64'));
  }

  private execute(channel: ServerChannel, command: string, credentials: Credentials, onTerminal = false): void {
    const shell = this.machine.launch(['sh', '-c', command], credentials, {
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/games',
      SSH_CONNECTION: `10.0.0.1 50022 ${this.machine.address} 22`,
    });
    const input = new Pipe();
    input.writer.retain();
    channel.on('error', () => {});
    let isOpen = true;
    let isEnded = false;
    const end = () => {
      if (!isEnded) input.writer.release();
      isEnded = true;
    };
    const show = (text: string) => void channel.write(Buffer.from(text, 'latin1'));
    const take = onTerminal ? lineDiscipline(show, line => input.push(line), end) : (text: string) => input.push(text);
    channel.on('data', (chunk: Buffer) => take(chunk.toString('latin1')));
    channel.once('end', end);
    channel.once('close', () => {
      isOpen = false;
      end();
    });
    const output = (stream: NodeJS.WritableStream) => {
      let released!: () => void;
      const closed = new Promise<void>(done => {
        released = done;
      });
      const file = sink(text => {
        if (isOpen) stream.write(Buffer.from(onTerminal ? toTerminal(text) : text, 'latin1'));
      }, released);
      return { file, closed };
    };
    const [out, err] = [output(channel), output(onTerminal ? channel : channel.stderr)];
    shell.fds.set(0, input.reader);
    shell.fds.set(1, out.file);
    shell.fds.set(2, err.file);
    const ended = shell.start(() => new Shell(shell).program(['sh', '-c', command], {}, true));
    void Promise.all([ended, out.closed, err.closed]).then(([status]) => {
      if (!isOpen || !this.machine.isUp) return;
      const signal = shell.killedBySignal && Object.keys(signals).find(name => signals[name] === shell.killedBySignal);
      if (signal) channel.exit(signal);
      else channel.exit(status);
      channel.close();
    });
  }
}
