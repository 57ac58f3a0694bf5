import { expect, it } from 'vitest';
import type { Ask, Connector } from '../../../source/engine/fleet.js';
import type { Remote, RunOptions } from '../../../source/engine/remote.js';
import { withLogins } from '../../../source/engine/sources/logins.js';
import { clusterSpec } from '../../../source/engine/spec/schema.js';

const spec = clusterSpec.parse({
  hosts: [{ name: 'n1', address: '10.0.0.1', roles: ['control-plane'] }],
  own: { registry: 'registry.corp:5000/k8s', registryUser: 'puller' },
});

/** A host that only remembers what it was sent, and whoever is asked. */
function harness() {
  const sent: (RunOptions['variables'] | undefined)[] = [];
  const asked: Parameters<Ask['secret']>[0][] = [];
  class Host {
    readonly #name = 'n1';
    get name() {
      return this.#name;
    }
    async run(_: string, options?: RunOptions) {
      sent.push(options?.variables);
      return { code: 0, stdout: '', stderr: '' };
    }
  }
  const connector = {
    simulation: false,
    connect: async () => new Host() as unknown as Remote,
    close: async () => {},
  } satisfies Connector;
  const ask: Ask = {
    hostKey: async () => true,
    secret: async question => {
      asked.push(question);
      return `secret ${question.attempt}`;
    },
  };
  return { connector: withLogins(connector, ask), sent, asked };
}

it('asks for a password once, when a script first names it, and sends it ahead of the script', async () => {
  const { connector, sent, asked } = harness();
  const hosts = await Promise.all([1, 2].map(() => connector.connect(spec, spec.hosts[0]!)));
  await hosts[0]!.run('true');
  expect(asked).toEqual([]);
  await Promise.all(hosts.map(host => host.run('echo "$K8S_TUI_REGISTRY_PASSWORD"', { variables: { A: 'b' } })));
  expect(asked).toEqual([{ kind: 'registry', user: 'puller', host: 'registry.corp:5000/k8s', attempt: 1 }]);
  expect(sent.slice(1)).toEqual([
    { K8S_TUI_REGISTRY_PASSWORD: 'secret 1', A: 'b' },
    { K8S_TUI_REGISTRY_PASSWORD: 'secret 1', A: 'b' },
  ]);
  expect(hosts[0]!.name).toBe('n1');
});

it('asks anew for one that was wrong, and of a spec without logins nothing', async () => {
  const { connector, sent, asked } = harness();
  const host = await connector.connect(spec, spec.hosts[0]!);
  await host.run('$K8S_TUI_REGISTRY_PASSWORD');
  connector.forgetLogins();
  await host.run('$K8S_TUI_REGISTRY_PASSWORD');
  expect(asked.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(sent.at(-1)).toEqual({ K8S_TUI_REGISTRY_PASSWORD: 'secret 2' });
  const other = await connector.connect({ ...spec, own: { noProxy: [] } }, spec.hosts[0]!);
  await other.run('$K8S_TUI_REGISTRY_PASSWORD');
  expect(asked).toHaveLength(2);
});
