import type { Ask, Connector } from '../engine/fleet.js';
import type { SshOptions } from '../engine/ssh/connector.js';
import type { Timings } from '../engine/ssh/timings.js';
import type { Language, Text } from '../engine/text.js';
import { jsonView } from '../views/json.js';
import { plainView } from '../views/plain.js';
import type { View } from '../views/view.js';
import { secretVariables } from './ask.js';
import type { Interrupts } from './interrupts.js';
import { openTerminal, type Terminal } from './terminal.js';

interface Choices extends Interrupts {
  language: Language;
  json: boolean;
  /** Yes to the question whether hosts may be changed. */
  yes: boolean;
  acceptNewHostKeys: boolean;
}

/** What every command has at hand. */
export interface Session extends Choices {
  /** A line on standard output. */
  print: (line: string) => void;
  /** How it speaks: on standard output, unless that is kept for something else. @param log where the whole log of a run lies */
  view(options?: { log?: string; aside?: boolean }): View;
  /** The way to the hosts. */
  connector(ask: Ask, onNote?: (text: Text) => void, timings?: Timings): Connector;
  /** Someone who can be asked; null in a pipeline. */
  terminal: Terminal | null;
}

export function openSession(choices: Choices): Session {
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const { json, language, acceptNewHostKeys } = choices;
  return {
    ...choices,
    print,
    view: ({ log, aside } = {}) => {
      const write = aside ? (line: string) => void process.stderr.write(`${line}\n`) : print;
      return json ? jsonView(write) : plainView({ language, write, log, columns: process.stdout.columns });
    },
    connector: (ask, onNote, timings) => overSsh({ ask, onNote, acceptNewHostKeys, secrets: secrets(process.env) }, timings),
    terminal: openTerminal(choices.stop),
  };
}

/** Notes are no part of what was asked for. */
export const aside = (language: Language) => (text: Text) => void process.stderr.write(`${text[language]}\n`);

const secrets = (environment: NodeJS.ProcessEnv) => ({
  password: environment[secretVariables.password] || undefined,
  sudo: environment[secretVariables.sudo] || undefined,
});

/** ssh is loaded with the first host: the first screen does not wait for it. */
function overSsh(options: SshOptions, timings?: Timings): Connector {
  let opening: Promise<Connector> | null = null;
  const open = () => {
    opening ??= import('../engine/ssh/connector.js').then(({ sshConnector }) => sshConnector(options, timings));
    return opening;
  };
  return {
    simulation: false,
    connect: async (...args) => (await open()).connect(...args),
    dial: async (...args) => (await open()).dial!(...args),
    close: async () => (await opening)?.close(),
  };
}
