import { Gate } from './gate.js';

/** sshd and PAM lock out who is wrong three times (pam_faillock): one is left for the person. */
export const MOST_TRIES = 2;

/**
 * How many passwords a host has turned down in this session. It counts for all connectors, so that no way of asking again
 * locks an account. One at a time for each host: a second waits to hear what came of the first.
 */
export class PasswordTries {
  readonly #wrong = new Map<string, number>();
  readonly #gates = new Map<string, Gate>();

  /** @param name of the host, and of what the password is for */
  left(name: string): number {
    return MOST_TRIES - (this.#wrong.get(name) ?? 0);
  }

  wrong(name: string): void {
    this.#wrong.set(name, (this.#wrong.get(name) ?? 0) + 1);
  }

  /** A right one ends the host's own count too. */
  right(name: string): void {
    this.#wrong.delete(name);
  }

  alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    const gate = this.#gates.get(name) ?? new Gate(1);
    this.#gates.set(name, gate);
    return gate.through(work);
  }
}

/** Of this process. */
export const sessionTries = new PasswordTries();
