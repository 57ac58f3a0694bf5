import { readFile } from 'node:fs/promises';
import type { Connector } from '../fleet.js';
import { sshOf } from '../spec/hosts.js';
import { overlap } from '../spec/networks.js';
import type { ClusterSpec, HostSpec } from '../spec/schema.js';
import { sshConnector } from '../ssh/connector.js';
import type { Dial } from '../ssh/dial.js';
import { KnownHosts } from '../ssh/known-hosts.js';
import type { Text } from '../text.js';
import type { Candidate, HostsRead } from './candidate.js';
import { confirmKeys, type Expected, readExpected } from './expected.js';
import { type Open, letIn as overOpen } from './get-in.js';
import { fetchHostKeys, type ShownKey } from './keys.js';
import { readKnownHosts } from './known.js';
import { makeOwnKey, type OwnKey, ownKeys } from './own-key.js';
import { propose } from './roles.js';
import { addressesOf, greet, type OwnNetwork, ownNetworks, type ScanOptions, scan } from './scan.js';
import { hostsOfSshConfig, readSshConfig, withSettings } from './ssh-config.js';
import { acceptKeys } from './trust.js';

interface Parts {
  networks: () => OwnNetwork[];
  known: KnownHosts;
  /** A file in the format of ~/.ssh/config. */
  sshConfig: string;
  open: Open;
  /** In place of TCP: the demo's simulated network. */
  dial?: Dial;
  ask?: typeof greet;
  /** Of private keys; those that ssh looks at by itself unless told. */
  keyFiles?: readonly string[];
  newKeyFiles?: readonly string[];
}

/** Where hosts are looked for and how they are got into: the operator's networks and ~/.ssh, or those of the demo. */
export function groundOf({ networks, known, sshConfig, open, dial, ask = greet, keyFiles, newKeyFiles }: Parts) {
  const keysOf = async (spec: ClusterSpec, hosts: readonly HostSpec[], connector: Connector, options: KeyOptions) => {
    const direct = hosts.filter(host => !sshOf(spec, host).jump);
    const all = await Promise.all([
      fetchHostKeys(
        direct.map(host => targetOf(spec, host)),
        { known, dial, ...options },
      ),
      ...hosts
        .filter(host => sshOf(spec, host).jump)
        .map(host =>
          fetchHostKeys([targetOf(spec, host)], {
            known,
            dial: (_address, _port, signal) => connector.dial!(spec, host, signal),
            ...options,
          }),
        ),
    ]);
    return all.flat();
  };

  return {
    networks,
    /** How many addresses a scan would ask. @throws Problem spec */
    count: (asked: readonly string[]) => addressesOf(asked).length,
    /** The one of some networks that an address is in. */
    networkOf: (address: string, asked: readonly string[]) => asked.find(network => overlap(network, address)) ?? '',
    scan: (asked: readonly string[], options: ScanOptions) => scan(asked, { ask, ...options }),
    /** An address that answered, with what ~/.ssh/config says of it. */
    settled(candidates: readonly Candidate[]): Candidate[] {
      const config = readSshConfig(sshConfig);
      return candidates.map(candidate => withSettings(candidate, config));
    },
    /** The hosts that ~/.ssh/config and known_hosts name. */
    async named(): Promise<HostsRead & { notes: Text[] }> {
      const config = hostsOfSshConfig(sshConfig);
      const text = await readFile(known.file, 'utf8').catch(emptyWhereMissing);
      const seen = readKnownHosts(text, known.file);
      const settings = readSshConfig(sshConfig);
      return {
        hosts: [...config.hosts, ...seen.hosts.map(host => withSettings(host, settings))],
        mistakes: [...config.mistakes, ...seen.mistakes],
        notes: config.notes,
      };
    },
    /** Host keys as they are shown before any login. @param connector reaches those behind a jump host */
    keysOf,
    /** Compares keys with fingerprints from elsewhere. */
    async confirm(shown: readonly ShownKey[], text: string, signal?: AbortSignal) {
      const { expected, mistakes } = readExpected(text, 'pasted');
      const compared = expected.length
        ? await confirmKeys(shown, expected, { known, dial, signal })
        : { keys: [...shown], unused: [] as Expected[] };
      return { ...compared, mistakes };
    },
    accept: (shown: readonly ShownKey[]) => acceptKeys(shown, known),
    knownHosts: known.file,
    ownKeys: () => ownKeys(keyFiles),
    makeKey: () => makeOwnKey(newKeyFiles),
    letIn: (
      spec: ClusterSpec,
      entered: Parameters<typeof overOpen>[1],
      key: OwnKey,
      options: Omit<Parameters<typeof overOpen>[3], 'open'>,
    ) => overOpen(spec, entered, key, { open, ...options }),
    propose,
  };
}

interface KeyOptions {
  signal?: AbortSignal;
  onKey?: Parameters<typeof fetchHostKeys>[1]['onKey'];
}

export type Ground = ReturnType<typeof groundOf>;

/** The operator's own: nothing is asked of any network before somebody names it. */
export const operatorsGround = (): Ground =>
  groundOf({
    networks: ownNetworks,
    known: new KnownHosts(),
    sshConfig: '~/.ssh/config',
    open: options => sshConnector(options),
  });

function targetOf(spec: ClusterSpec, host: HostSpec) {
  const { user, port } = sshOf(spec, host);
  return { host: host.name, address: host.address, port, user };
}

function emptyWhereMissing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}
