import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Api, apiOf } from '../engine/cluster/api.js';
import { type Kubeconfig, kubeconfigPath, parseKubeconfig } from '../engine/cluster/kubeconfig.js';
import { readSshConfig } from '../engine/discover/ssh-config.js';
import { Problem } from '../engine/errors.js';
import type { Ask, Connector } from '../engine/fleet.js';
import { type AdoptOptions, adopt, adopted } from '../engine/panel/adopt.js';
import type { ReadAgain } from '../engine/panel/watch.js';
import type { ClusterSpec, HostSpec } from '../engine/spec/schema.js';
import { writeSpec } from '../engine/spec/write.js';
import type { Timings } from '../engine/ssh/timings.js';
import type { Text } from '../engine/text.js';
import { savedSessions } from '../state/sessions.js';
import { makeAsk } from './ask.js';
import { inTheWay, unwritable } from './discover/write.js';
import { present, specOfWords } from './named-host.js';
import type { Session } from './session.js';
import { readSpecFile } from './spec-file.js';

/** Where a cluster is read from. None of them: what kubectl would speak to. */
export interface ClusterOptions {
  /** A cluster.yaml. */
  file?: string;
  kubeconfig?: string;
  /** A control plane: `root@10.0.0.11`. */
  host?: string;
  /** Where to write down what was read, as a cluster.yaml. */
  output?: string;
}

export interface OpenCluster {
  spec: ClusterSpec;
  /** The way to its hosts. What somebody has typed to get in is not asked for again. */
  connector(ask: Ask, onNote?: (text: Text) => void): Connector;
  /** Where the hosts were read from the cluster: they may be read again. */
  readAgain?: ReadAgain;
}

/**
 * The cluster that a command is about, whoever made it. What has to be known to get in is asked for once. Changes nothing.
 * @param note told what a person should know; on no account on standard output, which is a view's
 * @throws Problem spec, preflight, unreachable and what connecting throws
 */
export async function openCluster(
  session: Session,
  { file, kubeconfig, host, output }: ClusterOptions,
  { timings, note }: { timings?: Timings; note: (text: Text) => void },
): Promise<OpenCluster> {
  const named = [file, kubeconfig, host].filter(each => each !== undefined);
  if (named.length > 1 || (file !== undefined && output !== undefined)) throw oneOnly;
  if (file !== undefined)
    return { spec: await readSpecFile(file), connector: (ask, onNote) => session.connector(ask, onNote, timings) };
  const opened =
    host === undefined ? await byKubeconfig(session, kubeconfig, timings) : await byHost(session, host, timings, note);
  if (output !== undefined) {
    await writeFile(output, `${header[session.language]}\n${writeSpec(opened.spec)}`, {
      mode: 0o600,
      flag: session.yes ? 'w' : 'wx',
    }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? inTheWay(output) : unwritable(output, error.message);
    });
    note(said.written(output));
  }
  return opened;
}

/** Read from one control plane, over the connection's own login; the other hosts are entered as it was. */
async function byHost(
  session: Session,
  word: string,
  timings: Timings | undefined,
  note: (text: Text) => void,
): Promise<OpenCluster> {
  const named = specOfWords([word]);
  const [host] = named.hosts;
  if (named.hosts.length !== 1 || !host) throw oneOnly;
  const asked = handedOver(makeAsk(session.terminal, session.language), note);
  const connector = session.connector(asked.ask, asked.note, timings);
  try {
    const remote = await connector.connect(named, host, session.stop);
    const ssh = host.ssh ?? {};
    const options = { ssh, sshOf: differing(ssh) };
    const { spec, alone } = await adopt(remote, { ...host, ssh: undefined }, options, session.stop);
    await remote.close();
    if (alone !== null) note(said.alone(host.address, alone));
    return {
      spec,
      readAgain: readingAgain(session, options),
      connector: (ask, onNote) => {
        asked.to(ask, onNote);
        return connector;
      },
    };
  } catch (error) {
    await connector.close();
    throw error;
  }
}

const readingAgain =
  (session: Session, options: Omit<AdoptOptions, 'given'>): ReadAgain =>
  async (remote, host) => {
    const { spec, alone } = await adopt(remote, { ...host, ssh: undefined }, options, session.stop);
    return alone === null ? spec : null;
  };

/** Read from the API; of a cluster that was installed from here the way in is known. */
async function byKubeconfig(session: Session, given: string | undefined, timings: Timings | undefined): Promise<OpenCluster> {
  const file = given ?? kubeconfigPath();
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw given === undefined && error.code === 'ENOENT' ? nothingNamed(file) : unreadable(file, error.message);
  });
  const api = apiOf(kubeconfigOf(text, file), file, dirname(file));
  const connector = (ask: Ask, onNote?: (text: Text) => void) => session.connector(ask, onNote, timings);
  const known = await installedFromHere(api);
  if (known) {
    // What has joined since may have been recorded since.
    const readAgain: ReadAgain = async (...at) =>
      readingAgain(session, waysInto((await installedFromHere(api)) ?? known))(...at);
    return { spec: known, connector, readAgain };
  }
  const nodes = await api.get('/api/v1/nodes', session.stop);
  const { user, identityFile, all } = await wayIn(session, addressesIn(nodes));
  const ssh = present({ user, identityFile });
  const options = { ssh, sshOf: all, name: api.context };
  const spec = adopted({ nodes, config: await kubeadmConfig(api, session.stop) }, options);
  return { spec, connector, readAgain: readingAgain(session, options) };
}

/** A file of the kind, or nothing. */
function kubeconfigOf(text: string, file: string): Kubeconfig {
  try {
    const config = parseKubeconfig(text);
    if (config) return config;
  } catch (error) {
    throw unreadable(file, (error as Error).message);
  }
  throw unreadable(file, 'it is no kubeconfig');
}

/** The session whose context it is, and one of whose hosts it leads to. */
async function installedFromHere({ context, server }: Api): Promise<ClusterSpec | null> {
  const { hostname } = new URL(server);
  const sessions = await savedSessions().list();
  const isIts = ({ spec }: { spec: ClusterSpec }) =>
    spec.name === context &&
    (spec.endpoint?.split(':')[0] === hostname || spec.hosts.some(({ address }) => address === hostname));
  return sessions.find(isIts)?.spec ?? null;
}

/** How its hosts are entered, and what joined them: as the others. */
const waysInto = ({ name, ssh, hosts }: ClusterSpec): Omit<AdoptOptions, 'given'> => ({
  name,
  ssh,
  sshOf: node => hosts.find(host => host.name === node.name || host.address === node.address)?.ssh ?? {},
});

/** kubeadm's own words about the cluster; nothing where they are not there, or not for this user. */
async function kubeadmConfig(api: Api, signal: AbortSignal): Promise<string> {
  try {
    const map = JSON.parse(await api.get('/api/v1/namespaces/kube-system/configmaps/kubeadm-config', signal));
    return map.data?.ClusterConfiguration ?? '';
  } catch (error) {
    if (error instanceof Problem && error.details.code === 'preflight') return '';
    throw error;
  }
}

const addressesIn = (nodes: string): { name: string; address: string }[] =>
  adopted({ nodes, config: '' }, { ssh: {} }).hosts.map(({ name, address }) => ({ name, address }));

type Settings = NonNullable<HostSpec['ssh']>;

/** What ~/.ssh/config says of a node, by its name or its address, beyond what holds for all. */
function differing(common: Settings) {
  const config = readSshConfig();
  return ({ name, address }: { name: string; address: string }): Settings => {
    const byName = config.hosts.includes(name) ? config.of(name) : null;
    const { address: _, ...says } = byName ?? config.of(address);
    const differs = Object.entries(says).filter(([key, value]) => value !== common[key as keyof Settings]);
    return Object.fromEntries(differs) as Settings;
  };
}

/** How to get in, where ~/.ssh/config does not say it of every node: asked for once. */
async function wayIn(session: Session, nodes: { name: string; address: string }[]) {
  const settings = differing({});
  const isKnown = nodes.every(node => settings(node).user);
  if (isKnown || !session.terminal) return { all: settings };
  const answer = async (question: Text) => (await session.terminal!.line(question[session.language]))?.trim() || undefined;
  const user = await answer(said.user(nodes.length));
  const identityFile = await answer(said.key);
  return { user, identityFile, all: differing(present({ user, identityFile })) };
}

/** An ask whose questions go to somebody else from some moment on, who is not asked again what was answered before. */
function handedOver(first: Ask, firstNote: (text: Text) => void) {
  let [ask, note]: [Ask, (text: Text) => void] = [first, firstNote];
  const answers = new Map<string, string>();
  const through: Ask = {
    hostKey: question => ask.hostKey(question),
    async secret(question) {
      const { kind, user, file, attempt } = question;
      const key = [kind, user, file].join('/');
      const known = attempt === 1 ? answers.get(key) : undefined;
      const answer = known ?? (await ask.secret(question));
      if (answer !== null) answers.set(key, answer);
      return answer;
    },
  };
  return {
    ask: through,
    note: (text: Text) => note(text),
    to(next: Ask, onNote: (text: Text) => void = () => {}) {
      [ask, note] = [next, onNote];
    },
  };
}

const header: Text = {
  en: '# A cluster that was made otherwise, as it was found: for panel, status, logs and diagnose.',
  zh: '# 由其他方式建立的集群，按现状记录：用于 panel、status、logs 和 diagnose。',
};

const said = {
  user: (count: number): Text => ({
    en: `Log in to the ${count} nodes as which user? Enter for root: `,
    zh: `以哪个用户登录这 ${count} 个节点？直接回车表示 root：`,
  }),
  key: {
    en: 'With which private key? Enter for those of ~/.ssh and the ssh-agent: ',
    zh: '使用哪个私钥？直接回车表示 ~/.ssh 和 ssh-agent 中的密钥：',
  } satisfies Text,
  written: (file: string): Text => ({
    en: `${file} was written; from now on: -f ${file}`,
    zh: `已写入 ${file}；以后可用 -f ${file}`,
  }),
  alone: (address: string, why: string): Text => ({
    en: `${address}: its API server does not answer, so its other nodes are not known and it is shown alone (${why})`,
    zh: `${address}：API Server 没有应答，无法得知其他节点，只显示该主机（${why}）`,
  }),
};

const oneOnly = new Problem({
  code: 'spec',
  what: {
    en: 'a cluster is read from one place: a cluster.yaml (-f), a kubeconfig, or one control plane',
    zh: '集群只能从一处读取：cluster.yaml（-f）、kubeconfig 或一台控制平面',
  },
  remedy: {
    en: 'Name one of them; -o writes down what was read from the last two.',
    zh: '请只指定其一；-o 用于记录从后两者读取的内容。',
  },
});

const nothingNamed = (file: string) =>
  new Problem({
    code: 'spec',
    what: { en: `no cluster was named, and there is no ${file}`, zh: `没有指定集群，也没有 ${file}` },
    remedy: {
      en: 'Name a control plane (k8s-tui panel root@10.0.0.11), a cluster.yaml (-f), or a kubeconfig (--kubeconfig).',
      zh: '请指定一台控制平面（k8s-tui panel root@10.0.0.11）、cluster.yaml（-f）或 kubeconfig（--kubeconfig）。',
    },
  });

const unreadable = (file: string, why: string) =>
  new Problem({
    code: 'spec',
    what: { en: `${file} cannot be read: ${why}`, zh: `无法读取 ${file}：${why}` },
    remedy: { en: 'Name a kubeconfig: --kubeconfig FILE.', zh: '请指定 kubeconfig：--kubeconfig 文件。' },
  });
