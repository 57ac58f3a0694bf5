import type { Duplex } from 'node:stream';
import type { ProblemDetails } from './errors.js';
import type { Shell } from './sh.js';

export type Script = Shell | string;

export interface RunOptions {
  /** As root (the default) or as the user who logged in. */
  asRoot?: boolean;
  /** Shell variables set before the script, sent on standard input and never on a command line; values may be secret. */
  variables?: Record<string, string>;
  /** Milliseconds until the script is given up; 60 s unless told. */
  timeout?: number;
  signal?: AbortSignal;
  /** How many bytes of each stream are kept for the result; 4 MiB unless told. */
  keep?: number;
  /** Called for every whole line as it arrives. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface RunResult {
  /** null: ended by a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface JobOptions {
  variables?: Record<string, string>;
  signal?: AbortSignal;
  /** Whole lines of the job's output, stdout and stderr in the order in which they were written; none twice, none lost. */
  onLine: (line: string) => void;
  /** The line to the host broke (with the reason), or is back. */
  onLost?: (reason: string) => void;
  onBack?: () => void;
}

export type Access = 'root' | 'sudo' | 'sudo-with-password' | 'none';

/**
 * One host, over one connection. The ssh engine and the demo fleet offer it; nothing else talks to hosts.
 * All methods throw a Problem with code `lost` when the line broke and could not be had again in time.
 */
export interface Remote {
  readonly name: string;
  readonly user: string;
  /** How root is reached on this host; `none` where it cannot be. */
  readonly access: Access;
  /** Where access is none: why, and what would help, e.g. the line in sudoers. */
  readonly noRoot?: ProblemDetails;
  /** Runs a script with `/bin/sh`, one channel, and returns when it has ended. Not repeated after a broken line. */
  run(script: Script, options?: RunOptions): Promise<RunResult>;
  /**
   * Runs a script as root, detached from the connection, and follows its output to the end, over broken lines.
   * A job of the same id that is still running on the host (left by a process that died) is followed to its end first.
   * @param id `[a-z0-9-]+`, e.g. the phase
   * @returns its exit code; null where it vanished without one (killed, or the host was restarted)
   */
  job(id: string, script: Script, options: JobOptions): Promise<number | null>;
  /** Asks a running job to end: after its present step, or at once. */
  stopJob(id: string, when: 'after-step' | 'now'): Promise<void>;
  /**
   * Listens on a port of the host's loopback: whoever connects there comes out here. Gone with the connection, and opened
   * again with it.
   * @param onPort called with the port before anybody needs it, each time that it is another
   * @throws Problem step where the host's sshd forwards nothing; what onPort throws
   */
  listen(onConnection: (connection: Duplex) => void, onPort: (port: number) => Promise<void>): Promise<Listener>;
  /**
   * Opens the login shell of the user who logged in, on a terminal: for a person to type in. It ends with the connection.
   * @throws Problem lost, login
   */
  terminal(size: TerminalSize): Promise<RemoteTerminal>;
  close(): Promise<void>;
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

export interface RemoteTerminal {
  /** What is typed goes in, what is shown comes out. */
  stream: Duplex;
  resize(size: TerminalSize): void;
  /** The exit code of the shell; null by a signal. Rejects with a Problem lost where the line broke. */
  ended: Promise<number | null>;
  close(): void;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** The shell line by which a script's `step` function sees that it was asked to stop after the present step. */
export const STOP_FILE = '/run/k8s-tui/stop';
/** Where jobs live on a host: 0700, gone after a restart. */
export const RUN_DIRECTORY = '/run/k8s-tui';
