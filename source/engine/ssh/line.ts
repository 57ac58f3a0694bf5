import type { Client, ClientChannel, PseudoTtyOptions } from 'ssh2';
import { Problem } from '../errors.js';
import { lost, noShell, reasonOf, stopped, type Target } from './errors.js';
import { Gate } from './gate.js';
import type { Wire } from './handshake.js';
import type { Timings } from './timings.js';
import { orStopped, pause } from './waiting.js';

/** sshd lets ten sessions share a connection (MaxSessions). */
const CHANNELS = 8;

/** How often a login that was accepted before is tried again: a host that starts lets nobody but root in for a while. */
const PATIENCE = 3;

/** The one connection to a host. When it breaks, the next use opens it again. */
export class Line {
  #wire: Wire | null = null;
  #opening: Promise<Wire> | null = null;
  #why: unknown = null;
  readonly #channels = new Gate(CHANNELS);
  readonly #closed = new AbortController();
  readonly #onClient = new Set<(client: Client) => Promise<void>>();

  /** @param reopen logs in again, without a question */
  constructor(
    readonly target: Target,
    wire: Wire,
    private readonly reopen: (signal: AbortSignal) => Promise<Wire>,
    private readonly timings: Timings,
  ) {
    this.#use(wire);
  }

  get isUp(): boolean {
    return this.#wire !== null;
  }

  /** Why the connection broke last, in a few words. */
  get reason(): string {
    return reasonOf(this.#why);
  }

  /**
   * The connection, opened again where it is broken.
   * @throws Problem lost, host-key, login, stopped
   */
  async client(signal?: AbortSignal): Promise<Client> {
    if (this.#closed.signal.aborted) throw stopped(this.target);
    if (this.#wire) return this.#wire.client;
    this.#opening ??= this.#reconnect().finally(() => {
      this.#opening = null;
    });
    return (await orStopped(this.#opening, this.target, signal)).client;
  }

  /**
   * Starts a command on a channel of its own. Waits for a free channel, and for the line.
   * @throws Problem lost, host-key, login, stopped
   */
  exec(command: string, signal?: AbortSignal): Promise<ClientChannel> {
    return this.#channel(client => start(client, command), signal);
  }

  /** The same for a login shell on a terminal. */
  shell(terminal: PseudoTtyOptions, signal?: AbortSignal): Promise<ClientChannel> {
    return this.#channel(
      client => new Promise((resolve, reject) => client.shell(terminal, (error, it) => (error ? reject(error) : resolve(it)))),
      signal,
    );
  }

  async #channel(open: (client: Client) => Promise<ClientChannel>, signal?: AbortSignal): Promise<ClientChannel> {
    for (let refused = 0; ; ) {
      const leave = await this.#channels.enter();
      try {
        const client = await this.client(signal);
        const channel = await open(client);
        channel.once('close', leave);
        return channel;
      } catch (error) {
        const isAlone = this.#channels.inside === 1;
        leave();
        if (error instanceof Problem) throw error;
        if (isLineBroken(error)) this.#wire = null;
        if (!this.isUp) continue; // nothing had been sent yet
        if (!isRefusal(error) || (isAlone && ++refused > 8)) throw noShell(this.target, (error as Error).message);
        this.#channels.narrow(this.#channels.inside);
        if (isAlone) await pause(250, signal);
      }
    }
  }

  /** A stream through this host to a port that it reaches. */
  async forward(host: string, port: number, signal?: AbortSignal): Promise<ClientChannel> {
    const client = await this.client(signal);
    return await new Promise((resolve, reject) => {
      client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  /** Does something with the connection as it is, and with each one that takes its place. */
  async onClient(work: (client: Client) => Promise<void>): Promise<void> {
    this.#onClient.add(work);
    await work(await this.client());
  }
  offClient(work: (client: Client) => Promise<void>): void {
    this.#onClient.delete(work);
  }

  /** Calls back once the line is closed for good. */
  onClosed(work: () => void): void {
    this.#closed.signal.addEventListener('abort', work, { once: true });
  }

  /** Says goodbye. What the host does with it, which takes a busy one a while, is not waited for. */
  async close(): Promise<void> {
    this.#closed.abort();
    if (!this.#wire) return;
    const { client, sock } = this.#wire;
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => sock.destroy(), 1000); // the other side may be gone
      sock.once('finish', () => {
        timer.unref();
        resolve();
      });
      client.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      client.end();
    });
  }

  #use(wire: Wire): void {
    this.#wire = wire;
    this.#why = null;
    wire.client.on('error', error => {
      this.#why = error;
    });
    wire.client.once('close', () => {
      if (this.#wire === wire) this.#wire = null;
    });
  }

  async #reconnect(): Promise<Wire> {
    const reason = this.reason;
    const giveUp = Date.now() + this.timings.reconnect;
    const { signal } = this.#closed;
    for (let n = 0, refused = 0; ; n++) {
      await pause(Math.random() * this.timings.pauses[Math.min(n, this.timings.pauses.length - 1)]!, signal);
      if (signal.aborted) throw stopped(this.target);
      try {
        const wire = await this.reopen(signal);
        this.#use(wire);
        // What fails here fails again where it is needed, and is told there.
        for (const work of this.#onClient) void work(wire.client).catch(() => {});
        return wire;
      } catch (error) {
        const code = error instanceof Problem ? error.details.code : 'internal';
        const mayPass = code === 'unreachable' || (code === 'login' && refused++ < PATIENCE);
        if (!mayPass) throw error;
        if (Date.now() >= giveUp) throw lost(this.target, reason, (error as Problem).details.what);
      }
    }
  }
}

const isLineBroken = (error: unknown) => (error as Error).message === 'Not connected';
/** sshd does not open one more channel now. */
const isRefusal = (error: unknown) => (error as { reason?: number }).reason !== undefined;

function start(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}
