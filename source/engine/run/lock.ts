import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { Problem, type ProblemDetails } from '../errors.js';
import type { Remote, Script } from '../remote.js';
import type { Text } from '../text.js';
import { type Holder, meets } from './holder.js';
import { HEARTBEAT, keepScript, releaseScript, STALE, takeScript } from './lock-scripts.js';

export interface LockOptions {
  /** Whether the hosts that others hold are taken from them; no, unless told. */
  takeOver?: (holders: Holder[]) => Promise<boolean>;
  /** Who was silent too long, and has lost a host to us. */
  onNote?: (text: Text) => void;
  /** A host was taken from us. */
  onLost?: (problem: ProblemDetails) => void;
}

export interface Locks {
  /** Goes into every script: a step begins only while the host's lock says so. */
  readonly id: string;
  readonly isLost: boolean;
  /** Asks every host now whether it is still ours. */
  look(): Promise<void>;
  release(): Promise<void>;
}

/** A host that does not answer is not waited for: its lock grows stale by itself. Milliseconds. */
const PATIENCE = 10_000;

/**
 * Takes the locks of hosts, all at once, and keeps them with a sign of life until they are released. What a dead process
 * of this same machine has left is taken without a question; what lives is asked about.
 * @throws Problem locked, where somebody else holds a host and keeps it
 */
export async function lockHosts(
  remotes: Remote[],
  { takeOver = async () => false, onNote = () => {}, onLost = () => {} }: LockOptions = {},
): Promise<Locks> {
  const id = randomBytes(8).toString('hex');
  let isLost = false;

  const take = async (remote: Remote, over = ''): Promise<Found | null> => {
    const [word, ...rest] = await ask(remote, takeScript(id, me(), over));
    if (word === 'taken') return null;
    if (word === 'taken-over') {
      onNote(words.takenOver(remote.name, rest[0]!, Number(rest[1])));
      return null;
    }
    const [lockId, who, machine, pid, held, silent] = rest as [string, string, string, string, string, string];
    const found = { remote, lockId, holder: { host: remote.name, who, held: Number(held), silent: Number(silent) } };
    // It died a moment ago on this very machine: nobody has to wait until that shows.
    return machine === thisMachine() && !isAlive(Number(pid)) ? take(remote, lockId) : found;
  };
  const look = async () => {
    await Promise.all(
      remotes.map(async remote => {
        // Where the line is down there is nothing to learn; the host shows as lost by its jobs.
        const [word, who = ''] = await ask(remote, keepScript(id)).catch(() => ['unknown']);
        if (word === 'free') await ask(remote, takeScript(id, me(), '')).catch(() => {});
        if (word !== 'lost' || isLost) return;
        isLost = true;
        onLost(lostTo(remote.name, who));
      }),
    );
  };
  const release = async () => {
    clearInterval(heart);
    await Promise.all(remotes.map(remote => ask(remote, releaseScript(id)).catch(() => {})));
  };

  let heart: NodeJS.Timeout | undefined;
  try {
    const found = (await Promise.all(remotes.map(remote => take(remote)))).filter(one => one !== null);
    const holders = found.map(({ holder }) => holder);
    if (found.length && !(await takeOver(holders))) throw locked(holders);
    await Promise.all(found.map(({ remote, lockId }) => take(remote, lockId)));
  } catch (error) {
    await release();
    throw error;
  }
  heart = setInterval(() => void look(), HEARTBEAT * 1000);
  heart.unref();
  return {
    id,
    get isLost() {
      return isLost;
    },
    look,
    release,
  };
}

interface Found {
  remote: Remote;
  lockId: string;
  holder: Holder;
}

async function ask(remote: Remote, script: Script): Promise<string[]> {
  const signal = AbortSignal.timeout(PATIENCE);
  const { code, stdout, stderr } = await remote.run(script, { signal }).catch(error => {
    throw signal.aborted ? silent(remote.name) : error;
  });
  if (code === 0) return stdout.trim().split(' ');
  throw new Problem({
    code: 'step',
    host: remote.name,
    what: { en: 'the host could not be locked for this run', zh: '无法为本次运行锁定主机' },
    remedy: { en: 'Look at the free space of /run on the host.', zh: '请检查主机 /run 的剩余空间。' },
    command: { line: '/bin/sh', exitCode: code, lastLines: stderr.trim().split('\n') },
  });
}

const silent = (host: string) =>
  new Problem({
    code: 'lost',
    host,
    what: { en: `no answer for ${PATIENCE / 1000} s`, zh: `${PATIENCE / 1000} 秒内没有应答` },
    remedy: { en: 'See that it is up and in reach, then run this again.', zh: '请确认主机已开机且可达，然后重新运行。' },
  });

const me = () => ({ who: `${word(userInfo().username)}@${word(hostname())}`, machine: thisMachine(), pid: process.pid });

/** The lock is one line of words. */
const word = (text: string) => text.replace(/[^\w.-]/g, '_') || '_';

/** This machine since its last start, as far as process numbers mean the same: a container is another one. */
function thisMachine(): string {
  const parts = [hostname(), read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))];
  parts.push(read(() => readlinkSync('/proc/self/ns/pid')));
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** What only Linux has is empty elsewhere. */
function read(how: () => string): string {
  try {
    return how();
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function locked(holders: Holder[]): Problem {
  const only = holders.length === 1 ? holders[0]!.host : undefined;
  return new Problem({
    code: 'locked',
    host: only,
    what: {
      en: `somebody else is changing ${holders.map(holder => meets(holder).en).join('; ')}`,
      zh: `他人正在更改主机：${holders.map(holder => meets(holder).zh).join('；')}`,
    },
    remedy: {
      en: `Wait until they have ended. If their program is dead, the hosts are free ${STALE} s after its last sign of life: run this again then. At a terminal it can be taken over at once.`,
      zh: `请等待其结束。若其程序已终止，最后一次动静 ${STALE} 秒后主机自动释放，届时重新运行即可；在终端中可立即接管。`,
    },
  });
}

const lostTo = (host: string, who: string): ProblemDetails => ({
  code: 'locked',
  host,
  what: { en: `${who} has taken this host over; nothing more is begun here`, zh: `${who} 已接管此主机；不再开始新的操作` },
  remedy: {
    en: `Talk to ${who}. When they have ended, run this again: it finds what is done.`,
    zh: `请与 ${who} 沟通。对方结束后重新运行即可，已完成的部分会被识别。`,
  },
});

const words = {
  takenOver: (host: string, who: string, seconds: number): Text => ({
    en: `${host}: taken over from ${who}, silent for ${seconds} s; what still runs there ends after its present step`,
    zh: `${host}：已从 ${who} 接管（已 ${seconds} 秒无动静）；该处仍在运行的操作会在当前步骤后结束`,
  }),
};
