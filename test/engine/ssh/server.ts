import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthContext, Connection, ParsedKey, ServerChannel, Session } from 'ssh2';
import ssh2 from 'ssh2';
import { onTestFinished } from 'vitest';
import { Problem, type ProblemDetails } from '../../../source/engine/errors.js';
import type { Ask } from '../../../source/engine/fleet.js';
import type { Remote } from '../../../source/engine/remote.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';
import { type SshOptions, sshConnector } from '../../../source/engine/ssh/connector.js';
import { timings } from '../../../source/engine/ssh/timings.js';

// Neither the keys nor the ssh-agent of whoever runs the tests are to be offered to anybody.
process.env.HOME = '/nowhere';
delete process.env.SSH_AUTH_SOCK;

/** ssh2 drops a zero byte at the start of an ed25519 key, so that one in two hundred cannot be read: those are passed over. */
export function newKey(
  type: 'ed25519' | 'rsa' = 'ed25519',
  options: { comment?: string; passphrase?: string; cipher?: string; rounds?: number } = {},
): { private: string; public: string } {
  for (;;) {
    const pair =
      type === 'rsa'
        ? ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
        : ssh2.utils.generateKeyPairSync('ed25519', options as { comment?: string });
    if (!(ssh2.utils.parseKey(pair.private, options.passphrase) instanceof Error)) return pair;
  }
}

export const userKey = newKey();

export interface Faults {
  hostKeys?: string[];
  algorithms?: ssh2.Algorithms;
  login?: (context: AuthContext) => void;
  /** In place of running the command. */
  exec?: (channel: ServerChannel, command: string) => void;
  /** Said by the login shell before the command runs. */
  noise?: string;
  maxSessions?: number;
  /** The files that jobs keep on a host are kept here instead, and there is no systemd. */
  runDirectory?: string;
  /** Programs by name that stand before the system's. */
  programs?: Record<string, string>;
}

/** A host within this process: commands really run, in a shell of this machine. What goes wrong with it is told it. */
export class TestHost {
  readonly sockets = new Set<Socket>();
  /** All command lines that came, and all ways to log in that were tried. */
  readonly commands: string[] = [];
  readonly logins: string[] = [];
  readonly forwards: string[] = [];
  readonly directory = mkdtempSync(join(tmpdir(), 'host-'));
  /** All that commands said on stdout. */
  said = '';
  /** The line is cut once a command has been sent so many bytes. */
  cutAfter = Number.POSITIVE_INFINITY;
  /** Bytes that the last command was sent. */
  heard = 0;
  connections = 0;
  loggedIn = 0;
  /** Most connections that were not yet logged in at the same moment. */
  mostAtTheDoor = 0;
  #atTheDoor = 0;
  faults: Faults;
  readonly #net = createServer(socket => this.#accept(socket));

  constructor(faults: Faults = {}) {
    this.faults = { hostKeys: [newKey().private], ...faults };
    for (const [name, text] of Object.entries(faults.programs ?? {}))
      writeFileSync(join(this.directory, name), text, { mode: 0o755 });
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>(resolve => this.#net.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get port() {
    return (this.#net.address() as AddressInfo).port;
  }

  get fingerprints() {
    return this.faults.hostKeys!.map(key => (ssh2.utils.parseKey(key) as ParsedKey).getPublicSSH());
  }

  /** The line breaks: in an orderly way, or by a reset. */
  cut(how: 'end' | 'reset' = 'reset') {
    for (const socket of this.sockets) how === 'reset' ? socket.resetAndDestroy() : socket.end();
  }

  /** Nothing is read or said any more, and nothing is closed. */
  freeze() {
    for (const socket of this.sockets) {
      socket.pause();
      socket.removeAllListeners('data');
    }
  }

  /** Nobody reaches it any more; what runs on it goes on. */
  async unplug() {
    const closed = new Promise(resolve => this.#net.close(resolve));
    this.cut();
    await closed;
  }

  async stop() {
    await this.unplug();
    // Whatever still runs here, jobs in sessions of their own included.
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
      try {
        if (readlinkSync(`/proc/${pid}/cwd`).startsWith(this.directory)) process.kill(Number(pid), 'SIGKILL');
      } catch {} // it has ended by itself
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  #accept(socket: Socket) {
    this.connections++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
    this.mostAtTheDoor = Math.max(this.mostAtTheDoor, ++this.#atTheDoor);
    const { hostKeys, algorithms } = this.faults;
    const server = new ssh2.Server({ hostKeys: hostKeys!, algorithms }, client => this.#serve(client));
    server.injectSocket(socket);
  }

  #serve(client: Connection) {
    let sessions = 0;
    client
      .on('error', () => {})
      .on('ready', () => {
        this.#atTheDoor--;
        this.loggedIn++;
      });
    client.on('authentication', context => {
      if (context.method !== 'none') this.logins.push(context.method);
      (this.faults.login ?? byKey)(context);
    });
    client.on('session', (accept, reject) => {
      if (sessions >= (this.faults.maxSessions ?? 10)) return reject();
      sessions++;
      const session: Session = accept();
      session.on('close', () => sessions--);
      session.on('exec', (accept, _reject, { command }) => {
        this.commands.push(command);
        const channel = accept();
        if (this.faults.exec) this.faults.exec(channel, command);
        else this.#run(channel, command);
      });
    });
    client.on('tcpip', (accept, _reject, { destIP, destPort }) => {
      this.forwards.push(`${destIP}:${destPort}`);
      const stream = accept();
      const onward = dial(destPort, '127.0.0.1');
      onward.on('error', () => stream.end());
      stream.on('error', () => onward.destroy()).on('close', () => onward.destroy());
      onward.pipe(stream).pipe(onward);
    });
  }

  #run(channel: ServerChannel, command: string) {
    const { noise = '', runDirectory } = this.faults;
    if (noise) {
      channel.write(noise);
      channel.stderr.write(noise);
    }
    const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
      cwd: this.directory,
      detached: true,
      env: { PATH: `${this.directory}:${process.env.PATH}`, HOME: this.directory },
    });
    let received = 0;
    channel.on('data', (chunk: Buffer) => {
      received += chunk.length;
      this.heard = received;
      if (received > this.cutAfter) {
        this.cutAfter = Number.POSITIVE_INFINITY;
        return this.cut();
      }
      const text = runDirectory
        ? chunk.toString().replaceAll('/run/k8s-tui', runDirectory).replaceAll('/run/systemd/system', '/nowhere')
        : chunk;
      child.stdin.write(text);
    });
    channel
      .on('end', () => child.stdin.end())
      .on('close', () => child.stdin.end())
      .on('error', () => {});
    child.stdin.on('error', () => {});
    child.stdout.on('data', chunk => {
      this.said = (this.said + chunk).slice(-1000);
      channel.write(chunk);
    });
    child.stderr.on('data', chunk => channel.stderr.write(chunk));
    child.on('close', (code, signal) => {
      if (signal) channel.exit(signal.slice(3) as never);
      else channel.exit(code ?? 0);
      channel.end();
    });
  }
}

/** Lets in who has `userKey`. */
export const byKey = (context: AuthContext) => {
  if (context.method !== 'publickey') return context.reject(['publickey']);
  const key = ssh2.utils.parseKey(userKey.private) as ParsedKey;
  const isOurs = context.key.data.equals(key.getPublicSSH());
  const isSigned = !context.signature || key.verify(context.blob!, context.signature, context.hashAlgo);
  return isOurs && isSigned ? context.accept() : context.reject(['publickey']);
};

export const byPassword =
  (password: string, method: 'password' | 'keyboard-interactive' = 'password') =>
  (context: AuthContext) => {
    const no = () => context.reject([method]);
    if (context.method !== method) return no();
    if (context.method === 'password') return context.password === password ? context.accept() : no();
    if (context.method !== 'keyboard-interactive') return no();
    return context.prompt([{ prompt: 'Password: ', echo: false }], answers =>
      answers[0] === password ? context.accept() : no(),
    );
  };

/** Answers as told, and remembers what was asked. */
export class Person implements Ask {
  readonly asked: string[] = [];
  constructor(private readonly answers: { hostKey?: boolean; secrets?: (string | null)[] } = {}) {}

  hostKey: Ask['hostKey'] = async ({ address, type, fingerprint }) => {
    this.asked.push(`host key ${address} ${type} ${fingerprint}`);
    return this.answers.hostKey ?? true;
  };
  secret: Ask['secret'] = async ({ host, user, kind, attempt }) => {
    this.asked.push(`${kind} of ${user} on ${host}, attempt ${attempt}`);
    return this.answers.secrets?.shift() ?? null;
  };
}

/** An operator's side of its own: key files, known_hosts, a person. Notes are kept in `notes`. */
export function startOperator(options: Partial<SshOptions> = {}, quick: Partial<typeof timings> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'operator-'));
  const identityFile = join(directory, 'id');
  const knownHostsFile = join(directory, 'known_hosts');
  writeFileSync(identityFile, userKey.private, { mode: 0o600 });
  const person = (options.ask ?? new Person()) as Person;
  const notes: string[] = [];
  const settings = { ask: person, knownHostsFile, onNote: (text: { en: string }) => notes.push(text.en), ...options };
  const connector = sshConnector(settings, { ...timings, pauses: [0, 100], ...quick });
  const connect = (host: { port: number; address?: string }, ssh: object = {}, signal?: AbortSignal): Promise<Remote> => {
    const spec = clusterSpec.parse({
      hosts: [{ name: 'n1', address: host.address ?? '127.0.0.1', ssh: { identityFile, port: host.port, ...ssh } }],
    });
    return connector.connect(spec, spec.hosts[0]!, signal);
  };
  const close = async () => {
    await connector.close();
    rmSync(directory, { recursive: true, force: true });
  };
  onTestFinished(close);
  return { connector, connect, person, notes, identityFile, knownHostsFile, directory };
}

/** A host that is gone when the test is over. */
export async function startHost(faults: Faults = {}, port = 0): Promise<TestHost> {
  const host = await new TestHost(faults).start(port);
  onTestFinished(() => host.stop());
  return host;
}

/** The problem that some work ends in. */
export const problemOf = (work: Promise<unknown>): Promise<ProblemDetails> =>
  work.then(
    () => Promise.reject(new Error('it ended without a problem')),
    error => {
      if (!(error instanceof Problem)) throw error;
      return error.details;
    },
  );
