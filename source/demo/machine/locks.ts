import type { Process } from './process.js';

/** The advisory locks of a machine's files. */
export class Locks {
  private owners = new Map<string, Process>();

  take(path: string, owner: Process): boolean {
    const holder = this.holder(path);
    if (holder && holder !== owner) return false;
    this.owners.set(path, owner);
    return true;
  }
  release(path: string) {
    this.owners.delete(path);
  }
  /** Who holds it; one that has ended holds nothing. */
  holder(path: string): Process | null {
    const owner = this.owners.get(path);
    return owner && owner.status === null ? owner : null;
  }
}
