import type { Clock } from '../machine/clock.js';
import type { Machine } from '../machine/machine.js';
import type { Cluster } from './cluster.js';
import type { Internet } from './internet.js';

/** What the machines of a fleet share: time, the wires between them, the outside, and their clusters. */
export class World {
  readonly machines = new Map<string, Machine>();
  /** By the certificate of their authority. */
  readonly clusters = new Map<string, Cluster>();
  private readonly servers = new Map<string, string>();

  constructor(
    readonly clock: Clock,
    readonly internet: Internet,
  ) {}

  byAddress(address: string): Machine | undefined {
    return [...this.machines.values()].find(machine => machine.address === address);
  }

  /** A server that says one thing to whoever comes. @returns what closes it */
  listen(place: string, says: string): () => void {
    this.servers.set(place, says);
    return () => this.servers.delete(place);
  }

  /** What the server at an address says to one who asks from another; null where nobody answers. */
  ask(from: string, address: string, port: number): string | null {
    const direct = this.servers.get(`${address}:${port}`);
    if (direct !== undefined) return this.isReached(from) && this.isReached(address) ? direct : null;
    for (const cluster of this.clusters.values()) {
      const answers = cluster.endpoints(address).map(pod => this.servers.get(`${pod.address}:${port}`));
      const found = answers.find(answer => answer !== undefined);
      if (found !== undefined) return found;
    }
    return null;
  }

  /** What becomes of a try at a port of a machine. @param place 6443/tcp */
  reach(from: string, address: string, place: string): 'open' | 'refused' | 'dropped' {
    const machine = this.byAddress(address);
    if (!machine || !this.isReached(from) || !this.isReached(address)) return 'dropped';
    return machine.turnsAway(place) ?? (machine.listensOn(place) ? 'open' : 'refused');
  }

  /** The machine at an address, or under the pod at it, is up and connected. */
  private isReached(address: string): boolean {
    const machine =
      this.byAddress(address) ?? [...this.machines.values()].find(each => each.pods().some(pod => pod.address === address));
    return machine?.isUp ?? false;
  }

  resolve(server: string, name: string): string | null {
    for (const cluster of this.clusters.values()) if (cluster.endpoints(server).length) return cluster.resolve(name);
    return null;
  }
}
