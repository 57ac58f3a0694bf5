import { clusterSpec, type Role } from '../spec/schema.js';
import type { Text } from '../text.js';

export { placeOf } from './place.js';

/** A host that was named somewhere; whether it is there nobody knows yet. */
export interface Candidate {
  name?: string;
  address: string;
  port?: number;
  user?: string;
  identityFile?: string;
  /** `user@host:port` of the host to go through. */
  jump?: string;
  role?: Role;
  internalAddress?: string;
  /** Where it was named: `inventory.ini:3`, `10.77.0.0/24`. */
  from: string;
}

/** A piece of a list that is not taken, and why. */
export interface Mistake {
  /** Counts from 1. */
  line: number;
  entry: string;
  what: Text;
  remedy: Text;
}

export interface HostsRead {
  hosts: Candidate[];
  mistakes: Mistake[];
}

export const MOST_HOSTS = 4096;
const MOST_MISTAKES = 100;

const fields = clusterSpec.shape.hosts.element.shape;
const sshFields = clusterSpec.shape.ssh.unwrap().shape;
const fits = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) => schema.safeParse(value).success;

export const isAddress = (value: string): boolean => fits(fields.address, value);
export const isName = (value: string): boolean => fits(fields.name, value);

/** A name that a node may have, made of one that other tools allow; undefined where nothing of it can be kept. */
export function nodeName(text: string): string | undefined {
  const name = text.toLowerCase().replaceAll('_', '-');
  return isName(name) && /[a-z]/.test(name) ? name : undefined;
}

/** The hosts and mistakes of one text; as many as are allowed. */
export class Pile implements HostsRead {
  readonly hosts: Candidate[] = [];
  readonly mistakes: Mistake[] = [];
  #toldOfMost = false;

  constructor(private readonly from: string) {}

  get isFull(): boolean {
    return this.hosts.length >= MOST_HOSTS;
  }

  /** Takes a host, or says what is wrong with it. */
  add(line: number, entry: string, host: Omit<Candidate, 'from'>): void {
    const mistake = mistakeIn(host);
    if (mistake) this.wrong(line, entry, ...mistake);
    else if (!this.isFull) this.hosts.push({ ...present(host), from: `${this.from}:${line}` });
    else if (!this.#toldOfMost) {
      this.#toldOfMost = true;
      this.wrong(
        line,
        entry,
        { en: `more than ${MOST_HOSTS} hosts; the rest is left out`, zh: `超过 ${MOST_HOSTS} 台主机；其余已忽略` },
        { en: 'Give the hosts of one cluster only.', zh: '请只给出一个集群的主机。' },
      );
    }
  }

  wrong(line: number, entry: string, what: Text, remedy: Text): void {
    if (this.mistakes.length < MOST_MISTAKES) this.mistakes.push({ line, entry: entry.trim().slice(0, 100), what, remedy });
  }
}

function mistakeIn({ address, port, user, jump, internalAddress }: Omit<Candidate, 'from'>): [Text, Text] | null {
  if (!isAddress(address))
    return [
      { en: `"${address}" is no IP address and no host name`, zh: `“${address}” 不是 IP 地址或主机名` },
      { en: 'Write it as in root@10.0.0.11:22 or n1=10.0.0.11.', zh: '请写成 root@10.0.0.11:22 或 n1=10.0.0.11 的形式。' },
    ];
  if (port !== undefined && !fits(sshFields.port, port))
    return [
      { en: `port ${port}: 1 to 65535 is allowed`, zh: `端口 ${port} 无效：应为 1 到 65535` },
      { en: 'Write the port on which sshd listens.', zh: '请写 sshd 监听的端口。' },
    ];
  if (user !== undefined && !fits(sshFields.user, user))
    return [
      { en: `"${user}" is no user name`, zh: `“${user}” 不是用户名` },
      { en: 'Write the user to log in as, e.g. root.', zh: '请写登录用户，例如 root。' },
    ];
  if (jump !== undefined && !fits(sshFields.jump, jump))
    return [
      { en: `"${jump}" is no host to go through`, zh: `“${jump}” 不是可用的跳板机` },
      { en: 'Write it as user@host:port.', zh: '请写成 user@host:port。' },
    ];
  if (internalAddress !== undefined && !fits(fields.internalAddress, internalAddress))
    return [
      { en: `"${internalAddress}" is no IPv4 address`, zh: `“${internalAddress}” 不是 IPv4 地址` },
      { en: 'Write the address by which the other nodes reach it.', zh: '请写其他节点访问它的 IPv4 地址。' },
    ];
  return null;
}

const present = <T extends object>(host: T): T =>
  Object.fromEntries(Object.entries(host).filter(([, value]) => value !== undefined)) as T;
