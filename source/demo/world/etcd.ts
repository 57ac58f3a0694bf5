import type { Machine } from '../machine/machine.js';

export interface Member {
  id: string;
  machine: Machine;
  /** It listens, and does not count yet. */
  isLearner: boolean;
}

/** The etcd of a simulated cluster: a member on every control plane. It answers while more than half of them are at work. */
export class Etcd {
  members: Member[] = [];
  private next = 1;

  /** @throws Error where it knows a member there: one that comes back without its data is not let in */
  add(machine: Machine, { isLearner }: { isLearner: boolean }): Member {
    if (this.members.some(member => member.machine === machine)) throw new Error('etcdserver: Peer URLs already exists');
    const member: Member = { id: String(1000 + this.next++), machine, isLearner };
    this.members.push(member);
    return member;
  }

  remove(id: string): void {
    this.members = this.members.filter(member => member.id !== id);
  }

  /** @param isAtWork whether a machine's etcd runs */
  answers(isAtWork: (machine: Machine) => boolean): boolean {
    const voters = this.members.filter(({ isLearner }) => !isLearner);
    return voters.filter(({ machine }) => isAtWork(machine)).length * 2 > voters.length;
  }
}
