import { existsSync } from 'node:fs';
import type { Candidate } from '../../engine/discover/candidate.js';
import type { Authorized } from '../../engine/discover/get-in.js';
import { type Answer, addressesOf, scan } from '../../engine/discover/scan.js';
import { readSshConfig, withSettings } from '../../engine/discover/ssh-config.js';
import { findTwins, sameMachine, sharedKey } from '../../engine/discover/twins.js';
import type { ProblemDetails } from '../../engine/errors.js';
import type { Ask, Connector } from '../../engine/fleet.js';
import { type SshOptions, sshConnector } from '../../engine/ssh/connector.js';
import type { Text } from '../../engine/text.js';
import type { View } from '../../views/view.js';
import { makeAsk, secretVariables } from '../ask.js';
import { type ExitCode, exit } from '../exit.js';
import type { Session } from '../session.js';
import { lookAll } from './enter.js';
import { asProblem, nothingNamed, readAll, readExpectedFile } from './input.js';
import { installKey, keyToInstall, stoppedAt } from './install-key.js';
import { asJson, type Row, rowsOf } from './row.js';
import { tableOf } from './table.js';
import { trustAll } from './trust.js';
import { inTheWay, writeCluster } from './write.js';

export interface DiscoverOptions {
  from?: string;
  output?: string;
  /** A file of fingerprints. */
  expect?: string;
  /** Of a private key, or the first of the operator's own. */
  installKey?: string | true;
  newKey?: true;
}

/** Finds hosts in what was named, and says what they are; with `output` a cluster.yaml of those that are ready. */
export async function discover(session: Session, words: string[], options: DiscoverOptions): Promise<ExitCode> {
  const { from, output } = options;
  if (!words.length && from === undefined) throw nothingNamed();
  if (output !== undefined && existsSync(output) && !session.yes) throw inTheWay(output);
  const view = session.view({ aside: !session.json });
  const note = (text: Text) => view.event({ at: Date.now(), type: 'note', text });
  const tell = (problem: ProblemDetails) => view.event({ at: Date.now(), type: 'problem', task: null, problem });
  const say = (type: string, rest: object) => session.json && session.print(JSON.stringify({ at: Date.now(), type, ...rest }));

  const isNetwork = (word: string) => word.includes('/');
  const named = await readAll(
    words.filter(word => !isNetwork(word)),
    from,
    note,
  );
  const expectation = options.expect === undefined ? { expected: [], mistakes: [] } : await readExpectedFile(options.expect);
  for (const mistake of [...named.mistakes, ...expectation.mistakes]) tell(asProblem(mistake));
  const rows = await findRows(words.filter(isNetwork), named.hosts, session, note, answer => say('answer', answer));

  const asked = makeAsk(session.terminal, session.language);
  // Where nobody sits, what a password would be needed for is told of the host and is no stop.
  const ask = session.terminal ? asked : without(asked, 'password', 'sudo');
  const connectors: Connector[] = [];
  const connector = (options: Pick<SshOptions, 'ask' | 'onlyKey' | 'secrets'>) => {
    const made = sshConnector({ ...options, onNote: note });
    connectors.push(made);
    return made;
  };
  const secrets = secretsOf(process.env);
  const toNamed = connector({ ask: without(ask), secrets });
  const toNamedByKey = connector({ ask: without(ask, 'password'), secrets: { sudo: secrets.sudo } });
  // A machine that merely answered on the network is never told a password.
  const toFound = connector({ ask: without(ask, 'password', 'sudo') });
  const isInstalling = options.installKey !== undefined || options.newKey === true;
  const first = ({ isNamed }: Row) => (isNamed ? (isInstalling ? toNamedByKey : toNamed) : toFound);
  const started: string[] = [];
  const keyed: Authorized[] = [];
  try {
    await trustAll(rows, first, expectation.expected, session, note);
    const open = rows.filter(({ isTrusted }) => isTrusted);
    for (const row of rows) if (!row.isTrusted) say('host', asJson(row));

    const isShut = ({ isNamed, problem }: Row) =>
      isInstalling && isNamed && problem?.code === 'login' && !!problem.passwordsLeft;
    if (open.length) note(said.entering(open.length));
    await lookAll(open, first, row => isShut(row) || say('host', asJson(row)), session.stop);
    const shut = open.filter(isShut);
    if (shut.length) {
      const file = typeof options.installKey === 'string' ? options.installKey : undefined;
      const key = await keyToInstall({ file, isNew: options.newKey ?? false }, note);
      const opened = await installKey(shut, {
        key,
        session,
        ask,
        open: connector,
        note,
        onStart: hosts => started.push(...hosts),
        onHost: each => {
          keyed.push(each);
          say('key', each);
        },
      });
      await lookAll(opened, first, () => {}, session.stop);
      for (const row of shut) say('host', asJson(row));
    }
    if (!session.json) tellPeople(rows, session, tell);
    if (output === undefined) tellTwins(rows, note, view);
    if (output !== undefined) return await writeCluster(output, rows, session, view);
    return rows.some(({ inside }) => inside) ? exit.ok : exit.unfit;
  } catch (error) {
    // Only of this there is more to say than that no host was changed.
    if (!session.stop.aborted || !started.length) throw error;
    note(stoppedAt(started, keyed));
    return exit.stopped;
  } finally {
    await Promise.all(connectors.map(connector => connector.close()));
  }
}

/** What was named, and what answers in the networks that were named; as ~/.ssh/config says how to get in. */
async function findRows(
  networks: string[],
  named: Candidate[],
  { stop }: Session,
  note: (text: Text) => void,
  onAnswer: (answer: Answer) => void,
): Promise<Row[]> {
  const config = readSshConfig();
  config.notes.forEach(note);
  if (networks.length) note(said.asking(networks, addressesOf(networks).length));
  const answers = await scan(networks, { signal: stop, onAnswer });
  if (networks.length) note(said.scanned(networks, answers));
  return rowsOf(
    named.map(host => withSettings(host, config)),
    answers
      .filter(({ is }) => is === 'ssh')
      .map(answer => ({ ...withSettings(candidateOf(answer), config), from: networks.join(' ') })),
    answers,
  );
}

const candidateOf = ({ address, port }: Answer): Candidate => ({ address, ...(port !== 22 && { port }), from: 'scan' });

function tellPeople(rows: Row[], session: Session, tell: (problem: ProblemDetails) => void): void {
  tableOf(rows, session.language).forEach(session.print);
  for (const { problem, host } of rows) if (problem) tell({ ...problem, host: host.address });
}

/** Addresses that show one key; with an output the proposal says it. */
function tellTwins(rows: Row[], note: (text: Text) => void, view: View): void {
  const shown = rows.map(({ host, key, inside }) => ({
    address: host.address,
    fingerprint: key?.fingerprint ?? null,
    facts: inside?.facts,
  }));
  for (const { is, fingerprint, hosts } of findTwins(shown)) {
    const [first, ...others] = hosts.map(({ address }) => address);
    if (is === 'one-host') for (const other of others) note(sameMachine(other, first!));
    else view.findings([sharedKey([first!, ...others], fingerprint)]);
  }
}

/** Some kinds of secrets are not asked for. Host keys were settled before. */
const without = (ask: Ask, ...kinds: string[]): Ask => ({
  hostKey: async () => false,
  secret: async question => (kinds.includes(question.kind) ? null : ask.secret(question)),
});

const secretsOf = (environment: NodeJS.ProcessEnv) => ({
  password: environment[secretVariables.password] || undefined,
  sudo: environment[secretVariables.sudo] || undefined,
});

const said = {
  asking: (networks: string[], count: number): Text => ({
    en: `asking ${count} addresses of ${networks.join(', ')} for SSH`,
    zh: `正在 ${networks.join('、')} 中查询 ${count} 个地址的 SSH`,
  }),
  scanned: (networks: string[], answers: Answer[]): Text => {
    const count = (is: Answer['is']) => answers.filter(answer => answer.is === is).length;
    return {
      en: `${networks.join(', ')}: ${count('ssh')} answer with SSH, ${count('other')} with something else, ${count('refused')} refuse`,
      zh: `${networks.join('、')}：${count('ssh')} 台应答 SSH，${count('other')} 台应答其他协议，${count('refused')} 台拒绝连接`,
    };
  },
  entering: (count: number): Text => ({
    en: `logging in to ${count} ${count === 1 ? 'host' : 'hosts'}; one that does not answer is given up within a minute`,
    zh: `正在登录 ${count} 台主机；没有应答的主机将在一分钟内放弃`,
  }),
};
